//! The deadlines that threads wait for on a virtual clock, soonest first.

use std::{collections::BTreeMap, sync::Arc};

use crate::{Deadline, Waiter};

/// Names one entry: its deadline, and a number that keeps those due at once in order.
pub(crate) type TimerId = (Deadline, u64);

#[derive(Debug, Default)]
pub(crate) struct Timers {
    next: u64,
    pending: BTreeMap<TimerId, Arc<Waiter>>,
}

impl Timers {
    pub(crate) fn insert(&mut self, deadline: Deadline, waiter: Arc<Waiter>) -> TimerId {
        let id = (deadline, self.next);
        self.next += 1;
        self.pending.insert(id, waiter);
        id
    }

    pub(crate) fn remove(&mut self, id: TimerId) {
        self.pending.remove(&id);
    }

    /// Takes the soonest.
    pub(crate) fn pop(&mut self) -> Option<(Deadline, Arc<Waiter>)> {
        self.pending
            .pop_first()
            .map(|((deadline, _), waiter)| (deadline, waiter))
    }

    /// When the soonest is due.
    pub(crate) fn first(&self) -> Option<Deadline> {
        self.pending.keys().next().map(|(deadline, _)| *deadline)
    }
}
