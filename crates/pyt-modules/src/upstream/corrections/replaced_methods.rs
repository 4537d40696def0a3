//! A method of a native class, which all interpreters of the process share, replaced by one that
//! may call it.

use pyt_vm::shared_classes;
use rustpython_vm::{
    Context, Py, PyResult, VirtualMachine,
    builtins::{PyType, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef},
};

/// What a native function is.
pub(super) type Func = dyn Fn(&VirtualMachine, FuncArgs, Callee) -> PyResult + Send + Sync;

/// Puts what `made` makes of upstream's function in the place of a method, if the class has it.
pub(super) fn replace<F>(
    class: &'static Py<PyType>,
    name: &'static str,
    ctx: &Context,
    made: impl FnOnce(&'static Func) -> F,
) where
    F: Fn(&VirtualMachine, FuncArgs, Callee) -> PyResult + Send + Sync + 'static,
{
    let attribute = ctx.intern_str(name);
    let known = class.get_direct_attr(attribute);
    let known = known.as_ref().and_then(|known| known.downcast_ref());
    if let Some(method) = known.map(|known: &Py<PyMethodDescriptor>| known.method) {
        // Definitions live as long as the process.
        let method: &'static PyMethodDef = Box::leak(Box::new(PyMethodDef {
            func: Box::leak(Box::new(made(method.func))),
            ..method.clone()
        }));
        shared_classes::set_attribute(class, attribute, method.build_method(ctx, class).into());
    }
}
