//! Limits on what a call may use up, as a host sets them.
//!
//! How they are enforced is not known here.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// How long `finally` blocks and handlers have after a limit was hit, unless the host says
/// otherwise.
const DEFAULT_GRACE: Duration = Duration::from_millis(100);

/// Limits on what a call may use. By default nothing is limited.
///
/// When a limit is hit, *all* Python threads of the runtime stop, also those of other calls: give
/// each tenant a runtime of its own (see [`RuntimePool`](crate::RuntimePool)). First an exception
/// that is not an `Exception` is raised in each thread, and `finally` blocks and handlers run for
/// as long as the [grace period](Self::grace). After that nothing of the program runs, whatever it
/// catches: see [`Interrupter::stop`](crate::Interrupter::stop), also for locks that stay taken.
/// The host's call returns an error of the kind [`Limit`](crate::ErrorKind::Limit), with
/// [where each thread stood](crate::Error::threads).
///
/// Native code that does not detach from the interpreter (a regular expression, a power of large
/// integers) is stopped when it is done; only the end of the process stops it earlier. Native loops
/// over iterators are stopped. A call that returns `Ok` has exceeded no limit.
///
/// ```
/// use std::time::Duration;
/// use pyt_runtime::{ErrorKind, Limit, Limits, Runtime};
///
/// let runtime = Runtime::builder().build()?;
/// let wall = Duration::from_millis(50);
/// let limits = Limits::new().wall(wall).grace(Duration::from_millis(10));
/// let stubborn = "while True:\n  try:\n    while True: pass\n  except BaseException: pass";
/// let error = runtime.with_limits(&limits, |py| py.exec(stubborn)).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(wall)));
/// assert_eq!(error.threads()[0].name(), "MainThread");
/// // The runtime can be used afterwards.
/// assert_eq!(runtime.eval::<i32>("6 * 7")?, 42);
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub(crate) wall: Option<Duration>,
    pub(crate) cpu: Option<Duration>,
    pub(crate) threads: Option<usize>,
    pub(crate) memory: Option<u64>,
    pub(crate) recursion: Option<usize>,
    pub(crate) output: Option<u64>,
    pub(crate) steps: Option<u64>,
    pub(crate) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: None,
            cpu: None,
            threads: None,
            memory: None,
            recursion: None,
            output: None,
            steps: None,
            grace: DEFAULT_GRACE,
        }
    }
}

impl Limits {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the call may take, waits for the GIL and all others included.
    #[must_use]
    pub const fn wall(mut self, limit: Duration) -> Self {
        self.wall = Some(limit);
        self
    }

    /// How much processor time all threads of the runtime together may use during the call.
    /// Measured every few milliseconds.
    #[must_use]
    pub const fn cpu(mut self, limit: Duration) -> Self {
        self.cpu = Some(limit);
        self
    }

    /// How many threads that Python code or [`Runtime::spawn`](crate::Runtime::spawn) started may
    /// be alive at a time. Exact: one more is never started. Its `start` raises the exception that
    /// ends all threads, also when it is repeated.
    #[must_use]
    pub const fn threads(mut self, limit: usize) -> Self {
        self.threads = Some(limit);
        self
    }

    /// By how many bytes the resident memory of the *process* may grow during the call. Allocations
    /// of other threads of the process count; reuse of memory that was resident before does not:
    /// individual allocations are not counted, which only the program's global allocator could do.
    /// Measured every few milliseconds, and at the end of the call; one native operation
    /// (`b"x" * 10**10`) may exceed it by any amount before the call returns the error. Memory is
    /// not limited where the system has no `/proc`.
    #[must_use]
    pub const fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// How deep calls of Python functions may nest, also in threads that the call starts. Deeper
    /// calls raise `RecursionError`, which the code may handle; if it does not, this limit was hit.
    /// `sys.setrecursionlimit` cannot exceed it.
    #[must_use]
    pub const fn recursion(mut self, depth: usize) -> Self {
        self.recursion = Some(depth);
        self
    }

    /// How many bytes may be written to `sys.stdout` and `sys.stderr` together during the call, if
    /// [`Builder::stdout`](crate::Builder::stdout) and [`Builder::stderr`](crate::Builder::stderr)
    /// redirect them. What is written to the process's own streams does not count.
    #[must_use]
    pub const fn output(mut self, bytes: u64) -> Self {
        self.output = Some(bytes);
        self
    }

    /// How many instructions of Python code all threads of the runtime may run during the call,
    /// those of the standard library included. Exact, and the same in each run of a program with
    /// the same input and [`hash_seed`](crate::Options::hash_seed), whatever the machine does
    /// meanwhile, also with a virtual clock: what fuel is in other languages. With threads it is
    /// the same if the call joins those that it starts and what they run does not depend on their
    /// order. Needs the GIL: without it the call is refused, since the number would not be exact.
    /// Native code counts as the one instruction that calls it. While instructions are
    /// counted, Python code takes several times as long; without this limit it costs nothing.
    ///
    /// ```
    /// use pyt_runtime::{ErrorKind, Limit, Limits, Runtime};
    ///
    /// let runtime = Runtime::builder().build()?;
    /// let limits = Limits::new().steps(10_000);
    /// let error = runtime.with_limits(&limits, |py| py.exec("while True: pass")).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Limit(Limit::Steps(10_000)));
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub const fn steps(mut self, limit: u64) -> Self {
        self.steps = Some(limit);
        self
    }

    /// Why these limits would not be exact, if so.
    ///
    /// The interpreter prepares a function for counting when the function begins. Where two threads
    /// begin it at once, one undoes for a moment what the other has prepared and runs by already.
    pub(crate) fn inexact(&self, gil: bool) -> Option<&'static str> {
        const STEPS: &str =
            "a limit on instructions needs the GIL: without it the number would not be exact";
        (self.steps.is_some() && !gil).then_some(STEPS)
    }

    /// How long `finally` blocks and handlers have after a limit was hit; 100 ms by default.
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

/// A limit that was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Limit {
    /// The call took longer than this.
    Wall(Duration),
    /// All threads together had more processor time than this.
    Cpu(Duration),
    /// There were more threads than this.
    Threads(usize),
    /// The process's resident memory grew by more bytes than this.
    Memory(u64),
    /// Functions called one another more deeply than this.
    Recursion(usize),
    /// More bytes than this were written.
    Output(u64),
    /// More instructions than this were run.
    Steps(u64),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wall(limit) => write!(f, "the code took longer than {limit:?}"),
            Self::Cpu(limit) => write!(f, "the code used more than {limit:?} of processor time"),
            Self::Threads(limit) => write!(f, "the code had more than {limit} threads"),
            Self::Memory(limit) => write!(f, "memory grew by more than {limit} bytes"),
            Self::Recursion(limit) => write!(f, "the code recursed more than {limit} deep"),
            Self::Output(limit) => write!(f, "the code wrote more than {limit} bytes"),
            Self::Steps(limit) => write!(f, "the code ran more than {limit} instructions"),
        }
    }
}
