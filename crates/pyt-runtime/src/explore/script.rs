//! A script that is executed repeatedly, each time in a new `__main__`.

use std::path::{Path, PathBuf};

use pyt_explore::Fingerprint;
use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyDictRef},
    scope::Scope,
};

use crate::{
    Runtime,
    api::error::Error,
    paths::{absolute, add_path},
    startup::source,
};

/// A script, compiled once.
pub(crate) struct Script {
    pub(crate) hash: Fingerprint,
    path: PathBuf,
    code: PyRef<PyCode>,
}

impl Script {
    /// Reads and compiles the script at `given`, and makes its folder the first to import from.
    ///
    /// # Errors
    /// If the file cannot be read; `SyntaxError`.
    pub(crate) fn load(
        runtime: &Runtime,
        given: &Path,
        vm: &VirtualMachine,
    ) -> Result<Self, Error> {
        let path = absolute(given);
        let bytes = std::fs::read(&path).map_err(|error| Error::unreadable(given, &error))?;
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let folder = real.parent().unwrap_or(Path::new("")).as_os_str();
        let compiled = add_path(runtime.options(), vm, folder)
            .and_then(|()| source::compile_bytes(vm, &bytes, &path.to_string_lossy()));
        let code = compiled.map_err(|raised| Error::from_exception(vm, &raised))?;
        Ok(Self {
            hash: Fingerprint::of(&bytes),
            path,
            code,
        })
    }

    pub(crate) const fn code(&self) -> &PyRef<PyCode> {
        &self.code
    }

    /// Runs it in a new `__main__`.
    ///
    /// # Errors
    /// What it raises.
    pub(crate) fn execute(&self, vm: &VirtualMachine) -> PyResult<()> {
        pyt_instrument::instrument(&self.code, vm)?;
        let scope = Scope::with_builtins(None, self.names(vm)?, vm);
        vm.run_code_obj(self.code.clone(), scope).map(drop)
    }

    /// The names of a new `__main__`.
    pub(crate) fn names(&self, vm: &VirtualMachine) -> PyResult<PyDictRef> {
        let names = vm.ctx.new_dict();
        let file: PyObjectRef = vm.fsdecode(self.path.as_os_str()).into();
        names.set_item("__file__", file, vm)?;
        names.set_item("__cached__", vm.ctx.none(), vm)?;
        names.set_item("__builtins__", vm.builtins.as_object().to_owned(), vm)?;
        let module = vm.new_module("__main__", names.clone(), None);
        let modules = vm.sys_module.get_attr("modules", vm)?;
        modules.set_item("__main__", module.into(), vm)?;
        Ok(names)
    }
}
