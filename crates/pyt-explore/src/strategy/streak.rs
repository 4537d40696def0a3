//! Fairness: whether a thread has taken too many steps in a row.

use pyt_sched::controlled::{Decision, ThreadNumber};

/// How many steps in a row one thread may take while others could go on, under strategies that
/// could let it run for ever: it may be polling for something that only another thread does.
pub const FAIRNESS_LIMIT: u64 = 300;

/// Counts the steps that one thread takes in a row while others could go on.
#[derive(Clone, Debug)]
pub(crate) struct Streak {
    thread: ThreadNumber,
    length: u64,
    limit: u64,
}

impl Default for Streak {
    fn default() -> Self {
        Self::up_to(FAIRNESS_LIMIT)
    }
}

impl Streak {
    /// With another limit than [`FAIRNESS_LIMIT`].
    pub(crate) const fn up_to(limit: u64) -> Self {
        Self {
            thread: 0,
            length: 0,
            limit,
        }
    }

    /// Whether `thread` has to let other threads go on now.
    pub(crate) const fn is_over(&self, thread: ThreadNumber) -> bool {
        self.thread == thread && self.length >= self.limit
    }

    /// `thread` was chosen.
    pub(crate) const fn chose(&mut self, decision: &Decision<'_>, thread: ThreadNumber) {
        if thread != self.thread {
            self.thread = thread;
            self.length = 0;
        }
        // Steps that no other thread could have taken keep none from running.
        if decision.candidates.len() > 1 {
            self.length += 1;
        }
    }

    /// The choice without a switch, but for fairness: then the next higher candidate.
    pub(crate) fn without_switch(&mut self, decision: &Decision<'_>) -> usize {
        let mut index = decision.without_switch();
        if self.is_over(decision.candidates[index].thread) {
            index = (index + 1) % decision.candidates.len();
        }
        self.chose(decision, decision.candidates[index].thread);
        index
    }
}
