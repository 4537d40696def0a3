//! What is known of a run's steps beyond the trace: source locations and values. Reports show them.

/// The place in the source that a step comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// The file, as tracebacks name it.
    pub file: String,
    /// The line, counted from 1; 0 if there is none.
    pub line: usize,
    /// The function's qualified name; `<module>` outside of functions.
    pub function: String,
    /// The line's text without the white space around it; empty if it is not known.
    pub text: String,
}

/// What a step did to a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableAccess {
    /// The number of the step in its run.
    pub step: u64,
    /// The variable, as the source names it: `counter`, `account.balance`, `d['k']`.
    pub name: String,
    /// The value read, or the value before the change; `None` if there was none, or if it cannot
    /// be shown.
    pub before: Option<String>,
    /// The value after the change; `None` as above, and after a read.
    pub after: Option<String>,
}
