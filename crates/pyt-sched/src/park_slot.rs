//! Where an OS thread parks while it runs no thread of a scheduler.
//!
//! Which threads it runs, and where idle OS threads are kept, is not known here.

use std::{sync::Arc, time::Duration};

use crate::{
    parker::{Parked, Parker},
    run_count::any_run,
};

/// The parking place of one OS thread, which runs threads one after the other. A
/// [`Thread`](crate::Thread) that is [registered](crate::Scheduler::register_at) here gets its
/// turns here: the first one also unparks the OS thread that is to run it, so that starting it
/// costs one wake-up.
#[derive(Clone, Debug, Default)]
pub struct ParkSlot(pub(crate) Arc<Parker>);

impl ParkSlot {
    /// Parks the calling OS thread, whose place this is, until [`unpark`](Self::unpark), or until a
    /// thread that is registered here gets its first turn. False: `timeout` has passed before. To
    /// be called while no thread that the OS thread runs is waiting here.
    #[must_use]
    pub fn park(&self, timeout: Option<Duration>) -> bool {
        // In a run one thread at a time has work: spinning would only take its core away.
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

    /// Ends one [`park`](Self::park), in progress or to come. To be called only if no thread that
    /// is registered here is about to get its turn.
    pub fn unpark(&self) {
        self.0.unpark();
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn one_unpark_ends_one_park() {
        let slot = ParkSlot::default();
        let short = Some(Duration::from_millis(1));
        assert!(!slot.park(short));
        slot.unpark();
        assert!(slot.park(short));
        assert!(!slot.park(short));
    }
}
