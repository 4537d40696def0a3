//! Creating classes: what upstream's `type` does differently from CPython's.
//!
//! `type`'s slots for creating a class and for storing on one are replaced by functions that call
//! upstream's. What each of the files corrects is done before or after that.

mod annotate;
mod derived_properties;
mod merged_entries;
mod mro;
mod names_of_called;
mod set_only_descriptors;
mod slots_beside_dict;

use std::sync::OnceLock;

use rustpython_vm::{
    Context, Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyStr, PyTuple, PyType, PyTypeRef},
    function::{FuncArgs, PySetterValue},
};

use super::slots::renew_descriptors;

type New = fn(PyTypeRef, FuncArgs, &VirtualMachine) -> PyResult;
type SetAttribute = fn(&PyObject, &Py<PyStr>, PySetterValue, &VirtualMachine) -> PyResult<()>;

/// Upstream's slots of `type`.
struct Upstream {
    new: New,
    set_attribute: SetAttribute,
}

static UPSTREAM: OnceLock<Upstream> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.type_type;
    let (Some(new), Some(set_attribute)) = (class.slots.new.load(), class.slots.setattro.load())
    else {
        return;
    };
    let upstream = Upstream { new, set_attribute };
    if UPSTREAM.set(upstream).is_err() {
        return;
    }
    class.slots.new.store(Some(create));
    class.slots.setattro.store(Some(store));
    renew_descriptors(class, &["__setattr__", "__delattr__"], ctx);
    set_only_descriptors::correct(ctx);
    mro::correct(ctx);
    names_of_called::correct(ctx);
    derived_properties::correct(ctx);
    annotate::correct(ctx);
}

fn upstream(vm: &VirtualMachine) -> PyResult<&'static Upstream> {
    let missing = || vm.new_system_error("the interpreter lacks a slot of type");
    UPSTREAM.get().ok_or_else(missing)
}

/// `type.__new__`.
fn create(metaclass: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let new = upstream(vm)?.new;
    let [_, bases, _] = &*args.args else {
        return new(metaclass, args, vm);
    };
    let metaclass = match bases.downcast_ref::<PyTuple>() {
        Some(bases) => mro::metaclass_for(metaclass, bases, vm)?,
        None => metaclass,
    };
    let (args, set_aside) = slots_beside_dict::set_aside(args, vm)?;
    let created = new(metaclass, args, vm)?;
    if let Some(class) = created.downcast_ref::<PyType>() {
        if let Some(set_aside) = set_aside {
            set_aside.put_back(class, vm)?;
        }
        set_only_descriptors::look_through(class, vm);
        names_of_called::look_through(class, vm);
        derived_properties::look_through(class, vm);
        merged_entries::look_through(class, vm);
    }
    Ok(created)
}

/// `type.__setattr__` and `type.__delattr__`.
fn store(
    class: &PyObject,
    name: &Py<PyStr>,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let stored = match &value {
        PySetterValue::Assign(value) => Some(value.clone()),
        PySetterValue::Delete => None,
    };
    (upstream(vm)?.set_attribute)(class, name, value, vm)?;
    if let Some(class) = class.downcast_ref::<PyType>() {
        set_only_descriptors::stored(class, name, stored.as_ref(), vm);
        names_of_called::stored(class, name, vm);
        derived_properties::stored(class, name, stored.as_ref(), vm);
        merged_entries::stored(class, name.to_str().unwrap_or_default(), vm);
    }
    Ok(())
}
