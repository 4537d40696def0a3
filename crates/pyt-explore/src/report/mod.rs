//! What a person reads: plain text, without colours, no wider than asked for.
//!
//! Widths count characters; a width below 40 counts as 40.

mod deadlock;
mod outcomes;
mod story;
mod text;

pub use deadlock::{Wait, deadlock};
pub use outcomes::outcomes;
pub use story::{Culprit, Row, Side, Story};
