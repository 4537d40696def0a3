//! `repr` of an exception ends where it comes to the exception again, and raises what its arguments
//! raise, as in CPython.
//!
//! Upstream goes on as deep as the stack allows, and takes the `RecursionError` there for an
//! argument that cannot be shown: for each argument of each level, so that an exception which has
//! itself twice among its arguments is shown without end.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Py, PyObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyStr, PyType},
};

use crate::upstream::corrections::slots::renew_descriptors;

type Repr = fn(&PyObject, &VirtualMachine) -> PyResult<PyRef<PyStr>>;

/// Upstream's function.
static UPSTREAM: OnceLock<Repr> = OnceLock::new();

fn repr(object: &PyObject, vm: &VirtualMachine) -> PyResult<PyRef<PyStr>> {
    let Some(exception) = object.downcast_ref::<PyBaseException>() else {
        return Err(vm.new_type_error("an exception is required"));
    };
    let arguments = exception.args();
    let shown = match arguments.as_slice() {
        [one] => format!("({})", one.repr(vm)?),
        // A tuple that is being shown is shown by three dots.
        _ => arguments.as_object().repr(vm)?.to_string(),
    };
    Ok(vm.ctx.new_str(format!("{}{shown}", object.class().name())))
}

/// Changes the class, if it is one of exceptions that are shown so. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    let base = vm.ctx.exceptions.base_exception_type;
    if !class.fast_issubclass(base) {
        return;
    }
    let Some(known) = base.slots.repr.load() else {
        return;
    };
    let upstream = *UPSTREAM.get_or_init(|| known);
    let is_upstream = |known: Repr| known as usize == upstream as usize;
    if class.slots.repr.load().is_some_and(is_upstream) {
        class.slots.repr.store(Some(repr));
        if class.is(base) {
            renew_descriptors(base, &["__repr__"], &vm.ctx);
        }
    }
}
