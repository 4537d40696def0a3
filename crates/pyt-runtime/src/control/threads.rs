//! Looking at a runtime's threads.

use std::{sync::Arc, time::Duration};

use pyt_vm::{
    control::Origin,
    deadlock::{ThreadRow, ThreadStatus, ThreadTable, WaitKind},
};
use rustpython_vm::vm::thread;

use crate::{Python, Runtime, api::shared::Shared};

pub use pyt_vm::deadlock::Frame as StackFrame;

/// One thread of a runtime, as it was at one moment.
#[derive(Clone, Debug)]
pub struct ThreadInfo {
    name: String,
    ident: u64,
    origin: ThreadOrigin,
    state: ThreadState,
    stack: Vec<StackFrame>,
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
    kind: &'static str,
    elapsed: Duration,
    timeout: Option<Duration>,
    holder: Option<String>,
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

impl Runtime {
    /// All threads of this runtime at this moment, the oldest first. The main thread is listed always,
    /// other threads of the host's while they are inside.
    ///
    /// All threads are stopped for the moment. Blocks while one is in native code that does not leave
    /// the interpreter.
    ///
    /// ```
    /// use pyt_runtime::{Runtime, ThreadState};
    ///
    /// let runtime = Runtime::builder().build()?;
    /// runtime.exec(
    ///     "import threading, queue, time\n\
    ///      def worker(): queue.Queue().get()\n\
    ///      threading.Thread(target=worker, name='worker', daemon=True).start()\n\
    ///      time.sleep(0.1)",
    /// )?;
    /// let threads = runtime.threads();
    /// let worker = threads.iter().find(|thread| thread.name() == "worker").unwrap();
    /// let ThreadState::Waiting(wait) = worker.state() else { panic!() };
    /// assert_eq!(wait.kind(), "item from a queue");
    /// assert_eq!(worker.stack().last().unwrap().function, "worker");
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn threads(&self) -> Vec<ThreadInfo> {
        self.shared().threads()
    }
}

impl Python<'_> {
    /// As [`Runtime::threads`].
    #[must_use]
    pub fn threads(self) -> Vec<ThreadInfo> {
        self.shared().threads()
    }
}

impl Shared {
    /// All threads. The world is not stopped by the calling thread, which may be inside of another
    /// runtime.
    pub(crate) fn threads(self: &Arc<Self>) -> Vec<ThreadInfo> {
        let look = || {
            std::thread::scope(|scope| {
                let looking = scope.spawn(|| self.state().table_with_stacks());
                looking.join().unwrap_or_else(|_| self.state().table())
            })
        };
        let table = if thread::current_vm_is_set() {
            thread::with_current_vm(|vm| vm.allow_threads(look))
        } else {
            look()
        };
        self.describe(&table)
    }

    /// `table` in the host's terms.
    pub(crate) fn describe(&self, table: &ThreadTable) -> Vec<ThreadInfo> {
        let interpreter = self.state();
        let members = interpreter.all_threads();
        let rows = table.report.rows.iter().zip(&table.stacks);
        rows.map(|(row, stack)| {
            let member = members.iter().find(|member| member.ident == row.tag);
            let origin = match member.map(|member| member.origin) {
                Some(Origin::Started { daemon }) => ThreadOrigin::Python { daemon },
                _ if interpreter.is_main(row.id) => ThreadOrigin::Main,
                Some(Origin::Host) => ThreadOrigin::Host,
                // It has not begun, or it has just ended or was halted.
                None => ThreadOrigin::Python { daemon: true },
            };
            ThreadInfo {
                name: row.name.clone(),
                ident: row.tag,
                origin,
                state: state(row, table),
                stack: stack.clone(),
            }
        })
        .collect()
    }
}

fn state(row: &ThreadRow, table: &ThreadTable) -> ThreadState {
    let (waiting, reentrant) = match row.status {
        ThreadStatus::Running => return ThreadState::Running,
        ThreadStatus::Ready => return ThreadState::Ready,
        ThreadStatus::Foreign => return ThreadState::Detached,
        ThreadStatus::Halted => return ThreadState::Halted,
        ThreadStatus::Waiting { waiting, reentrant } => (waiting, reentrant),
    };
    let report = &table.report;
    let since = waiting.since.0;
    let holder = waiting.holder.and_then(|holder| {
        let alive = report.rows.iter().find(|row| row.id == holder);
        let ended = || report.ended.iter().find(|(id, _)| *id == holder);
        alive
            .map(|row| row.name.clone())
            .or_else(|| ended().map(|(_, name)| name.clone()))
    });
    ThreadState::Waiting(Wait {
        kind: kind(waiting.kind, reentrant),
        elapsed: Duration::from_nanos(report.now.0.saturating_sub(since)),
        timeout: waiting
            .deadline
            .map(|deadline| Duration::from_nanos(deadline.0.saturating_sub(since))),
        holder,
    })
}

const fn kind(kind: WaitKind, reentrant: bool) -> &'static str {
    match kind {
        WaitKind::Lock if reentrant => "RLock",
        WaitKind::Lock => "lock",
        WaitKind::Condition => "condition",
        WaitKind::Semaphore => "semaphore",
        WaitKind::Event => "event",
        WaitKind::Future => "future",
        WaitKind::Barrier => "barrier",
        WaitKind::Get => "item from a queue",
        WaitKind::Put => "room in a queue",
        WaitKind::TasksDone => "tasks of a queue",
        WaitKind::Join => "end of a thread",
        WaitKind::Sleep => "time",
    }
}
