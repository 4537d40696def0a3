//! Functions of the library that use the file system, the environment or the current folder: which
//! part of it they read or change. The file system is one object; its parts are paths.
//!
//! What changes more than one path, or a path that is not known here, changes all of it. Links are
//! followed; to make or remove one changes all parts.

use std::path::{Component, Path, PathBuf};

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
        // Whether there is something to read, from a pipe or a socket.
        "select" | "selectors" => matches!(name, "select" | "poll"),
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
        | "samefile" | "cmp" | "disk_usage" | "which" | "absolute" | "select" | "poll" => {
            FileAccess::ReadsAll
        }
        _ => FileAccess::ChangesAll,
    })
}

/// Whether this function lists a folder, or looks for names in it.
pub(super) fn lists(name: &str) -> bool {
    matches!(
        name,
        "listdir" | "scandir" | "walk" | "fwalk" | "glob" | "iglob" | "rglob" | "iterdir"
    )
}

/// Whether this function makes, changes or removes the file that its first argument names.
pub(super) fn writes(access: FileAccess, name: &str) -> bool {
    match access {
        FileAccess::Reads | FileAccess::ReadsAll => false,
        FileAccess::Changes | FileAccess::Opens => true,
        FileAccess::ChangesAll => matches!(
            name,
            "mkdir"
                | "makedirs"
                | "mkfifo"
                | "rmdir"
                | "removedirs"
                | "rename"
                | "renames"
                | "replace"
                | "rmtree"
                | "move"
        ),
    }
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
];

/// Whether opening a file with this mode replaces what was there.
pub(super) fn replaces(mode: Option<&PyObject>) -> bool {
    let mode = mode.and_then(|mode| mode.downcast_ref::<PyStr>());
    mode.is_some_and(|mode| mode.as_bytes().contains(&b'w'))
}

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

/// The file that a path names, links followed, if that is known.
pub(super) fn named(path: Option<&PyObject>, vm: &VirtualMachine) -> Option<PathBuf> {
    let path = path?;
    let types = &vm.ctx.types;
    let text = if path.class().is(types.str_type) {
        path.downcast_ref::<PyStr>()?.to_str()?.to_owned()
    } else if path.class().is(types.bytes_type) {
        String::from_utf8(path.downcast_ref::<PyBytes>()?.as_bytes().to_vec()).ok()?
    } else {
        return None;
    };
    let path = std::path::absolute(text).ok()?;
    if let Ok(found) = path.canonicalize() {
        return Some(found);
    }
    // It is not there: its folder may be.
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => Some(folder.join(name)),
        _ => {
            let mut parts: Vec<Component<'_>> = Vec::new();
            for part in path.components() {
                if part == Component::ParentDir {
                    parts.pop();
                } else {
                    parts.push(part);
                }
            }
            Some(parts.into_iter().collect())
        }
    }
}

/// The part that a file is; zero, that is all parts, if it is unknown, or has several names.
pub(super) fn part(file: Option<&Path>) -> u64 {
    let Some(file) = file else {
        return 0;
    };
    if has_other_names(file) {
        return 0;
    }
    hash::name(&file.to_string_lossy())
}

#[cfg(unix)]
fn has_other_names(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let data = std::fs::metadata(file);
    data.is_ok_and(|data| data.is_file() && data.nlink() > 1)
}

#[cfg(not(unix))]
fn has_other_names(_file: &Path) -> bool {
    false
}

/// Whether a path is a link, so that a function which does not follow it touches another part.
pub(super) fn is_link(path: Option<&PyObject>) -> bool {
    let text = path.and_then(|path| path.downcast_ref::<PyStr>()?.to_str());
    text.is_some_and(|text| Path::new(text).is_symlink())
}
