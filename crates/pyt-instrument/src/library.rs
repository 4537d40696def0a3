//! What functions of the library touch beside what they are given: what a module keeps, and what a
//! function keeps in its closure. What a module keeps is one thing, so two calls of functions of
//! one module conflict, unless the module is known to keep nothing that a program can notice.

use std::{collections::HashSet, sync::LazyLock};

/// No object lives at this address: what modules keep is a part of it, by the module's name.
pub(super) const MODULE_STATE: usize = 7;
/// No object lives at this address: whether objects or threads still exist.
pub(super) const LIFETIMES: usize = 8;
/// No object lives at this address: standard output and error are one thing, with all streams that
/// they are made of. How many these are differs between a pipe, a terminal and captured output.
pub(super) const STANDARD_STREAMS: usize = 9;

/// Modules of the library whose functions pass on what they are given and leave it as it is.
const PASSING_ON: [&str; 14] = [
    "threading",
    "_thread",
    "queue",
    "_queue",
    "concurrent",
    "functools",
    "_functools",
    "time",
    "gc",
    "sys",
    "types",
    "typing",
    "abc",
    "_contextvars",
];

/// Modules that keep nothing, or nothing that shows, such as a cache of what they have computed;
/// and those whose state is an object of its own (`random`), or belongs to a thread.
const STATELESS: &str = "
    builtins operator _operator math cmath itertools collections _collections copy copyreg json
    _json heapq _heapq bisect _bisect string _string struct _struct re _sre textwrap enum
    dataclasses pprint reprlib numbers fractions statistics decimal _decimal _pydecimal datetime
    _datetime _pydatetime _strptime calendar hashlib _hashlib _md5 _sha1 _sha2 _sha3 _blake2 hmac
    base64 binascii zlib gzip bz2 lzma pickle _pickle _compat_pickle marshal array io _io codecs
    _codecs unicodedata random _random contextlib contextvars inspect ast keyword token tokenize
    traceback difflib html xml uuid ipaddress shlex fnmatch posixpath genericpath graphlib colorsys
    quopri secrets sched pyt tomllib zoneinfo selectors select errno stat _stat
";

static STATELESS_SET: LazyLock<HashSet<&str>> =
    LazyLock::new(|| STATELESS.split_whitespace().collect());

fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or_default()
}

/// Whether functions of this module leave what they are given as it is.
pub(super) fn passes_on(module: &str) -> bool {
    PASSING_ON.contains(&top(module))
}

/// Whether this module's functions keep functions that they are given, and call them later.
pub(super) fn calls_later(module: &str) -> bool {
    matches!(
        top(module),
        "threading" | "_thread" | "concurrent" | "queue" | "_queue"
    )
}

/// The name under which a module keeps something that a program may notice, if it does.
pub(super) fn keeper(module: &str) -> Option<&str> {
    let name = top(module);
    // A function without a module may keep anything: it has the empty name.
    let keeps = !passes_on(module) && !STATELESS_SET.contains(name);
    // `warnings`, `_warnings` and `_py_warnings` are parts of one.
    let name = name.strip_prefix("_py").unwrap_or(name);
    keeps.then(|| name.trim_start_matches('_'))
}

/// Whether this function of `threading` tells which threads are alive.
pub(super) fn tells_threads(name: &str) -> bool {
    matches!(
        name,
        "active_count" | "activeCount" | "enumerate" | "_enumerate"
    )
}

/// Whether this module's functions tell whether objects still exist.
pub(super) fn tells_lifetimes(module: &str) -> bool {
    matches!(top(module), "weakref" | "_weakref" | "_weakrefset")
}

/// Whether objects of this class, or those that this function makes, share memory with others.
pub(super) fn hides(module: &str, name: &str) -> bool {
    matches!(top(module), "ctypes" | "_ctypes" | "mmap")
        || module.starts_with("multiprocessing.shared")
        || name == "PickleBuffer"
}

/// Whether this function takes over attributes of the functions that it is given.
pub(super) fn copies_attributes(module: &str, name: &str) -> bool {
    module == "functools" && matches!(name, "wraps" | "update_wrapper")
}

/// Whether this module's functions keep the text that they have looked at.
pub(super) fn matches_text(module: &str) -> bool {
    matches!(module, "re" | "_sre")
}

/// Whether a function of the library, whose code is in this file, keeps nothing in its closure but
/// what it was made with.
pub(super) fn closure_is_constant(file: &str) -> bool {
    let name = file.rsplit(['/', '\\', ' ']).next().unwrap_or(file);
    matches!(
        name.trim_end_matches('>').trim_end_matches(".py"),
        "contextlib" | "dataclasses" | "_collections_abc" | "typing" | "enum" | "abc" | "reprlib"
    )
}

/// Whether a function of the library changes a setting that operations depend on which do not name
/// it.
pub(super) fn changes_settings(module: &str, name: &str) -> bool {
    match module {
        "sys" | "" => name.starts_with("set") || name.ends_with("displayhook"),
        "gettext" => matches!(name, "install" | "textdomain" | "bindtextdomain"),
        "socket" | "_socket" => name == "setdefaulttimeout",
        "calendar" => name == "setfirstweekday",
        "zoneinfo" => name == "reset_tzpath",
        "xml.etree.ElementTree" => name == "register_namespace",
        "logging" => name == "captureWarnings",
        "gc" => {
            name.starts_with("set_") || matches!(name, "enable" | "disable" | "freeze" | "unfreeze")
        }
        // It sets attributes of the program's classes and modules.
        "unittest.mock" => matches!(name, "start" | "stop" | "__enter__" | "__exit__"),
        "threading" | "_thread" => {
            name.starts_with("settrace") || name.starts_with("setprofile") || name == "stack_size"
        }
        "time" => name == "tzset",
        "locale" | "_locale" => name == "setlocale",
        "codecs" | "_codecs" => name.starts_with("register") || name == "unregister",
        "copyreg" => !name.starts_with('_'),
        "abc" | "_py_abc" => name == "register",
        _ => false,
    }
}

/// Whether a function of the library lists which objects there are, or who refers to them.
pub(super) fn tells_existing(module: &str, name: &str) -> bool {
    match module {
        "sys" | "" => {
            name.starts_with("_current_")
                || name.starts_with("getweakref")
                || matches!(name, "getrefcount" | "getallocatedblocks")
        }
        "inspect" => matches!(
            name,
            "getclosurevars" | "getgeneratorlocals" | "getcoroutinelocals"
        ),
        // A copy of all there is.
        "os" | "posix" => name.starts_with("fork"),
        "gc" => {
            name.starts_with("get_objects")
                || name.starts_with("get_refer")
                || matches!(
                    name,
                    "get_count" | "get_stats" | "is_tracked" | "is_finalized"
                )
        }
        _ => false,
    }
}
