//! `del ()["x"]` says that a tuple does not support item deletion; that it "doesn't" support it,
//! CPython says of an index only. Upstream says so of any key. The same goes for texts, bytes,
//! ranges, and for what `vars` returns of a class.
//!
//! Can go when upstream's `PyObject::del_item` distinguishes these.

use rustpython_vm::{
    Context, PyObject, PyObjectRef, PyResult, VirtualMachine, protocol::PyMapping,
};

pub(super) fn correct(ctx: &Context) {
    let types = &ctx.types;
    for class in [
        types.tuple_type,
        types.str_type,
        types.bytes_type,
        types.range_type,
        types.mappingproxy_type,
    ] {
        let slot = &class.slots.as_mapping.ass_subscript;
        if slot.load().is_none() {
            // Their classes get no `__setitem__` and no `__delitem__` by that.
            slot.store(Some(refuse));
        }
    }
}

fn refuse(
    items: PyMapping<'_>,
    key: &PyObject,
    value: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let class = items.obj.class().name().to_string();
    let is_index = || key.class().slots.as_number.index.load().is_some();
    Err(vm.new_type_error(if value.is_some() {
        format!("'{class}' object does not support item assignment")
    } else if is_index() {
        format!("'{class}' object doesn't support item deletion")
    } else {
        format!("'{class}' object does not support item deletion")
    }))
}
