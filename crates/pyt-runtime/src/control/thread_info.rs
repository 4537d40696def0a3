//! The description of a thread that a host gets.
//!
//! How it is collected is not known here.

use std::time::Duration;

pub use pyt_vm::deadlock::PythonFrame as StackFrame;

/// One thread of a runtime at one moment.
#[derive(Clone, Debug)]
pub struct ThreadInfo {
    pub(super) name: String,
    pub(super) ident: u64,
    pub(super) origin: ThreadOrigin,
    pub(super) state: ThreadState,
    pub(super) stack: Vec<StackFrame>,
    pub(super) cpu_time: Option<Duration>,
    pub(super) turns: u64,
}

/// What started a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThreadOrigin {
    /// The thread that made the runtime.
    Main,
    /// Another host thread, which is listed while it is inside.
    Host,
    /// Python code started it.
    Python {
        /// Whether the end of the runtime does not wait for it.
        daemon: bool,
    },
}

/// What a thread is doing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ThreadState {
    /// It runs Python code, or native code that does not leave the interpreter.
    Running,
    /// It could run and waits for its turn.
    Ready,
    /// It is detached from the interpreter: in a system call, or in host code.
    Detached,
    /// It waits in `threading`, `queue`, `time.sleep` or similar.
    Waiting(Wait),
    /// It was halted and never runs again.
    Halted,
}

/// What a thread waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    pub(super) kind: &'static str,
    pub(super) elapsed: Duration,
    pub(super) timeout: Option<Duration>,
    pub(super) holder: Option<String>,
}

impl ThreadInfo {
    /// Its name: `Thread.name`, or the OS thread's name for a host thread.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number, as in `threading.get_ident()`; zero if it has not begun.
    #[must_use]
    pub const fn ident(&self) -> u64 {
        self.ident
    }

    /// What started it.
    #[must_use]
    pub const fn origin(&self) -> ThreadOrigin {
        self.origin
    }

    /// What it does.
    #[must_use]
    pub const fn state(&self) -> &ThreadState {
        &self.state
    }

    /// The processor time that it has had. `None` where the system does not say, or if it has just
    /// ended.
    #[must_use]
    pub const fn cpu_time(&self) -> Option<Duration> {
        self.cpu_time
    }

    /// How often it has got its turn: at its beginning, after each wait, and each time that it goes
    /// on after another thread was given its turn.
    #[must_use]
    pub const fn turns(&self) -> u64 {
        self.turns
    }

    /// The Python functions it is in, the outermost first.
    #[must_use]
    pub fn stack(&self) -> &[StackFrame] {
        &self.stack
    }
}

impl Wait {
    /// What kind of thing it waits for: `"lock"`, `"RLock"`, `"condition"`, `"semaphore"`,
    /// `"event"`, `"barrier"`, `"future"`, `"item from a queue"`, `"room in a queue"`,
    /// `"tasks of a queue"`, `"end of a thread"` or `"time to pass"`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// How long it has waited, on the runtime's clock.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How long it waits at most, from the beginning of the wait. `None` without a timeout.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The name of the thread that holds the lock, or of the thread that is joined; `None` for
    /// other kinds, and if it is not known.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }
}
