//! The folders of `sys.path` that come before the library are searched before it, as in CPython: a
//! module of the program's that is named as one of the library is imported in its place.
//!
//! Upstream's finders for native and frozen modules, which are the library, come before the one for
//! `sys.path`. So a finder before all of them looks whether such a folder has a module of that
//! name. It asks no other module for that, and lists each folder once as long as that does not
//! change, so that programs which replace nothing pay a call and a look at each folder per imported
//! module.
//!
//! Not replaced are the modules that are part of CPython's executable, and those that its start has
//! imported.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::SystemTime,
};

use parking_lot::Mutex;
use pyt_vm::state;
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyList, PyStr},
    function::FuncArgs,
};

/// The modules that no file replaces: built into CPython's executable, frozen there, or imported by
/// its start.
const FIXED: &[&str] = &[
    "_abc",
    "_ast",
    "_codecs",
    "_collections",
    "_collections_abc",
    "_frozen_importlib",
    "_frozen_importlib_external",
    "_functools",
    "_imp",
    "_io",
    "_locale",
    "_operator",
    "_signal",
    "_sitebuiltins",
    "_sre",
    "_stat",
    "_string",
    "_symtable",
    "_sysconfig",
    "_thread",
    "_tokenize",
    "_tracemalloc",
    "_typing",
    "_warnings",
    "_weakref",
    "abc",
    "atexit",
    "builtins",
    "codecs",
    "encodings",
    "errno",
    "faulthandler",
    "gc",
    "genericpath",
    "io",
    "itertools",
    "marshal",
    "ntpath",
    "os",
    "posix",
    "posixpath",
    "pwd",
    "runpy",
    "site",
    "stat",
    "sys",
    "time",
    "zipimport",
];

/// The beginning of the names of pyt's own modules.
const OWN: &str = "_pyt";

/// One interpreter's state.
#[derive(Default)]
struct SearchPath {
    folders: Mutex<HashMap<PathBuf, Folder>>,
    /// How many imports for the interpreter's own use are under way.
    own_imports: AtomicUsize,
}

/// What a folder had when it was listed.
struct Folder {
    changed: Option<SystemTime>,
    names: HashSet<String>,
}

impl Folder {
    fn list(folder: &Path, changed: Option<SystemTime>) -> Self {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // `name.py`, `name.pyc`, `name.cpython-314.so`, or a package.
            let stem = name.split('.').next()?;
            Some(stem.to_owned())
        });
        Self {
            changed,
            names: names.collect(),
        }
    }
}

impl SearchPath {
    /// Whether the folder could have a module of this name.
    fn may_have(&self, folder: &Path, name: &str) -> bool {
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        let Ok(found) = std::fs::metadata(folder) else {
            return false;
        };
        if !found.is_dir() {
            // A zip file.
            return true;
        }
        let changed = found.modified().ok();
        // Where the current folder has changed, so has what `.` means.
        let key = match folder.is_absolute() {
            true => folder.to_owned(),
            false => std::path::absolute(folder).unwrap_or_default(),
        };
        // In the child of a fork, a thread that is gone may have it.
        let Some(mut folders) = self.folders.try_lock() else {
            return true;
        };
        if let Some(known) = folders.get(&key)
            && known.changed.is_some()
            && known.changed == changed
        {
            return known.names.contains(name);
        }
        let listed = Folder::list(folder, changed);
        let has = listed.names.contains(name);
        folders.insert(key, listed);
        has
    }
}

/// Puts the finder before all others. To be called once an interpreter has started.
///
/// # Errors
/// What the interpreter raises.
pub fn install(vm: &VirtualMachine) -> PyResult<()> {
    let finder = vm.import("_pyt_search_path", 0)?;
    let finders = vm.sys_module.get_attr("meta_path", vm)?;
    vm.call_method(&finders, "insert", (0, finder)).map(drop)
}

/// Imports a module of the library, and what that imports, whatever the program's folder has. Those
/// among them that it replaces are not left in `sys.modules`: the program will import its own.
///
/// # Errors
/// What the import raises.
pub fn import_own(name: &'static str, vm: &VirtualMachine) -> PyResult {
    let state = state::of(vm);
    let search: &SearchPath = state.slot();
    let modules = vm.sys_module.get_attr("modules", vm)?;
    let names = |vm: &VirtualMachine| -> PyResult<Vec<PyObjectRef>> {
        vm.call_method(&modules, "keys", ())?.try_to_value(vm)
    };
    let before = modules.length(vm)?;
    search.own_imports.fetch_add(1, Ordering::Relaxed);
    let imported = vm.import(name, 0);
    search.own_imports.fetch_sub(1, Ordering::Relaxed);
    let imported = imported?;
    // A dictionary keeps the order in which its keys came.
    for name in names(vm)?.into_iter().skip(before) {
        let Some(text) = name.downcast_ref::<PyStr>() else {
            continue;
        };
        let text = text.to_string_lossy();
        let top = text.split('.').next().unwrap_or_default();
        if is_replaced(top, vm)? {
            modules.del_item(&*name, vm)?;
        }
    }
    Ok(imported)
}

/// Whether the program has a module of its own in the place of the library's of this name.
pub(crate) fn is_replaced(name: &str, vm: &VirtualMachine) -> PyResult<bool> {
    Ok(found(name, vm)?.is_some())
}

/// What the folders before the library have of this name, if that is to replace the library's: the
/// specification of a module.
fn found(name: &str, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let is_library = vm.state.module_defs.contains_key(name) || vm.state.frozen.contains_key(name);
    if !is_library || name.starts_with(OWN) || FIXED.binary_search(&name).is_ok() {
        return Ok(None);
    }
    let state = state::of(vm);
    let search: &SearchPath = state.slot();
    if search.own_imports.load(Ordering::Relaxed) > 0 {
        return Ok(None);
    }
    let folders = folders_with(name, search, vm)?;
    if folders.is_empty() {
        return Ok(None);
    }
    let modules = vm.sys_module.get_attr("modules", vm)?;
    let external = modules.get_item("_frozen_importlib_external", vm)?;
    let finder = external.get_attr("PathFinder", vm)?;
    let args = (vm.ctx.new_str(name), vm.ctx.new_list(folders));
    let spec = vm.call_method(&finder, "find_spec", args)?;
    // A folder without `__init__.py` is a package only where there is no module.
    if vm.is_none(&spec) {
        return Ok(None);
    }
    let loader = spec.get_attr("loader", vm)?;
    Ok((!vm.is_none(&loader)).then_some(spec))
}

/// The folders of `sys.path` before the library that could have a module of this name.
fn folders_with(
    name: &str,
    search: &SearchPath,
    vm: &VirtualMachine,
) -> PyResult<Vec<PyObjectRef>> {
    let path = vm.sys_module.get_attr("path", vm)?;
    let Some(path) = path.downcast_ref::<PyList>() else {
        return Ok(Vec::new());
    };
    let entries = path.borrow_vec().to_vec();
    let config = &vm.state.config;
    let own = config.settings.path_list.len();
    let library = config.paths.module_search_paths.get(own..);
    let is_of_library = |folder: &str| {
        let mut library = library.into_iter().flatten();
        library.any(|known| known == folder)
    };
    let mut with_name = Vec::new();
    for entry in entries {
        let Some(folder) = entry.downcast_ref::<PyStr>() else {
            continue;
        };
        let folder = folder.to_string_lossy();
        if is_of_library(&folder) {
            break;
        }
        if search.may_have(Path::new(&*folder), name) {
            with_name.push(entry);
        }
    }
    Ok(with_name)
}

pub(crate) use finder::module_def;

/// The finder: a module, so that it needs no class.
#[rustpython_vm::pymodule(name = "_pyt_search_path")]
mod finder {
    use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, builtins::PyStrRef};

    use super::FuncArgs;

    /// The specification of a module that comes before the library's, if there is one.
    #[pyfunction]
    fn find_spec(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let argument = |position: usize, name: &str| -> Option<&PyObjectRef> {
            args.args.get(position).or_else(|| args.kwargs.get(name))
        };
        let name: Option<PyStrRef> =
            argument(0, "fullname").and_then(|name| name.clone().downcast().ok());
        let path = argument(1, "path");
        let is_inside = path.is_some_and(|path| !vm.is_none(path));
        let Some(name) = name.filter(|_| !is_inside) else {
            return Ok(vm.ctx.none());
        };
        let found = super::found(&name.to_string_lossy(), vm)?;
        Ok(found.unwrap_or_else(|| vm.ctx.none()))
    }

    /// The metadata of the package `pyt`, which is part of the program, for `importlib.metadata`:
    /// pytest finds its plugin there.
    #[pyfunction]
    fn find_distributions(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let context = args.args.first().or_else(|| args.kwargs.get("context"));
        let context = context.map_or_else(|| vm.ctx.none(), PyObjectRef::clone);
        let version = env!("CARGO_PKG_VERSION");
        vm.import("_pyt_distribution", 0)?
            .get_attr("find", vm)?
            .call((context, version), vm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(FIXED.is_sorted());
    }

    #[test]
    fn a_folder_is_listed_again_when_it_has_changed() {
        let folder = std::env::temp_dir().join(format!("pyt-search-path-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let search = SearchPath::default();
        assert!(!search.may_have(&folder, "queue"));
        std::fs::write(folder.join("queue.py"), "").unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(5);
        std::fs::File::open(&folder)
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert!(search.may_have(&folder, "queue"));
        assert!(!search.may_have(&folder, "random"));
        assert!(!search.may_have(&folder.join("missing"), "queue"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
