//! The interpreters that are compared, and what commands have in common that run both.

use std::time::Duration;

use crate::tree::Result;

/// After how many seconds a process that does not end at its deadline is killed.
pub(crate) const KILL_AFTER: &str = "5";

/// What `timeout` ends with when it has ended a process.
pub(crate) const TIMED_OUT: i32 = 124;

/// Which interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interpreter {
    CPython,
    Pyt,
}

impl Interpreter {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CPython => "CPython",
            Self::Pyt => "pyt",
        }
    }
}

/// A number of seconds, as it was given.
///
/// # Errors
/// A text that is none.
pub(crate) fn seconds(text: &str) -> Result<Duration> {
    let number = text.parse().map(Duration::from_secs);
    number.map_err(|_| format!("{text:?} is no number of seconds"))
}
