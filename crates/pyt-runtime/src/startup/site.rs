//! What importing `site` does at the start of an interpreter, without importing it where it would
//! find nothing to do.
//!
//! `site` imports `os` and what that needs, a third of the work of a start, in order to look for
//! folders of packages, `.pth` files, virtual environments and modules of the user's: mostly in
//! vain. This looks first. If there is anything, `site` does it; else the frozen module `_pyt_site`
//! stands in for it until somebody asks (docs/adr/0021).

use std::path::{Component, Path, PathBuf};

use rustpython_vm::{AsObject, PyResult, VirtualMachine, builtins::PyList, version};

use crate::paths::absolute;

/// Modules that `site` runs if there are any.
const CUSTOM: [&str; 2] = ["sitecustomize", "usercustomize"];

/// Does what CPython's start does with `site`.
pub(crate) fn start(vm: &VirtualMachine) -> PyResult<()> {
    if has_work(vm)? {
        vm.import("site", 0)?;
        return Ok(());
    }
    let stand_in = vm.import("_pyt_site", 0)?;
    let isolated = vm.state.config.settings.isolated;
    vm.call_method(&stand_in, "put_off", (isolated,))?;
    Ok(())
}

/// Whether `site` could find anything to do. Says so in cases of doubt.
fn has_work(vm: &VirtualMachine) -> PyResult<bool> {
    if !cfg!(target_os = "linux") {
        // Elsewhere there are more places to look at.
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

/// Whether `os.path.abspath` would leave it as it is.
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

/// Where packages would be installed; `None` if only `site` knows.
fn package_folders(vm: &VirtualMachine) -> Option<Vec<PathBuf>> {
    let paths = &vm.state.config.paths;
    // As upstream names them. The letter stands for threads that no lock holds back.
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
        let is_set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        if is_set("PYTHONUSERBASE").is_some() {
            return None;
        }
        folders.push(Path::new(&is_set("HOME")?).join(".local/lib").join(&lib));
    }
    Some(folders)
}

/// Whether there may be a module of this name.
fn is_there(name: &str, search: &[PathBuf], vm: &VirtualMachine) -> bool {
    let of_the_host = vm.state.module_defs.contains_key(name);
    of_the_host
        || search.iter().any(|folder| {
            // What is no folder, but a zip file, would have to be opened.
            folder.is_file()
                || ["", ".py", ".pyc"]
                    .iter()
                    .any(|suffix| folder.join(format!("{name}{suffix}")).exists())
        })
}
