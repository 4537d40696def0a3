//! Runs under a chosen schedule, and the search for schedules that fail.
//!
//! A run is made by a seed or a recorded schedule. The same seed makes the same run, on every
//! machine: the order of threads at each decision point, the time, random numbers and hashes all
//! are derived from it. What is searched, and how results are reported, is `pyt-explore`'s.
//!
//! - `runner`, `snapshot`: one run, which begins with the interpreter in the same state as each
//! - `child`: a run in a process of its own
//! - `script`: a program that is run again and again
//! - `scope`: which code is looked into
//! - `recorded`: what reports need of a run
//! - `single_run`: one run whose output is shown (`--seed`, replay)
//! - `explorer`: one run after the other, in this process
//! - `page`: explorations and replays as pages
//! - `minimize`: the smallest schedule of a failure, and its report
//! - [`parallel`]: an exploration by several processes
//! - `suite_test`: one test of a suite, each run a child of a process that has set it up
//! - `affinity`: the core that all this runs on
//! - `python_module`: the native module behind the Python package `pyt`

/// From this step on it is looked whether a run repeats itself that is known to do so.
const LOOKS_FROM: u64 = 16;

mod affinity;
mod child;
mod dispositions;
mod explorer;
mod minimize;
mod page;
pub mod parallel;
pub(crate) mod python_module;
mod recorded;
mod runner;
mod scope;
mod script;
mod single_run;
mod snapshot;
mod suite_test;

pub use page::{ReplayedRun, explore_page, replay_page};
pub use pyt_explore::{
    CHECKS, Choices, ClockMode, DistinctOutcome, ExploreOptions, ExploreResult, FailingRun,
    Failure, Fingerprint, Granularity, Injections, InvalidShard, LoadError, MAX_STEPS,
    MinimizedFailure, Open, Outcome, REPORT_WIDTH, Schedule, SearchKind, SearchProgress, Shard,
    StrategyKind, Tally, TaskOrder, UnknownGranularity, UnknownMode, UnknownSearchKind, report,
    search::sampling::UnknownStrategyKind,
};
pub use script::ExploredProgram;
pub use single_run::{ReplayOptions, SeededRun};
