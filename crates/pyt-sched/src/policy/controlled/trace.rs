//! The steps of one run, in order, with the candidates at each.

use super::strategy::{Candidate, Decision};
use crate::{
    engine::{thread::ThreadNumber, world::Place},
    op::Op,
};

/// A step that was taken.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// The thread that took it.
    pub thread: ThreadNumber,
    /// What it was.
    pub op: Op,
    /// The wait before it had timed out, or the attempt failed.
    pub timed_out: bool,
    /// Where in the program; the default where that was not asked for.
    pub place: Place,
    /// Where its candidates begin, and how many there were.
    candidates: (usize, usize),
}

/// The steps of one run.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Trace {
    steps: Vec<Step>,
    candidates: Vec<Candidate>,
}

impl Trace {
    /// No steps.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            steps: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Adds the step that candidate number `chosen` of `decision` took.
    ///
    /// # Panics
    /// If there is no such candidate.
    pub fn push(&mut self, decision: &Decision<'_>, chosen: usize, place: Place) {
        let Candidate {
            thread,
            op,
            timed_out,
        } = decision.candidates[chosen];
        self.steps.push(Step {
            thread,
            op,
            timed_out,
            place,
            candidates: (self.candidates.len(), decision.candidates.len()),
        });
        self.candidates.extend_from_slice(decision.candidates);
    }

    /// The steps, first to last.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The threads that could have taken step `step`, by ascending number.
    ///
    /// # Panics
    /// If there is no such step.
    #[must_use]
    pub fn candidates(&self, step: usize) -> &[Candidate] {
        let (first, count) = self.steps[step].candidates;
        &self.candidates[first..first + count]
    }

    /// Removes all steps and keeps the memory.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.candidates.clear();
    }

    /// How often another thread took the next step.
    #[must_use]
    pub fn switches(&self) -> usize {
        self.steps
            .windows(2)
            .filter(|pair| pair[0].thread != pair[1].thread)
            .count()
    }

    /// How often a thread that could have taken the next step did not.
    #[must_use]
    pub fn preemptions(&self) -> usize {
        (1..self.steps.len())
            .filter(|&step| {
                let before = self.steps[step - 1].thread;
                self.steps[step].thread != before
                    && self
                        .candidates(step)
                        .iter()
                        .any(|candidate| candidate.thread == before)
            })
            .count()
    }
}
