//! Runs under schedules of one's choice, and the search for those that fail.
//!
//! A run is made by a seed or a recorded schedule. The same seed makes the same run, on every
//! machine: who goes on at each decision point, the time, random numbers and hashes all come from
//! it.
//!
//! - `runner`, `snapshot`: one run, in an interpreter that looks the same to each
//! - `script`: a program that is run again and again
//! - `single_run`: one run whose output is shown
//! - `minimize`: failures pinned down, and told
//! - `parallel`: several processes
//! - `affinity`: where all this runs
//! - `python_module`: what the Python package `pyt` stands on
//! - `explorer`: many runs

mod affinity;
mod explorer;
mod minimize;
pub mod parallel;
pub(crate) mod python_module;
mod runner;
mod script;
mod single_run;
mod snapshot;

pub use explorer::{Exploration, Explored};
pub use minimize::{Failing, Finding};
pub use pyt_explore::{
    Choices, Failure, Found, Granularity, LoadError, Method, Outcome, Schedule, Shard, Tally,
    UnknownGranularity, UnknownMethod, report,
    search::{Progress, sampling::Kind},
};
pub use single_run::Seeded;

/// After so many steps a run is taken for an endless loop, unless told otherwise.
pub const MAX_STEPS: u64 = 200_000;
