//! What a person reads: plain text, without colours, no wider than asked for.
//!
//! Widths count characters; a width below 40 counts as 40.

mod deadlock;
mod outcomes;
mod text;
mod timeline;
mod trace_report;

pub use deadlock::{Wait, deadlock};
pub use outcomes::outcomes;
pub use timeline::{Culprit, Row, Side, Story};
pub use trace_report::{Account, tell, waits};
