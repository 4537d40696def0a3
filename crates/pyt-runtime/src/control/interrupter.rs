//! Interrupting Python code from any thread.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use pyt_vm::control::{Raise, ThreadKind};

use super::stop_request::StopReason;
use crate::{Python, Runtime, api::runtime_core::RuntimeCore};

/// Raises exceptions in a runtime's threads, and stops them. Any number of clones on any threads
/// may be used at any time. After the runtime has ended, the methods return false.
///
/// An exception is raised when its thread next calls a function or jumps back in a loop, and ends
/// any wait in `threading`, `queue`, `time.sleep` and the like. It is not raised in native code: a
/// regular expression or a power of large integers that takes minutes is interrupted when it is
/// done, and only the end of the process ends it earlier. With the GIL, all other threads of the
/// runtime wait meanwhile, too.
///
/// In `__del__`, which reports errors and goes on, it is raised after 100 ms or in a wait, and then
/// once more afterwards. The callback of a weak reference loses it, as in CPython; those of the
/// library's own do not.
///
/// No method blocks until the exception is raised.
///
/// ```
/// use std::{thread, time::Duration};
/// use pyt_runtime::{ErrorKind, Runtime};
///
/// let runtime = Runtime::builder().build()?;
/// let interrupter = runtime.interrupter();
/// let timer = thread::spawn(move || {
///     // Until the code has begun, there is nothing to interrupt.
///     while !interrupter.interrupt() {
///         thread::sleep(Duration::from_millis(1));
///     }
/// });
/// let error = runtime.exec("import time\nwhile True: time.sleep(1e9)").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Interrupted);
/// timer.join().unwrap();
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Interrupter {
    core: Weak<RuntimeCore>,
}

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupter").finish_non_exhaustive()
    }
}

impl Runtime {
    /// A handle that interrupts this runtime's threads from anywhere.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        Interrupter {
            core: Arc::downgrade(self.core()),
        }
    }
}

impl Python<'_> {
    /// A handle that interrupts the runtime's threads from anywhere.
    #[must_use]
    pub fn interrupter(self) -> Interrupter {
        Interrupter {
            core: Arc::downgrade(self.core()),
        }
    }

    /// The calling thread's number, as `threading.get_ident()` and
    /// [`Interrupter::interrupt_thread`] have it.
    #[must_use]
    pub fn thread_ident(self) -> u64 {
        pyt_vm::InterpreterState::own_ident()
    }
}

impl Interrupter {
    /// Raises `KeyboardInterrupt` in the main thread if it is inside, else in all of the host's
    /// threads that are. Returns false if none is.
    pub fn interrupt(&self) -> bool {
        self.interrupt_with("KeyboardInterrupt", None)
    }

    /// As [`interrupt`](Self::interrupt), with another exception: `class` is the name of a built-in
    /// one (`"TimeoutError"`), or a module's (`"concurrent.futures.CancelledError"`); `message` is
    /// its argument. If there is no such class, the exception that says so is raised.
    pub fn interrupt_with(&self, class: &str, message: Option<&str>) -> bool {
        self.raise(&exception(class, message), |core| {
            let state = core.state();
            state.main_ident().map_or_else(
                || {
                    let members = state.all_threads().into_iter();
                    let hosts = members.filter(|member| member.kind == ThreadKind::Host);
                    hosts.map(|member| member.ident).collect()
                },
                |main| vec![main],
            )
        })
    }

    /// Raises `KeyboardInterrupt` in the thread with this number: `threading.get_ident()`,
    /// [`ThreadInfo::ident`](crate::ThreadInfo::ident) or [`Python::thread_ident`]. Returns false
    /// if the runtime has no such thread, or it is not inside.
    pub fn interrupt_thread(&self, ident: u64) -> bool {
        self.interrupt_thread_with(ident, "KeyboardInterrupt", None)
    }

    /// As [`interrupt_thread`](Self::interrupt_thread), with another exception: see
    /// [`interrupt_with`](Self::interrupt_with).
    pub fn interrupt_thread_with(&self, ident: u64, class: &str, message: Option<&str>) -> bool {
        self.raise(&exception(class, message), |_| vec![ident])
    }

    /// Raises `KeyboardInterrupt` in all threads: the host's that are inside, and those that Python
    /// code has started. Returns false if there are none.
    pub fn interrupt_all(&self) -> bool {
        self.raise(&exception("KeyboardInterrupt", None), |core| {
            let members = core.state().all_threads().into_iter();
            members.map(|member| member.ident).collect()
        })
    }

    /// Stops all threads, whatever they catch. Calls that the host has under way return an error of
    /// the kind [`Stopped`](crate::ErrorKind::Stopped), which says where each thread stood; threads
    /// that Python code has started end. While a stop is under way, this adds to it the threads
    /// that have entered since. `finally` blocks and handlers run for as long as `grace`; after
    /// that none does, `with` statements included: locks that they hold stay taken. The runtime can
    /// be used afterwards.
    ///
    /// Code that makes the interpreter ignore the exception, such as an endless loop inside of a
    /// trace function, cannot be stopped; a thread that Python code started is then halted a second
    /// after the grace period: it never runs again.
    ///
    /// Does not block. Returns false if there is no thread.
    pub fn stop(&self, grace: Duration) -> bool {
        let Some(core) = self.core.upgrade() else {
            return false;
        };
        if core.state().all_threads().is_empty() {
            return false;
        }
        core.stop(StopReason::Asked, grace);
        true
    }

    fn raise(&self, raise: &Raise, find: impl FnOnce(&RuntimeCore) -> Vec<u64>) -> bool {
        let Some(core) = self.core.upgrade() else {
            return false;
        };
        let idents = find(&core);
        let found = core.state().raise_in(&idents, raise);
        if found {
            core.reach_soon(&idents);
        }
        found
    }
}

fn exception(class: &str, message: Option<&str>) -> Raise {
    Raise::Exception {
        class: class.to_owned(),
        message: message.map(str::to_owned),
    }
}
