//! The check of a proof: schedules that are drawn at random, whose outcomes the search must know.
//!
//! A search that tries one order of independent steps relies on what the steps say that they touch.
//! A schedule that is drawn does not: where threads meet by something that no step says, its
//! outcome may be a new one, and refutes the proof. That none is new proves nothing by itself.
//!
//! This module makes the schedules. Who runs them compares the outcomes, by [`FIRST_CHECK`].

use pyt_sched::controlled::{Strategy, Trace};

use super::{Shard, sampling::StrategyKind};
use crate::{
    seed::{Hints, nth},
    strategy::Pct,
};

/// Runs of a check have this number or a higher one, so that an outcome whose first run has such a
/// number was found by checks alone. Each number is exact in JSON and in a double.
pub const FIRST_CHECK: u64 = 1 << 52;

/// How many schedules check a proof, unless options say otherwise.
pub const CHECKS: u64 = 200;

/// One schedule of a check.
pub struct CheckRun {
    /// [`FIRST_CHECK`] or more; over all shards, each is there once.
    pub number: u64,
    /// The strategy that decides it. It leaves open nothing but which thread goes on.
    pub strategy: Box<dyn Strategy>,
}

/// The schedules that check what a shard claims: random walk, partial order sampling and PCT of
/// depths 2 and 3, by turns.
#[derive(Clone, Debug)]
pub struct Checks {
    seed: u64,
    shard: Shard,
    length: u8,
    next: u64,
    end: u64,
}

impl Checks {
    /// Those of `shard` among `checks` that are derived from the base seed `seed`. `run`: one of
    /// the search, if there is one, by whose length PCT is made.
    #[must_use]
    pub fn new(seed: u64, shard: Shard, checks: u64, run: Option<&Trace>) -> Self {
        Self {
            seed,
            shard,
            length: run.map_or(0, |run| Hints::length_for(Pct::length_of(run))),
            next: 0,
            end: checks.div_ceil(shard.parts()),
        }
    }
}

impl Iterator for Checks {
    type Item = CheckRun;

    fn next(&mut self) -> Option<CheckRun> {
        if self.next >= self.end {
            return None;
        }
        let number = FIRST_CHECK.saturating_add(self.shard.number(self.next));
        let hints = Hints {
            member: (self.next % 4) as u8,
            length: self.length,
        };
        self.next += 1;
        Some(CheckRun {
            number,
            strategy: StrategyKind::Mix.switches(hints.write(nth(self.seed, number))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_the_checks_and_no_number_is_there_twice() {
        let numbers = |shard: &str| -> Vec<u64> {
            let checks = Checks::new(1, shard.parse().unwrap(), 10, None);
            checks.map(|check| check.number - FIRST_CHECK).collect()
        };
        assert!(numbers("0/1").into_iter().eq(0..10));
        let mut all: Vec<u64> = ["0/3", "1/3", "2/3"]
            .into_iter()
            .flat_map(numbers)
            .collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..12));
    }
}
