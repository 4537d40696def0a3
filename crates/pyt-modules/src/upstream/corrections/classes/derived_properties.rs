//! Reading `instance.x` calls `__get__` of a property `x` whose class derives from `property` and
//! has a `__get__` of its own (werkzeug's `cached_property`). Upstream replaces the instruction
//! after its first executions by one that calls the property's getter.
//!
//! Upstream replaces the instruction only if the class reads attributes as `object` does, which it
//! knows by the address of a function. So classes that have such a property get another function
//! that does the same.
//!
//! Can go when upstream's `specialize_load_attr` asks for exactly a `property`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyType},
};

use super::set_only_descriptors::for_subclasses;

type GetAttribute = fn(&PyObject, &Py<PyStr>, &VirtualMachine) -> PyResult;

/// How `object` reads attributes.
static OBJECTS: OnceLock<GetAttribute> = OnceLock::new();

/// Whether any class is such a property. No native class is.
static HAVE_BEEN_MADE: AtomicBool = AtomicBool::new(false);

pub(super) fn correct(ctx: &Context) {
    if let Some(objects) = ctx.types.object_type.slots.getattro.load() {
        // Set once: `correct` is called once.
        let _ = OBJECTS.set(objects);
    }
}

/// Reads an attribute as `object` does.
fn read(object: &PyObject, name: &Py<PyStr>, vm: &VirtualMachine) -> PyResult {
    match OBJECTS.get() {
        Some(objects) => objects(object, name, vm),
        None => object.generic_getattr(name, vm),
    }
}

/// `class` has been created, or has other methods.
pub(super) fn look_through(class: &Py<PyType>, vm: &VirtualMachine) {
    if is_derived_class(class, vm) {
        HAVE_BEEN_MADE.store(true, Ordering::Relaxed);
    }
    if HAVE_BEEN_MADE.load(Ordering::Relaxed) && (has_derived(class, vm) || inherits(class)) {
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
    if value.is_some_and(|value| is_derived_class(value.class(), vm)) {
        for_subclasses(class, &mut |class| mark(class, vm));
        return;
    }
    match name.to_str() {
        // Upstream has set the slot anew.
        Some("__getattr__" | "__getattribute__") => {
            for_subclasses(class, &mut |class| look_through(class, vm));
        }
        // Instances of the class may be attributes of any other.
        Some("__get__") if class.fast_issubclass(vm.ctx.types.property_type) => {
            HAVE_BEEN_MADE.store(true, Ordering::Relaxed);
            for_subclasses(vm.ctx.types.object_type, &mut |class| {
                look_through(class, vm);
            });
        }
        _ => {}
    }
}

/// Whether instances of the class are properties that are read otherwise.
fn is_derived_class(class: &Py<PyType>, vm: &VirtualMachine) -> bool {
    let property = vm.ctx.types.property_type;
    if class.is(property) || !class.fast_issubclass(property) {
        return false;
    }
    let (own, of_property) = (
        class.slots.descr_get.load(),
        property.slots.descr_get.load(),
    );
    match (own, of_property) {
        (Some(own), Some(of_property)) => !std::ptr::fn_addr_eq(own, of_property),
        _ => true,
    }
}

fn has_derived(class: &Py<PyType>, vm: &VirtualMachine) -> bool {
    let attributes = class.attributes.entries();
    let mut attributes = attributes.iter();
    attributes.any(|(_, value)| is_derived_class(value.class(), vm))
}

/// Whether a class that `class` derives from is marked.
fn inherits(class: &Py<PyType>) -> bool {
    let mro = class.mro.read();
    mro.iter().skip(1).any(|base| {
        let of_base = base.slots.getattro.load();
        of_base.is_some_and(|of_base| std::ptr::fn_addr_eq(of_base, read as GetAttribute))
    })
}

/// Gives `class` the other function, if it reads attributes as `object` does.
fn mark(class: &Py<PyType>, vm: &VirtualMachine) {
    if class.is(vm.ctx.types.object_type) {
        return;
    }
    let (Some(of_class), Some(objects)) = (class.slots.getattro.load(), OBJECTS.get()) else {
        return;
    };
    if std::ptr::fn_addr_eq(of_class, *objects) {
        class.slots.getattro.store(Some(read));
        class.modified();
    }
}
