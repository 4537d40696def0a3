//! A child process in the making: what is started, with which input and environment.

use std::{
    env,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{CompletedProcess, DEADLINE, Running, TimedOut, workspace};

/// The path of the `pyt` that cargo has built for this test.
pub fn pyt_path() -> PathBuf {
    // Cargo sets it for the tests of the package that has the binary.
    if let Some(path) = env::var_os("CARGO_BIN_EXE_pyt") {
        return path.into();
    }
    // A test that is run by hand: target/release/deps/TEST-HASH.
    let test = env::current_exe().expect("this program has a path");
    let folder = test.parent().and_then(Path::parent);
    let path = folder.expect("a test is in target/*/deps").join("pyt");
    assert!(path.exists(), "build pyt first: {}", path.display());
    path
}

/// `pyt` with these arguments, in the workspace's folder.
pub fn pyt<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Process {
    Process::new(pyt_path())
        .args(arguments)
        .dir(workspace())
        .answers_quit(true)
        .labelled_by_its_arguments("pyt")
}

/// A shell script, in which `$0` is pyt.
pub fn shell(script: &str) -> Process {
    let process = Process::new("sh").args(["-c", script]).arg(pyt_path());
    process.label(script)
}

/// How standard output and standard error are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streams {
    /// Each on its own.
    Apart,
    /// Both as stdout, in the order of writing.
    Merged,
    /// Standard error is the tests' own.
    StderrShown,
}

/// A child process to start. It begins without the variables whose names start with `PYTHON`, which
/// would make a program's behaviour depend on who runs the tests.
pub struct Process {
    pub(crate) command: Command,
    pub(crate) label: String,
    pub(crate) stdin: Vec<u8>,
    pub(crate) streams: Streams,
    pub(crate) answers_quit: bool,
}

impl Process {
    /// A process that will run `program`, without arguments or input.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let label = program.as_ref().to_string_lossy().into_owned();
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        Self {
            command,
            label,
            stdin: Vec::new(),
            streams: Streams::Apart,
            answers_quit: false,
        }
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the current folder.
    pub fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// What the process reads from standard input, which is empty otherwise.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    /// What messages call the process.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn labelled_by_its_arguments(self, program: &str) -> Self {
        let arguments = self.command.get_args().map(OsStr::to_string_lossy);
        let words: Vec<_> = [program.into()].into_iter().chain(arguments).collect();
        let label = words.join(" ");
        self.label(label)
    }

    /// Whether the program answers SIGQUIT with the stack of each thread, as pyt does. It is asked
    /// for that when it passes its deadline.
    pub fn answers_quit(mut self, answers: bool) -> Self {
        self.answers_quit = answers;
        self
    }

    /// Collects what goes to standard error with what goes to standard output, in order.
    pub fn merge_output(mut self) -> Self {
        self.streams = Streams::Merged;
        self
    }

    /// Shows what goes to standard error instead of collecting it.
    pub fn show_stderr(mut self) -> Self {
        self.streams = Streams::StderrShown;
        self
    }

    /// Starts the process. Panics if it cannot be started.
    #[track_caller]
    pub fn start(self) -> Running {
        let label = self.label.clone();
        self.try_start()
            .unwrap_or_else(|error| panic!("starting {label}: {error}"))
    }

    /// Starts the process. An error says why the system cannot: there is no such program, say.
    pub fn try_start(self) -> io::Result<Running> {
        Running::start(self)
    }

    /// Runs the process to its end. Panics, with all that it wrote, if it passes [`DEADLINE`].
    #[track_caller]
    pub fn run(self) -> CompletedProcess {
        self.run_until(DEADLINE)
            .unwrap_or_else(|timed_out| panic!("{timed_out}"))
    }

    /// Runs the process, and ends it if it takes longer than `deadline`.
    pub fn run_until(self, deadline: Duration) -> Result<CompletedProcess, TimedOut> {
        self.start().wait(deadline)
    }
}
