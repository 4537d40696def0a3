//! Runs under schedules of one's choice, and the search for those that fail.
//!
//! A run is made by a seed or a recorded schedule. The same seed makes the same run, on every
//! machine: who goes on at each decision point, the time, random numbers and hashes all come from
//! it.
//!
//! - `stage`, `ground`: one run, in an interpreter that looks the same to each
//! - `script`: a program that is run again and again
//! - `single`: one run whose output is shown
//! - `finding`, `account`: failures pinned down, and told
//! - `core`: where all this runs
//! - `module`: what the Python package `pyt` stands on
//! - `explorer`, `method`: many runs, and how they are chosen

mod account;
mod core;
mod explorer;
mod finding;
mod ground;
mod method;
pub(crate) mod module;
mod script;
mod single;
mod stage;

pub use explorer::{Exploration, Explored};
pub use finding::{Failing, Finding};
pub use method::{Method, UnknownMethod};
pub use pyt_explore::{
    Choices, Failure, Found, LoadError, Outcome, Schedule, Shard, Tally, report,
    search::{Progress, sampling::Kind},
};
pub use pyt_instrument::{Granularity, UnknownGranularity};
pub use single::Seeded;

/// After so many steps a run is taken for an endless loop, unless told otherwise.
pub const MAX_STEPS: u64 = 200_000;
