//! Paths as the program and `sys.path` see them.
//!
//! What is run from a path is not known here.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use rustpython_vm::{PyResult, VirtualMachine};

use crate::config::options::Options;

/// Joins `path` onto the working directory, without resolving links or dots in it.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    match std::env::current_dir() {
        Ok(folder) => folder.join(path),
        Err(_) => path.to_owned(),
    }
}

/// Puts `folder` in front of `sys.path`, unless the options ask for a safe path (`-P`).
pub(crate) fn add_path(options: &Options, vm: &VirtualMachine, folder: &OsStr) -> PyResult<()> {
    if options.safe_path {
        return Ok(());
    }
    vm.insert_sys_path(vm.fsdecode(folder).into())
}
