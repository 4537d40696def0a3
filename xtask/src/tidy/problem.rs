//! What checks get and what they return. Must not know the checks.

use std::path::PathBuf;

/// What a check found: a file, a line (0 for the file as a whole), and what is wrong there.
pub(crate) struct Problem {
    path: String,
    line: usize,
    message: String,
}

impl Problem {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.message),
            line => write!(out, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// What the command line says.
pub(crate) struct Settings {
    /// The binary that transcripts are run with.
    pub(crate) pyt: PathBuf,
    /// Whether it is an error that there is no such binary.
    pub(crate) must_run: bool,
}
