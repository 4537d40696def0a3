//! Methods of one object that are called again by what they call raise an exception.
//!
//! Upstream locks some objects while a method of theirs calls Python code. If that calls the method
//! again, the thread waits for itself: without end, and nothing can interrupt it. A `Struct` may
//! pack while it packs, but is not initialised meanwhile, by any thread.

use std::cell::RefCell;

use parking_lot::Mutex;
use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyType, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef},
};

use super::slots::{wrap, wrappers};
use crate::upstream::corrections::slots::renew_descriptors;

/// Classes and those of their methods that lock the object.
const METHODS: [(&str, &[&str]); 1] = [("writer", &["writerow", "writerows"])];

thread_local! {
    /// The objects whose methods the thread is in, by address.
    static ENTERED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The class that packs, and its methods that call `__index__` and the like of their arguments.
const STRUCT: (&str, &[&str]) = ("Struct", &["pack", "pack_into"]);

/// Those that pack values which may run Python code, once for each call.
static PACKING: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Leaves a method when it is dropped, also by a panic.
struct Entered;

impl Drop for Entered {
    fn drop(&mut self) {
        ENTERED.with_borrow_mut(Vec::pop);
    }
}

/// Ends a call that packs when it is dropped, also by a panic.
struct Packing(usize);

impl Drop for Packing {
    fn drop(&mut self) {
        let mut packing = PACKING.lock();
        if let Some(place) = packing.iter().position(|object| *object == self.0) {
            packing.swap_remove(place);
        }
    }
}

wrappers!(
    initialise =
        |original, object: &PyObject, args: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
            if PACKING.lock().contains(&object.get_id()) {
                let message = "a Struct that packs is not initialised again";
                return Err(vm.new_runtime_error(message));
            }
            original(object, args, vm)
        }
);

/// Changes the methods of a native class that lock their object. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    let name = class.name();
    let methods = METHODS.iter().filter(|(known, _)| *known == &*name);
    for method in methods.flat_map(|(_, methods)| methods.iter()) {
        replace(class, method, entering, vm);
    }
    let (known, methods) = STRUCT;
    if known == &*name {
        // SAFETY: native classes live as long as the process.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
        wrap!(class.slots.init, initialise);
        renew_descriptors(class, &["__init__"], &vm.ctx);
        for method in methods {
            replace(class, method, packing, vm);
        }
    }
}

/// Has a method of a class made anew.
fn replace(
    class: &Py<PyType>,
    method: &'static str,
    make: fn(&PyMethodDef) -> PyMethodDef,
    vm: &VirtualMachine,
) {
    let attribute = vm.ctx.intern_str(method);
    let known = class.get_direct_attr(attribute);
    let known = known
        .as_ref()
        .and_then(|known| known.downcast_ref::<PyMethodDescriptor>());
    let Some(known) = known else { return };
    let def: &'static PyMethodDef = Box::leak(Box::new(make(known.method)));
    // SAFETY: native classes live as long as the process.
    let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
    shared_classes::set_attribute(class, attribute, def.build_method(&vm.ctx, class).into());
}

/// The method, which raises while the thread is in one of the same object.
fn entering(original: &PyMethodDef) -> PyMethodDef {
    let function = original.func;
    let call = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        let Some(object) = args.args.first().map(AsObject::get_id) else {
            return function(vm, args, callee);
        };
        if ENTERED.with_borrow(|entered| entered.contains(&object)) {
            let message = "reentrant call of a method of the same object";
            return Err(vm.new_runtime_error(message));
        }
        ENTERED.with_borrow_mut(|entered| entered.push(object));
        let _entered = Entered;
        function(vm, args, callee)
    };
    PyMethodDef {
        // Definitions live as long as the process.
        func: Box::leak(Box::new(call)),
        ..original.clone()
    }
}

/// Whether what an argument is packed by is native.
fn is_plain(argument: &PyObjectRef, vm: &VirtualMachine) -> bool {
    let types = &vm.ctx.types;
    let plain = [
        types.int_type,
        types.float_type,
        types.bytes_type,
        types.bool_type,
    ];
    plain.iter().any(|class| argument.class().is(*class))
}

/// The method, during which the object is not initialised if arguments may run Python code.
fn packing(original: &PyMethodDef) -> PyMethodDef {
    let function = original.func;
    let call = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        let Some((object, values)) = args.args.split_first() else {
            return function(vm, args, callee);
        };
        let _packing = (!values.iter().all(|value| is_plain(value, vm))).then(|| {
            let object = object.get_id();
            PACKING.lock().push(object);
            Packing(object)
        });
        function(vm, args, callee)
    };
    PyMethodDef {
        // Definitions live as long as the process.
        func: Box::leak(Box::new(call)),
        ..original.clone()
    }
}
