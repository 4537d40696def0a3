//! The question that the policy asks at each decision point, and the trait that answers it.

use crate::{
    engine::{pick::Question, thread::ThreadNumber},
    op::Op,
};

/// A thread that could take the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Candidate {
    /// Which thread.
    pub thread: ThreadNumber,
    /// The step that it takes if it is chosen.
    pub op: Op,
    /// Its wait has timed out, or its attempt fails: it continues without what it wanted.
    pub timed_out: bool,
}

/// What a strategy knows at a decision point.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// How many decisions this run has made before.
    pub step: u64,
    /// The thread that took the last step; `None` before the first. It is among the candidates
    /// unless it waits or has exited.
    pub current: Option<ThreadNumber>,
    /// The threads that could take the next step, by ascending number. Never empty; often just one.
    pub candidates: &'a [Candidate],
}

impl Decision<'_> {
    /// The index among the candidates of the thread that took the last step, if it can take the
    /// next.
    #[must_use]
    pub fn current_index(&self) -> Option<usize> {
        let current = self.current?;
        self.index_of(current)
    }

    /// The index of `thread` among the candidates.
    #[must_use]
    pub fn index_of(&self, thread: ThreadNumber) -> Option<usize> {
        self.candidates
            .binary_search_by_key(&thread, |candidate| candidate.thread)
            .ok()
    }

    /// The choice that switches least: the thread that took the last step, or else the candidate
    /// with the lowest number.
    #[must_use]
    pub fn without_switch(&self) -> usize {
        self.current_index().unwrap_or(0)
    }
}

/// Decides one run. It must depend on nothing but what it was made with and the decisions it is
/// shown, so that the same strategy makes the same run again.
pub trait Strategy: Send {
    /// The index among [`Decision::candidates`] of the thread that takes the next step. An index
    /// out of range counts as [`Decision::without_switch`]. Called at every decision point, also
    /// when there is only one candidate.
    fn choose(&mut self, decision: &Decision<'_>) -> usize;

    /// The answer to a question of the run's other than which thread goes on. One that is out of
    /// range counts as 0.
    fn answer(&mut self, _question: &Question) -> u32 {
        0
    }
}
