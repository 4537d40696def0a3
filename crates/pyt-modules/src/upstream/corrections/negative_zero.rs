//! `0 / -7` is `-0.0`, as the quotient of two floats would be. Upstream loses the sign.
//!
//! Can go when upstream's `true_div` of integers returns negative zero.

use std::sync::OnceLock;

use rustpython_vm::{Context, PyObject, PyResult, VirtualMachine, builtins::PyInt};

use super::slots::renew_descriptors;

type Binary = fn(&PyObject, &PyObject, &VirtualMachine) -> PyResult;

static UPSTREAM: OnceLock<Binary> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let (int, bool_) = (ctx.types.int_type, ctx.types.bool_type);
    let slot = &int.slots.as_number.true_divide;
    let Some(upstream) = slot.load() else {
        return;
    };
    if UPSTREAM.set(upstream).is_err() {
        return;
    }
    for class in [int, bool_] {
        class.slots.as_number.true_divide.store(Some(divide));
        class.slots.as_number.right_true_divide.store(Some(divide));
    }
    renew_descriptors(int, &["__truediv__", "__rtruediv__"], ctx);
}

fn divide(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    if let (Some(a), Some(b)) = (a.downcast_ref::<PyInt>(), b.downcast_ref::<PyInt>()) {
        let (zero, sign) = (0.into(), b.as_bigint());
        if *a.as_bigint() == zero && *sign < zero {
            return Ok(vm.ctx.new_float(-0.0).into());
        }
    }
    match UPSTREAM.get() {
        Some(upstream) => upstream(a, b, vm),
        None => Ok(vm.ctx.not_implemented()),
    }
}
