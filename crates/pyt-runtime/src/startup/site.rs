//! The part of `site` at the start of an interpreter, without importing `site` where it would find
//! nothing to do.
//!
//! `site` imports `os` and what that needs, a third of the work of a start, to search for folders
//! of packages, `.pth` files, virtual environments and modules of the user's, and mostly finds
//! none. So this file searches first. If there is anything, `site` is imported; otherwise the
//! frozen module `_pyt_site` replaces it until a program uses it (docs/adr/0021).

use std::{
    env,
    path::{Component, Path, PathBuf},
};

use rustpython_vm::{AsObject, PyResult, VirtualMachine, builtins::PyList, version};

use crate::paths::absolute;

/// Modules that `site` imports if they exist.
const CUSTOM: [&str; 2] = ["sitecustomize", "usercustomize"];

/// Imports `site` as CPython's start does, or installs its replacement.
pub(crate) fn start(vm: &VirtualMachine) -> PyResult<()> {
    if has_work(vm)? {
        vm.import("site", 0)?;
        return Ok(());
    }
    let replacement = vm.import("_pyt_site", 0)?;
    let isolated = vm.state.config.settings.isolated;
    vm.call_method(&replacement, "put_off", (isolated,))?;
    Ok(())
}

/// Whether `site` could find anything to do. True in cases of doubt.
fn has_work(vm: &VirtualMachine) -> PyResult<bool> {
    if !cfg!(target_os = "linux") {
        // On other systems `site` searches more places.
        return Ok(true);
    }
    let settings = &vm.state.config.settings;
    let Some(search) = plain_search_path(vm)? else {
        return Ok(true);
    };
    Ok(settings.verbose > 0
        || in_virtual_environment(vm)
        || package_folders(vm).is_none_or(|folders| folders.iter().any(|folder| folder.is_dir()))
        || CUSTOM.iter().any(|name| is_there(name, &search, vm)))
}

/// The folders of `sys.path`; `None` if `site` would write some of them differently.
fn plain_search_path(vm: &VirtualMachine) -> PyResult<Option<Vec<PathBuf>>> {
    let path = vm.sys_module.as_object().get_attr("path", vm)?;
    let Some(path) = path.downcast_ref::<PyList>() else {
        return Ok(None);
    };
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in path.borrow_vec().iter() {
        let Ok(text) = entry.try_to_value::<String>(vm) else {
            return Ok(None);
        };
        let folder = PathBuf::from(&text);
        if !is_normal(&text) || folders.contains(&folder) {
            return Ok(None);
        }
        folders.push(folder);
    }
    Ok(Some(folders))
}

/// Whether `os.path.abspath` would return `text` unchanged.
fn is_normal(text: &str) -> bool {
    let path = Path::new(text);
    let again: PathBuf = path
        .components()
        .filter(|component| *component != Component::ParentDir)
        .collect();
    path.is_absolute() && again.as_os_str() == text
}

fn in_virtual_environment(vm: &VirtualMachine) -> bool {
    let executable = absolute(Path::new(&vm.state.config.paths.executable));
    let folders = executable.ancestors().skip(1).take(2);
    folders
        .map(|folder| folder.join("pyvenv.cfg"))
        .any(|file| file.exists())
}

/// The folders where packages would be installed; `None` if only `site` can find them.
fn package_folders(vm: &VirtualMachine) -> Option<Vec<PathBuf>> {
    let paths = &vm.state.config.paths;
    // As upstream names them. The letter `t` means free-threaded.
    let lib = format!(
        "rustpython{}.{}t/site-packages",
        version::MAJOR,
        version::MINOR
    );
    let mut folders = vec![];
    for prefix in [&paths.prefix, &paths.exec_prefix] {
        folders.push(Path::new(prefix).join("lib").join(&lib));
        // On some systems `sys.platlibdir` is another.
        folders.push(Path::new(prefix).join("lib64").join(&lib));
    }
    if vm.state.config.settings.user_site_directory {
        if env::var_os("PYTHONUSERBASE").is_some_and(|value| !value.is_empty()) {
            return None;
        }
        folders.push(home()?.join(".local/lib").join(&lib));
    }
    Some(folders)
}

/// The user's folder as `os.path.expanduser` has it; `None` where that would be another text.
/// Services run without `HOME`: then it comes from the system's list of users.
fn home() -> Option<PathBuf> {
    match env::var_os("HOME") {
        Some(home) if home.is_empty() => None,
        Some(home) => Some(home.into()),
        None => env::home_dir(),
    }
}

/// Whether a module of this name may exist.
fn is_there(name: &str, search: &[PathBuf], vm: &VirtualMachine) -> bool {
    let is_native = vm.state.module_defs.contains_key(name);
    is_native
        || search.iter().any(|folder| {
            // A file is a zip file, which would have to be opened.
            folder.is_file()
                || ["", ".py", ".pyc"]
                    .iter()
                    .any(|suffix| folder.join(format!("{name}{suffix}")).exists())
        })
}
