//! Reports for people: plain text, without colours, of at most the given width.
//!
//! Widths count columns of a terminal; a width below 40 counts as 40.
//!
//! - `trace_report`: one run, from its steps to text; `cause` words the steps that decide,
//!   `timeline` lays out the schedule
//! - `deadlock`: the one renderer of deadlocks; `blocked` makes its input from a controlled run
//! - `by_task`: what event loops add
//! - `slice`: the threads and steps that a schedule shows
//! - `details`: a run as data; `walk` adds where threads stood
//! - `exploration`: the whole report of an exploration; `outcomes` is its last part; `merged` adds
//!   up several
//! - `object_names`, `sources`: names of objects, places in the source. `pyt-sched` has the words
//!   for what is waited for
//! - `text`: cutting and padding

mod blocked;
mod by_task;
mod cause;
mod deadlock;
mod details;
mod exploration;
mod merged;
mod object_names;
mod outcomes;
mod slice;
mod sources;
mod text;
mod thread_names;
mod timeline;
mod trace_report;
mod walk;

pub use blocked::BlockedThreads;
pub use deadlock::{DeadlockKind, DeadlockReport, ReportedThread};
pub use details::RunDetails;
pub use exploration::{ExploreReport, SavedFailure};
pub use merged::{MergeError, MergedReport};
pub use object_names::ObjectNames;
pub use outcomes::outcomes;
pub use sources::Describe;
pub use thread_names::distinct_names;
pub use timeline::{Timeline, TimelineRow};
pub use trace_report::TraceReport;
pub use walk::Walk;
