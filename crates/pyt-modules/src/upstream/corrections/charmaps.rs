//! `_codecs.charmap_decode` and its like call functions of `_pycodecs`, which is written in Python:
//! those of the interpreter that they are called in. Upstream keeps the functions that it finds
//! first for the whole process. They are another interpreter's for all interpreters but one: it may
//! have replaced them by its own code, and when it ends they stop working.
//!
//! Can go when upstream keeps them per interpreter.

use std::sync::OnceLock;

use rustpython_vm::{
    PyObjectRef, VirtualMachine,
    builtins::PyModuleDef,
    function::{Callee, FuncArgs, PyMethodDef},
};

use crate::upstream::{definitions, derived::with_methods};

/// The functions, and how many arguments each takes at most.
const FUNCTIONS: [(&str, usize); 4] = [
    ("charmap_build", 1),
    ("charmap_decode", 3),
    ("charmap_encode", 3),
    ("readbuffer_encode", 2),
];

/// The guards replace functions of a definition, so this is one of it.
pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    static OURS: OnceLock<Option<&'static PyModuleDef>> = OnceLock::new();
    *OURS.get_or_init(|| {
        let original = *definitions().get("_codecs")?;
        let methods: Vec<_> = original.methods.iter().map(delegating).collect();
        Some(with_methods(original, methods.leak()))
    })
}

fn delegating(method: &PyMethodDef) -> PyMethodDef {
    let known = FUNCTIONS.iter().find(|(name, _)| *name == method.name);
    let Some((name, most)) = known.copied() else {
        return method.clone();
    };
    let upstream = method.func;
    let delegate = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        if !args.kwargs.is_empty() || !(1..=most).contains(&args.args.len()) {
            // It raises, before it looks for the function.
            return upstream(vm, args, callee);
        }
        let function = vm.import("_pycodecs", 0)?.get_attr(name, vm)?;
        function.call(forwarded(args.args, vm), vm)
    };
    PyMethodDef {
        func: Box::leak(Box::new(delegate)),
        ..method.clone()
    }
}

/// The arguments without those at the end that are `None`. Errors are `strict` if a mapping is
/// given and they are not.
fn forwarded(mut args: Vec<PyObjectRef>, vm: &VirtualMachine) -> Vec<PyObjectRef> {
    while args.len() > 1 && args.last().is_some_and(|last| vm.is_none(last)) {
        args.pop();
    }
    if args.len() == 3 && vm.is_none(&args[1]) {
        args[1] = vm.ctx.new_str("strict").into();
    }
    args
}
