//! `array.fromlist` makes numbers of the elements before it locks the array.
//!
//! Upstream keeps the lock while it calls `__float__` and `__index__` of the elements. If these use
//! the array, the thread waits for itself: without end, and nothing can interrupt it.

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyList, PyType, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef},
};

/// Changes the method, if that is the class which has it. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    if &*class.name() != "array" {
        return;
    }
    // SAFETY: native classes live as long as the process.
    let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
    let method = |name: &'static str| {
        let known = class.get_direct_attr(vm.ctx.intern_str(name))?;
        let known = known.downcast_ref::<PyMethodDescriptor>()?;
        Some(known.method)
    };
    let (Some(original), Some(append), Some(extend)) =
        (method("fromlist"), method("append"), method("extend"))
    else {
        return;
    };
    let call = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| -> PyResult {
        let [array, list] = &args.args[..] else {
            return (original.func)(vm, args, callee);
        };
        let Some(elements) = list.downcast_ref::<PyList>() else {
            return (original.func)(vm, args, callee);
        };
        let elements: Vec<PyObjectRef> = elements.borrow_vec().to_vec();
        let code = array.get_attr("typecode", vm)?;
        let numbers = class.as_object().call((code,), vm)?;
        for element in elements {
            let pair = FuncArgs::from(vec![numbers.clone(), element]);
            (append.func)(vm, pair, callee)?;
        }
        (extend.func)(vm, FuncArgs::from(vec![array.clone(), numbers]), callee)
    };
    // Definitions live as long as the process.
    let def: &'static PyMethodDef = Box::leak(Box::new(PyMethodDef {
        func: Box::leak(Box::new(call)),
        ..original.clone()
    }));
    let method = def.build_method(&vm.ctx, class);
    shared_classes::set_attribute(class, vm.ctx.intern_str("fromlist"), method.into());
}
