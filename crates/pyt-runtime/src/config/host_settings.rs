//! Settings of a runtime that are no options of the command line: environment, stacks, recursion,
//! the switch interval.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    sync::OnceLock,
    time::Duration,
};

use pyt_modules::upstream::{self, derived};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyModule, PyModuleDef},
    frozen::FrozenModule,
    function::{FsPath, FuncArgs},
};

use crate::{Builder, Error, Options};

/// The least stack of a thread, in bytes, as in CPython.
const LEAST_STACK: usize = 32 << 10;

/// The least recursion limit: importing the standard library takes some.
const LEAST_RECURSION: usize = 100;

/// What the interpreter itself needs of the standard library to begin, and what `threading` and
/// `queue` stand on.
const CORE: [&str; 16] = [
    "_collections_abc",
    "_weakrefset",
    "abc",
    "codecs",
    "collections",
    "encodings",
    "genericpath",
    "heapq",
    "io",
    "keyword",
    "operator",
    "os",
    "posixpath",
    "reprlib",
    "stat",
    "types",
];

#[derive(Clone, Debug, Default)]
pub(crate) struct HostSettings {
    switch_interval: Option<Duration>,
    stack_size: Option<usize>,
    pub(crate) recursion_limit: Option<usize>,
    /// What the host puts into an environment of the runtime's own.
    variables: BTreeMap<OsString, OsString>,
    /// Whether the runtime has one.
    own_environment: bool,
    /// Whether it begins as the process's.
    without_process: bool,
    without_stdlib: bool,
}

/// Settings of threads, time and the environment.
impl Builder {
    /// How long a thread that runs Python keeps the GIL while others want it: 5 ms by default. From
    /// 1 µs to 1 hour. As `sys.setswitchinterval`; without the GIL it means nothing.
    #[must_use]
    pub fn switch_interval(mut self, interval: Duration) -> Self {
        self.host.switch_interval = Some(interval);
        self
    }

    /// The seed of `hash()` for strings, which decides the order of sets of strings; random by
    /// default. All runtimes of a process share it, since they share strings: the first one decides,
    /// and building one that asks for another seed afterwards fails.
    #[must_use]
    pub fn hash_seed(mut self, seed: u32) -> Self {
        self.options.hash_seed = Some(seed);
        self
    }

    /// The stack of each thread that Python starts, in bytes: at least 32 KiB, 8 MiB by default, of
    /// which only what is used takes memory. The host's own threads have the stacks that the host
    /// gave them. As `threading.stack_size`.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.host.stack_size = Some(bytes);
        self
    }

    /// How deep Python calls may nest before `RecursionError`, in each thread: 1000 by default, at
    /// least 100, at most 2³¹ - 1. Whatever it is, calls that would overflow the thread's stack
    /// raise, too. As `sys.setrecursionlimit`.
    #[must_use]
    pub fn recursion_limit(mut self, calls: usize) -> Self {
        self.host.recursion_limit = Some(calls);
        self
    }

    /// Sets a variable of the runtime's environment.
    ///
    /// With this, [`envs`](Self::envs) or [`env_clear`](Self::env_clear), the runtime gets an
    /// environment of its own, a copy of the process's to begin with: `os.environ`, `os.getenv`,
    /// `os.putenv` and `os.unsetenv` know that one only, and what the program changes stays in the
    /// runtime. `subprocess` passes it on to children. `os.system`, `os.execv` and C code do not
    /// know it; they have the process's. Without it, `os.environ` shows the process's environment as
    /// it was when the runtime was made, and changes go through to the process.
    ///
    /// Variables such as `PYTHONPATH` are not read from it.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.host.own_environment = true;
        self.host.variables.insert(name.into(), value.into());
        self
    }

    /// Sets variables of the runtime's environment; see [`env`](Self::env).
    #[must_use]
    pub fn envs<K: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        self.host.own_environment = true;
        self.host.variables.extend(variables);
        self
    }

    /// Takes all variables out of the runtime's environment; see [`env`](Self::env).
    #[must_use]
    pub fn env_clear(mut self) -> Self {
        self.host.own_environment = true;
        self.host.without_process = true;
        self.host.variables.clear();
        self
    }

    /// Whether the part of the standard library that is written in Python can be imported; it can by
    /// default. Without it there are the built-ins, the native modules (`math`, `time`, `threading`,
    /// `queue`, …) with the little that they stand on (`collections`, `heapq`, `io`, `operator`,
    /// `os`, …), and what the search paths hold. `site` is not run, and tracebacks are plainer.
    #[must_use]
    pub fn stdlib(mut self, stdlib: bool) -> Self {
        self.host.without_stdlib = !stdlib;
        self
    }
}

impl HostSettings {
    /// Checks what can be checked before there is an interpreter.
    pub(crate) fn check(&self, options: &mut Options) -> Result<(), Error> {
        if let Some(interval) = self.switch_interval
            && !(Duration::from_micros(1)..=Duration::from_secs(3600)).contains(&interval)
        {
            return Err(Error::option(format!(
                "a switch interval of {interval:?} is not between 1 µs and 1 hour"
            )));
        }
        if let Some(bytes) = self.stack_size
            && !(LEAST_STACK..=isize::MAX.cast_unsigned()).contains(&bytes)
        {
            return Err(Error::option(format!(
                "a stack of {bytes} bytes is not between {LEAST_STACK} bytes and what can be \
                 addressed"
            )));
        }
        if let Some(limit) = self.recursion_limit
            && !(LEAST_RECURSION..=i32::MAX as usize).contains(&limit)
        {
            return Err(Error::option(format!(
                "a recursion limit of {limit} is not between {LEAST_RECURSION} and {}",
                i32::MAX
            )));
        }
        for (name, value) in &self.variables {
            if !is_variable(name, value) {
                return Err(Error::option(format!(
                    "{name:?} cannot be a variable of an environment: names are not empty and \
                     have no '=', and neither names nor values have null characters"
                )));
            }
        }
        options.no_site |= self.without_stdlib;
        check_hash_seed(options.hash_seed)
    }

    /// Nothing of the process's environment.
    pub(crate) fn isolate(&mut self) {
        self.own_environment = true;
        self.without_process = true;
    }

    /// The modules of the standard library that can be imported.
    pub(crate) fn library(&self) -> impl Iterator<Item = (&'static str, FrozenModule)> {
        let without = self.without_stdlib;
        let is_core = |name: &str| {
            CORE.iter().any(|core| {
                name.strip_prefix(core)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        rustpython_pylib::FROZEN_STDLIB
            .into_iter()
            .filter(move |(name, _)| !without || is_core(name))
    }

    /// Native modules that take the places of upstream's.
    pub(crate) fn modules(&self) -> Vec<&'static PyModuleDef> {
        let changed = self
            .own_environment
            .then(|| derived::derive_named("_posixsubprocess", pass_on_environment));
        changed.flatten().into_iter().collect()
    }

    /// Applies what needs the interpreter.
    pub(crate) fn apply(&self, vm: &VirtualMachine) -> PyResult<()> {
        if let Some(interval) = self.switch_interval {
            let set = vm.sys_module.get_attr("setswitchinterval", vm)?;
            set.call((interval.as_secs_f64(),), vm)?;
        }
        if let Some(bytes) = self.stack_size {
            let set = vm.import("_thread", 0)?.get_attr("stack_size", vm)?;
            set.call((bytes,), vm)?;
        }
        if !self.own_environment {
            return Ok(());
        }
        let mut environment = BTreeMap::new();
        if !self.without_process {
            environment.extend(std::env::vars_os());
        }
        environment.extend(self.variables.clone());
        give_environment(&environment, vm)
    }
}

/// Whether `setenv` would take it.
fn is_variable(name: &OsStr, value: &OsStr) -> bool {
    let has = |text: &OsStr, byte| text.as_bytes().contains(&byte);
    !name.is_empty() && !has(name, b'=') && !has(name, 0) && !has(value, 0)
}

/// The strings of all interpreters of the process are hashed with one seed: that of the first.
fn check_hash_seed(seed: Option<u32>) -> Result<(), Error> {
    static OF_PROCESS: OnceLock<Option<u32>> = OnceLock::new();
    let decided = *OF_PROCESS.get_or_init(|| seed);
    match seed {
        Some(seed) if decided != Some(seed) => Err(Error::option(format!(
            "the hash seed cannot be {seed}: the first runtime of the process has decided on {}",
            decided.map_or_else(|| "a random one".to_owned(), |seed| seed.to_string())
        ))),
        _ => Ok(()),
    }
}

/// Puts an environment that is not the process's into `posix`, where `os` finds it.
fn give_environment(
    environment: &BTreeMap<OsString, OsString>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let posix = vm.import("posix", 0)?;
    let bytes = |text: &OsStr| vm.ctx.new_bytes(text.as_bytes().to_vec());
    let fill = |dict: &PyDictRef| -> PyResult<()> {
        for (name, value) in environment {
            dict.set_item(bytes(name).as_object(), bytes(value).into(), vm)?;
        }
        Ok(())
    };
    let dict = vm.ctx.new_dict();
    fill(&dict)?;
    posix.set_attr("environ", dict, vm)?;
    // What `os.putenv` has put in is not in `os.environ` before `os.reload_environ`.
    let current = vm.ctx.new_dict();
    fill(&current)?;
    posix.set_attr(CURRENT, current, vm)?;
    posix.set_attr("putenv", vm.new_function("putenv", put), vm)?;
    posix.set_attr("unsetenv", vm.new_function("unsetenv", unset), vm)?;
    let create = vm.new_function("_create_environ", create);
    posix.set_attr("_create_environ", create, vm)
}

/// The attribute of `posix` that holds the runtime's environment as `putenv` has made it.
const CURRENT: &str = "_environ_of_runtime";

/// That environment; `None` if the runtime shares the process's.
pub(crate) fn own_environment(vm: &VirtualMachine) -> PyResult<Option<PyDictRef>> {
    let posix = vm.import("posix", 0)?;
    let current = vm.get_attribute_opt(&posix, CURRENT)?;
    Ok(current.and_then(|current| current.downcast().ok()))
}

/// `_posixsubprocess` of a runtime with an environment of its own: children get it unless they are
/// given another.
pub(crate) fn pass_on_environment(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    module.set_attr("fork_exec", vm.new_function("fork_exec", fork_exec), vm)
}

/// Which argument of `fork_exec` is the environment.
const ENVIRONMENT: usize = 5;

fn fork_exec(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if let Some(given) = args.args.get_mut(ENVIRONMENT)
        && vm.is_none(given)
        && let Some(current) = own_environment(vm)?
    {
        let variables = current.into_iter().map(|(name, value)| {
            let part = |part: PyObjectRef| part.try_bytes_like(vm, <[u8]>::to_vec);
            let variable = [part(name)?, part(value)?].join(&b'=');
            Ok(vm.ctx.new_bytes(variable).into())
        });
        *given = vm.ctx.new_list(variables.collect::<PyResult<_>>()?).into();
    }
    upstream::call("_posixsubprocess", "fork_exec", args, vm)
}

fn put(name: FsPath, value: FsPath, vm: &VirtualMachine) -> PyResult<()> {
    if !is_variable(&name.as_os_str(vm)?, &value.as_os_str(vm)?) {
        return Err(vm.new_value_error("illegal environment variable name"));
    }
    match own_environment(vm)? {
        Some(current) => current.set_item(
            vm.ctx.new_bytes(name.as_bytes().to_vec()).as_object(),
            vm.ctx.new_bytes(value.as_bytes().to_vec()).into(),
            vm,
        ),
        None => Ok(()),
    }
}

fn unset(name: FsPath, vm: &VirtualMachine) -> PyResult<()> {
    let name = vm.ctx.new_bytes(name.as_bytes().to_vec());
    match own_environment(vm)? {
        Some(current) if current.contains_key(name.as_object(), vm) => {
            current.del_item(name.as_object(), vm)
        }
        _ => Ok(()),
    }
}

fn create(vm: &VirtualMachine) -> PyResult<PyDictRef> {
    let current = own_environment(vm)?.unwrap_or_else(|| vm.ctx.new_dict());
    Ok(current.copy().into_ref(&vm.ctx))
}
