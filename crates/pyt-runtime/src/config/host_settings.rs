//! Settings that a host makes through the [`Builder`] and that no option of the command line has:
//! the switch interval, stacks, recursion, the environment, the standard library.

use std::{collections::BTreeMap, ffi::OsString, sync::OnceLock, time::Duration};

use pyt_vm::{state, threads::LeastStack};
use rustpython_vm::{PyResult, VirtualMachine, builtins::PyModuleDef, frozen::FrozenModule};
use serde::{Deserialize, Serialize};

use super::{library, own_environment};
use crate::{Builder, Error, Options};

/// The least stack of a thread, in bytes, as in CPython.
const LEAST_STACK: usize = 32 << 10;

/// The least recursion limit: importing the standard library takes some.
const LEAST_RECURSION: usize = 100;

/// What the methods below have set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct HostSettings {
    switch_interval: Option<Duration>,
    pub(crate) stack_size: Option<usize>,
    pub(crate) recursion_limit: Option<usize>,
    /// What the host puts into the runtime's own environment.
    variables: BTreeMap<OsString, OsString>,
    /// Whether the runtime has an environment of its own.
    own_environment: bool,
    /// Whether that environment starts without the variables of the process.
    without_process: bool,
    without_stdlib: bool,
}

/// Settings of threads, time and the environment.
impl Builder {
    /// How long a thread that runs Python keeps the GIL while others want it: 5 ms by default, from
    /// 1 µs to 1 hour. As `sys.setswitchinterval`; without the GIL it has no effect.
    #[must_use]
    pub fn switch_interval(mut self, interval: Duration) -> Self {
        self.host.switch_interval = Some(interval);
        self
    }

    /// The seed of `hash()` for strings, which decides the order of sets of strings; random by
    /// default. All runtimes of a process share the seed, since they share strings: the first one
    /// sets it, and building a runtime with another seed afterwards fails.
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
    /// environment of its own, which starts as a copy of the process's: `os.environ`, `os.getenv`,
    /// `os.putenv` and `os.unsetenv` use that one, and what the program changes stays in the
    /// runtime. `subprocess` passes it on to child processes. `os.system`, `os.execv` and C code
    /// use the environment of the process. Otherwise `os.environ` shows the process's environment
    /// as it was when the runtime was made, and changes apply to the process.
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

    /// Whether the part of the standard library that is written in Python can be imported. It can
    /// by default. Without it there are the built-ins, the native modules (`math`, `time`,
    /// `threading`, `queue`, ...) with the modules that they need (`collections`, `heapq`, `io`,
    /// `operator`, `os`, ...), and what the search paths hold. `site` is not run, and tracebacks
    /// are plainer.
    ///
    /// A program that is built without the crate's feature `stdlib` has only that, whatever
    /// is said here.
    #[must_use]
    pub fn stdlib(mut self, stdlib: bool) -> Self {
        self.host.without_stdlib = !stdlib;
        self
    }
}

/// Modules of the standard library that a module of the same name in `lib` extends, and the name
/// under which it finds the original.
const EXTENDED: [(&str, &str); 2] = [("ensurepip", "_stdlib_ensurepip"), ("venv", "_stdlib_venv")];

impl HostSettings {
    /// Checks what can be checked before there is an interpreter.
    pub(crate) fn check(&self, options: &mut Options) -> Result<(), Error> {
        self.check_without_process(options)?;
        check_hash_seed(options.hash_seed)
    }

    /// The same, for an interpreter in another process.
    pub(crate) fn check_without_process(&self, options: &mut Options) -> Result<(), Error> {
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
                "a stack of {bytes} bytes is not between {LEAST_STACK} and {} bytes",
                isize::MAX
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
            if !own_environment::is_variable(name, value) {
                return Err(Error::option(format!(
                    "{name:?} cannot be a variable of an environment: names are not empty and \
                     have no '=', and neither names nor values have null characters"
                )));
            }
        }
        options.no_site |= self.without_stdlib || !library::IS_WHOLE;
        Ok(())
    }

    /// Sets a variable of the runtime's environment, unless the host has set it.
    #[cfg(all(feature = "sandbox", target_os = "linux"))]
    pub(crate) fn default_variable(&mut self, name: &str, value: &str) {
        self.variables
            .entry(name.into())
            .or_insert_with(|| value.into());
    }

    /// Keeps the process's environment out.
    pub(crate) fn isolate(&mut self) {
        self.own_environment = true;
        self.without_process = true;
    }

    /// The modules of the standard library that can be imported.
    pub(crate) fn library(&self) -> impl Iterator<Item = (&'static str, FrozenModule)> {
        library::modules(self.without_stdlib).flat_map(|(name, module)| {
            let extended = EXTENDED.iter().find(|(extended, _)| *extended == name);
            let original = extended.map(|(_, original)| (*original, module));
            std::iter::once((name, module)).chain(original)
        })
    }

    /// Native modules that replace upstream's.
    pub(crate) fn modules(&self) -> Vec<&'static PyModuleDef> {
        let changed = self
            .own_environment
            .then(own_environment::module_for_children);
        changed.flatten().into_iter().collect()
    }

    /// Applies what needs the interpreter.
    pub(crate) fn apply(&self, vm: &VirtualMachine) -> PyResult<()> {
        if let Some(interval) = self.switch_interval {
            let set = vm.sys_module.get_attr("setswitchinterval", vm)?;
            set.call((interval.as_secs_f64(),), vm)?;
        }
        if let Some(bytes) = self.stack_size {
            state::of(vm).slot::<LeastStack>().set(bytes);
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
        own_environment::install(&environment, vm)
    }
}

/// All interpreters of the process share strings, and so one seed of their hashes: that of the
/// first interpreter.
fn check_hash_seed(seed: Option<u32>) -> Result<(), Error> {
    static OF_PROCESS: OnceLock<Option<u32>> = OnceLock::new();
    let decided = *OF_PROCESS.get_or_init(|| seed);
    match seed {
        Some(seed) if decided != Some(seed) => Err(Error::option(format!(
            "the hash seed cannot be {seed}: all runtimes of the process share the seed of the first \
             one, which is {}",
            decided.map_or_else(|| "random".to_owned(), |seed| seed.to_string())
        ))),
        _ => Ok(()),
    }
}
