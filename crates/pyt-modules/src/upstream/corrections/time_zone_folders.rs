//! `zoneinfo` looks for time zones where systems keep them. Upstream's `sysconfig` has no
//! `TZPATH`, so that only the package `tzdata` was asked.
//!
//! Can go when upstream's configuration variables have `TZPATH`.

use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
};

use crate::upstream::derived::derive_named;

/// As CPython has it, unless it was built with another.
const FOLDERS: &str = "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo";

/// The module that is imported behind the one that reads the variable.
pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_zoneinfo", set_folders)
}

fn set_folders(_module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    if vm.state.module_defs.contains_key(crate::ISOLATION_MARK) {
        return Ok(());
    }
    let modules = vm.sys_module.as_object().get_attr("modules", vm)?;
    let Ok(paths) = modules.get_item("zoneinfo._tzpath", vm) else {
        return Ok(());
    };
    let sysconfig = vm.import("sysconfig", 0)?;
    let variables = vm.call_method(&sysconfig, "get_config_vars", ())?;
    let known = vm.call_method(&variables, "get", ("TZPATH",))?;
    if vm.is_none(&known) {
        variables.set_item("TZPATH", vm.ctx.new_str(FOLDERS).into(), vm)?;
        vm.call_method(&paths, "reset_tzpath", ())?;
    }
    Ok(())
}
