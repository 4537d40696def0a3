//! A file object that only the call's argument keeps alive stays open during the call:
//! `fcntl.flock(open(path), LOCK_SH)`. Upstream turns the argument into its descriptor, drops it,
//! which closes the file, and then uses the descriptor. And `flock` and `lockf` return `None`.
//!
//! Can go when upstream's `Fildes` keeps the object that it was made from, and the two functions
//! return nothing.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
    function::{Callee, FuncArgs, PyMethodDef},
};

use crate::upstream::derived::derive_named;

/// Modules whose functions take descriptors, or objects that have one.
const MODULES: [&str; 3] = ["fcntl", "select", "termios"];

pub(super) fn module_defs() -> impl Iterator<Item = &'static PyModuleDef> {
    let defs = MODULES.into_iter();
    defs.filter_map(|name| derive_named(name, replace_functions))
}

fn replace_functions(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let name = module.as_object().get_attr("__name__", vm)?;
    let name = name.str_utf8(vm)?;
    let Some(name) = MODULES.into_iter().find(|known| *known == name.as_str()) else {
        return Ok(());
    };
    for method in keeping_methods(name) {
        let function = method
            .to_function()
            .with_module(vm.ctx.intern_str(name))
            .with_module_object(module.to_owned().into())
            .into_ref(&vm.ctx);
        module.as_object().set_attr(method.name, function, vm)?;
    }
    Ok(())
}

/// Functions that return nothing, and 0 upstream.
const WITHOUT_RESULT: [&str; 2] = ["flock", "lockf"];

/// The functions of upstream's module `name`, which keep their arguments until they return.
fn keeping_methods(name: &'static str) -> &'static [PyMethodDef] {
    static MADE: Mutex<BTreeMap<&str, &[PyMethodDef]>> = Mutex::new(BTreeMap::new());
    MADE.lock().entry(name).or_insert_with(|| {
        let upstreams = crate::upstream::definitions().get(name);
        let methods = upstreams.map_or(&[][..], |def| def.methods);
        Box::leak(methods.iter().map(keeping).collect())
    })
}

fn keeping(method: &PyMethodDef) -> PyMethodDef {
    let upstream = method.func;
    let has_result = !WITHOUT_RESULT.contains(&method.name);
    let keep = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        let _kept = args.args.clone();
        let result = upstream(vm, args, callee)?;
        Ok(if has_result { result } else { vm.ctx.none() })
    };
    PyMethodDef {
        func: Box::leak(Box::new(keep)),
        ..method.clone()
    }
}
