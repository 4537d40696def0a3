//! Functions of the library that use the file system, the environment or the current folder: which
//! part of it they read or change. The file system is one object; its parts are paths.
//!
//! What changes more than one path, or a path that is not known here, changes all of it. Links are
//! not followed: two names of one file are two parts, but making a link changes all parts.

use rustpython_vm::{
    AsObject, PyObject, VirtualMachine,
    builtins::{PyBytes, PyStr},
};

use super::hash;

/// No object lives at this address.
pub(super) const FILE_SYSTEM: usize = 6;

/// What a function does to the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileAccess {
    /// Reads the part that its first argument names.
    Reads,
    /// Changes it.
    Changes,
    /// Opens it: the second argument, or `mode`, says for what.
    Opens,
    /// Reads several parts.
    ReadsAll,
    /// Changes several parts, or any.
    ChangesAll,
}

/// What the function `name` of the library's module `module` does to the file system; `None`:
/// nothing.
pub(super) fn access_of(module: &str, name: &str) -> Option<FileAccess> {
    let first = module.split('.').next().unwrap_or_default();
    let is_known = match first {
        "io" | "_io" => name == "open",
        "os" | "posix" | "nt" | "posixpath" | "ntpath" | "genericpath" | "pathlib" | "shutil"
        | "tempfile" | "glob" | "fileinput" | "zipfile" | "tarfile" | "filecmp" | "linecache"
        | "dbm" | "shelve" | "sqlite3" | "mmap" => true,
        _ => false,
    };
    if !is_known || PURE.contains(&name) {
        return None;
    }
    Some(match name {
        "open" => FileAccess::Opens,
        "exists" | "lexists" | "isfile" | "isdir" | "islink" | "ismount" | "getsize"
        | "getmtime" | "getatime" | "getctime" | "stat" | "lstat" | "access" | "readlink"
        | "is_file" | "is_dir" | "is_symlink" | "is_mount" | "read_text" | "read_bytes" => {
            FileAccess::Reads
        }
        "remove" | "unlink" | "truncate" | "utime" | "touch" | "write_text" | "write_bytes" => {
            FileAccess::Changes
        }
        "listdir" | "scandir" | "walk" | "fwalk" | "glob" | "iglob" | "rglob" | "iterdir"
        | "getcwd" | "getcwdb" | "cwd" | "realpath" | "abspath" | "relpath" | "resolve"
        | "samefile" | "cmp" | "disk_usage" | "which" | "absolute" => FileAccess::ReadsAll,
        _ => FileAccess::ChangesAll,
    })
}

/// Functions of these modules that use no file.
const PURE: &[&str] = &[
    "join",
    "basename",
    "dirname",
    "split",
    "splitext",
    "splitdrive",
    "splitroot",
    "normpath",
    "normcase",
    "isabs",
    "commonpath",
    "commonprefix",
    "expanduser",
    "expandvars",
    "fspath",
    "fsencode",
    "fsdecode",
    "getpid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getlogin",
    "urandom",
    "cpu_count",
    "process_cpu_count",
    "get_terminal_size",
    "strerror",
    "sched_yield",
    "uname",
    "times",
    "getenv",
    "getenvb",
    "putenv",
    "unsetenv",
    "__init__",
    "__new__",
    "__fspath__",
    "__str__",
    "__truediv__",
    "joinpath",
    "with_name",
    "with_suffix",
    "with_stem",
    "as_posix",
    "relative_to",
    "is_absolute",
    "match",
    "gettempdir",
    "_exit",
    "kill",
    "waitpid",
    "get_inheritable",
];

/// Whether opening a file with this mode changes nothing. An unknown mode may.
pub(super) fn only_reads(mode: Option<&PyObject>) -> bool {
    match mode {
        None => true,
        Some(mode) => mode.downcast_ref::<PyStr>().is_some_and(|mode| {
            let mode = mode.as_bytes();
            !mode.iter().any(|one| b"wax+".contains(one))
        }),
    }
}

/// The part that a path names; zero, that is all parts, if that is unknown.
pub(super) fn part(path: Option<&PyObject>, vm: &VirtualMachine) -> u64 {
    let Some(path) = path else {
        return 0;
    };
    let types = &vm.ctx.types;
    let text = if path.class().is(types.str_type) {
        path.downcast_ref::<PyStr>()
            .and_then(|path| path.to_str().map(str::to_owned))
    } else if path.class().is(types.bytes_type) {
        path.downcast_ref::<PyBytes>()
            .and_then(|path| String::from_utf8(path.as_bytes().to_vec()).ok())
    } else {
        None
    };
    let Some(text) = text else {
        return 0;
    };
    let Ok(path) = std::path::absolute(text) else {
        return 0;
    };
    let mut parts: Vec<std::path::Component<'_>> = Vec::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let path: std::path::PathBuf = parts.into_iter().collect();
    hash::name(&path.to_string_lossy())
}
