//! A random walk: every candidate is as likely at every decision.

use pyt_sched::controlled::{Decision, Strategy};

use crate::seed::SeededRng;

/// Chooses uniformly among the candidates.
#[derive(Clone, Debug)]
pub struct Random {
    rng: SeededRng,
}

impl Random {
    /// The walk that `seed` makes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: SeededRng::new(seed, 1),
        }
    }
}

impl Strategy for Random {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        self.rng.index(decision.candidates.len())
    }
}
