//! Upstream's own modules: their definitions, and what is done with them.
//!
//! A definition of a module lives as long as the process and is shared by its interpreters. What of
//! it is used, changed or wrapped is decided by the callers.
//!
//! - here: finding a definition, calling a function as upstream defines it, taking over attributes;
//! - [`derived`]: definitions made from upstream's, with changes;
//! - `eager`: native modules that are filled before they are listed;
//! - `wrapped`: what stays of a function that was replaced;
//! - `corrections`: upstream's errors, corrected.

pub(crate) mod corrections;
pub mod derived;
pub(crate) mod eager;
pub(crate) mod wrapped;

use std::{collections::BTreeMap, sync::OnceLock};

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
    function::{Callee, FuncArgs},
    stdlib::builtin_module_defs,
};

/// Upstream's definitions, by name.
pub fn definitions() -> &'static BTreeMap<&'static str, &'static PyModuleDef> {
    static ALL: OnceLock<BTreeMap<&'static str, &'static PyModuleDef>> = OnceLock::new();
    ALL.get_or_init(|| {
        let ctx = Context::genesis();
        let own = builtin_module_defs(ctx);
        let stdlib = rustpython_stdlib::stdlib_module_defs(ctx);
        own.into_iter()
            .chain(stdlib)
            .map(|def| (def.name.as_str(), def))
            .collect()
    })
}

/// Calls a function that compiles text, by its name.
type CallCompiling = fn(&str, FuncArgs, &VirtualMachine, &dyn Fn(FuncArgs) -> PyResult) -> PyResult;

/// How functions that compile text are called: the corrections say so.
static CALL_COMPILING: OnceLock<CallCompiling> = OnceLock::new();

/// Looks at a text before it is compiled. What it raises is raised in the place of the call.
type CheckSource = fn(&PyObject, &VirtualMachine) -> PyResult<()>;

/// What looks at texts: the guards say so.
pub(crate) static CHECK_SOURCE: OnceLock<CheckSource> = OnceLock::new();

/// The functions that compile a text.
const COMPILING: [(&str, &str); 3] = [
    ("builtins", "compile"),
    ("builtins", "eval"),
    ("builtins", "exec"),
];

/// Calls the function `name` of upstream's module `module`, as upstream defines it. What compiles
/// text does that as the corrections say.
///
/// # Errors
/// What the function raises; `SystemError` if there is none.
pub fn call(module: &str, name: &str, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let def = match module {
        // Made by the interpreter itself, without being among its definitions.
        "builtins" => vm.builtins.def,
        "sys" => vm.sys_module.def,
        _ => definitions().get(module).copied(),
    };
    let function = def.and_then(|def| def.methods.iter().find(|method| method.name == name));
    match function {
        Some(function) if COMPILING.contains(&(module, name)) => {
            if let Some(source) = args.args.first().or_else(|| args.kwargs.get("source")) {
                CHECK_SOURCE
                    .get()
                    .map_or(Ok(()), |check| check(source, vm))?;
            }
            let call = |args| (function.func)(vm, args, Callee::named(function.name));
            match CALL_COMPILING.get() {
                Some(corrected) => corrected(name, args, vm, &call),
                None => call(args),
            }
        }
        Some(function) => (function.func)(vm, args, Callee::named(function.name)),
        None => Err(vm.new_system_error(format!("upstream defines no {module}.{name}"))),
    }
}

/// A new instance of upstream's module `name`, in no `sys.modules`.
fn module(vm: &VirtualMachine, name: &str) -> PyResult<PyRef<PyModule>> {
    let def = definitions()
        .get(name)
        .ok_or_else(|| vm.new_system_error(format!("upstream defines no module {name}")))?;
    let module = def.create_module(vm)?;
    def.exec_module(vm, &module)?;
    Ok(module)
}

/// Copies the named attributes of upstream's module `name` into `target`.
pub(crate) fn take(
    vm: &VirtualMachine,
    name: &str,
    attributes: &[&'static str],
    target: &Py<PyModule>,
) -> PyResult<()> {
    let source = module(vm, name)?;
    for attribute in attributes {
        let value = source.as_object().get_attr(*attribute, vm)?;
        target.as_object().set_attr(*attribute, value, vm)?;
    }
    // What was taken leads back to it: nothing else shall be found there.
    source.dict().clear();
    Ok(())
}

/// Gives `target` all attributes of upstream's module `name` that it does not have.
pub(crate) fn complete(vm: &VirtualMachine, name: &str, target: &Py<PyModule>) -> PyResult<()> {
    let source = module(vm, name)?;
    let ours = target.dict();
    for (name, value) in &source.dict() {
        if !ours.contains_key(&*name, vm) {
            ours.set_item(&*name, value, vm)?;
        }
    }
    // As in `take`.
    source.dict().clear();
    Ok(())
}
