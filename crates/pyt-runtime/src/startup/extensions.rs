//! C extensions, which the interpreter cannot load: importing one says so.
//!
//! A finder at the end of `sys.meta_path` is asked once no other has found a module. If there is an
//! extension of that name where the module was searched, the error names it; a program that can do
//! without, and expects `ImportError` or `ModuleNotFoundError`, does so.

use std::path::{Path, PathBuf};

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine, class::PyClassImpl,
    function::OptionalArg, pyclass,
};

/// Finds C extensions, and refuses to load them.
#[pyclass(module = false, name = "ExtensionFinder")]
#[derive(Debug, PyPayload)]
struct ExtensionFinder {}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl ExtensionFinder {
    #[pymethod]
    fn find_spec(
        zelf: &Py<Self>,
        fullname: String,
        path: OptionalArg<PyObjectRef>,
        _target: OptionalArg<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult {
        let searched = match path.into_option().filter(|path| !vm.is_none(path)) {
            Some(path) => path,
            None => vm.sys_module.as_object().get_attr("path", vm)?,
        };
        let name = fullname.rsplit('.').next().unwrap_or_default();
        let folders: Vec<PyObjectRef> = searched.try_to_value(vm)?;
        let found = folders.iter().find_map(|folder| {
            let folder = folder.try_to_value::<String>(vm).ok()?;
            extension_in(
                Path::new(if folder.is_empty() { "." } else { &folder }),
                name,
            )
        });
        let Some(file) = found else {
            return Ok(vm.ctx.none());
        };
        let class = vm
            .import("_frozen_importlib", 0)?
            .get_attr("ModuleSpec", vm)?;
        let spec = class.call((fullname, zelf.as_object().to_owned()), vm)?;
        spec.set_attr(
            "origin",
            vm.ctx.new_str(file.to_string_lossy().into_owned()),
            vm,
        )?;
        Ok(spec)
    }

    #[pymethod]
    fn create_module(_zelf: &Py<Self>, spec: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        let name = spec.get_attr("name", vm)?;
        let file = spec.get_attr("origin", vm)?;
        let message = format!(
            "{} is a C extension ({}), which pyt cannot load: install a version of the package, or \
             another package, that is written in Python",
            name.str(vm)?,
            file.str(vm)?
        );
        let class = vm.ctx.exceptions.module_not_found_error.to_owned();
        let error = vm.new_exception_msg(class, message.into());
        error.as_object().set_attr("name", name, vm)?;
        error.as_object().set_attr("path", file, vm)?;
        Err(error)
    }

    #[pymethod]
    fn exec_module(_zelf: &Py<Self>, _module: PyObjectRef) {}
}

/// An extension module of this name in a folder: `NAME.so`, or with the name of an ABI in between.
fn extension_in(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = folder.read_dir().ok()?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let mut files = files.filter(|file| {
        let rest = file.to_str().and_then(|file| file.strip_prefix(name));
        let is_library = Path::new(file).extension().is_some_and(|end| end == "so");
        is_library && rest.is_some_and(|rest| rest.starts_with('.'))
    });
    files.next().map(|file| folder.join(file))
}

/// Appends the finder to `sys.meta_path`.
pub(crate) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let _ = ExtensionFinder::make_static_type();
    let finder = ExtensionFinder {}.into_ref(&vm.ctx);
    let path = vm.sys_module.as_object().get_attr("meta_path", vm)?;
    vm.call_method(&path, "append", (finder,))?;
    Ok(())
}
