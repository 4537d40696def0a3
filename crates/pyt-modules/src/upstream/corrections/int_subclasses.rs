//! `from_bytes` of a class that derives from `int` calls the class with the number, as
//! `float.fromhex` does. Upstream makes the instance without it, so that neither `__new__` nor an
//! enumeration's look-up of its members runs.
//!
//! Can go when upstream's `PyInt::from_bytes` calls the class.

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, Py, VirtualMachine,
    builtins::descriptor::PyClassMethodDescriptor,
    function::{Callee, FuncArgs, PyMethodDef},
};

/// Corrects `int`, which every interpreter has.
pub(super) fn correct(ctx: &Context) {
    let int = ctx.types.int_type;
    let name = ctx.intern_str("from_bytes");
    let known = int.get_direct_attr(name);
    let known = known.as_ref().and_then(|known| known.downcast_ref());
    let Some(method) = known.map(|known: &Py<PyClassMethodDescriptor>| known.method) else {
        return;
    };
    let from_bytes = |vm: &VirtualMachine, mut args: FuncArgs, callee: Callee| {
        let int = vm.ctx.types.int_type.as_object();
        match args.args.first_mut() {
            Some(class) if !class.is(int) => {
                let class = std::mem::replace(class, int.to_owned());
                let number = (method.func)(vm, args, callee)?;
                class.call((number,), vm)
            }
            _ => (method.func)(vm, args, callee),
        }
    };
    // Definitions live as long as the process.
    let method: &'static PyMethodDef = Box::leak(Box::new(PyMethodDef {
        func: Box::leak(Box::new(from_bytes)),
        ..method.clone()
    }));
    shared_classes::set_attribute(int, name, method.build_classmethod(ctx, int).into());
}
