//! Fairness: who has had more than its share of steps in a row.

use pyt_sched::controlled::{Decision, ThreadNumber};

use super::PATIENCE;

/// Counts the steps that one thread takes in a row while others could go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streak {
    thread: ThreadNumber,
    length: u64,
}

impl Streak {
    /// Whether `thread` has to let others go on now.
    pub(crate) const fn is_over(&self, thread: ThreadNumber) -> bool {
        self.thread == thread && self.length >= PATIENCE
    }

    /// `thread` was chosen.
    pub(crate) const fn chose(&mut self, decision: &Decision<'_>, thread: ThreadNumber) {
        if thread != self.thread {
            self.thread = thread;
            self.length = 0;
        }
        // Steps that nobody else could have taken are in nobody's way.
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
