//! Native modules in isolated interpreters: each is unchanged, has functions that refuse, or is
//! left out. A module that is not listed is left out.

use std::{collections::BTreeMap, sync::OnceLock};

use pyt_modules::upstream::{
    self,
    derived::{self, Change},
};
use rustpython_vm::{
    AsObject, Context, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyModuleSlots, PyStr, PyType},
    function::{FuncArgs, KwArgs},
};

use super::{
    files,
    policy::{IsolationPolicy, MARK, policy, refused},
    surroundings,
};

/// Modules that only compute.
const PURE: [&str; 72] = [
    "_abc",
    "_ast",
    "_asyncio",
    "_bisect",
    "_blake2",
    "_bz2",
    "_codecs",
    "_codecs_cn",
    "_codecs_hk",
    "_codecs_iso2022",
    "_codecs_jp",
    "_codecs_kr",
    "_codecs_tw",
    "_collections",
    "_contextvars",
    "_csv",
    "_datetime",
    "_elementtree",
    "_functools",
    "_hashlib",
    "_heapq",
    "_io",
    "_json",
    "_lzma",
    "_md5",
    "_multibytecodec",
    "_opcode",
    "_operator",
    "_pickle",
    "_queue",
    "_random",
    "_sha1",
    "_sha256",
    "_sha3",
    "_sha512",
    "_sre",
    "_stat",
    "_statistics",
    "_string",
    "_struct",
    "_suggestions",
    "_sysconfig",
    "_thread",
    "_tokenize",
    "_types",
    "_typing",
    "_warnings",
    "_weakref",
    "_zoneinfo",
    "array",
    "atexit",
    "binascii",
    "builtins",
    "cmath",
    "errno",
    "itertools",
    "math",
    "pyexpat",
    "queue",
    "sys",
    "threading",
    "unicodedata",
    "zlib",
    // Modules that `__module__` of native classes names.
    "collections",
    "concurrent.futures._base",
    "concurrent.futures.thread",
    "functools",
    "re",
    "types",
    "typing",
    "datetime",
    "weakref",
];

/// Modules that are restricted to these attributes, so that modules which import them can be
/// imported.
const RESTRICTED: [(&str, &[&str]); 12] = [
    ("_imp", IMP),
    (
        "_locale",
        &["Error", "getencoding", "localeconv", "strcoll", "strxfrm"],
    ),
    ("_posixsubprocess", &[]),
    (
        "_signal",
        &[
            "default_int_handler",
            "getsignal",
            "strsignal",
            "valid_signals",
        ],
    ),
    (
        "_socket",
        &[
            "htonl",
            "htons",
            "inet_aton",
            "inet_ntoa",
            "inet_ntop",
            "inet_pton",
            "ntohl",
            "ntohs",
        ],
    ),
    ("_symtable", &[]),
    ("fcntl", &[]),
    ("gc", GC),
    ("marshal", &["dump", "dumps"]),
    ("posix", POSIX),
    ("select", &[]),
    ("time", TIME),
];

const IMP: &[&str] = &[
    "_frozen_module_names",
    "acquire_lock",
    "create_builtin",
    "exec_builtin",
    "exec_dynamic",
    "extension_suffixes",
    "find_frozen",
    "is_builtin",
    "is_frozen",
    "is_frozen_package",
    "lock_held",
    "release_lock",
    "source_hash",
];

const GC: &[&str] = &[
    "collect",
    "disable",
    "enable",
    "freeze",
    "get_count",
    "get_debug",
    "get_freeze_count",
    "get_stats",
    "get_threshold",
    "is_finalized",
    "is_tracked",
    "isenabled",
    "set_debug",
    "set_threshold",
    "unfreeze",
];

const POSIX: &[&str] = &[
    "WCOREDUMP",
    "WEXITSTATUS",
    "WIFCONTINUED",
    "WIFEXITED",
    "WIFSIGNALED",
    "WIFSTOPPED",
    "WSTOPSIG",
    "WTERMSIG",
    // Its members can only be made by `scandir`.
    "DirEntry",
    "cpu_count",
    "error",
    "fspath",
    "getpid",
    "getrandom",
    "register_at_fork",
    "sched_param",
    "sched_yield",
    "stat_result",
    "statvfs_result",
    "strerror",
    "terminal_size",
    "times_result",
    "uname_result",
    "urandom",
    "waitstatus_to_exitcode",
];

const TIME: &[&str] = &[
    "asctime",
    "clock_getres",
    "clock_gettime",
    "clock_gettime_ns",
    "ctime",
    "get_clock_info",
    "gmtime",
    "localtime",
    "mktime",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "sleep",
    "strftime",
    "strptime",
    "struct_time",
    "thread_time",
    "thread_time_ns",
    "time",
    "time_ns",
];

/// The modules that networking needs.
pub(super) const NETWORK: [&str; 3] = ["_socket", "fcntl", "select"];

/// Whether upstream has such a module.
pub(super) fn exists(name: &str) -> bool {
    upstream::definitions().contains_key(name)
}

/// Whether the classes of the module `name` may be seen by a program that cannot import it.
pub(super) fn is_seen(name: &str, policy: &IsolationPolicy) -> bool {
    PURE.contains(&name) || name == "posix" || name == "time" || policy.grants_module(name)
}

/// Removes from `defs` what an isolated interpreter may not import.
pub(super) fn replace(
    defs: &mut BTreeMap<&'static str, &'static PyModuleDef>,
    policy: &IsolationPolicy,
) {
    defs.retain(|name, def| {
        if policy.grants_module(name) || PURE.contains(name) {
            return true;
        }
        let restricted = RESTRICTED.iter().any(|(known, _)| known == name);
        if restricted {
            *def = derived::derive(def, restrict as Change);
        }
        restricted
    });
    defs.insert(MARK, mark());
}

/// The definition of an empty module: the mark of isolated interpreters.
fn mark() -> &'static PyModuleDef {
    static DEFINITION: OnceLock<PyModuleDef> = OnceLock::new();
    DEFINITION.get_or_init(|| PyModuleDef {
        name: Context::genesis().intern_str(MARK),
        doc: None,
        methods: &[],
        slots: PyModuleSlots::default(),
    })
}

/// Removes from a module what acts on the host.
pub(super) fn restrict(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let Some(policy) = policy(vm) else {
        return Ok(());
    };
    let Some(name) = module.def.map(|def| def.name.as_str()) else {
        return Ok(());
    };
    if policy.grants_module(name) {
        return Ok(());
    }
    let Some((_, left)) = RESTRICTED.iter().find(|(known, _)| *known == name) else {
        return Ok(());
    };
    let attributes: Vec<_> = module.dict().into_iter().collect();
    for (key, value) in attributes {
        let Some(attribute) = key.downcast_ref::<PyStr>().and_then(|key| key.to_str()) else {
            continue;
        };
        if attribute.starts_with("__") || left.contains(&attribute) || is_plain(&value, vm) {
            continue;
        }
        let what = format!("{}.{attribute}", name.trim_start_matches('_'));
        let dict = module.dict();
        if value.downcast_ref::<PyType>().is_some() {
            dict.set_item(&*key, refusing_class(attribute, what, vm)?, vm)?;
        } else if value.is_callable() {
            dict.set_item(&*key, refusing(what, vm), vm)?;
        } else {
            dict.del_item(&*key, vm)?;
        }
    }
    match name {
        "posix" => files::give(module, vm),
        "_imp" => surroundings::give_frozen(module, vm),
        "_locale" => surroundings::give_locale(module, vm),
        _ => Ok(()),
    }
}

/// Whether it is a plain value, or an exception's class.
fn is_plain(value: &PyObjectRef, vm: &VirtualMachine) -> bool {
    let types = &vm.ctx.types;
    if let Some(class) = value.downcast_ref::<PyType>() {
        return class.fast_issubclass(vm.ctx.exceptions.base_exception_type);
    }
    let class = value.class();
    vm.is_none(value)
        || [
            types.int_type,
            types.bool_type,
            types.float_type,
            types.str_type,
            types.bytes_type,
            types.tuple_type,
            types.list_type,
            types.frozenset_type,
        ]
        .iter()
        .any(|plain| class.is(*plain))
}

/// A function that refuses. Its message is in an object that the function is bound to: what native
/// functions capture is never freed.
pub(super) fn refusing(what: String, vm: &VirtualMachine) -> PyObjectRef {
    let refuse = vm.new_function(
        "refused",
        |args: FuncArgs, vm: &VirtualMachine| -> PyResult {
            let what = args
                .args
                .first()
                .and_then(|what| what.downcast_ref::<PyStr>());
            let what = what.map_or_else(String::new, ToString::to_string);
            Err(refused(&what, vm))
        },
    );
    let what: PyObjectRef = vm.ctx.new_str(what).into();
    let bound = vm
        .import("_functools", 0)
        .and_then(|functools| functools.get_attr("partial", vm))
        .and_then(|partial| partial.call((refuse.clone(), what), vm));
    bound.unwrap_or_else(|_| refuse.into())
}

/// A class that cannot be instantiated, nor can its subclasses.
fn refusing_class(name: &str, what: String, vm: &VirtualMachine) -> PyResult {
    let new = vm.ctx.types.staticmethod_type.as_object();
    let new = new.call((refusing(what, vm),), vm)?;
    let body = vm.ctx.new_dict();
    body.set_item("__new__", new, vm)?;
    let slots = vm.ctx.new_tuple(vec![]);
    body.set_item("__slots__", slots.into(), vm)?;
    let class: PyObjectRef = vm.ctx.types.type_type.to_owned().into();
    let bases = vm.ctx.new_tuple(vec![]);
    let args = vec![vm.ctx.new_str(name).into(), bases.into(), body.into()];
    class.call(FuncArgs::new(args, KwArgs::default()), vm)
}
