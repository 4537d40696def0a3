//! Dictionaries are equal if what they hold is, whatever `__getitem__` a class that derives from
//! `dict` has. Upstream compares what that returns.
//!
//! So copies of such dictionaries are compared, which are plain ones.
//!
//! Can go when upstream's `PyDict::inner_cmp` reads the entries.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::PyDict,
    function::{Either, PyComparisonValue},
    types::PyComparisonOp,
};

use super::slots::renew_descriptors;

type Compare = fn(
    &PyObject,
    &PyObject,
    PyComparisonOp,
    &VirtualMachine,
) -> PyResult<Either<PyObjectRef, PyComparisonValue>>;

/// Upstream's slot of `dict`.
static UPSTREAM: OnceLock<Compare> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.dict_type;
    if let Some(upstream) = class.slots.richcompare.load()
        && UPSTREAM.set(upstream).is_ok()
    {
        class.slots.richcompare.store(Some(compare));
        let names = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"];
        renew_descriptors(class, &names, ctx);
    }
}

fn compare(
    zelf: &PyObject,
    other: &PyObject,
    op: PyComparisonOp,
    vm: &VirtualMachine,
) -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
    let Some(upstream) = UPSTREAM.get() else {
        return Err(vm.new_system_error("the interpreter cannot compare dictionaries"));
    };
    let is_plain = |object: &PyObject| object.class().is(vm.ctx.types.dict_type);
    let plain = |dict: &Py<PyDict>| -> PyRef<PyDict> {
        if is_plain(dict.as_object()) {
            dict.to_owned()
        } else {
            dict.copy().into_ref(&vm.ctx)
        }
    };
    if let (Some(left), Some(right)) = (
        zelf.downcast_ref::<PyDict>(),
        other.downcast_ref::<PyDict>(),
    ) && !(is_plain(zelf) && is_plain(other))
        && matches!(op, PyComparisonOp::Eq | PyComparisonOp::Ne)
    {
        let (left, right) = (plain(left), plain(right));
        return upstream(left.as_object(), right.as_object(), op, vm);
    }
    upstream(zelf, other, op, vm)
}
