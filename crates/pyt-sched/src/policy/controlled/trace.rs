//! The steps of one run, in order, with the candidates at each.

use super::strategy::{Candidate, Decision};
use crate::{
    engine::{draw::Source, pick::Picked, thread::ThreadNumber, world::Place},
    op::Op,
};

/// So many draws are kept. A thread that polls the time makes one in each turn.
const MOST_DRAWS: usize = 1 << 16;

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

/// What a thread drew in a run while others were alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Draw {
    /// The thread.
    pub thread: ThreadNumber,
    /// How many steps the run had taken.
    pub step: u64,
    /// What it drew from.
    pub source: Source,
    /// Whether what others draw differs by it. A timeout only looks at the clock.
    pub moves_on: bool,
}

/// The steps of one run.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Trace {
    steps: Vec<Step>,
    candidates: Vec<Candidate>,
    picked: Vec<Picked>,
    questions: u64,
    draws: Vec<Draw>,
}

impl Trace {
    /// No steps.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            steps: Vec::new(),
            candidates: Vec::new(),
            picked: Vec::new(),
            questions: 0,
            draws: Vec::new(),
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

    /// The first `steps` steps, or all if there are not so many.
    #[must_use]
    pub fn first(&self, steps: usize) -> Self {
        let steps = &self.steps[..steps.min(self.steps.len())];
        let candidates = steps.last().map_or(0, |step| {
            let (first, count) = step.candidates;
            first + count
        });
        Self {
            steps: steps.to_vec(),
            candidates: self.candidates[..candidates].to_vec(),
            picked: self.picked.clone(),
            questions: self.questions,
            draws: self.draws.clone(),
        }
    }

    /// The same steps with other numbers of threads: that of each thread before each step.
    #[must_use]
    pub fn relabelled(&self, number: impl Fn(u64, ThreadNumber) -> ThreadNumber) -> Self {
        let mut trace = self.clone();
        for (at, step) in (0..).zip(&mut trace.steps) {
            step.thread = number(at, step.thread);
            let (first, count) = step.candidates;
            let candidates = &mut trace.candidates[first..first + count];
            for candidate in &mut *candidates {
                candidate.thread = number(at, candidate.thread);
            }
            candidates.sort_by_key(|candidate| candidate.thread);
        }
        trace
    }

    /// The answers other than 0 to what the run left open besides, in order.
    #[must_use]
    pub fn picked(&self) -> &[Picked] {
        &self.picked
    }

    /// How many questions the run has asked besides which thread goes on.
    #[must_use]
    pub const fn questions(&self) -> u64 {
        self.questions
    }

    /// Sets what the run was answered, and how many questions it has asked.
    pub fn set_picked(&mut self, picked: Vec<Picked>, questions: u64) {
        self.picked = picked;
        self.questions = questions;
    }

    /// Removes all steps and keeps the memory.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.candidates.clear();
        self.picked.clear();
        self.questions = 0;
        self.draws.clear();
    }

    /// Adds a draw, the last one so far. What a thread draws between two steps counts once.
    pub fn add_draw(&mut self, draw: Draw) {
        if self.draws.last() != Some(&draw) && self.draws.len() < MOST_DRAWS {
            self.draws.push(draw);
        }
    }

    /// What threads drew while others were alive, in order.
    #[must_use]
    pub fn draws(&self) -> &[Draw] {
        &self.draws
    }

    /// Whether there may have been more draws than are kept.
    #[must_use]
    pub const fn has_most_draws(&self) -> bool {
        self.draws.len() == MOST_DRAWS
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
