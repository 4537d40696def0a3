//! Where an OS thread sleeps between the threads it runs one after the other.
//!
//! Which those are, and who keeps idle ones, is not known here.

use std::{sync::Arc, time::Duration};

use crate::{
    parker::{Parked, Parker},
    run_count::any_run,
};

/// The place of one OS thread. A [`Thread`](crate::Thread) that is
/// [registered](crate::Scheduler::register_at) here gets its turns here: the first one also ends the
/// sleep of the OS thread that is to run it, so that starting it costs one wake-up.
#[derive(Clone, Debug, Default)]
pub struct ParkSlot(pub(crate) Arc<Parker>);

impl ParkSlot {
    /// Sleeps until somebody [calls](Self::unpark), or a thread that is registered here gets its first
    /// turn. False: `timeout` has passed before. To be called by the OS thread whose place it is,
    /// while no thread that it runs is waiting here.
    #[must_use]
    pub fn park(&self, timeout: Option<Duration>) -> bool {
        // In a run one thread at a time has work: to spin would only keep it from its core.
        let spins = !any_run();
        loop {
            let parked = if spins {
                self.0.park_soon(timeout)
            } else {
                self.0.park(timeout)
            };
            match parked {
                Parked::Token => return true,
                Parked::Elapsed => return false,
                Parked::Interrupted => {}
            }
        }
    }

    /// Ends one [`rest`](Self::park), under way or to come. To be called only if no thread that is
    /// registered here is about to get its turn.
    pub fn unpark(&self) {
        self.0.unpark();
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_one_rest() {
        let slot = ParkSlot::default();
        let short = Some(Duration::from_millis(1));
        assert!(!slot.park(short));
        slot.unpark();
        assert!(slot.park(short));
        assert!(!slot.park(short));
    }
}
