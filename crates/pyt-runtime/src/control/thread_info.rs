//! What a host learns of a thread.
//!
//! How it is found out is not known here.

use std::time::Duration;

pub use pyt_modules::deadlock::Frame as StackFrame;

/// One thread of a runtime, as it was at one moment.
#[derive(Clone, Debug)]
pub struct ThreadInfo {
    pub(super) name: String,
    pub(super) ident: u64,
    pub(super) origin: ThreadOrigin,
    pub(super) state: ThreadState,
    pub(super) stack: Vec<StackFrame>,
}

/// Whose a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThreadOrigin {
    /// The thread that made the runtime.
    Main,
    /// Another thread of the host's, for as long as it is inside.
    Host,
    /// Python code started it.
    Python {
        /// The end of the runtime does not wait for it.
        daemon: bool,
    },
}

/// What a thread is doing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ThreadState {
    /// It runs Python code, or native code that does not leave the interpreter.
    Running,
    /// It could run, and waits for its turn.
    Ready,
    /// It has left the interpreter: a system call, or code of the host's.
    Detached,
    /// It waits in `threading`, `queue`, `time.sleep` or the like.
    Waiting(Wait),
    /// It was frozen for good.
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
    /// Its name: `Thread.name`, or that of the host's thread.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number, as in `threading.get_ident()`; zero if it has yet to begin.
    #[must_use]
    pub const fn ident(&self) -> u64 {
        self.ident
    }

    /// Whose it is.
    #[must_use]
    pub const fn origin(&self) -> ThreadOrigin {
        self.origin
    }

    /// What it was doing.
    #[must_use]
    pub const fn state(&self) -> &ThreadState {
        &self.state
    }

    /// The Python functions it was in, the outermost first.
    #[must_use]
    pub fn stack(&self) -> &[StackFrame] {
        &self.stack
    }
}

impl Wait {
    /// What kind of thing it waits for: `"lock"`, `"RLock"`, `"condition"`, `"semaphore"`, `"event"`,
    /// `"barrier"`, `"future"`, `"item from a queue"`, `"room in a queue"`, `"tasks of a queue"`,
    /// `"end of a thread"` or `"time"`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// For how long, on the runtime's clock.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// For how long at most, from its beginning. `None`: for ever.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The name of the thread that holds it, if it is a lock, or that is to end, if it is a thread.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }
}
