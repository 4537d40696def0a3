//! A script or a module that is executed repeatedly, each time in a new `__main__`.

use std::path::{Path, PathBuf};

use pyt_explore::Fingerprint;
use pyt_modules::search_path;
use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyDictRef, PyStrRef},
    scope::Scope,
};

use crate::{
    Runtime,
    api::error::Error,
    paths::{absolute, add_path},
    startup::source,
};

/// What is explored.
#[derive(Clone, Copy, Debug)]
pub enum ExploredProgram<'a> {
    /// A source file.
    Script(&'a Path),
    /// A module, as with `python -m`: it is looked for from the current folder.
    Module(&'a str),
}

impl<'a> ExploredProgram<'a> {
    /// The script's path; of a module, its name.
    pub(crate) fn path(&self) -> &'a Path {
        match *self {
            Self::Script(path) => path,
            Self::Module(name) => Path::new(name),
        }
    }
}

impl<'a> From<&'a Path> for ExploredProgram<'a> {
    fn from(path: &'a Path) -> Self {
        Self::Script(path)
    }
}

/// A script, compiled once, or a module, which each run finds anew.
pub(crate) struct Script {
    pub(crate) hash: Fingerprint,
    path: PathBuf,
    runs: Runs,
}

/// What a run executes.
enum Runs {
    Code(PyRef<PyCode>),
    Module(String),
}

impl Script {
    /// Reads what is to be explored, and makes its folder the first to import from: of a script,
    /// the folder that it is in; of a module, the current one. A script is compiled, too. Of a
    /// module, nothing is imported.
    ///
    /// # Errors
    /// If the file cannot be read; `SyntaxError`; `ImportError` if there is no such module.
    pub(crate) fn load(
        runtime: &Runtime,
        program: ExploredProgram<'_>,
        vm: &VirtualMachine,
    ) -> Result<Self, Error> {
        let raised = |raised| Error::from_exception(vm, &raised);
        match program {
            ExploredProgram::Script(given) => {
                let path = absolute(given);
                let read = std::fs::read(&path);
                let bytes = read.map_err(|error| Error::unreadable(given, &error))?;
                let real = path.canonicalize().unwrap_or_else(|_| path.clone());
                let folder = real.parent().unwrap_or(Path::new("")).as_os_str();
                let compiled = add_path(runtime.options(), vm, folder)
                    .and_then(|()| source::compile_bytes(vm, &bytes, &path.to_string_lossy()));
                Ok(Self {
                    hash: Fingerprint::of(&bytes),
                    path,
                    runs: Runs::Code(compiled.map_err(raised)?),
                })
            }
            ExploredProgram::Module(name) => {
                let folder = std::env::current_dir().unwrap_or_default();
                let find = || {
                    add_path(runtime.options(), vm, folder.as_os_str())?;
                    let state = search_path::import_own("_pyt_run_state", vm)?;
                    let found = state.get_attr("module_file", vm)?.call((name,), vm)?;
                    found.try_into_value::<PyStrRef>(vm)
                };
                let path = PathBuf::from(find().map_err(raised)?.to_string_lossy().into_owned());
                let read = std::fs::read(&path);
                let bytes = read.map_err(|error| Error::unreadable(&path, &error))?;
                Ok(Self {
                    hash: Fingerprint::of(&bytes),
                    path,
                    runs: Runs::Module(name.to_owned()),
                })
            }
        }
    }

    /// The code of a script; `None` for a module.
    pub(crate) const fn code(&self) -> Option<&PyRef<PyCode>> {
        match &self.runs {
            Runs::Code(code) => Some(code),
            Runs::Module(_) => None,
        }
    }

    /// Gives the code of a script its decision points. A module's gets them in each run.
    ///
    /// # Errors
    /// What the interpreter raises.
    pub(crate) fn instrument(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.code()
            .map_or(Ok(()), |code| pyt_instrument::instrument(code, vm))
    }

    /// Runs it in a new `__main__`.
    ///
    /// # Errors
    /// What it raises.
    pub(crate) fn execute(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.instrument(vm)?;
        let names = self.names(vm)?;
        match &self.runs {
            Runs::Code(code) => {
                let scope = Scope::with_builtins(None, names, vm);
                vm.run_code_obj(code.clone(), scope).map(drop)
            }
            Runs::Module(name) => vm.run_module(name),
        }
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
