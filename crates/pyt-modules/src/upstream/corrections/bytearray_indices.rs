//! An index that is out of a `bytearray`'s range is called so: `bytearray index out of range`.
//! Upstream does not name the `bytearray`.
//!
//! Can go when upstream's `PyByteArray` has these words.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Context, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyInt},
    protocol::PyMapping,
};

use super::slots::renew_descriptors;

type Subscript = fn(PyMapping<'_>, &PyObject, &VirtualMachine) -> PyResult;
type AssSubscript =
    fn(PyMapping<'_>, &PyObject, Option<PyObjectRef>, &VirtualMachine) -> PyResult<()>;

static UPSTREAM: OnceLock<(Subscript, AssSubscript)> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.bytearray_type;
    let slots = &class.slots.as_mapping;
    let (Some(subscript), Some(ass_subscript)) =
        (slots.subscript.load(), slots.ass_subscript.load())
    else {
        return;
    };
    if UPSTREAM.set((subscript, ass_subscript)).is_err() {
        return;
    }
    slots.subscript.store(Some(get));
    slots.ass_subscript.store(Some(set));
    renew_descriptors(class, &["__getitem__", "__setitem__", "__delitem__"], ctx);
}

fn upstream(vm: &VirtualMachine) -> PyResult<&'static (Subscript, AssSubscript)> {
    let missing = || vm.new_system_error("the interpreter lacks a slot of bytearray");
    UPSTREAM.get().ok_or_else(missing)
}

fn get(bytes: PyMapping<'_>, index: &PyObject, vm: &VirtualMachine) -> PyResult {
    upstream(vm)?.0(bytes, index, vm).map_err(|error| worded(error, bytes.obj, index, vm))
}

fn set(
    bytes: PyMapping<'_>,
    index: &PyObject,
    value: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let set = upstream(vm)?.1;
    set(bytes, index, value, vm).map_err(|error| worded(error, bytes.obj, index, vm))
}

fn worded(
    error: PyBaseExceptionRef,
    bytes: &PyObject,
    index: &PyObject,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    let is_out_of_range = || {
        let index = index.downcast_ref::<PyInt>()?;
        let index = index.try_to_primitive::<isize>(vm).ok()?;
        let length = bytes.length(vm).ok()?;
        Some(index.unsigned_abs() > length || index.unsigned_abs() == length && index >= 0)
    };
    if error.class().is(vm.ctx.exceptions.index_error) && is_out_of_range() == Some(true) {
        vm.new_index_error("bytearray index out of range")
    } else {
        error
    }
}
