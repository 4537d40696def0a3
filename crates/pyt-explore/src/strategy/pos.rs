//! Partial order sampling: a random priority for each pending step, drawn anew for those whose
//! order with the last step mattered.
//!
//! Yuan, Yang and Gu: Partial order aware concurrency sampling (CAV 2018). Steps that commute keep
//! their priorities, so no draw is spent on orders that make no difference, and every partial order
//! gets a fair chance.

use std::collections::HashMap;

use pyt_sched::controlled::{Decision, Op, Strategy, ThreadNumber};

use super::streak::Streak;
use crate::seed::SeededRng;

/// Takes the pending step with the highest priority.
#[derive(Clone, Debug)]
pub struct Pos {
    rng: SeededRng,
    pending: HashMap<ThreadNumber, (Op, u64)>,
    streak: Streak,
}

impl Pos {
    /// The schedule that `seed` makes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: SeededRng::new(seed, 3),
            pending: HashMap::new(),
            streak: Streak::default(),
        }
    }

    fn most_urgent(&self, decision: &Decision<'_>, but: Option<ThreadNumber>) -> usize {
        let candidates = decision.candidates.iter().enumerate();
        candidates
            .filter(|(_, candidate)| Some(candidate.thread) != but)
            .max_by_key(|(_, candidate)| self.pending.get(&candidate.thread).map(|entry| entry.1))
            .map_or(0, |(index, _)| index)
    }
}

impl Strategy for Pos {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        for candidate in decision.candidates {
            // A thread whose next step is another than announced got there without a choice.
            let entry = self.pending.get(&candidate.thread);
            if entry.is_none_or(|(op, _)| *op != candidate.op) {
                let priority = self.rng.wide();
                self.pending
                    .insert(candidate.thread, (candidate.op, priority));
            }
        }
        let mut index = self.most_urgent(decision, None);
        let thread = decision.candidates[index].thread;
        if self.streak.is_over(thread) {
            index = self.most_urgent(decision, Some(thread));
        }
        let chosen = decision.candidates[index];
        self.streak.chose(decision, chosen.thread);
        self.pending
            .retain(|&thread, (op, _)| thread != chosen.thread && !op.conflicts_with(&chosen.op));
        index
    }
}
