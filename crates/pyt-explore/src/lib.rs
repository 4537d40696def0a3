//! What to do with threads whose every switch is ours: strategies, schedules, reports.
//!
//! `pyt-sched`'s controlled policy asks a [`Strategy`] at every decision point who goes on. This
//! crate has the strategies, says which of them to run next ([`Search`]), writes what was found to
//! a file ([`Schedule`]), makes it smaller ([`minimize`](fn@minimize)), sums up what came out
//! ([`Tally`]) and tells a person about it ([`report`]). It runs nothing itself and must never know
//! the interpreter: whoever can run the program once with a given strategy drives it like this.
//!
//! ```
//! use pyt_explore::{Kind, Next, Sampling, Search, Seen, Shard};
//! use pyt_sched::controlled::Trace;
//!
//! let mut search = Sampling::new(Kind::Mix, 1, Shard::WHOLE).limit(3);
//! let mut runs = 0;
//! while let Next::Run(run) = search.next() {
//!     // Here the program runs under `run.strategy`, and leaves a trace.
//!     let trace = Trace::new();
//!     search.learn(run.number, &Seen::of(&trace));
//!     runs += 1;
//! }
//! assert_eq!(runs, 3);
//! ```

mod annotations;
mod choices;
pub mod conflict;
mod granularity;
pub mod minimize;
mod order;
pub mod outcome;
pub mod report;
pub mod schedule;
pub mod search;
pub mod seed;
pub mod strategy;

pub use annotations::{SourceLocation, VariableAccess};
pub use choices::Choices;
pub use conflict::Conflict;
pub use granularity::{Granularity, UnknownGranularity};
pub use minimize::{Minimized, minimize};
pub use outcome::{Failure, Found, Outcome, Tally};
pub use pyt_sched::controlled::Strategy;
pub use schedule::{LoadError, Schedule};
pub use search::{
    Abandon, Next, Progress, Run, Search, Seen, Shard,
    dfs::Dfs,
    dpor::Dpor,
    kind::{Method, UnknownMethod},
    sampling::{Kind, Sampling},
};
