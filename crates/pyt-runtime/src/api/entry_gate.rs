//! The gate that host threads pass when they enter a runtime: it counts them, and once it is closed
//! it lets no more of them in.
//!
//! What a thread does inside is not known here.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

#[derive(Default)]
pub(crate) struct EntryGate {
    state: Mutex<GateState>,
    left: Condvar,
}

#[derive(Default)]
struct GateState {
    is_closed: bool,
    /// How many entries there are: one for each guard.
    entered: usize,
}

/// One entry of a thread. Dropping it leaves.
pub(crate) struct EntryGuard<'a>(&'a EntryGate);

impl Drop for EntryGuard<'_> {
    fn drop(&mut self) {
        self.0.state.lock().entered -= 1;
        self.0.left.notify_all();
    }
}

impl EntryGate {
    /// Enters. `None` if the gate is closed.
    pub(crate) fn enter(&self) -> Option<EntryGuard<'_>> {
        let mut state = self.state.lock();
        if state.is_closed {
            return None;
        }
        state.entered += 1;
        Some(EntryGuard(self))
    }

    /// Runs `f` with whether the gate is closed. It neither closes nor lets anyone in meanwhile.
    pub(crate) fn with_closed<R>(&self, f: impl FnOnce(bool) -> R) -> R {
        let state = self.state.lock();
        f(state.is_closed)
    }

    /// Closes the gate, and blocks for at most `timeout` until all who have entered have left.
    /// Returns whether they have.
    pub(crate) fn close(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let mut state = self.state.lock();
        state.is_closed = true;
        while state.entered > 0 {
            if self.left.wait_until(&mut state, end).timed_out() {
                return state.entered == 0;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_gate_refuses_entry() {
        let gate = EntryGate::default();
        let entry = gate.enter();
        assert!(entry.is_some());
        assert!(!gate.close(Duration::ZERO));
        assert!(gate.enter().is_none());
        drop(entry);
        assert!(gate.close(Duration::ZERO));
        assert!(gate.with_closed(|is_closed| is_closed));
    }
}
