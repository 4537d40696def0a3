//! Strategies, searches, schedules, minimizing and reports for runs whose every thread switch is
//! chosen.
//!
//! `pyt-sched`'s controlled policy asks a [`Strategy`] at every decision point which thread goes
//! on. This crate has the strategies, chooses the one of the next run ([`Search`]), counts outcomes
//! ([`Tally`], [`ExploreResult`]), makes a failing schedule smaller ([`minimize`](fn@minimize)),
//! finds the steps whose order decides ([`find_cause`]), writes schedules to files ([`Schedule`])
//! and renders reports ([`report`]). It runs nothing itself, and must know neither the interpreter
//! nor any Python type. Its user runs the program:
//!
//! ```
//! use pyt_explore::{StrategyKind, Next, Sampling, Search, RunRecord, Shard};
//! use pyt_sched::controlled::Trace;
//!
//! let mut search = Sampling::new(StrategyKind::Mix, 1, Shard::WHOLE).limit(3);
//! let mut runs = 0;
//! while let Next::Run(run) = search.next() {
//!     // Here the program runs under `run.strategy`, and leaves a trace.
//!     let trace = Trace::new();
//!     search.learn(run.number, &RunRecord::of(&trace));
//!     runs += 1;
//! }
//! assert_eq!(runs, 3);
//! ```

mod annotations;
pub mod cause;
mod choices;
pub mod conflict;
mod coverage;
mod draws;
mod fingerprint;
mod granularity;
pub mod minimize;
mod normal_text;
mod open;
mod operation;
mod options;
mod order;
pub mod outcome;
mod recognised;
pub mod report;
mod result;
pub mod schedule;
pub mod search;
pub mod seed;
pub mod strategy;

pub use annotations::{
    AwaitingTask, PrimitiveName, RecordedRun, RunEvent, SourceLocation, StackFrame, TaskChange,
    VariableAccess,
};
pub use cause::{Cause, FailingTrace, Reversal, Verdict, find_cause};
pub use choices::Choices;
pub use conflict::Conflict;
pub use coverage::OrderCoverage;
pub use draws::unordered_draws;
pub use fingerprint::Fingerprint;
pub use granularity::{Granularity, UnknownGranularity};
pub use minimize::{Minimized, minimize};
pub use open::{ClockMode, Injections, Open, TaskOrder, UnknownMode};
pub use options::{ExploreOptions, FOREIGN_WAIT_LIMIT, MAX_STEPS, REPORT_WIDTH};
pub use outcome::{DistinctOutcome, Failure, Outcome, Tally};
pub use pyt_sched::controlled::Strategy;
pub use result::{
    DIVERGED, ExploreResult, FailingRun, MinimizedFailure, RunWithoutSeed, UNCHECKED,
};
pub use schedule::{LoadError, Schedule};
pub use search::{
    AbandonFlag, InvalidShard, Next, NextRun, RunRecord, Search, SearchProgress, Shard,
    bounded::BoundedDpor,
    checks::{CHECKS, CheckRun, Checks, FIRST_CHECK},
    dfs::Dfs,
    dpor::Dpor,
    kind::{SearchKind, UnknownSearchKind},
    sampling::{Sampling, StrategyKind},
};
