//! Finding the loops that threads run already, so that an exception on its way to them is raised
//! there.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use super::control_thread::spawn_control_thread;
use crate::api::runtime_core::RuntimeCore;

/// How long a thread has for what it does at the first turn of a loop.
const FIRST_TURN: Duration = Duration::from_millis(10);

impl RuntimeCore {
    /// Has a control thread find the loops that these threads are in: see
    /// [`pyt_vm::InterpreterState::reach`]. Does not block.
    pub(crate) fn reach_soon(self: &Arc<Self>, idents: &[u64]) {
        {
            let mut reaching = self.control().reaching.lock();
            if let Some(waiting) = &mut *reaching {
                waiting.extend(idents);
                return;
            }
            *reaching = Some(idents.to_vec());
        }
        let weak: Weak<Self> = Arc::downgrade(self);
        let work = move || {
            while let Some(core) = weak.upgrade() {
                let idents = {
                    let mut reaching = core.control().reaching.lock();
                    match &mut *reaching {
                        Some(waiting) if !waiting.is_empty() => std::mem::take(waiting),
                        _ => {
                            *reaching = None;
                            return;
                        }
                    }
                };
                core.state().reach(&idents);
                drop(core);
                reach_again(&weak, &idents);
            }
        };
        if !spawn_control_thread(work) {
            *self.control().reaching.lock() = None;
        }
    }
}

/// Finds the loops once more if the exception has not been raised. At the first turn of a loop the
/// interpreter puts another instruction in the place of the one that jumps back: a thread that was
/// stopped in the middle of that has undone what was done to find it.
fn reach_again(core: &Weak<RuntimeCore>, idents: &[u64]) {
    let is_raising = || {
        core.upgrade()
            .is_some_and(|core| core.state().is_raising(idents))
    };
    if !is_raising() {
        return;
    }
    thread::sleep(FIRST_TURN);
    if is_raising()
        && let Some(core) = core.upgrade()
    {
        core.state().reach(idents);
    }
}
