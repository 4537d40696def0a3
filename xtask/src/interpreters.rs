//! The interpreters that are compared, and arguments that commands which run both have.

use std::time::Duration;

use crate::tree::Result;

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
