//! Numbers as objects and without.

use rustpython_vm::{AsObject, PyObject, PyObjectRef, VirtualMachine, builtins::PyFloat};

use super::decode::small_int;
use crate::ir::Ty;

/// What the readings of one run found.
pub(crate) type Found = Vec<PyObjectRef>;

/// A number as an object.
#[inline]
pub(crate) fn number(ty: Ty, bits: u64, vm: &VirtualMachine) -> Option<PyObjectRef> {
    Some(match ty {
        Ty::Int => vm.ctx.new_int(bits as i64).into(),
        Ty::Float => vm.ctx.new_float(f64::from_bits(bits)).into(),
        Ty::Bool => vm.ctx.new_bool(bits != 0).into(),
        _ => return None,
    })
}

/// The type of a variable's value, and its bits.
pub(crate) fn classify(object: Option<&PyObject>, vm: &VirtualMachine) -> (Ty, u64) {
    let Some(object) = object else {
        return (Ty::Unbound, 0);
    };
    if let Some(value) = small_int(object, vm) {
        return (Ty::Int, value as u64);
    }
    if let Some(float) = object.downcast_ref_if_exact::<PyFloat>(vm) {
        return (Ty::Float, float.to_f64().to_bits());
    }
    if object.is(&vm.ctx.true_value) {
        return (Ty::Bool, 1);
    }
    if object.is(&vm.ctx.false_value) {
        return (Ty::Bool, 0);
    }
    if object.is(&vm.ctx.none) {
        return (Ty::None, 0);
    }
    (Ty::Other, 0)
}
