//! Each thread in turn.

use pyt_sched::controlled::{Decision, Strategy};

/// Each thread takes some steps, then the one with the next higher number that can run, cyclically.
/// A thread that waits loses the rest of its turn.
#[derive(Clone, Debug)]
pub struct RoundRobin {
    turn: u64,
    taken: u64,
}

impl RoundRobin {
    /// Turns of `steps` steps; zero counts as one.
    #[must_use]
    pub const fn new(steps: u64) -> Self {
        Self {
            turn: if steps == 0 { 1 } else { steps },
            taken: 0,
        }
    }
}

impl Strategy for RoundRobin {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        if let Some(index) = decision.current_index()
            && self.taken < self.turn
        {
            self.taken += 1;
            return index;
        }
        self.taken = 1;
        let Some(current) = decision.current else {
            return 0;
        };
        let higher = decision
            .candidates
            .partition_point(|candidate| candidate.thread <= current);
        higher % decision.candidates.len()
    }
}
