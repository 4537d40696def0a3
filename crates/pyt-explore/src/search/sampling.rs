//! Seeded sampling: schedule number i of base seed S has a seed of its own, which makes it
//! again.
//!
//! What a schedule is depends on the base seed, its number and what is learnt of run number 0: how
//! long it was, and for some schedules its races. So it is the same whatever the number of jobs and
//! shards; each shard makes run 0.

use pyt_sched::controlled::Strategy;

use super::{
    AbandonFlag, Next, NextRun, RunRecord, Search, SearchProgress, Shard, reversals::Reversals,
};
use crate::{
    seed::{Hints, nth},
    strategy::{Drawing, Pct, Pos, Random, RoundRobin},
};

/// Of so many schedules of a mix, one reverses a race of run 0: half of those that PCT of depth 3
/// would make.
const SUGGESTED_EACH: u64 = 8;
/// The first such schedule.
const SUGGESTED_FIRST: u64 = 3;

/// A kind of strategy that a seed can make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StrategyKind {
    /// Random walk, partial order sampling and PCT of depths 2 and 3, by turns: each finds bugs
    /// that the others find late. [`Sampling`] has every eighth schedule be the first with one of
    /// its races the other way round, as long as there are races.
    #[default]
    Mix,
    /// [`Random`].
    Random,
    /// [`Pos`].
    Pos,
    /// [`Pct`] for bugs of this depth.
    Pct {
        /// The number of orderings that a bug needs.
        depth: u32,
    },
    /// [`RoundRobin`], whose turns are as long as the seed says: from 1 to 16 steps.
    RoundRobin,
}

impl StrategyKind {
    /// The strategy that `seed` makes: the same in every version.
    #[must_use]
    pub fn strategy(self, seed: u64) -> Box<dyn Strategy> {
        Box::new(Drawing::over(self.switches(seed), seed))
    }

    /// What decides which thread goes on.
    pub(super) fn switches(self, seed: u64) -> Box<dyn Strategy> {
        match self {
            Self::Mix => match Hints::of(seed).member {
                0 => Box::new(Random::new(seed)),
                1 => Box::new(Pos::new(seed)),
                2 => Box::new(Pct::from_seed(seed, 2)),
                _ => Box::new(Pct::from_seed(seed, 3)),
            },
            Self::Random => Box::new(Random::new(seed)),
            Self::Pos => Box::new(Pos::new(seed)),
            Self::Pct { depth } => Box::new(Pct::from_seed(seed, depth)),
            Self::RoundRobin => Box::new(RoundRobin::new((seed >> 60) + 1)),
        }
    }
}

/// A name that is no [`StrategyKind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown strategy {0:?}: expected mix, random, pos, pct, pct:DEPTH (a depth from 1 to 100) or \
     round-robin"
)]
pub struct UnknownStrategyKind(pub String);

impl std::str::FromStr for StrategyKind {
    type Err = UnknownStrategyKind;

    fn from_str(name: &str) -> Result<Self, UnknownStrategyKind> {
        let unknown = || UnknownStrategyKind(name.to_owned());
        Ok(match name {
            "mix" => Self::Mix,
            "random" => Self::Random,
            "pos" => Self::Pos,
            "pct" => Self::Pct { depth: 3 },
            "round-robin" => Self::RoundRobin,
            _ => {
                let depth = name.strip_prefix("pct:").ok_or_else(unknown)?;
                let depth = depth.parse().map_err(|_| unknown())?;
                if !(1..=100).contains(&depth) {
                    return Err(unknown());
                }
                Self::Pct { depth }
            }
        })
    }
}

impl std::fmt::Display for StrategyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mix => f.write_str("mix"),
            Self::Random => f.write_str("random"),
            Self::Pos => f.write_str("pos"),
            Self::Pct { depth } => write!(f, "pct:{depth}"),
            Self::RoundRobin => f.write_str("round-robin"),
        }
    }
}

/// Schedules drawn by one kind of strategy.
#[derive(Clone, Debug)]
pub struct Sampling {
    kind: StrategyKind,
    base: u64,
    shard: Shard,
    first: u64,
    limit: u64,
    next: u64,
    length: Length,
    /// What run 0 suggests.
    reversals: Option<Reversals>,
    progress: SearchProgress,
}

/// The length hint in the seeds of all schedules but number 0.
#[derive(Clone, Copy, Debug)]
enum Length {
    /// Run 0 has not begun.
    Unknown,
    /// Run 0 is under way.
    Measuring,
    Known(u8),
}

impl Sampling {
    /// The schedules of `kind` that are derived from the base seed `seed` and belong to `shard`.
    #[must_use]
    pub const fn new(kind: StrategyKind, seed: u64, shard: Shard) -> Self {
        Self {
            kind,
            base: seed,
            shard,
            first: 0,
            limit: u64::MAX,
            next: 0,
            length: Length::Unknown,
            reversals: None,
            progress: SearchProgress {
                started: 0,
                finished: 0,
                abandoned: 0,
                diverged: 0,
                cut: 0,
                exhausted: false,
                proven: false,
                division: None,
            },
        }
    }

    /// No schedule whose number, over all shards, is `schedules` or more.
    #[must_use]
    pub const fn limit(mut self, schedules: u64) -> Self {
        self.limit = schedules;
        self
    }

    /// No schedule whose number, over all shards, is below `first`, but for number 0, which all
    /// others depend on.
    #[must_use]
    pub const fn from(mut self, first: u64) -> Self {
        self.first = first;
        self.next = first;
        self
    }

    /// Whether run `number` counts in this shard. Run 0 is made in each, but counts in the first.
    #[must_use]
    pub const fn counts(&self, number: u64) -> bool {
        self.shard.has(number)
    }

    fn seed_of(&self, number: u64, length: u8) -> u64 {
        let member = (number % 4) as u8;
        Hints { member, length }.write(nth(self.base, number))
    }

    fn run(&mut self, number: u64, length: u8) -> Next {
        self.progress.started += 1;
        let seed = self.seed_of(number, length);
        Next::Run(NextRun {
            number,
            seed: Some(seed),
            values_seed: None,
            strategy: self.kind.strategy(seed),
            abandon: AbandonFlag::default(),
        })
    }

    /// Schedule `number`, if it is one that run 0 suggests.
    fn suggested(&mut self, number: u64) -> Option<NextRun> {
        if number % SUGGESTED_EACH != SUGGESTED_FIRST {
            return None;
        }
        let index = usize::try_from(number / SUGGESTED_EACH).ok()?;
        let strategy = self.reversals.as_ref()?.strategy(index)?;
        self.progress.started += 1;
        Some(NextRun {
            number,
            seed: None,
            values_seed: Some(self.seed_of(0, 0)),
            strategy,
            abandon: AbandonFlag::default(),
        })
    }
}

impl Search for Sampling {
    fn next(&mut self) -> Next {
        let length = match self.length {
            Length::Unknown if self.limit > 0 => {
                self.length = Length::Measuring;
                return self.run(0, 0);
            }
            Length::Unknown => return Next::Done,
            Length::Measuring => return Next::Wait,
            Length::Known(length) => length,
        };
        while self.next < self.limit {
            let number = self.next;
            self.next += 1;
            if number > 0 && self.shard.has(number) {
                return match self.suggested(number) {
                    Some(run) => Next::Run(run),
                    None => self.run(number, length),
                };
            }
        }
        Next::Done
    }

    fn learn(&mut self, number: u64, seen: &RunRecord<'_>) {
        if number == 0 {
            self.length = Length::Known(Hints::length_for(Pct::length_of(seen.trace)));
            if self.kind == StrategyKind::Mix {
                self.reversals = Some(Reversals::of(seen));
            }
        }
        self.progress.finished += 1;
        self.progress.cut += u64::from(seen.cut);
    }

    fn progress(&self) -> SearchProgress {
        self.progress
    }
}
