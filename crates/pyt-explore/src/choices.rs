//! The threads that were chosen at each decision, in order, and the answers to what a run leaves
//! open besides.

use pyt_sched::controlled::{Pick, ThreadNumber, Trace};
use serde::{Deserialize, Serialize};

/// The threads that took the steps of a run, first to last, kept as runs of the same thread; and
/// the answers other than 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choices {
    runs: Vec<(ThreadNumber, u64)>,
    picks: Vec<Pick>,
}

impl Choices {
    /// No choices.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            runs: Vec::new(),
            picks: Vec::new(),
        }
    }

    /// The choices of a run.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let mut choices: Self = trace.steps().iter().map(|step| step.thread).collect();
        choices.picks = trace.picked().iter().map(|picked| picked.pick).collect();
        choices
    }

    /// One more step.
    pub fn push(&mut self, thread: ThreadNumber) {
        self.push_many(thread, 1);
    }

    /// `more` steps, at least 1, of the same thread.
    pub fn push_many(&mut self, thread: ThreadNumber, more: u64) {
        match self.runs.last_mut() {
            Some((last, steps)) if *last == thread => *steps = steps.saturating_add(more),
            _ => self.runs.push((thread, more)),
        }
    }

    /// One more answer.
    pub fn push_pick(&mut self, pick: Pick) {
        self.picks.push(pick);
    }

    /// The answers other than 0 to what the run leaves open besides, in order.
    #[must_use]
    pub fn picks(&self) -> &[Pick] {
        &self.picks
    }

    /// The threads, and how many steps each takes in a row: at least one; neighbours are different
    /// threads.
    #[must_use]
    pub fn runs(&self) -> &[(ThreadNumber, u64)] {
        &self.runs
    }

    /// The thread of each step.
    pub fn iter(&self) -> impl Iterator<Item = ThreadNumber> + '_ {
        self.runs.iter().flat_map(|&(thread, steps)| {
            std::iter::repeat_n(thread, usize::try_from(steps).unwrap_or(usize::MAX))
        })
    }

    /// The number of steps.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.runs
            .iter()
            .fold(0, |sum, &(_, steps)| sum.saturating_add(steps))
    }

    /// No steps.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The number of switches: steps by another thread than the step before.
    #[must_use]
    pub fn switches(&self) -> usize {
        self.runs.len().saturating_sub(1)
    }
}

impl FromIterator<ThreadNumber> for Choices {
    fn from_iter<I: IntoIterator<Item = ThreadNumber>>(threads: I) -> Self {
        let mut choices = Self::new();
        for thread in threads {
            choices.push(thread);
        }
        choices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined_and_come_back_step_by_step() {
        let threads = [0, 0, 1, 0, 2, 2, 2];
        let choices: Choices = threads.into_iter().collect();
        assert_eq!(choices.runs(), [(0, 2), (1, 1), (0, 1), (2, 3)]);
        assert_eq!(choices.iter().collect::<Vec<_>>(), threads);
        assert_eq!((choices.len(), choices.switches()), (7, 3));
        assert!(Choices::new().is_empty() && Choices::new().switches() == 0);
    }
}
