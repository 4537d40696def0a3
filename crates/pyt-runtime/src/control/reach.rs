//! Finding the loops that threads run already, so that an exception on its way to them is raised
//! there.

use std::sync::{Arc, Weak};

use super::control_thread::spawn_control_thread;
use crate::api::runtime_core::RuntimeCore;

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
        let core: Weak<Self> = Arc::downgrade(self);
        let work = move || {
            while let Some(core) = core.upgrade() {
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
            }
        };
        if !spawn_control_thread(work) {
            *self.control().reaching.lock() = None;
        }
    }
}
