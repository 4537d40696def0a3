//! Probabilistic concurrency testing: random priorities, and few random points at which the
//! running thread loses its own.
//!
//! Burckhardt, Kothari, Musuvathi and Nagarakatte: A randomized scheduler with probabilistic
//! guarantees of finding bugs (ASPLOS 2010). A bug of depth d (one that needs d orderings) in a run
//! of n threads and k steps is found with a probability of at least 1 / (n * k^(d-1)).

use std::{cmp::Reverse, collections::HashMap};

use pyt_sched::controlled::{Decision, Strategy, ThreadNumber};

use super::streak::Streak;
use crate::seed::{Hints, SeededRng};

/// Runs the thread with the highest priority.
#[derive(Clone, Debug)]
pub struct Pct {
    rng: SeededRng,
    /// Lower is less urgent. A thread's first priority is positive; one that it got at a change
    /// point, or for fairness, is not, so it is below all first ones.
    priorities: HashMap<ThreadNumber, i64>,
    /// The priority of the next thread that loses its own.
    lowest: i64,
    /// The decisions at which the thread that would run loses its priority, the next decision last.
    changes: Vec<u64>,
    decisions: u64,
    streak: Streak,
}

impl Pct {
    /// The schedule that `seed` makes for bugs of depth `depth` (at least 1), in a run of which
    /// `length` decisions are expected to have more than one candidate.
    ///
    /// Without a `length` the change points are drawn so that each magnitude is as likely, from
    /// the first decision to the millionth.
    #[must_use]
    pub fn new(seed: u64, depth: u32, length: Option<u64>) -> Self {
        let mut rng = SeededRng::new(seed, 2);
        let mut changes: Vec<u64> = (1..depth)
            .map(|_| match length {
                Some(length) => rng.below(length),
                None => {
                    let magnitude = rng.below(20);
                    rng.below(1 << (magnitude + 1))
                }
            })
            .collect();
        changes.sort_unstable_by_key(|&change| Reverse(change));
        Self {
            rng,
            priorities: HashMap::new(),
            lowest: 0,
            changes,
            decisions: 0,
            streak: Streak::default(),
        }
    }

    /// The schedule that `seed` makes, which says itself how many decisions are expected.
    #[must_use]
    pub fn from_seed(seed: u64, depth: u32) -> Self {
        Self::new(seed, depth, Hints::of(seed).decisions())
    }

    /// The length of `trace` as [`new`](Self::new) wants it.
    #[must_use]
    pub fn length_of(trace: &pyt_sched::controlled::Trace) -> u64 {
        let choices = (0..trace.steps().len()).filter(|&step| trace.candidates(step).len() > 1);
        choices.count() as u64
    }

    fn most_urgent(&self, decision: &Decision<'_>) -> usize {
        let priorities = decision
            .candidates
            .iter()
            .map(|candidate| self.priorities.get(&candidate.thread));
        priorities
            .enumerate()
            .max_by_key(|(_, priority)| *priority)
            .map_or(0, |(index, _)| index)
    }

    fn demote(&mut self, thread: ThreadNumber) {
        self.priorities.insert(thread, self.lowest);
        self.lowest -= 1;
    }
}

impl Strategy for Pct {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        for candidate in decision.candidates {
            self.priorities
                .entry(candidate.thread)
                .or_insert_with(|| i64::from(self.rng.bits()) + 1);
        }
        let mut index = self.most_urgent(decision);
        if decision.candidates.len() > 1 {
            while self.changes.last() == Some(&self.decisions) {
                self.changes.pop();
                self.demote(decision.candidates[index].thread);
                index = self.most_urgent(decision);
            }
            self.decisions += 1;
            // Without this, a thread that polls for what a less urgent one does would never stop.
            if self.streak.is_over(decision.candidates[index].thread) {
                self.demote(decision.candidates[index].thread);
                index = self.most_urgent(decision);
            }
        }
        self.streak
            .chose(decision, decision.candidates[index].thread);
        index
    }
}
