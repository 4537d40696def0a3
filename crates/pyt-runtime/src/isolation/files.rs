//! Files under a grant: where a path really leads, and whether that is granted.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
};

use rustpython_vm::{
    Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyBytes, PyInt, PyModule, PyStr},
    function::{FsPath, FuncArgs},
};

use super::policy::{Policy, policy, refused};
use crate::startup::upstream_modules;

/// What is wanted of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Whether the last part of a path may be a link that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Followed,
    Itself,
}

/// Where `path` really leads, if what is there is granted; its error if it is not.
pub(super) fn granted(
    path: &Path,
    access: Access,
    policy: &Policy,
    vm: &VirtualMachine,
) -> PyResult<PathBuf> {
    locate(path, access, Last::Followed, policy, vm)
}

/// Whether `path` names something that may be read.
pub(super) fn is_readable(path: &Path, policy: &Policy) -> bool {
    let real = path.canonicalize();
    real.is_ok_and(|real| policy.read.iter().any(|root| real.starts_with(root)))
}

fn locate(
    path: &Path,
    access: Access,
    last: Last,
    policy: &Policy,
    vm: &VirtualMachine,
) -> PyResult<PathBuf> {
    let denied = || refused(&format!("the file {}", path.display()), vm);
    let roots = match access {
        Access::Read => &policy.read,
        Access::Write => &policy.write,
    };
    let within = |real: &Path| roots.iter().any(|root| real.starts_with(root));
    if roots.is_empty() {
        return Err(denied());
    }
    let path = std::path::absolute(path).map_err(|_| denied())?;
    if last == Last::Followed
        && let Ok(real) = path.canonicalize()
    {
        return if within(&real) {
            Ok(real)
        } else {
            Err(denied())
        };
    }
    // It does not exist, or is meant itself: its folder is what leads somewhere.
    let (Some(parent), Some(Component::Normal(name))) =
        (path.parent(), path.components().next_back())
    else {
        // A root, or something that ends in dots, which is no name.
        let real = path.canonicalize().map_err(|_| denied())?;
        return if within(&real) {
            Ok(real)
        } else {
            Err(denied())
        };
    };
    if let Ok(parent) = parent.canonicalize() {
        let real = parent.join(name);
        let dangles = last == Last::Followed && real.is_symlink();
        return if within(&real) && !dangles {
            Ok(real)
        } else {
            Err(denied())
        };
    }
    // Whether what is not granted exists is not told.
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

/// The path that a program gave. Numbers of open files are refused: nobody knows whose they are.
pub(super) fn path_of(given: &PyObjectRef, vm: &VirtualMachine) -> PyResult<PathBuf> {
    if given.downcast_ref::<PyInt>().is_some() {
        return Err(refused("a file descriptor", vm));
    }
    let path = FsPath::try_from_path_like(given.clone(), true, vm)?;
    path.to_path_buf(vm)
}

/// A path for upstream's functions, of the kind that the program gave.
fn shown(path: &Path, like: &PyObjectRef, vm: &VirtualMachine) -> PyObjectRef {
    let is_bytes = like.downcast_ref::<PyBytes>().is_some();
    match is_bytes {
        true => vm
            .ctx
            .new_bytes(path.as_os_str().as_bytes().to_vec())
            .into(),
        false => vm.fsdecode(path.as_os_str()).into(),
    }
}

/// One function of `posix` that is given under a grant.
struct Function {
    name: &'static str,
    /// The parameters that are paths, what is done to the files, and whether links are followed.
    paths: &'static [(&'static str, Access)],
    last: Last,
}

const fn reads(name: &'static str, last: Last) -> Function {
    Function {
        name,
        paths: &[("path", Access::Read)],
        last,
    }
}

const fn writes(name: &'static str, last: Last) -> Function {
    Function {
        name,
        paths: &[("path", Access::Write)],
        last,
    }
}

const fn moves(name: &'static str) -> Function {
    Function {
        name,
        paths: &[("src", Access::Write), ("dst", Access::Write)],
        last: Last::Itself,
    }
}

const FUNCTIONS: [Function; 14] = [
    reads("stat", Last::Followed),
    reads("lstat", Last::Itself),
    reads("access", Last::Followed),
    reads("listdir", Last::Followed),
    reads("scandir", Last::Followed),
    reads("readlink", Last::Itself),
    writes("mkdir", Last::Itself),
    writes("rmdir", Last::Itself),
    writes("remove", Last::Itself),
    writes("unlink", Last::Itself),
    writes("truncate", Last::Followed),
    writes("utime", Last::Followed),
    moves("rename"),
    moves("replace"),
];

/// Puts the functions that work on granted files into `posix`.
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
    // One closure each, without captures: what functions capture is never freed.
    give!(0 1 2 3 4 5 6 7 8 9 10 11 12 13);
    // Descriptors of folders are of no use here.
    let dict = module.dict();
    dict.set_item("_have_functions", vm.ctx.new_list(vec![]).into(), vm)?;
    // What the runtime's environment is, is put in later.
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

/// The process's, if it may be read.
fn working_directory(vm: &VirtualMachine) -> PathBuf {
    let real = std::env::current_dir().ok();
    let policy = policy(vm);
    real.filter(|real| policy.is_some_and(|policy| is_readable(real, &policy)))
        .unwrap_or_else(|| PathBuf::from("/"))
}

/// Calls upstream's function with where the paths really lead.
fn call(function: &Function, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let Some(policy) = policy(vm) else {
        return upstream_modules::upstreams("posix", function.name, args, vm);
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
        last = Last::Itself;
    }
    for (index, (name, access)) in function.paths.iter().enumerate() {
        let keyword = args.kwargs.get(name).cloned();
        let given = match args.args.get(index).cloned().or(keyword) {
            Some(given) if !vm.is_none(&given) => given,
            // `listdir()` and `scandir()`; the others complain of it themselves.
            _ => vm.ctx.new_str(".").into(),
        };
        let path = path_of(&given, vm)?;
        let real = locate(&path, *access, last, &policy, vm)?;
        let real = shown(&real, &given, vm);
        let is_keyword = args.kwargs.contains_key(name);
        if let Some(place) = args.args.get_mut(index) {
            *place = real;
        } else if is_keyword {
            args.kwargs.insert((*name).into(), real);
        } else if *access == Access::Read {
            args.args.push(real);
        }
        // What else is missing upstream says.
    }
    upstream_modules::upstreams("posix", function.name, args, vm)
}

/// Whether the mode of `open` is one that only reads.
pub(super) fn access_of(mode: Option<&PyObjectRef>) -> Access {
    let mode = mode.map(|mode| {
        mode.downcast_ref::<PyStr>().map_or_else(
            || "w".to_owned(),
            |mode| mode.to_string_lossy().into_owned(),
        )
    });
    let reads = |mode: &str| !mode.contains(['w', 'a', 'x', '+']);
    match mode {
        Some(mode) if !reads(&mode) => Access::Write,
        _ => Access::Read,
    }
}

/// A path as an object, for the class that opens files.
pub(super) fn as_object(path: &OsStr, vm: &VirtualMachine) -> PyObjectRef {
    vm.fsdecode(path).into()
}
