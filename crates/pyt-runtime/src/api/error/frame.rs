//! One line of a traceback.

/// A call that an exception went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub(super) file: String,
    pub(super) line: Option<u32>,
    pub(super) function: String,
    pub(super) source_line: Option<String>,
}

impl Frame {
    /// The file's name as Python has it, such as `"<string>"`.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line's number, from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The function's name; `"<module>"` outside of functions.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The line itself without the white space around it, if its source is known.
    #[must_use]
    pub fn source_line(&self) -> Option<&str> {
        self.source_line.as_deref()
    }
}
