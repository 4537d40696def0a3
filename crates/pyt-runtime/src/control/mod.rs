//! A host's control over what runs in a runtime: interrupting it, limiting it, looking at it, ending
//! it.
//!
//! What each means is in this folder's files; how a thread is made to raise or to end is
//! `pyt-modules`'. Whatever has to stop the world is done on threads of this module's own, named
//! `pyt-control`, which exist only for as long as there is something to do: a stop waits for threads
//! in native code, and no caller of the API is to wait for them.

#[cfg(feature = "tokio")]
mod call;
mod interrupter;
mod limits;
mod recursion;
mod shutdown;
mod spawn;
mod stop;
mod threads;
mod watchdog;

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use pyt_vm::deadlock::CONTROL_THREAD;

#[cfg(feature = "tokio")]
pub(crate) use self::call::Call;
pub use self::{
    interrupter::Interrupter,
    limits::{Limit, Limits},
    spawn::JoinHandle,
    threads::{StackFrame, ThreadInfo, ThreadOrigin, ThreadState, Wait},
};
pub(crate) use self::{
    stop::{Reason, Verdict},
    watchdog::{Watch, note_output},
};
use crate::api::shared::Shared;

/// A runtime's part in all this.
#[derive(Default)]
pub(crate) struct Control {
    /// Idents of threads whose loops are to be found; `Some` while a thread is at it.
    reaching: Mutex<Option<Vec<u64>>>,
    pub(crate) stops: stop::Stops,
    pub(crate) watch: Watch,
}

impl Control {
    /// The calling thread has left the runtime.
    pub(crate) fn left(&self, ident: u64) {
        self.stops.left(ident);
    }
}

/// Runs `work` on a thread of its own. False: the system has none left.
fn aside(work: impl FnOnce() + Send + 'static) -> bool {
    std::thread::Builder::new()
        .name(CONTROL_THREAD.to_owned())
        .spawn(work)
        .is_ok()
}

impl Shared {
    /// Finds the loops that these threads are in, soon: see [`pyt_vm::InterpreterState::reach`].
    pub(crate) fn reach_soon(self: &Arc<Self>, idents: &[u64]) {
        {
            let mut reaching = self.control.reaching.lock();
            if let Some(waiting) = &mut *reaching {
                waiting.extend(idents);
                return;
            }
            *reaching = Some(idents.to_vec());
        }
        let shared: Weak<Self> = Arc::downgrade(self);
        let work = move || {
            while let Some(shared) = shared.upgrade() {
                let idents = {
                    let mut reaching = shared.control.reaching.lock();
                    match &mut *reaching {
                        Some(waiting) if !waiting.is_empty() => std::mem::take(waiting),
                        _ => {
                            *reaching = None;
                            return;
                        }
                    }
                };
                shared.state().reach(&idents);
            }
        };
        if !aside(work) {
            *self.control.reaching.lock() = None;
        }
    }
}
