//! Paths as the program and `sys.path` see them.
//!
//! What is run from a path is not known here.

use std::{
    ffi::OsStr,
    path::{Component, Path, PathBuf},
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

/// An absolute path without dots, as `os.path.abspath` makes it. Links are not resolved.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in absolute(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            component => normal.push(component),
        }
    }
    normal
}

/// Puts `folder` in front of `sys.path`, unless the options ask for a safe path (`-P`).
pub(crate) fn add_path(options: &Options, vm: &VirtualMachine, folder: &OsStr) -> PyResult<()> {
    if options.safe_path {
        return Ok(());
    }
    vm.insert_sys_path(vm.fsdecode(folder).into())
}

#[cfg(test)]
mod tests {
    use super::{Path, normal};

    #[test]
    fn dots_are_taken_out_of_paths() {
        let text = |path: &str| normal(Path::new(path)).to_string_lossy().into_owned();
        assert_eq!(text("/a/./b/../c/"), "/a/c");
        assert_eq!(text("/../a"), "/a");
        assert_eq!(text("/"), "/");
    }
}
