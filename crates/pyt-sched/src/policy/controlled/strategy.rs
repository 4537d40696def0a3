//! Who goes on: the question that the policy asks at each decision point, and who answers it.

use crate::op::Op;

/// A thread's number within one run: 0 is the main thread, the others count up in the order in
/// which they were started. The same in every run that made the same decisions.
pub type ThreadNumber = u32;

/// A thread that could go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which thread.
    pub thread: ThreadNumber,
    /// The step that it takes if it is chosen.
    pub op: Op,
    /// The wait in which it stands has timed out: it goes on without what it waited for.
    pub timed_out: bool,
}

/// A decision point: everything that a strategy may know.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// How many decisions this run has made before.
    pub step: u64,
    /// Who took the last step; `None` before the first. It is among the candidates unless it
    /// waits or has ended.
    pub current: Option<ThreadNumber>,
    /// Who could go on, by ascending number. Never empty; often just one.
    pub candidates: &'a [Candidate],
}

impl Decision<'_> {
    /// The place among the candidates of whoever took the last step, if it can go on.
    #[must_use]
    pub fn current_index(&self) -> Option<usize> {
        let current = self.current?;
        self.index_of(current)
    }

    /// The place of `thread` among the candidates.
    #[must_use]
    pub fn index_of(&self, thread: ThreadNumber) -> Option<usize> {
        self.candidates
            .binary_search_by_key(&thread, |candidate| candidate.thread)
            .ok()
    }

    /// The choice that switches least: whoever took the last step goes on, or else the candidate
    /// with the lowest number.
    #[must_use]
    pub fn without_switch(&self) -> usize {
        self.current_index().unwrap_or(0)
    }
}

/// Decides one run. It must depend on nothing but what it was made with and the decisions it is
/// shown, so that the same strategy makes the same run again.
pub trait Strategy: Send {
    /// Which of [`Decision::candidates`] goes on: an index. One that is out of range counts as
    /// [`Decision::without_switch`]. Called at every decision point, also when there is only one
    /// candidate.
    fn choose(&mut self, decision: &Decision<'_>) -> usize;
}
