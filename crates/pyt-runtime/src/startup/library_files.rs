//! The module `_pyt_library`: files of the standard library that are no modules, for those of its
//! modules that read such files. The library is frozen into the program and has no folder.

pub(crate) use _pyt_library::module_def;

/// The files, by their paths in the library: see `build.rs`.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/library_files.rs"));

#[rustpython_vm::pymodule]
mod _pyt_library {
    use rustpython_vm::{
        PyResult, VirtualMachine,
        builtins::{PyBytesRef, PyListRef, PyUtf8StrRef},
    };

    use super::FILES;

    /// Returns the paths in the library that begin with prefix.
    #[pyfunction]
    fn names(prefix: PyUtf8StrRef, vm: &VirtualMachine) -> PyListRef {
        let names = FILES.iter().map(|(name, _)| *name);
        let names = names.filter(|name| name.starts_with(prefix.as_str()));
        vm.ctx
            .new_list(names.map(|name| vm.ctx.new_str(name).into()).collect())
    }

    /// Returns the content of the file at the path name in the library.
    #[pyfunction]
    fn read(name: PyUtf8StrRef, vm: &VirtualMachine) -> PyResult<PyBytesRef> {
        let file = FILES.iter().find(|(path, _)| *path == name.as_str());
        match file {
            Some((_, content)) => Ok(vm.ctx.new_bytes(content.to_vec())),
            None => Err(vm.new_value_error(format!("the library has no file {}", name.as_str()))),
        }
    }
}
