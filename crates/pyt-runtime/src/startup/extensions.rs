//! C extensions, which the interpreter cannot load: importing one says so.
//!
//! A finder at the end of `sys.meta_path` is asked once no other has found a module. If there is an
//! extension of that name where the module was searched, the error names it; a program that can do
//! without, and expects `ImportError` or `ModuleNotFoundError`, does so.
//!
//! Where a folder of that name lies beside the extension, as for its stubs, upstream would import
//! the folder as a namespace package, and the program fails later and elsewhere. So another finder,
//! before the one for `sys.path`, looks for such pairs only.

use std::path::{Path, PathBuf};

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine, class::PyClassImpl,
    function::OptionalArg, pyclass,
};

/// Finds C extensions, and refuses to load them.
#[pyclass(module = false, name = "ExtensionFinder")]
#[derive(Debug, PyPayload)]
struct ExtensionFinder {
    /// Looks only for extensions that have a folder of the same name beside them.
    beside_folders: bool,
}

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
        let mut folders = folders.iter().filter_map(|folder| {
            let folder = folder.try_to_value::<String>(vm).ok()?;
            Some(PathBuf::from(match folder.as_str() {
                "" => ".",
                folder => folder,
            }))
        });
        let found = match zelf.beside_folders {
            true => extension_beside_folder(folders, name),
            false => folders.find_map(|folder| extension_in(&folder, name)),
        };
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

/// An extension that has a folder of the same name, without `__init__.py`, beside it, if no module
/// of Python comes before it.
fn extension_beside_folder(folders: impl Iterator<Item = PathBuf>, name: &str) -> Option<PathBuf> {
    for folder in folders {
        let package = folder.join(name);
        if has_module_file(&folder, name) || package.join("__init__.py").exists() {
            return None;
        }
        // Most folders have none, and are not listed.
        if package.is_dir()
            && let Some(extension) = extension_in(&folder, name)
        {
            return Some(extension);
        }
    }
    None
}

/// Whether a folder has a module of Python's of this name, as a file.
fn has_module_file(folder: &Path, name: &str) -> bool {
    ["py", "pyc"]
        .iter()
        .any(|end| folder.join(format!("{name}.{end}")).exists())
}

/// Puts the finders into `sys.meta_path`: before the finder for `sys.path`, which is the last one,
/// and at the end.
pub(crate) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let _ = ExtensionFinder::make_static_type();
    let finder = |beside_folders| ExtensionFinder { beside_folders }.into_ref(&vm.ctx);
    let path = vm.sys_module.as_object().get_attr("meta_path", vm)?;
    vm.call_method(&path, "insert", (-1, finder(true)))?;
    vm.call_method(&path, "append", (finder(false),))?;
    Ok(())
}
