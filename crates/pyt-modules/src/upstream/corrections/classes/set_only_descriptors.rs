//! `instance.x = value` always calls `__set__` of a descriptor `x` that has no `__get__`. Upstream
//! replaces the instruction after its first executions by one that stores into the instance's
//! dictionary, unless the descriptor has both methods.
//!
//! Upstream replaces the instruction only if the class stores attributes as `object` does, which it
//! knows by the address of a function. So classes that have such a descriptor get another function
//! that does the same.
//!
//! Can go when upstream's `specialize_store_attr` refuses descriptors by `descr_set` alone.

use std::{
    collections::HashSet,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyType},
    function::PySetterValue,
};

use super::SetAttribute;

/// How `object` stores attributes.
static OBJECTS: OnceLock<SetAttribute> = OnceLock::new();

/// Which methods decide whether a descriptor has only a setter.
const OF_DESCRIPTORS: [&str; 3] = ["__get__", "__set__", "__delete__"];

pub(super) fn correct(ctx: &Context) {
    if let Some(objects) = ctx.types.object_type.slots.setattro.load() {
        // Set once: `correct` is called once.
        let _ = OBJECTS.set(objects);
    }
}

/// Whether any class has instances that are such descriptors. No native class has.
static HAVE_BEEN_MADE: AtomicBool = AtomicBool::new(false);

/// Stores an attribute as `object` does.
fn store(
    object: &PyObject,
    name: &Py<PyStr>,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    object.generic_setattr(name, value, vm)
}

/// `class` has been created, or has other methods.
pub(super) fn look_through(class: &Py<PyType>, vm: &VirtualMachine) {
    if is_set_only_class(class) {
        HAVE_BEEN_MADE.store(true, Ordering::Relaxed);
    }
    if HAVE_BEEN_MADE.load(Ordering::Relaxed) && (has_set_only(class) || inherits(class)) {
        mark(class, vm);
    }
}

/// `value` has been stored on `class`, or its attribute deleted.
pub(super) fn stored(
    class: &Py<PyType>,
    name: &Py<PyStr>,
    value: Option<&PyObjectRef>,
    vm: &VirtualMachine,
) {
    if value.is_some_and(is_set_only) {
        mark_with_subclasses(class, vm);
        return;
    }
    match name.to_str() {
        // Upstream has set the slot anew.
        Some("__setattr__" | "__delattr__") => look_through_with_subclasses(class, vm),
        // Instances of the class may be attributes of any other.
        Some(name) if OF_DESCRIPTORS.contains(&name) => {
            HAVE_BEEN_MADE.store(true, Ordering::Relaxed);
            look_through_with_subclasses(vm.ctx.types.object_type, vm);
        }
        _ => {}
    }
}

fn is_set_only(attribute: &PyObjectRef) -> bool {
    is_set_only_class(attribute.class())
}

fn is_set_only_class(class: &Py<PyType>) -> bool {
    let slots = class.slots();
    slots.descr_set.load().is_some() && slots.descr_get.load().is_none()
}

fn has_set_only(class: &Py<PyType>) -> bool {
    let attributes = class.attributes.entries();
    attributes.iter().any(|(_, value)| is_set_only(value))
}

/// Whether a class that `class` derives from is marked.
fn inherits(class: &Py<PyType>) -> bool {
    let mro = class.mro.read();
    mro.iter().skip(1).any(|base| is_marked(base))
}

fn is_marked(class: &Py<PyType>) -> bool {
    class.slots.setattro.load().is_some_and(is_ours)
}

fn is_ours(function: SetAttribute) -> bool {
    std::ptr::fn_addr_eq(function, store as SetAttribute)
}

/// Gives `class` the other function, if it stores attributes as `object` does.
fn mark(class: &Py<PyType>, vm: &VirtualMachine) {
    if class.is(vm.ctx.types.object_type) {
        return;
    }
    let (Some(of_class), Some(objects)) = (class.slots.setattro.load(), OBJECTS.get()) else {
        return;
    };
    if std::ptr::fn_addr_eq(of_class, *objects) {
        class.slots.setattro.store(Some(store));
        class.modified();
    }
}

fn mark_with_subclasses(class: &Py<PyType>, vm: &VirtualMachine) {
    for_subclasses(class, &mut |class| mark(class, vm));
}

fn look_through_with_subclasses(class: &Py<PyType>, vm: &VirtualMachine) {
    for_subclasses(class, &mut |class| look_through(class, vm));
}

/// Calls `f` with `class` and all that derive from it, bases first.
pub(super) fn for_subclasses(class: &Py<PyType>, f: &mut dyn FnMut(&Py<PyType>)) {
    let mut seen = HashSet::new();
    let mut pending = vec![class.to_owned()];
    while let Some(class) = pending.pop() {
        if !seen.insert(class.get_id()) {
            continue;
        }
        f(&class);
        let subclasses = class.subclasses.read();
        let subclasses = subclasses.iter().filter_map(|subclass| subclass.upgrade());
        pending.extend(subclasses.filter_map(|subclass| subclass.downcast::<PyType>().ok()));
    }
}
