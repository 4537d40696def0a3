//! Upstream's own definitions of the modules that pyt replaces, for the parts that scheduling
//! does not touch.

use rustpython_vm::{
    AsObject, Py, PyRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
    stdlib::builtin_module_defs,
};

/// A fresh instance of upstream's module `name`, in no `sys.modules`.
pub(crate) fn module(vm: &VirtualMachine, name: &str) -> PyResult<PyRef<PyModule>> {
    let def: &'static PyModuleDef = builtin_module_defs(&vm.ctx)
        .into_iter()
        .find(|def| def.name.as_str() == name)
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
    Ok(())
}
