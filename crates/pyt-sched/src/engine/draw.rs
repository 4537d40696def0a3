//! Draws: what a thread takes from a source that gives each taker another value.
//!
//! A draw is no decision point: it would cost a step wherever a program asks the time. A run keeps
//! its draws, so that a search can see whether their order was one of several.

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
