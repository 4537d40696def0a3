//! What lies outside of the interpreter: files, paths, the environment.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult,
    builtins::{PyDict, PyStr},
};

use crate::{
    access::{Access, Target},
    files::{self, FileAccess},
};

use super::{Emit, Resolver};

impl Resolver<'_> {
    /// A module that was imported.
    pub(crate) fn module(&self, name: &Py<PyStr>) -> Option<PyObjectRef> {
        let modules = self.vm.sys_module.get_attr("modules", self.vm).ok()?;
        let modules = modules.downcast_ref::<PyDict>()?;
        modules.get_item_opt(name, self.vm).ok()?
    }

    /// The environment, as `os.environ` has it.
    pub(super) fn environment(&self, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        let os = self.module(self.vm.ctx.intern_str("os"));
        let environment = os.and_then(|os| os.dict()?.get_item_opt("environ", self.vm).ok()?);
        match environment {
            Some(environment) => {
                let target = Target::Whole(&environment);
                emit(Access::new(change, environment.get_id(), 0, target))
            }
            None => Ok(()),
        }
    }

    /// A function that uses the file system. `receiver` is the path of a method of a path.
    pub(super) fn files(
        &self,
        access: FileAccess,
        name: &str,
        receiver: Option<&PyObject>,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let path = receiver.or_else(|| arguments.next());
        let file = files::named(path, self.vm);
        let part = if files::is_link(path) {
            0
        } else {
            files::part(file.as_deref())
        };
        let mut replaces = false;
        let (change, part) = match access {
            FileAccess::Reads => (false, part),
            FileAccess::Changes => (true, part),
            FileAccess::Opens => {
                let mode = arguments.next();
                replaces = files::replaces(mode);
                (!files::only_reads(mode), part)
            }
            FileAccess::ReadsAll => (false, 0),
            FileAccess::ChangesAll => (true, 0),
        };
        self.known.first_looks(&mut |looks| {
            if files::lists(name) {
                looks.list();
            }
            match (&file, access) {
                (_, FileAccess::ReadsAll) => {}
                (file, _) if replaces || file.is_none() && change => looks.set(file.as_deref()),
                (Some(file), _) => looks.look(file),
                (None, _) => {}
            }
            if change {
                looks.changed();
            }
            if let Some(file) = file
                .as_deref()
                .filter(|_| change && files::writes(access, name))
            {
                looks.wrote(file);
            }
        });
        let target = Target::Unknown;
        emit(Access::new(change, files::FILE_SYSTEM, part, target))
    }

    /// An operation on an open file: it touches the file that others may open by its name. One that
    /// is open for reading is never changed, whatever the operation.
    pub(super) fn open_file(
        &self,
        file: &PyObject,
        reads: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let is_file = matches!(
            &*file.class().name(),
            "TextIOWrapper" | "BufferedReader" | "BufferedWriter" | "BufferedRandom" | "FileIO"
        );
        if !is_file {
            return Ok(());
        }
        let name = file.get_attr("name", self.vm).ok();
        let part = files::part(files::named(name.as_deref(), self.vm).as_deref());
        let mode = file.get_attr("mode", self.vm).ok();
        let is_read = mode.is_some() && files::only_reads(mode.as_deref());
        let target = Target::Unknown;
        emit(Access::new(
            !(reads || is_read),
            files::FILE_SYSTEM,
            part,
            target,
        ))
    }
}
