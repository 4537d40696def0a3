//! Functions of `os` that upstream lacks.
//!
//! `os` takes the names of `posix` when it is imported, and imports `stat` before. So `posix` gets
//! them when `_stat` is imported: a start, which imports `posix` but not `os`, pays nothing.

mod calls;

use rustpython_vm::{
    Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
};

use crate::upstream::derived::derive_named;

/// `_stat`, whose import completes `posix`.
pub(crate) fn stat_def() -> Option<&'static PyModuleDef> {
    derive_named("_stat", complete)
}

fn complete(_stat: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    if vm.state.module_defs.contains_key(crate::ISOLATION_MARK) {
        // Such a program gets no function that was not listed for it.
        return Ok(());
    }
    let posix = vm.import("posix", 0)?;
    let ours = calls::module_def(&vm.ctx).create_module(vm)?;
    calls::module_def(&vm.ctx).exec_module(vm, &ours)?;
    for (name, value) in &ours.dict() {
        let Some(name) = name.downcast_ref::<rustpython_vm::builtins::PyStr>() else {
            continue;
        };
        let is_own = name.to_str().is_some_and(|name| !name.starts_with("__"));
        if is_own && vm.get_attribute_opt(&posix, name)?.is_none() {
            posix.set_attr(name, value, vm)?;
        }
    }
    ours.dict().clear();
    #[cfg(target_arch = "x86_64")]
    if let Some(posix) = posix.downcast_ref::<PyModule>() {
        crate::modules::constants::add(posix, vm)?;
    }
    Ok(())
}
