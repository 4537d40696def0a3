//! FileAccess to granted files: the real path, and whether it is granted.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
};

use pyt_modules::upstream;
use rustpython_vm::{
    Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyBytes, PyInt, PyModule, PyStr},
    function::{FsPath, FuncArgs},
};

use super::policy::{IsolationPolicy, policy, refused};

/// The kind of access to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileAccess {
    Read,
    Write,
}

/// Whether the last component of a path is resolved if it is a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastComponent {
    Followed,
    Itself,
}

/// The real path of `path`, if it is granted; otherwise `PermissionError`.
pub(super) fn granted(
    path: &Path,
    access: FileAccess,
    policy: &IsolationPolicy,
    vm: &VirtualMachine,
) -> PyResult<PathBuf> {
    locate(path, access, LastComponent::Followed, policy, vm)
}

/// Whether `path` names something that may be read.
pub(super) fn is_readable(path: &Path, policy: &IsolationPolicy) -> bool {
    let real = path.canonicalize();
    real.is_ok_and(|real| policy.read.iter().any(|root| real.starts_with(root)))
}

fn locate(
    path: &Path,
    access: FileAccess,
    last: LastComponent,
    policy: &IsolationPolicy,
    vm: &VirtualMachine,
) -> PyResult<PathBuf> {
    let denied = || refused(&format!("the file {}", path.display()), vm);
    let roots = match access {
        FileAccess::Read => &policy.read,
        FileAccess::Write => &policy.write,
    };
    let within = |real: &Path| roots.iter().any(|root| real.starts_with(root));
    if roots.is_empty() {
        return Err(denied());
    }
    let path = std::path::absolute(path).map_err(|_| denied())?;
    if last == LastComponent::Followed
        && let Ok(real) = path.canonicalize()
    {
        return if within(&real) {
            Ok(real)
        } else {
            Err(denied())
        };
    }
    // It does not exist, or is not to be resolved: only its folder is.
    let (Some(parent), Some(Component::Normal(name))) =
        (path.parent(), path.components().next_back())
    else {
        // A root, or a path that ends in `..`.
        let real = path.canonicalize().map_err(|_| denied())?;
        return if within(&real) {
            Ok(real)
        } else {
            Err(denied())
        };
    };
    if let Ok(parent) = parent.canonicalize() {
        let real = parent.join(name);
        let dangles = last == LastComponent::Followed && real.is_symlink();
        return if within(&real) && !dangles {
            Ok(real)
        } else {
            Err(denied())
        };
    }
    // The error does not reveal whether a file that is not granted exists.
    let climbs = path.components().any(|part| part == Component::ParentDir);
    if within(&path) && !climbs {
        Err(not_found(&path, vm))
    } else {
        Err(denied())
    }
}

fn not_found(path: &Path, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let class = vm.ctx.exceptions.file_not_found_error;
    let args = vec![
        vm.ctx.new_int(libc::ENOENT).into(),
        vm.ctx.new_str("No such file or directory").into(),
        vm.fsdecode(path.as_os_str()).into(),
    ];
    match vm.invoke_exception(class, args) {
        Ok(raised) | Err(raised) => raised,
    }
}

/// The path that a program passed. File descriptors are refused: they may belong to the host.
pub(super) fn path_of(given: &PyObjectRef, vm: &VirtualMachine) -> PyResult<PathBuf> {
    if given.downcast_ref::<PyInt>().is_some() {
        return Err(refused("a file descriptor", vm));
    }
    let path = FsPath::try_from_path_like(given.clone(), true, vm)?;
    path.to_path_buf(vm)
}

/// A path for upstream's functions, of the class that the program passed.
fn path_object(path: &Path, like: &PyObjectRef, vm: &VirtualMachine) -> PyObjectRef {
    let is_bytes = like.downcast_ref::<PyBytes>().is_some();
    match is_bytes {
        true => vm
            .ctx
            .new_bytes(path.as_os_str().as_bytes().to_vec())
            .into(),
        false => vm.fsdecode(path.as_os_str()).into(),
    }
}

/// A function of `posix` on granted files.
struct FileFunction {
    name: &'static str,
    /// The parameters that are paths, and the access to each file.
    paths: &'static [(&'static str, FileAccess)],
    last: LastComponent,
}

const fn reads(name: &'static str, last: LastComponent) -> FileFunction {
    FileFunction {
        name,
        paths: &[("path", FileAccess::Read)],
        last,
    }
}

const fn writes(name: &'static str, last: LastComponent) -> FileFunction {
    FileFunction {
        name,
        paths: &[("path", FileAccess::Write)],
        last,
    }
}

const fn moves(name: &'static str) -> FileFunction {
    FileFunction {
        name,
        paths: &[("src", FileAccess::Write), ("dst", FileAccess::Write)],
        last: LastComponent::Itself,
    }
}

const FUNCTIONS: [FileFunction; 14] = [
    reads("stat", LastComponent::Followed),
    reads("lstat", LastComponent::Itself),
    reads("access", LastComponent::Followed),
    reads("listdir", LastComponent::Followed),
    reads("scandir", LastComponent::Followed),
    reads("readlink", LastComponent::Itself),
    writes("mkdir", LastComponent::Itself),
    writes("rmdir", LastComponent::Itself),
    writes("remove", LastComponent::Itself),
    writes("unlink", LastComponent::Itself),
    writes("truncate", LastComponent::Followed),
    writes("utime", LastComponent::Followed),
    moves("rename"),
    moves("replace"),
];

/// Puts functions into `posix` that work on granted files.
pub(super) fn give(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    macro_rules! give {
        ($($index:literal)*) => {$(
            let function = vm.new_function(
                FUNCTIONS[$index].name,
                |args: FuncArgs, vm: &VirtualMachine| call(&FUNCTIONS[$index], args, vm),
            );
            module.dict().set_item(FUNCTIONS[$index].name, function.into(), vm)?;
        )*};
    }
    // Closures without captures: what native functions capture is never freed.
    give!(0 1 2 3 4 5 6 7 8 9 10 11 12 13);
    // No function takes a file descriptor of a folder.
    let dict = module.dict();
    dict.set_item("_have_functions", vm.ctx.new_list(vec![]).into(), vm)?;
    // The runtime's environment is put in later.
    dict.set_item("environ", vm.ctx.new_dict().into(), vm)?;
    let getcwd = vm.new_function("getcwd", |vm: &VirtualMachine| {
        vm.fsdecode(working_directory(vm).as_os_str())
    });
    let getcwdb = vm.new_function("getcwdb", |vm: &VirtualMachine| {
        let bytes = working_directory(vm).as_os_str().as_bytes().to_vec();
        vm.ctx.new_bytes(bytes)
    });
    module.dict().set_item("getcwd", getcwd.into(), vm)?;
    module.dict().set_item("getcwdb", getcwdb.into(), vm)
}

/// The process's working directory, if it may be read.
fn working_directory(vm: &VirtualMachine) -> PathBuf {
    let real = std::env::current_dir().ok();
    let policy = policy(vm);
    real.filter(|real| policy.is_some_and(|policy| is_readable(real, &policy)))
        .unwrap_or_else(|| PathBuf::from("/"))
}

/// Calls upstream's function with the real paths.
fn call(function: &FileFunction, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let Some(policy) = policy(vm) else {
        return upstream::call("posix", function.name, args, vm);
    };
    for name in ["dir_fd", "src_dir_fd", "dst_dir_fd"] {
        if let Some(given) = args.kwargs.get(name)
            && !vm.is_none(given)
        {
            return Err(refused("a file descriptor", vm));
        }
    }
    let mut last = function.last;
    if let Some(follow) = args.kwargs.get("follow_symlinks")
        && !follow.clone().try_to_bool(vm)?
    {
        last = LastComponent::Itself;
    }
    for (index, (name, access)) in function.paths.iter().enumerate() {
        let keyword = args.kwargs.get(name).cloned();
        let given = match args.args.get(index).cloned().or(keyword) {
            Some(given) if !vm.is_none(&given) => given,
            // For `listdir()` and `scandir()`; the others report a missing argument.
            _ => vm.ctx.new_str(".").into(),
        };
        let path = path_of(&given, vm)?;
        let real = locate(&path, *access, last, &policy, vm)?;
        let real = path_object(&real, &given, vm);
        let is_keyword = args.kwargs.contains_key(name);
        if let Some(place) = args.args.get_mut(index) {
            *place = real;
        } else if is_keyword {
            args.kwargs.insert((*name).into(), real);
        } else if *access == FileAccess::Read {
            args.args.push(real);
        }
        // Upstream reports other missing arguments.
    }
    upstream::call("posix", function.name, args, vm)
}

/// The access that a mode of `open` needs.
pub(super) fn access_of(mode: Option<&PyObjectRef>) -> FileAccess {
    let mode = mode.map(|mode| {
        mode.downcast_ref::<PyStr>().map_or_else(
            || "w".to_owned(),
            |mode| mode.to_string_lossy().into_owned(),
        )
    });
    let reads = |mode: &str| !mode.contains(['w', 'a', 'x', '+']);
    match mode {
        Some(mode) if !reads(&mode) => FileAccess::Write,
        _ => FileAccess::Read,
    }
}

/// A path as an object.
pub(super) fn as_object(path: &OsStr, vm: &VirtualMachine) -> PyObjectRef {
    vm.fsdecode(path).into()
}
