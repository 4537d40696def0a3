//! What a host can do to an interpreter's threads from outside: raise in them, stop them although
//! they catch everything, look at them.
//!
//! Nothing here needs a turn, and only what says so stops the world. When to do it, and what it
//! means, is not known here.

use std::{sync::Arc, time::Duration};

use pyt_sched::{Thread, ThreadId};
use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef, stdlib::_thread::get_ident};

use super::{
    async_exc::{self, instrument_backward_jumps},
    deadlock::{self, ThreadTable},
    state::InterpreterState,
};

pub use super::shield::shielded;

/// What is to be raised in a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raise {
    /// The class with this name, with this message. The name is that of a built-in exception, or of
    /// a module and a class in it, with a point between them. If there is no such class, what says
    /// so is raised.
    Exception {
        /// The name.
        class: String,
        /// The only argument of the exception; without one there is none.
        message: Option<String>,
    },
    /// What ends the thread unless the program handles it. It is not reported as uncaught.
    Stop,
}

/// How a thread came to be one of the interpreter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadKind {
    /// A thread of the host's, for as long as it is attached.
    Host,
    /// Python code started it.
    Started {
        /// The end of the interpreter does not wait for it.
        daemon: bool,
    },
}

/// A thread that an exception can be raised in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterpreterThread {
    /// As in `threading.get_ident()`.
    pub ident: u64,
    /// How it came to be one of the interpreter's.
    pub kind: ThreadKind,
}

impl InterpreterState {
    /// All threads that are attached or that Python code started, those of the host first.
    #[must_use]
    pub fn all_threads(&self) -> Vec<InterpreterThread> {
        let host_threads = self.threads().host_threads().into_iter();
        let host = host_threads.map(|ident| InterpreterThread {
            ident,
            kind: ThreadKind::Host,
        });
        let started = self.threads().started().into_iter();
        let started = started.map(|(ident, daemon)| InterpreterThread {
            ident,
            kind: ThreadKind::Started { daemon },
        });
        host.chain(started)
            .filter(|thread| thread.ident != 0)
            .collect()
    }

    /// Whether a thread that Python code started, or is about to start, goes on. A thread that is
    /// [being unwound](Self::force_unwind) starts none any more.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.threads().has_started()
    }

    /// The ident of the main thread, while it is attached.
    #[must_use]
    pub fn main_ident(&self) -> Option<u64> {
        let ident = self.main.as_ref()?.tag();
        let attached = self.threads().host_threads();
        attached.contains(&ident).then_some(ident)
    }

    /// Whether it is the main thread's.
    #[must_use]
    pub fn is_main(&self, thread: ThreadId) -> bool {
        self.main.as_ref().is_some_and(|main| main.id() == thread)
    }

    /// The ident of the calling thread.
    #[must_use]
    pub fn own_ident() -> u64 {
        get_ident()
    }

    /// Has `raise` raised in the threads with these idents, as far as they are attached or were
    /// started by Python code: at their next call of a function or turn of a loop, or at once if
    /// they wait. A thread has one such exception on its way; a later one takes its place. Returns
    /// whether there is any such thread.
    ///
    /// Callable from any thread; never blocks for long. Loops that the threads are in already are
    /// found by [`reach`](Self::reach) only.
    pub fn raise_in(&self, idents: &[u64], raise: &Raise) -> bool {
        let Some(interpreter) = self.world.state() else {
            return false;
        };
        let alive = |ident: &&u64| self.threads().while_alive(**ident, || ()).is_some();
        let idents: Vec<u64> = idents.iter().filter(alive).copied().collect();
        let raise = || match raise {
            Raise::Exception { class, message } => async_exc::PendingRaise::Named {
                class: class.clone(),
                message: message.clone(),
            },
            Raise::Stop => async_exc::PendingRaise::Stop,
        };
        let exceptions = &self.world.async_exceptions;
        if idents.is_empty() || !exceptions.announce(&idents, raise, interpreter) {
            return false;
        }
        // A thread that has detached meanwhile must not find it when it attaches again.
        for ident in &idents {
            if self.threads().while_alive(*ident, || ()).is_none() {
                exceptions.forget(*ident, interpreter);
            }
        }
        self.wake(&idents);
        true
    }

    /// Finds the loops that these threads are in already. Stops the world, and so waits for threads
    /// in native code that does not leave the interpreter, such as a regular expression at work.
    /// The calling thread must not be inside of another interpreter.
    pub fn reach(&self, idents: &[u64]) {
        self.world
            .functions_of(idents, &mut instrument_backward_jumps);
        self.wake(idents);
    }

    /// Whether an exception is on its way to any of the threads with these idents.
    #[must_use]
    pub fn is_raising(&self, idents: &[u64]) -> bool {
        self.world.async_exceptions.is_pending(idents)
    }

    /// Has the threads with these idents unwound by force: what ends threads is raised in them
    /// wherever that is possible, and none of their handlers handles it, until they have exited,
    /// have detached or [`cancel_unwind`](Self::cancel_unwind) is called. To be called again and
    /// again, since a thread may begin to wait right after this has interrupted waits. As to loops,
    /// see [`reach`](Self::reach).
    pub fn force_unwind(&self, idents: &[u64]) {
        let Some(interpreter) = self.world.state() else {
            return;
        };
        let exceptions = &self.world.async_exceptions;
        exceptions.force_unwind(idents, interpreter);
        for ident in idents {
            if self.threads().while_alive(*ident, || ()).is_none() {
                exceptions.forget(*ident, interpreter);
            }
        }
        self.wake(idents);
    }

    /// Takes back what is on its way to the thread with this ident, a forced unwind included.
    pub fn cancel_unwind(&self, ident: u64) {
        if let Some(interpreter) = self.world.state() {
            self.world.async_exceptions.forget(ident, interpreter);
        }
        if let Some(thread) = self.records(&[ident]).first() {
            thread.forget_interrupt();
        }
    }

    /// Why threads are being stopped: the message of what is raised in them.
    pub fn set_stop_reason(&self, reason: &str) {
        self.world.async_exceptions.set_reason(reason);
    }

    /// Whether `raised` is what ends threads.
    #[must_use]
    pub fn is_stop(&self, raised: &PyBaseExceptionRef) -> bool {
        self.world.async_exceptions.is_stop(raised)
    }

    /// Stops all threads that Python code started where they are; they never go on. Those in
    /// foreign code are stopped when they return, if they do so within `grace`. Their OS threads
    /// stay. To be called attached, on a thread that Python code did not start.
    pub fn halt_started(&self, _vm: &VirtualMachine, grace: Duration) {
        let records = self.threads().records(None);
        self.scheduler.halt(&records, grace);
    }

    /// Sets how many threads may be alive of those that Python code starts; `usize::MAX` at first.
    /// One more is not started: see [`on_refusal`](Self::on_refusal). Those that there are go on.
    pub fn limit_threads(&self, most: usize) {
        self.threads().set_most(most);
    }

    /// Has `listener` called, attached, on a thread that would start one more thread than
    /// [the limit](Self::limit_threads), with that limit. It returns what is raised there, and may
    /// block first, detached. `None`: the thread asks for admission again.
    pub fn on_refusal(
        &self,
        listener: impl Fn(usize, &VirtualMachine) -> Option<PyBaseExceptionRef> + Send + Sync + 'static,
    ) {
        self.threads().set_on_refusal(Arc::new(listener));
    }

    /// Takes what is on its way to the calling thread, or else a new exception that ends it.
    #[must_use]
    pub fn take_stop(&self, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let exceptions = &self.world.async_exceptions;
        (exceptions.take(get_ident(), vm)).unwrap_or_else(|| exceptions.stopped(vm))
    }

    /// What all threads are doing, without their stacks. Each row is true by itself.
    #[must_use]
    pub fn table(&self) -> ThreadTable {
        let report = self.scheduler.report_now();
        let stacks = vec![Vec::new(); report.rows.len()];
        ThreadTable {
            report,
            stacks,
            names: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// What all threads are doing, and where, at one moment. Stops the world: as to what that waits
    /// for, see [`reach`](Self::reach). After the interpreter's end, without stacks.
    #[must_use]
    pub fn table_with_stacks(&self) -> ThreadTable {
        let scheduler = &self.scheduler;
        deadlock::thread_table(self, || Some(scheduler.report_now()))
            .unwrap_or_else(|| self.table())
    }

    /// Interrupts the waits of threads.
    fn wake(&self, idents: &[u64]) {
        for thread in self.records(idents) {
            thread.interrupt();
        }
    }

    fn records(&self, idents: &[u64]) -> Vec<Arc<Thread>> {
        let mut threads = self.scheduler.threads();
        threads.retain(|thread| idents.contains(&thread.tag()));
        threads
    }
}
