//! Functions of `os` that upstream lacks, and some that it has otherwise.
//!
//! `os` takes the names of `posix` when it is imported, and imports `stat` before. So `posix` gets
//! them when `_stat` is imported: a start, which imports `posix` but not `os`, pays nothing.

mod calls;

use rustpython_vm::{
    Py, PyPayload, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PySet},
};

use crate::upstream::derived::derive_named;

/// The functions that stand in the place of upstream's.
const REPLACING: [&str; 2] = ["access", "utime"];

/// What `os` says that a function can do, in sets of functions.
const SUPPORTS: [(&str, &str); 6] = [
    ("supports_dir_fd", "access"),
    ("supports_effective_ids", "access"),
    ("supports_follow_symlinks", "access"),
    ("supports_dir_fd", "utime"),
    ("supports_fd", "utime"),
    ("supports_follow_symlinks", "utime"),
];

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
        let Some(text) = name.to_str().filter(|name| !name.starts_with("__")) else {
            continue;
        };
        if REPLACING.contains(&text) || vm.get_attribute_opt(&posix, name)?.is_none() {
            posix.set_attr(name, value, vm)?;
        }
    }
    for (set, function) in SUPPORTS {
        let function = posix.get_attr(function, vm)?;
        let set = vm.ctx.intern_str(set);
        match vm.get_attribute_opt(&posix, set)? {
            Some(set) => drop(vm.call_method(&set, "add", (function,))?),
            None => {
                let only = PySet::default().into_ref(&vm.ctx);
                only.add(function, vm)?;
                posix.set_attr(set, only, vm)?;
            }
        }
    }
    ours.dict().clear();
    #[cfg(target_arch = "x86_64")]
    if let Some(posix) = posix.downcast_ref::<PyModule>() {
        crate::modules::constants::add(posix, vm)?;
    }
    Ok(())
}
