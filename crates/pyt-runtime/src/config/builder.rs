//! Builds a runtime: an interpreter made from [`Options`], with the standard library, native
//! modules, `sys` and `site`.
//!
//! What runs in it is not known here.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use parking_lot::ReentrantMutex;
use pyt_vm::InterpreterState;
use rustpython_vm::{
    Interpreter, InterpreterBuilder, PyResult, Settings, VirtualMachine, common::rc::PyRc,
    frozen::FrozenLib, vm::CheckHashPycsMode,
};

use crate::{
    Limits, ModuleBuilder, Runtime,
    api::error::Error,
    config::arguments,
    config::host_settings::HostSettings,
    config::options::{CheckHashPycs, Deadlocks, Options, Tier},
    deadlock,
    isolation::{Isolation, IsolationPolicy, Lease, shared},
    paths::normal,
    startup::{ast, extensions, initialise::initialise, library_files},
    stream::{Input, Output, StandardStreams},
};

/// The Python source of `lib/`, compiled.
const PYT_LIB: &FrozenLib = rustpython_vm::py_freeze!(dir = "../../lib");

/// Settings for a new [`Runtime`]. [`Options`] has those without a method here.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    pub(crate) options: Options,
    pub(crate) host: HostSettings,
    pub(crate) streams: StandardStreams,
    pub(crate) isolation: Option<Isolation>,
    pub(crate) modules: Vec<ModuleBuilder>,
    pub(crate) limits: Option<Limits>,
}

impl Runtime {
    /// Settings for a new runtime; see [`Builder`].
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Replaces all settings.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Whether one thread at a time runs Python. On by default.
    #[must_use]
    pub fn gil(mut self, gil: bool) -> Self {
        self.options.gil = gil;
        self
    }

    /// Whether hot loops of Python functions are compiled: experimental, and off by default. See
    /// `docs/performance.md` for what is compiled.
    #[must_use]
    pub fn tier(mut self, tier: bool) -> Self {
        self.options.tier = if tier { Tier::On } else { Tier::Off };
        self
    }

    /// Whether sleeps and timeouts pass at once, on a virtual clock. Off by default.
    #[must_use]
    pub fn virtual_time(mut self, virtual_time: bool) -> Self {
        self.options.virtual_time = virtual_time;
        self
    }

    /// What happens to a program that deadlocks. By default deadlocks are not detected. A host
    /// thread is assumed to be able to wake any thread: while one is inside, only cycles of locks
    /// and joins are reported.
    #[must_use]
    pub fn deadlocks(mut self, deadlocks: Deadlocks) -> Self {
        self.options.deadlocks = deadlocks;
        self
    }

    /// Whether Ctrl-C raises `KeyboardInterrupt`. Off by default: signals belong to the host.
    #[must_use]
    pub fn signals(mut self, signals: bool) -> Self {
        self.options.install_signal_handlers = signals;
        self
    }

    /// Limits for each call from outside: see [`Limits`]. Nested calls are part of the outer one.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// `sys.argv`.
    #[must_use]
    pub fn argv<T: Into<std::ffi::OsString>>(mut self, argv: impl IntoIterator<Item = T>) -> Self {
        self.options.argv = argv.into_iter().map(Into::into).collect();
        self
    }

    /// `sys.executable`: the program that Python code starts as another interpreter.
    #[must_use]
    pub fn executable(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.executable = Some(path.into());
        self
    }

    /// Adds a folder to import from, before the standard library.
    #[must_use]
    pub fn search_path(mut self, folder: impl Into<String>) -> Self {
        self.options.search_paths.push(folder.into());
        self
    }

    /// Adds a module of the host's, which Python code can import.
    #[must_use]
    pub fn module(mut self, module: ModuleBuilder) -> Self {
        self.modules.push(module);
        self
    }

    /// Where `sys.stdout` leads; by default to the process's standard output. A
    /// [`Capture`](crate::Capture) is an output, too.
    #[must_use]
    pub fn stdout(mut self, output: impl Into<Output>) -> Self {
        self.streams.stdout = output.into();
        self
    }

    /// Where `sys.stderr` leads; by default to the process's standard error. Tracebacks of uncaught
    /// exceptions go there, those of threads included.
    #[must_use]
    pub fn stderr(mut self, output: impl Into<Output>) -> Self {
        self.streams.stderr = output.into();
        self
    }

    /// What `sys.stdin` and `input()` read; by default the process's standard input. A text is an
    /// input, too.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Input>) -> Self {
        self.streams.stdin = input.into();
        self
    }

    /// Isolates the program from the host: no files, network, child processes, environment
    /// variables, C code or signals, except what `grants` grants. `docs/isolation.md` says what is
    /// guaranteed and what is not: it does not protect from errors of the interpreter itself, and
    /// limits neither time nor memory.
    ///
    /// What is refused raises `PermissionError`, or `ImportError` for modules that are useless
    /// without. Search paths can be read. The environment has only the variables that
    /// [`env`](Self::env) sets. Standard input is empty unless [`stdin`](Self::stdin) sets it.
    /// `site` is not run.
    #[must_use]
    pub fn isolated(mut self, grants: Isolation) -> Self {
        self.isolation = Some(grants);
        self
    }

    /// Makes the interpreter. The calling thread becomes its main thread. Blocks until the
    /// interpreter has started, for some tens of milliseconds.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::ErrorKind::Option) if a setting is out of its range; what
    /// `site` or `faulthandler` raise; if a module of the host's cannot be created.
    pub fn build(self) -> Result<Runtime, Error> {
        // The first start changes classes that all runtimes share. To a thread that looks an
        // attribute up meanwhile, upstream's cache may say that there is none. A start that makes
        // another runtime goes on.
        static HAS_STARTED: ReentrantMutex<Cell<bool>> = ReentrantMutex::new(Cell::new(false));
        let has_started = HAS_STARTED.lock();
        if has_started.get() {
            drop(has_started);
            return self.start();
        }
        let runtime = self.start()?;
        has_started.set(true);
        Ok(runtime)
    }

    fn start(self) -> Result<Runtime, Error> {
        let Self {
            mut options,
            mut host,
            mut streams,
            isolation,
            modules,
            limits,
        } = self;
        host.check(&mut options)?;
        let inexact = limits
            .as_ref()
            .and_then(|limits| limits.inexact(options.gil));
        if let Some(reason) = inexact {
            return Err(Error::option(reason));
        }
        if !arguments::are_unicode() {
            return Err(Error::option("an argument of the process is not Unicode"));
        }
        let policy = match &isolation {
            Some(grants) => {
                options.isolate();
                options.no_site = true;
                options.faulthandler = false;
                host.isolate();
                streams = streams.without_files();
                Some(IsolationPolicy::of(grants, &options.search_paths)?)
            }
            None => None,
        };
        let executable = executable(&options);
        let mut builder = Interpreter::builder(settings(&options));
        let stdlib = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
        let explore = crate::explore::python_module::module_def(&builder.ctx);
        let library_files = library_files::module_def(&builder.ctx);
        let tier = pyt_tier::module_def(&builder.ctx);
        builder = builder
            .add_native_modules(&stdlib)
            .add_native_modules(&[explore, library_files, tier])
            .add_native_modules(ast::module_def().as_slice())
            .add_frozen_modules(host.library())
            .add_frozen_modules(PYT_LIB);
        builder = builder.add_native_modules(&host.modules());
        if let Some(limit) = host.recursion_limit {
            // Before the virtual machine of another thread is made from this one.
            builder = builder.init_hook(move |vm| vm.recursion_limit.set(limit));
        }
        builder = set_paths(builder, executable);
        let state = InterpreterState::new(pyt_vm::Config {
            gil: options.gil,
            virtual_time: options.virtual_time,
        });
        builder = pyt_modules::install(builder, &state);
        if let Some(policy) = policy.clone() {
            let state = state.clone();
            builder = builder.init_hook(move |vm| policy.begin(&state, vm));
        }
        builder = builder.init_hook(|vm| {
            // What a start makes lives to the end of the interpreter: `initialise` goes on with it.
            vm.state.gc.disable();
            pyt_modules::guards::begin(vm);
            if let Some(state) = PyRc::get_mut(&mut vm.state) {
                shared::seal_on_import(&mut state.module_defs);
            }
        });
        deadlock::watch(&state, &options);
        let interpreter = builder.build();
        let lease = policy.as_ref().map(|_| Lease::new(&state));
        let runtime = Runtime::new(interpreter, state, options);
        let open = runtime.with_vm(|vm| {
            let prepare = || {
                host.apply(vm)?;
                let open = streams.install(policy.is_some(), vm)?;
                if policy.is_none() {
                    extensions::install(vm)?;
                }
                initialise(vm, runtime.options())?;
                if policy.is_none() {
                    // An isolated program's library is sealed.
                    pyt_modules::search_path::install(vm)?;
                }
                install_tier(runtime.options().tier.mode(), vm)?;
                shared::seal(vm)?;
                if let Some(policy) = &policy {
                    policy.seal(vm)?;
                }
                Ok(open)
            };
            prepare().map_err(|error| Error::from_exception(vm, &error))
        })?;
        runtime.core().at_end(move || {
            open.finish();
            drop(lease);
        });
        for module in &modules {
            runtime.add_module(module)?;
        }
        if let Some(limits) = limits {
            runtime.core().limit(limits);
        }
        Ok(runtime)
    }
}

/// Installs the fast tier, which calls some methods of pyt's own classes without the interpreter.
fn install_tier(mode: pyt_tier::Mode, vm: &VirtualMachine) -> PyResult<()> {
    if mode == pyt_tier::Mode::Off {
        return Ok(());
    }
    let methods = pyt_modules::direct_methods(vm)?.into_iter();
    let natives = methods.map(|(method, call, returns_true)| pyt_tier::Direct {
        method,
        call,
        returns_true,
    });
    pyt_tier::install(mode, natives.collect(), vm)
}

/// `sys.executable`: the path of the running program, unless the host sets another.
fn executable(options: &Options) -> String {
    let own = || std::env::current_exe().unwrap_or_default();
    let path = options.executable.clone().unwrap_or_else(own);
    path.to_string_lossy().into_owned()
}

/// Sets the interpreter's paths. The standard library is frozen into the program; there is no such
/// folder as programs see in `sys._stdlib_dir` and in the `__file__` of the library's modules.
fn set_paths(builder: InterpreterBuilder, executable: String) -> InterpreterBuilder {
    builder.init_hook(move |vm| {
        let Some(state) = PyRc::get_mut(&mut vm.state) else {
            return;
        };
        let paths = &mut state.config.paths;
        // As `sysconfig` has it.
        use rustpython_vm::version::{MAJOR, MINOR};
        let library = format!("{}/lib/rustpython{MAJOR}.{MINOR}t", paths.base_prefix);
        paths.stdlib_dir = Some(library);
        let in_venv = paths.prefix != paths.base_prefix;
        if in_venv {
            // `site` compares it with the folder of the executable, without dots.
            for prefix in [&mut paths.prefix, &mut paths.exec_prefix] {
                *prefix = normal(Path::new(prefix)).to_string_lossy().into_owned();
            }
            // Upstream takes the environment's `home` and the name of the link that was started.
            // There is no such file if the link is `python`, or if the environment is that of
            // another Python, with which pyt was installed.
            if !Path::new(&paths.base_executable).is_file()
                && let Ok(real) = Path::new(&executable).canonicalize()
            {
                paths.base_executable = real.to_string_lossy().into_owned();
            }
        } else {
            paths.base_executable.clone_from(&executable);
        }
        paths.executable = executable;
    })
}

fn settings(options: &Options) -> Settings {
    let mut settings = Settings::default();
    settings.isolated = options.isolated;
    settings.dev_mode = options.dev_mode;
    settings.install_signal_handlers = options.install_signal_handlers;
    settings.hash_seed = options.hash_seed;
    settings.faulthandler = options.faulthandler;
    settings.code_debug_ranges = options.code_debug_ranges;
    settings.argv = options
        .argv
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    settings.xoptions.clone_from(&options.xoptions);
    settings.warnoptions = options.warn_options();
    settings.import_site = !options.no_site;
    settings.bytes_warning = options.bytes_warning.into();
    settings.warn_default_encoding = options.warn_default_encoding;
    settings.thread_inherit_context = options.thread_inherit_context;
    settings.context_aware_warnings = options.context_aware_warnings;
    settings.inspect = options.inspect;
    settings.interactive = options.interactive;
    settings.write_bytecode = !options.dont_write_bytecode;
    settings.verbose = options.verbose;
    settings.quiet = options.quiet;
    settings.user_site_directory = !options.no_user_site;
    settings.buffered_stdio = !options.unbuffered;
    settings.stdio_encoding.clone_from(&options.stdio_encoding);
    settings.stdio_errors.clone_from(&options.stdio_errors);
    // The interpreter knows no other locale encoding than UTF-8.
    settings.utf8_mode = i8::from(options.utf8_mode.unwrap_or(true));
    settings.check_hash_pycs_mode = match options.check_hash_pycs {
        CheckHashPycs::Default => CheckHashPycsMode::Default,
        CheckHashPycs::Always => CheckHashPycsMode::Always,
        CheckHashPycs::Never => CheckHashPycsMode::Never,
    };
    settings.safe_path = options.safe_path;
    settings.int_max_str_digits = options.int_max_str_digits;
    settings.cpu_count = options.cpu_count;
    settings.path_list.clone_from(&options.search_paths);
    settings.debug = options.parser_debug;
    settings.optimize = options.optimize;
    settings.ignore_environment = options.ignore_environment;
    settings
}
