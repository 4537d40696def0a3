//! What a dictionary takes over from another object: `dict(other)`, `update`, `|=`, `|` and `copy`.
//!
//! - Of a class that derives from `dict` and iterates as `dict` does, the entries, whatever `keys`
//!   and `__getitem__` it has. Upstream calls these.
//! - Of one with an own `__iter__`, and of any other object with `keys`, what these methods say:
//!   all keys first, then the values. Upstream gets the value of a key before it asks for the next
//!   one, and has `copy` and `|` take the entries.
//!
//! `{**other}` is corrected in `classes/merged_entries`.
//!
//! Can go when upstream's `merge_object_with_override` distinguishes these.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyDict, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef},
    protocol::{PyIter, PyIterReturn},
};

use super::slots::renew_descriptors;

type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;
type Binary = fn(&PyObject, &PyObject, &VirtualMachine) -> PyResult;
type VectorCall =
    fn(&PyObject, Vec<PyObjectRef>, usize, Option<&[PyObjectRef]>, &VirtualMachine) -> PyResult;

/// Upstream's slots of `dict`.
struct Upstream {
    init: Init,
    vectorcall: VectorCall,
    or: Binary,
    inplace_or: Binary,
}

static UPSTREAM: OnceLock<Upstream> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.dict_type;
    let number = &class.slots.as_number;
    let (Some(init), Some(vectorcall), Some(or), Some(inplace_or)) = (
        class.slots.init.load(),
        class.slots.vectorcall.load(),
        number.or.load(),
        number.inplace_or.load(),
    ) else {
        return;
    };
    let upstream = Upstream {
        init,
        vectorcall,
        or,
        inplace_or,
    };
    if UPSTREAM.set(upstream).is_err() {
        return;
    }
    class.slots.init.store(Some(initialize));
    class.slots.vectorcall.store(Some(create));
    number.or.store(Some(united));
    number.inplace_or.store(Some(unite));
    renew_descriptors(class, &["__init__", "__or__", "__ror__", "__ior__"], ctx);
    for (name, change) in [("update", update as Change), ("copy", copy)] {
        let attribute = ctx.intern_str(name);
        let known = class.get_direct_attr(attribute);
        let known = known.as_ref().and_then(|known| known.downcast_ref());
        if let Some(method) = known.map(|known: &Py<PyMethodDescriptor>| known.method) {
            let upstream = method.func;
            let call = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| match change(
                args, vm,
            )? {
                Changed::Arguments(args) => upstream(vm, args, callee),
                Changed::Result(result) => Ok(result),
            };
            let method: &'static PyMethodDef = Box::leak(Box::new(PyMethodDef {
                func: Box::leak(Box::new(call)),
                ..method.clone()
            }));
            shared_classes::set_attribute(class, attribute, method.build_method(ctx, class).into());
        }
    }
}

/// Arguments to call upstream's method with, or the result without that.
enum Changed {
    Arguments(FuncArgs),
    Result(PyObjectRef),
}

type Change = fn(FuncArgs, &VirtualMachine) -> PyResult<Changed>;

fn upstream(vm: &VirtualMachine) -> PyResult<&'static Upstream> {
    let missing = || vm.new_system_error("the interpreter lacks a slot of dict");
    UPSTREAM.get().ok_or_else(missing)
}

/// Whether upstream does right with what it takes over: with a plain dictionary.
fn is_plain(object: &PyObject, vm: &VirtualMachine) -> bool {
    object.class().is(vm.ctx.types.dict_type)
}

/// Whether a dictionary iterates as `dict` does: then its entries are taken, as they are.
pub(super) fn has_plain_iterator(object: &PyObject, vm: &VirtualMachine) -> bool {
    let own = object.class().slots.iter.load();
    let plain = vm.ctx.types.dict_type.slots.iter.load();
    matches!((own, plain), (Some(own), Some(plain)) if std::ptr::fn_addr_eq(own, plain))
}

/// Takes over what `other` holds.
fn merge(dict: &Py<PyDict>, other: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    if is_plain(other, vm) {
        return dict.merge_object(other.to_owned(), vm);
    }
    if has_plain_iterator(other, vm)
        && let Some(entries) = other.downcast_ref::<PyDict>()
    {
        let entries = entries.copy().into_ref(&vm.ctx);
        return dict.merge_object(entries.into(), vm);
    }
    let keys = vm.ctx.intern_str("keys");
    match other.get_attr(keys, vm) {
        Ok(_) => {}
        Err(error) if error.fast_isinstance(vm.ctx.exceptions.attribute_error) => {
            return dict.merge_from_seq2(other, true, vm);
        }
        Err(error) => return Err(error),
    }
    for key in keys_of(other, vm)? {
        let value = other.get_item(&*key, vm)?;
        dict.inner_setitem(&*key, value, vm)?;
    }
    Ok(())
}

/// All of what `keys()` returns.
fn keys_of(mapping: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let keys = vm.call_method(mapping, "keys", ())?;
    let iterator = keys.get_iter(vm).map_err(|error| {
        if error.fast_isinstance(vm.ctx.exceptions.type_error) {
            vm.new_type_error(format!(
                "{}.keys() returned a non-iterable (type {})",
                mapping.class().slot_name(),
                keys.class().slot_name()
            ))
        } else {
            error
        }
    })?;
    // A list is made of the iterator, which is asked for one, too.
    let iterator: PyIter = iterator.as_object().get_iter(vm)?;
    let mut found = Vec::new();
    while let PyIterReturn::Return(key) = iterator.next(vm)? {
        found.push(key);
    }
    Ok(found)
}

fn initialize(dict: &PyObject, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    if let ([other], Some(dict)) = (&*args.args, dict.downcast_ref::<PyDict>()) {
        merge(dict, other, vm)?;
        args.args.clear();
    }
    (upstream(vm)?.init)(dict, args, vm)
}

/// `dict(...)`.
fn create(
    class: &PyObject,
    mut args: Vec<PyObjectRef>,
    count: usize,
    names: Option<&[PyObjectRef]>,
    vm: &VirtualMachine,
) -> PyResult {
    let call = upstream(vm)?.vectorcall;
    if count != 1 || args.first().is_none_or(|other| is_plain(other, vm)) {
        return call(class, args, count, names, vm);
    }
    let created = call(class, Vec::new(), 0, None, vm)?;
    if let Some(dict) = created.downcast_ref::<PyDict>() {
        merge(dict, &args[0], vm)?;
        let values = args.drain(1..);
        for (name, value) in names.unwrap_or_default().iter().zip(values) {
            dict.inner_setitem(&**name, value, vm)?;
        }
    }
    Ok(created)
}

fn update(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<Changed> {
    if let [dict, other] = &*args.args
        && let Some(dict) = dict.downcast_ref::<PyDict>()
    {
        merge(dict, other, vm)?;
        args.args.truncate(1);
    }
    Ok(Changed::Arguments(args))
}

fn copy(args: FuncArgs, vm: &VirtualMachine) -> PyResult<Changed> {
    if let [dict] = &*args.args
        && args.kwargs.is_empty()
        && let Some(dict) = dict.downcast_ref::<PyDict>()
        && !has_plain_iterator(dict.as_object(), vm)
    {
        return copied(dict, vm).map(|copy| Changed::Result(copy.into()));
    }
    Ok(Changed::Arguments(args))
}

/// A plain dictionary with what `dict` holds.
fn copied(dict: &Py<PyDict>, vm: &VirtualMachine) -> PyResult<PyRef<PyDict>> {
    if has_plain_iterator(dict.as_object(), vm) {
        return Ok(dict.copy().into_ref(&vm.ctx));
    }
    let copy = vm.ctx.new_dict();
    merge(&copy, dict.as_object(), vm)?;
    Ok(copy)
}

/// `left | right`.
fn united(left: &PyObject, right: &PyObject, vm: &VirtualMachine) -> PyResult {
    match (
        left.downcast_ref::<PyDict>(),
        right.downcast_ref::<PyDict>(),
    ) {
        (Some(dict), Some(_))
            if !has_plain_iterator(left, vm) || !has_plain_iterator(right, vm) =>
        {
            let copy = copied(dict, vm)?;
            merge(&copy, right, vm)?;
            Ok(copy.into())
        }
        _ => (upstream(vm)?.or)(left, right, vm),
    }
}

/// `dict |= other`.
fn unite(dict: &PyObject, other: &PyObject, vm: &VirtualMachine) -> PyResult {
    match dict.downcast_ref::<PyDict>() {
        Some(own) => {
            merge(own, other, vm)?;
            Ok(dict.to_owned())
        }
        None => (upstream(vm)?.inplace_or)(dict, other, vm),
    }
}
