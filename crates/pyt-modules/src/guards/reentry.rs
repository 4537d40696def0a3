//! Methods of one object that are called again by what they call raise an exception.
//!
//! Upstream locks some objects while a method of theirs calls Python code. If that calls the method
//! again, the thread waits for itself: without end, and nothing can interrupt it.

use std::cell::RefCell;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, VirtualMachine,
    builtins::{PyType, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef},
};

/// Classes and those of their methods that lock the object.
const METHODS: [(&str, &[&str]); 1] = [("writer", &["writerow", "writerows"])];

thread_local! {
    /// The objects whose methods the thread is in, by address.
    static ENTERED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Leaves a method when it is dropped, also by a panic.
struct Entered;

impl Drop for Entered {
    fn drop(&mut self) {
        ENTERED.with_borrow_mut(Vec::pop);
    }
}

/// Changes the methods of a native class that lock their object. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    let name = class.name();
    let methods = METHODS.iter().filter(|(known, _)| *known == &*name);
    for method in methods.flat_map(|(_, methods)| methods.iter()) {
        let attribute = vm.ctx.intern_str(*method);
        let known = class.get_direct_attr(attribute);
        let known = known
            .as_ref()
            .and_then(|known| known.downcast_ref::<PyMethodDescriptor>());
        let Some(known) = known else { continue };
        let def: &'static PyMethodDef = Box::leak(Box::new(entering(known.method)));
        // SAFETY: native classes live as long as the process.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
        shared_classes::set_attribute(class, attribute, def.build_method(&vm.ctx, class).into());
    }
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
