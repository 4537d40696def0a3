//! Draws: what a thread takes from a source that gives each taker another value.
//!
//! A draw is no decision point: it would cost a step wherever a program asks the time. A run keeps
//! its draws, so that a search can see whether their order was one of several.

use super::thread::ThreadNumber;

/// A source that all threads draw from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Source {
    /// A virtual clock, which moves on at each reading.
    Clock,
    /// The numbers in the default names of threads.
    ThreadNumbers,
    /// Random bytes, as `os.urandom` returns them.
    RandomBytes,
}

/// What a thread drew in a run while others were alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Draw {
    /// The thread.
    pub thread: ThreadNumber,
    /// How many steps the run had taken.
    pub step: u64,
    /// What it drew from.
    pub source: Source,
    /// Whether what others draw differs by it. A timeout only looks at the clock.
    pub moves_on: bool,
}
