//! What is known about an interpreter whose process ended when it was not to.

use std::fmt;

/// How a sandboxed interpreter's process ended, and what it did before; see
/// [`Error::crash`](crate::Error::crash). What the process wrote was written by a program that may
/// have been hostile: it can be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crash {
    pub(crate) reason: String,
    pub(crate) signal: Option<i32>,
    pub(crate) status: Option<i32>,
    pub(crate) message: String,
    pub(crate) output: String,
    pub(crate) running: String,
}

impl Crash {
    /// The number of the signal that ended the process, such as 11 for `SIGSEGV`. `None` if it
    /// ended by itself.
    #[must_use]
    pub const fn signal(&self) -> Option<i32> {
        self.signal
    }

    /// The exit status of the process. `None` if a signal ended it.
    #[must_use]
    pub const fn status(&self) -> Option<i32> {
        self.status
    }

    /// What the process itself wrote last on its standard error, which no Python code uses: the
    /// message of a panic, say. Often empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The end of what the program had written on `sys.stdout` and `sys.stderr` in this call.
    #[must_use]
    pub fn output(&self) -> &str {
        &self.output
    }

    /// Which call was running: what the host had asked for, with the first line of its source.
    /// Empty if none was.
    #[must_use]
    pub fn running(&self) -> &str {
        &self.running
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        if !self.running.is_empty() {
            write!(f, " while it ran {}", self.running)?;
        }
        // The last line of a Rust panic's message is advice for developers.
        let is_told = |line: &&str| !line.is_empty() && !line.starts_with("note: ");
        match self.message.lines().rev().find(is_told) {
            Some(line) => write!(f, ": {line}"),
            None => Ok(()),
        }
    }
}
