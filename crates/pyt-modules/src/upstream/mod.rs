//! Upstream's own definitions of the modules that pyt replaces, for the parts that scheduling
//! does not touch.

pub(crate) mod eager;
pub(crate) mod wrapped;

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Py, PyRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
    function::{Callee, FuncArgs},
    stdlib::builtin_module_defs,
};

/// Upstream's definition of the module `name`.
fn definition(vm: &VirtualMachine, name: &str) -> PyResult<&'static PyModuleDef> {
    static ALL: OnceLock<Vec<&'static PyModuleDef>> = OnceLock::new();
    ALL.get_or_init(|| builtin_module_defs(&vm.ctx))
        .iter()
        .find(|def| def.name.as_str() == name)
        .copied()
        .ok_or_else(|| vm.new_system_error(format!("upstream defines no module {name}")))
}

/// A fresh instance of upstream's module `name`, in no `sys.modules`.
fn module(vm: &VirtualMachine, name: &str) -> PyResult<PyRef<PyModule>> {
    let def = definition(vm, name)?;
    let module = def.create_module(vm)?;
    def.exec_module(vm, &module)?;
    Ok(module)
}

/// Calls the function `name` of upstream's module `module`.
pub(crate) fn call(vm: &VirtualMachine, module: &str, name: &str, args: FuncArgs) -> PyResult {
    let function = definition(vm, module)?
        .methods
        .iter()
        .find(|function| function.name == name)
        .ok_or_else(|| vm.new_system_error(format!("upstream defines no {module}.{name}")))?;
    (function.func)(vm, args, Callee::named(function.name))
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

/// Gives `target` everything that upstream's module `name` has and it has not.
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
