//! What to explore, and for how long.

use std::time::Duration;

use crate::{
    granularity::Granularity,
    open::Open,
    search::{Shard, checks::CHECKS, kind::SearchKind},
};

/// After so many steps a run counts as an endless loop, unless options say otherwise.
pub const MAX_STEPS: u64 = 200_000;

/// A run in which all threads wait for foreign code for so long, of real time, is given up, and
/// ends the exploration: others would wait as long.
pub const FOREIGN_WAIT_LIMIT: Duration = Duration::from_secs(30);

/// The width of reports in columns, unless options say otherwise.
pub const REPORT_WIDTH: usize = 100;

/// The options of an exploration: which schedules to run, where threads may be switched, when to
/// stop.
#[derive(Clone, Debug)]
pub struct ExploreOptions {
    /// How schedules are chosen.
    pub search: SearchKind,
    /// The number of schedules at most, counted over all shards. `None`: until the time is up or
    /// the search is exhausted.
    pub schedules: Option<u64>,
    /// How many schedules are drawn at random in the end, over all shards, to check what
    /// [`SearchKind::Dpor`] proves: see [`Checks`](crate::Checks). They are beside `schedules`.
    pub checks: u64,
    /// No new schedule begins after this time.
    pub time: Option<Duration>,
    /// The number of this process among several on this machine, from 0: each is kept on a core of
    /// its own.
    pub job: Option<usize>,
    /// Only schedules with this number or a higher one count.
    pub first: u64,
    /// The seed that the seeds of all schedules are derived from.
    pub seed: u64,
    /// The part of the schedules that this process runs.
    pub shard: Shard,
    /// Where threads may be switched, in addition to the operations of primitives.
    pub granularity: Granularity,
    /// What runs leave open besides which thread goes on.
    pub open: Open,
    /// Packages and modules whose code has decision points although it is not the program's own:
    /// names in which `*` and `?` stand for any text and any letter.
    pub include: Vec<String>,
    /// Those whose code has none although it is.
    pub exclude: Vec<String>,
    /// After so many steps a run counts as endless. Steps that other threads cannot notice count
    /// less.
    pub max_steps: u64,
    /// Each run has a process of its own, forked from one that has run nothing. Otherwise only the
    /// runs of programs that use modules which keep state.
    pub isolate: bool,
    /// A coroutine that is never awaited is a failure.
    pub strict: bool,
    /// No new schedule begins after the first failure.
    pub stop_on_first: bool,
    /// The width of reports, in columns of a terminal.
    pub report_width: usize,
    /// Schedules are shown with all their threads and steps, not only those that the failure
    /// depends on.
    pub full: bool,
}

impl Default for ExploreOptions {
    fn default() -> Self {
        Self {
            search: SearchKind::default(),
            schedules: None,
            checks: CHECKS,
            time: None,
            seed: 0,
            shard: Shard::WHOLE,
            granularity: Granularity::default(),
            open: Open::default(),
            include: Vec::new(),
            exclude: Vec::new(),
            first: 0,
            job: None,
            max_steps: MAX_STEPS,
            isolate: false,
            strict: false,
            stop_on_first: false,
            report_width: REPORT_WIDTH,
            full: false,
        }
    }
}

impl ExploreOptions {
    /// Whether run `number` is this process's to count. An exhaustive search has no shards.
    #[must_use]
    pub const fn counts(&self, number: u64) -> bool {
        self.shard.has(number) && number >= self.first
    }

    /// Whether each run has a process of its own in any case. What a collector finds that runs at
    /// any step must not be an earlier run's.
    #[must_use]
    pub const fn begins_anew(&self) -> bool {
        self.isolate || self.open.inject.gc
    }

    /// Whether steps carry the variables that they access, which [`SearchKind::Dpor`] needs.
    #[must_use]
    pub const fn sees_accesses(&self) -> bool {
        matches!(
            self.granularity,
            Granularity::Access | Granularity::Instruction
        )
    }
}
