//! A schedule as its deviations from running on without switches: the form in which it can be made
//! smaller.
//!
//! A deviation is anchored in the thread that it interrupts, not in the run: leaving out one does
//! not move the others.

use std::collections::HashMap;

use pyt_sched::controlled::{Decision, Pick, Question, Strategy, ThreadNumber, Trace};

use super::{answers::Answers, streak::Streak};

/// A choice other than [`Decision::without_switch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deviation {
    /// The thread of the last step, and how many steps it had then taken; `None` at the start.
    pub after: Option<(ThreadNumber, u64)>,
    /// The thread that goes on.
    pub to: ThreadNumber,
}

impl Deviation {
    /// The deviations of a run, in order.
    #[must_use]
    pub fn of(trace: &Trace) -> Vec<Self> {
        let mut taken = HashMap::new();
        let mut after = None;
        let mut deviations = Vec::new();
        for (number, step) in trace.steps().iter().enumerate() {
            let decision = Decision {
                step: number as u64,
                current: after.map(|(thread, _)| thread),
                candidates: trace.candidates(number),
            };
            let default = decision.candidates[decision.without_switch()].thread;
            if step.thread != default {
                deviations.push(Self {
                    after,
                    to: step.thread,
                });
            }
            let count = taken.entry(step.thread).or_insert(0_u64);
            *count += 1;
            after = Some((step.thread, *count));
        }
        deviations
    }
}

/// Goes on without switches but for the given deviations, and for fairness. A deviation to a
/// thread that cannot go on then is left out.
#[derive(Clone, Debug)]
pub struct Deviate {
    deviations: HashMap<Option<(ThreadNumber, u64)>, ThreadNumber>,
    taken: HashMap<ThreadNumber, u64>,
    answers: Answers,
    streak: Streak,
}

impl Deviate {
    /// Makes these deviations. Of several after the same step the last counts.
    pub fn new(deviations: impl IntoIterator<Item = Deviation>) -> Self {
        Self {
            deviations: deviations.into_iter().map(|d| (d.after, d.to)).collect(),
            taken: HashMap::new(),
            answers: Answers::default(),
            streak: Streak::default(),
        }
    }

    /// Gives these answers to what the run leaves open besides.
    #[must_use]
    pub fn answering(mut self, picks: impl IntoIterator<Item = Pick>) -> Self {
        self.answers = Answers::new(picks);
        self
    }

    /// Lets a thread take up to `steps` steps in a row while others could go on, and then makes it
    /// let them.
    #[must_use]
    pub const fn fair_after(mut self, steps: u64) -> Self {
        self.streak = Streak::up_to(steps);
        self
    }
}

impl Strategy for Deviate {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        let after = decision
            .current
            .map(|thread| (thread, self.taken.get(&thread).copied().unwrap_or(0)));
        let deviation = self.deviations.get(&after);
        let index = match deviation.and_then(|&thread| decision.index_of(thread)) {
            Some(index) => {
                self.streak
                    .chose(decision, decision.candidates[index].thread);
                index
            }
            None => self.streak.without_switch(decision),
        };
        let thread = decision.candidates[index].thread;
        *self.taken.entry(thread).or_insert(0) += 1;
        index
    }

    fn answer(&mut self, question: &Question) -> u32 {
        self.answers.to(question)
    }
}
