//! Every setting of an interpreter, as plain data: what CPython calls `PyConfig`.
//!
//! Nothing here knows the interpreter, reads the process environment, or prints. The environment
//! variables are read in `environment`, the `-X` options in `xoptions`.

use std::{ffi::OsString, num::NonZeroI32, path::PathBuf};

use serde::{Deserialize, Serialize};

/// When hash-based `.pyc` files are checked against their source (`--check-hash-based-pycs`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckHashPycs {
    /// As each `.pyc` file itself asks for.
    #[default]
    Default,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What happens to a program whose threads wait for each other without end (`--deadlock`,
/// `-X deadlock`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deadlocks {
    /// Deadlocks are not looked for.
    #[default]
    Ignore,
    /// A report on standard error says which thread waits for what; the program is left as it is.
    Report,
    /// After the report, the buffers of the standard streams are written and the process ends with
    /// exit status 3: no `finally`, no `atexit`.
    Abort,
}

/// The error for a word that names none of the [`Deadlocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected report, abort or ignore")]
pub struct UnknownDeadlocks;

impl std::str::FromStr for Deadlocks {
    type Err = UnknownDeadlocks;

    /// Reads `report`, `abort` or `ignore`.
    fn from_str(word: &str) -> Result<Self, UnknownDeadlocks> {
        match word {
            "ignore" => Ok(Self::Ignore),
            "report" => Ok(Self::Report),
            "abort" => Ok(Self::Abort),
            _ => Err(UnknownDeadlocks),
        }
    }
}

/// Whether hot loops of Python functions are compiled (`-X tier`, `PYT_TIER`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// Nothing is compiled.
    #[default]
    Off,
    /// Loops are compiled once they are hot.
    On,
    /// As [`On`](Self::On); at its end a program lists on standard error what was compiled.
    Info,
    /// As [`Info`](Self::Info), with the operations of each program.
    Dump,
    /// Each loop is compiled when it first goes back, and none is given up: for tests.
    Eager,
}

/// The error for a word that names none of the [`Tier`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 0, 1, info, dump or eager")]
pub struct UnknownTier;

impl std::str::FromStr for Tier {
    type Err = UnknownTier;

    /// Reads `0`, `1`, `info`, `dump` or `eager`.
    fn from_str(word: &str) -> Result<Self, UnknownTier> {
        match word {
            "0" => Ok(Self::Off),
            "1" => Ok(Self::On),
            "info" => Ok(Self::Info),
            "dump" => Ok(Self::Dump),
            "eager" => Ok(Self::Eager),
            _ => Err(UnknownTier),
        }
    }
}

impl Tier {
    pub(crate) fn mode(self) -> pyt_tier::Mode {
        match self {
            Self::Off => pyt_tier::Mode::Off,
            Self::On | Self::Info | Self::Dump => pyt_tier::Mode::On,
            Self::Eager => pyt_tier::Mode::Eager,
        }
    }
}

/// Settings of an interpreter. [`Options::default`] is the embedding default: isolated from the
/// process environment, without signal handlers, with the simulated GIL, on the real clock.
///
/// Field names follow CPython's `PyConfig`; the command-line flag is given where there is one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Options {
    /// Whether one thread at a time runs Python (`-X gil`, `PYTHON_GIL`).
    pub gil: bool,
    /// Whether hot loops are compiled (`-X tier`, `PYT_TIER`).
    pub tier: Tier,
    /// Whether sleeps and timeouts pass at once, in the same order, on a virtual clock.
    pub virtual_time: bool,
    /// What is done about threads that wait for each other without end (`--deadlock`,
    /// `-X deadlock`). Nothing by default for a host, because pyt does not know the host's threads.
    pub deadlocks: Deadlocks,
    /// Whether SIGQUIT (Ctrl-\) prints what each thread is doing, unless the program handles it or
    /// it was ignored when the process started. Needs `install_signal_handlers`.
    pub report_on_quit: bool,
    /// The file into which [`Runtime::main`](crate::Runtime::main) records what threads do
    /// (`--timeline`, `-X timeline`, `PYT_TIMELINE`): see
    /// [`Runtime::timeline`](crate::Runtime::timeline).
    pub timeline: Option<PathBuf>,
    /// Whether [`Runtime::main`](crate::Runtime::main) shows a table of the threads while the
    /// program runs (`--live`).
    pub live: bool,
    /// Whether SIGINT raises `KeyboardInterrupt` in the main thread. Process-wide.
    pub install_signal_handlers: bool,
    /// `sys.argv`. Bytes that are not UTF-8 become surrogates, as in CPython.
    pub argv: Vec<OsString>,
    /// `sys.executable`; the path of the running process if absent.
    pub executable: Option<PathBuf>,
    /// The name that messages start with; `sys.executable` if absent.
    pub program_name: Option<String>,
    /// Folders put in front of `sys.path` (`PYTHONPATH`).
    pub search_paths: Vec<String>,

    /// `-I`. Implied settings are applied by [`Options::isolate`].
    pub isolated: bool,
    /// `-E`.
    pub ignore_environment: bool,
    /// `-S`.
    pub no_site: bool,
    /// `-s`.
    pub no_user_site: bool,
    /// `-P`.
    pub safe_path: bool,
    /// `-u`.
    pub unbuffered: bool,
    /// `-B`.
    pub dont_write_bytecode: bool,
    /// `-b`, `-bb`.
    pub bytes_warning: u8,
    /// `-d`.
    pub parser_debug: u8,
    /// `-O`, `-OO`.
    pub optimize: u8,
    /// `-q`.
    pub quiet: bool,
    /// `-v`.
    pub verbose: u8,
    /// `-i`, `PYTHONINSPECT`: a prompt after the program.
    pub inspect: bool,
    /// `-i` alone: a prompt even if standard input is no terminal.
    pub interactive: bool,
    /// `-x`: leave out the first line of a script file.
    pub skip_source_first_line: bool,
    /// `-X dev`.
    pub dev_mode: bool,
    /// `-X utf8`; the locale decides if absent.
    pub utf8_mode: Option<bool>,
    /// `-X faulthandler`.
    pub faulthandler: bool,
    /// Whether code objects carry columns (`-X no_debug_ranges` turns it off).
    pub code_debug_ranges: bool,
    /// `-X warn_default_encoding`.
    pub warn_default_encoding: bool,
    /// `-X thread_inherit_context`.
    pub thread_inherit_context: bool,
    /// `-X context_aware_warnings`.
    pub context_aware_warnings: bool,
    /// `-X int_max_str_digits`: 0, or at least 640.
    pub int_max_str_digits: i64,
    /// `-X cpu_count`.
    pub cpu_count: Option<NonZeroI32>,
    /// `--check-hash-based-pycs`.
    pub check_hash_pycs: CheckHashPycs,
    /// `PYTHONHASHSEED`; random if absent. The first interpreter of a process decides.
    pub hash_seed: Option<u32>,
    /// `PYTHONIOENCODING`, before the colon.
    pub stdio_encoding: Option<String>,
    /// `PYTHONIOENCODING`, after the colon.
    pub stdio_errors: Option<String>,
    /// `sys.warnoptions`, the lowest precedence first (`-W`, `PYTHONWARNINGS`).
    pub warnings: Vec<String>,
    /// `-X NAME[=VALUE]`, in the order given; `sys._xoptions`.
    pub xoptions: Vec<(String, Option<String>)>,
}

impl Default for Options {
    fn default() -> Self {
        let mut options = Self::python();
        options.isolate();
        options.install_signal_handlers = false;
        options.deadlocks = Deadlocks::Ignore;
        options.report_on_quit = false;
        options
    }
}

impl Options {
    /// The settings of a `python` command without flags.
    #[must_use]
    pub fn python() -> Self {
        Self {
            gil: true,
            tier: Tier::Off,
            virtual_time: false,
            deadlocks: Deadlocks::Report,
            report_on_quit: true,
            timeline: None,
            live: false,
            install_signal_handlers: true,
            argv: Vec::new(),
            executable: None,
            program_name: None,
            search_paths: Vec::new(),
            isolated: false,
            ignore_environment: false,
            no_site: false,
            no_user_site: false,
            safe_path: false,
            unbuffered: false,
            dont_write_bytecode: false,
            bytes_warning: 0,
            parser_debug: 0,
            optimize: 0,
            quiet: false,
            verbose: 0,
            inspect: false,
            interactive: false,
            skip_source_first_line: false,
            dev_mode: false,
            utf8_mode: None,
            faulthandler: false,
            code_debug_ranges: true,
            warn_default_encoding: false,
            thread_inherit_context: false,
            context_aware_warnings: false,
            int_max_str_digits: 4300,
            cpu_count: None,
            check_hash_pycs: CheckHashPycs::Default,
            hash_seed: None,
            stdio_encoding: None,
            stdio_errors: None,
            warnings: Vec::new(),
            xoptions: Vec::new(),
        }
    }

    /// Isolates from the user's environment, as `-I` does: no environment variables, no user
    /// site folder, no unsafe path in front of `sys.path`.
    pub fn isolate(&mut self) {
        self.isolated = true;
        self.ignore_environment = true;
        self.no_user_site = true;
        self.safe_path = true;
    }

    /// The value of the last `-X name`: `None` if absent, `Some(None)` without a value.
    #[must_use]
    pub fn xoption(&self, name: &str) -> Option<Option<&str>> {
        self.xoptions
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_deref())
    }

    /// `sys.warnoptions` in full: what `-X dev` and `-b` imply goes around the filters given.
    pub(crate) fn warn_options(&self) -> Vec<String> {
        let mut filters = Vec::new();
        if self.dev_mode {
            filters.push("default".to_owned());
        }
        filters.extend(self.warnings.iter().cloned());
        match self.bytes_warning {
            0 => {}
            1 => filters.push("default::BytesWarning".to_owned()),
            _ => filters.push("error::BytesWarning".to_owned()),
        }
        filters
    }
}

/// A setting that CPython refuses to start with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Fatal Python error: {message}\nPython runtime state: {state}")]
pub struct OptionError {
    message: String,
    state: &'static str,
}

impl OptionError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            state: "preinitialized",
        }
    }

    pub(crate) fn early(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            state: "preinitializing",
        }
    }
}
