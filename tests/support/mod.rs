//! Runs a Python program as a child process under a deadline and collects what it did.
//!
//! Every test that looks at `pyt` from outside goes through here. The module knows how a program is
//! started, watched, interrupted and ended; it must never know what a program is expected to print.
//!
//! The tests run against the `pyt` binary that cargo has just built. With `PYT_TEST_PYTHON` set to
//! the command of another Python (`python3`, say; arguments are split at spaces) they run against
//! that one instead, which shows whether an expectation is CPython's behaviour or merely ours. What
//! only `pyt` has (virtual time, `pyt doc`) is skipped then, with a message.

// Each test binary compiles this module anew and uses its own part of it.
#![allow(dead_code)]

pub mod orders;
pub mod scripts;

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{env, fmt, fs, io};

/// How long a program may take before it counts as hanging. Far above what any of them needs, since
/// the machine may be busy with anything else.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How long a hanging program gets to answer Ctrl-C before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// How long after its marker a program is interrupted: the marker is printed just before the
/// program blocks, and this lets it get there.
const SETTLE: Duration = Duration::from_millis(300);

const POLL: Duration = Duration::from_millis(5);

/// The folder that holds the workspace's `Cargo.toml`.
pub fn workspace() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path.pop();
    path
}

/// The command of the Python that stands in for `pyt`, if one was named.
pub fn other_python() -> Option<Vec<String>> {
    let command = env::var("PYT_TEST_PYTHON").ok()?;
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    (!words.is_empty()).then_some(words)
}

/// Says why a test is skipped and returns true if the tests run against another Python.
pub fn skipped_on_other_python(what: &str) -> bool {
    let skip = other_python().is_some();
    if skip {
        eprintln!("skipped: {what} is only in pyt, and PYT_TEST_PYTHON names another Python");
    }
    skip
}

/// Which clock a program runs by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The machine's: a sleep of 2 s takes 2 s.
    Real,
    /// `--virtual-time`: a sleep takes no time, only its place in the order.
    Virtual,
}

/// A program to run: its source and how to start it.
#[derive(Clone)]
pub struct Program {
    name: String,
    source: Vec<u8>,
    time: Time,
    flags: Vec<String>,
    env: Vec<(String, String)>,
    interrupt_at: Option<String>,
}

impl Program {
    /// A program from its source text. `name` becomes its file name.
    pub fn new(name: &str, source: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            source: source.into(),
            time: Time::Real,
            flags: Vec::new(),
            env: Vec::new(),
            interrupt_at: None,
        }
    }

    /// A program from a file under the workspace. Panics if it cannot be read.
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = workspace().join(path);
        let source =
            fs::read(&path).unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
        let name = path.file_name().expect("a file has a name");
        Self::new(&name.to_string_lossy(), source)
    }

    /// Runs by the given clock.
    pub fn time(mut self, time: Time) -> Self {
        self.time = time;
        self
    }

    /// Adds an interpreter flag, such as `-X`. The program is then started as `pyt FLAG... FILE`, as
    /// `python` would be, and not with `pyt run`.
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// Sets an environment variable. All others that begin with `PYTHON` are removed.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends Ctrl-C (SIGINT) to the program a moment after its stdout shows `marker`.
    pub fn interrupt_at(mut self, marker: &str) -> Self {
        self.interrupt_at = Some(marker.to_owned());
        self
    }

    /// Runs the program to its end. Panics, with all that it printed, if it passes the deadline.
    pub fn run(&self) -> Run {
        match self.run_until(DEADLINE) {
            Ok(run) => run,
            Err(hung) => panic!("{hung}"),
        }
    }

    /// Runs the program, and ends it if it takes longer than `deadline`.
    pub fn run_until(&self, deadline: Duration) -> Result<Run, Hung> {
        let scratch = Scratch::new();
        let file = scratch.0.join(&self.name);
        fs::write(&file, &self.source).expect("writing the program to its scratch folder");
        let mut command = self.command(&file);
        command.current_dir(&scratch.0);
        let script = file.to_string_lossy().into_owned();
        Running::start(command).watch(script, deadline, self.interrupt_at.as_deref())
    }

    fn command(&self, file: &Path) -> Command {
        let mut words: Vec<OsString> = Vec::new();
        match other_python() {
            Some(python) => {
                assert_eq!(self.time, Time::Real, "only pyt has virtual time");
                words.extend(python.into_iter().map(OsString::from));
                words.extend(self.flags.iter().map(OsString::from));
            }
            None => {
                words.push(env!("CARGO_BIN_EXE_pyt").into());
                words.extend(self.flags.iter().map(OsString::from));
                if self.flags.is_empty() {
                    words.push("run".into());
                }
                if self.time == Time::Virtual {
                    words.push("--virtual-time".into());
                }
            }
        }
        words.push(file.into());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        clean_environment(&mut command);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Runs `pyt` with the given arguments from the workspace's folder. Panics if it passes the deadline.
pub fn pyt(arguments: &[&str]) -> Run {
    match pyt_until(DEADLINE, arguments) {
        Ok(run) => run,
        Err(hung) => panic!("{hung}"),
    }
}

/// As [`pyt`], with a deadline of its own; passing it is not a failure yet.
pub fn pyt_until(deadline: Duration, arguments: &[&str]) -> Result<Run, Hung> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyt"));
    command.args(arguments).current_dir(workspace());
    clean_environment(&mut command);
    let script = format!("pyt {}", arguments.join(" "));
    Running::start(command).watch(script, deadline, None)
}

/// Takes away what would make a program's behaviour depend on who runs the tests.
fn clean_environment(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub status: ExitStatus,
    /// From just before the start of the process until its end was seen.
    pub elapsed: Duration,
    /// The path under which the program ran, as tracebacks show it.
    pub script: String,
}

impl Run {
    /// Asserts that the program ended with exit status 0 and wrote nothing to stderr.
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        assert!(
            self.status.success() && self.stderr.is_empty(),
            "not a clean end: {self}"
        );
        self
    }

    /// Asserts on the exit status (a number, so not ended by a signal).
    #[track_caller]
    pub fn exited_with(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "wrong exit status: {self}");
        self
    }

    /// Asserts on the whole of stdout.
    #[track_caller]
    pub fn printed(&self, expected: &str) -> &Self {
        assert!(
            self.stdout == expected,
            "expected on stdout: {expected:?}\nbut: {self}"
        );
        self
    }

    /// Asserts on the whole of stderr. `{script}` in `expected` stands for the program's path.
    #[track_caller]
    pub fn complained(&self, expected: &str) -> &Self {
        let expected = expected.replace("{script}", &self.script);
        assert!(
            self.stderr == expected,
            "expected on stderr:\n{expected}\nbut: {self}"
        );
        self
    }

    /// Asserts that the process was ended by SIGINT, as a shell expects of an interrupted program.
    #[track_caller]
    pub fn ended_by_interrupt(&self) -> &Self {
        use std::os::unix::process::ExitStatusExt;
        const SIGINT: i32 = 2;
        assert_eq!(
            self.status.signal(),
            Some(SIGINT),
            "not ended by SIGINT: {self}"
        );
        self
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            stdout,
            stderr,
            status,
            elapsed,
            script,
        } = self;
        write!(f, "{script}: {status} after {elapsed:?}")?;
        write!(f, "\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

/// A program that passed its deadline and was ended.
pub struct Hung {
    script: String,
    deadline: Duration,
    ended_by_interrupt: bool,
    pub output: Output,
}

impl fmt::Display for Hung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            script,
            deadline,
            output,
            ..
        } = self;
        writeln!(f, "{script} hangs: still running after {deadline:?}")?;
        if self.ended_by_interrupt {
            writeln!(f, "ended by Ctrl-C; stderr shows where the main thread was")?;
        } else {
            writeln!(
                f,
                "did not answer Ctrl-C and was killed; what it had buffered is lost"
            )?;
        }
        write!(f, "{output}")
    }
}

/// What a program wrote.
pub struct Output {
    pub stdout: String,
    pub stderr: String,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "--- stdout\n{}\n--- stderr\n{}\n---",
            self.stdout, self.stderr
        )
    }
}

/// A child process and the threads that read its output.
struct Running {
    child: Child,
    started: Instant,
    stdout: Reader,
    stderr: Reader,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
        let stdout = Reader::start(child.stdout.take().expect("stdout is piped"));
        let stderr = Reader::start(child.stderr.take().expect("stderr is piped"));
        Self {
            child,
            started,
            stdout,
            stderr,
        }
    }

    /// Waits for the end of the process, interrupts it where asked to, ends it at the deadline.
    fn watch(
        mut self,
        script: String,
        deadline: Duration,
        mut interrupt_at: Option<&str>,
    ) -> Result<Run, Hung> {
        let mut marker_seen: Option<Instant> = None;
        while self.started.elapsed() <= deadline {
            if let Some(status) = self.try_wait() {
                let elapsed = self.started.elapsed();
                let Output { stdout, stderr } = self.finish();
                let run = Run {
                    stdout,
                    stderr,
                    status,
                    elapsed,
                    script,
                };
                assert!(
                    interrupt_at.is_none(),
                    "ended before it could be interrupted: {run}"
                );
                return Ok(run);
            }
            if let Some(marker) = interrupt_at {
                if marker_seen.is_none() && self.stdout.text().contains(marker) {
                    marker_seen = Some(Instant::now());
                }
                if marker_seen.is_some_and(|seen| seen.elapsed() >= SETTLE) {
                    self.interrupt();
                    interrupt_at = None;
                }
            }
            thread::sleep(POLL);
        }
        let ended_by_interrupt = self.end();
        Err(Hung {
            script,
            deadline,
            ended_by_interrupt,
            output: self.finish(),
        })
    }

    fn try_wait(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("waiting for a child of ours")
    }

    /// Sends SIGINT. The shell's `kill` is used since the standard library can only send SIGKILL.
    fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("sh")
            .args(["-c", "kill -INT \"$0\"", &pid])
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "sending SIGINT to {pid}"
        );
    }

    /// Ends the process: by Ctrl-C, so that it shows where it was and writes what it had buffered,
    /// and by force if it does not answer. Returns whether Ctrl-C was enough.
    fn end(&mut self) -> bool {
        self.interrupt();
        let asked = Instant::now();
        while asked.elapsed() < GRACE {
            if self.try_wait().is_some() {
                return true;
            }
            thread::sleep(POLL);
        }
        self.child.kill().expect("killing a child of ours");
        self.child.wait().expect("waiting for a child of ours");
        false
    }

    fn finish(&mut self) -> Output {
        Output {
            stdout: self.stdout.finish(),
            stderr: self.stderr.finish(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing to do for a child that has ended; one that still runs (a test that panics) must
        // not outlive its test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Collects what comes out of a pipe, on a thread, so that a full pipe never stops the child.
struct Reader {
    text: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    fn start(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&text);
        let thread = thread::spawn(move || {
            let mut chunk = [0; 64 * 1024];
            loop {
                match pipe.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(length) => into
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend_from_slice(&chunk[..length]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        });
        Self {
            text,
            thread: Some(thread),
        }
    }

    fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    fn finish(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a reader does not panic");
        }
        self.text()
    }
}

/// A folder of its own for one run, removed afterwards.
pub struct Scratch(PathBuf);

impl Scratch {
    #[allow(clippy::new_without_default)] // making a folder is no default
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("pyt-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("making a scratch folder");
        Self(path)
    }

    /// A path in it, as text.
    pub fn at(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    /// Writes a file into it and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.at(name);
        fs::write(&path, text).expect("writing into a scratch folder");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
