//! The deadlines that threads wait for on a virtual clock, soonest first.
//!
//! What waits is not known here.

use std::collections::BTreeMap;

use crate::Deadline;

/// Names one entry: its deadline, and a number that keeps those due at once in order.
pub(crate) type TimerId = (Deadline, u64);

#[derive(Debug)]
pub(crate) struct Timers<T> {
    next: u64,
    pending: BTreeMap<TimerId, T>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            next: 0,
            pending: BTreeMap::new(),
        }
    }
}

impl<T> Timers<T> {
    pub(crate) fn insert(&mut self, deadline: Deadline, entry: T) -> TimerId {
        let id = (deadline, self.next);
        self.next += 1;
        self.pending.insert(id, entry);
        id
    }

    pub(crate) fn remove(&mut self, id: TimerId) {
        self.pending.remove(&id);
    }

    /// Takes the soonest.
    pub(crate) fn pop(&mut self) -> Option<(Deadline, T)> {
        self.pending
            .pop_first()
            .map(|((deadline, _), entry)| (deadline, entry))
    }

    /// When the soonest is due.
    pub(crate) fn first(&self) -> Option<Deadline> {
        self.pending.keys().next().map(|(deadline, _)| *deadline)
    }
}
