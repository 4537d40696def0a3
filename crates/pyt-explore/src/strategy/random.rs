//! A random walk: every candidate is as likely at every decision.

use pyt_sched::controlled::{Decision, Strategy};

use crate::seed::Dice;

/// Chooses uniformly among the candidates.
#[derive(Clone, Debug)]
pub struct Random {
    dice: Dice,
}

impl Random {
    /// The walk that `seed` makes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed, 1),
        }
    }
}

impl Strategy for Random {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        self.dice.index(decision.candidates.len())
    }
}
