//! What is known of a run's steps beyond the trace: source locations, values, stacks, names.
//! Reports show them.

use std::collections::HashMap;

use pyt_sched::controlled::{Place, ThreadNumber};
use serde::{Deserialize, Serialize};

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

/// What was recorded of a run for its report.
#[derive(Clone, Debug, Default)]
pub struct RecordedRun {
    /// What the steps did to variables, by ascending step.
    pub values: Vec<VariableAccess>,
    /// The steps, ascending, that touch what the library keeps.
    pub of_library: Vec<u64>,
    /// Stacks, innermost function first: number N of a [`Place`], its last one, is the Nth, from 1.
    pub stacks: Vec<Vec<StackFrame>>,
    /// For each stack, the local variables of the innermost function of the program's, with their
    /// values as short text.
    pub locals: Vec<Vec<(String, String)>>,
    /// What locks, queues and the like are called, by their addresses.
    pub names: HashMap<usize, PrimitiveName>,
    /// The tasks whose steps threads took.
    pub tasks: Vec<TaskChange>,
    /// What happened between steps.
    pub events: Vec<RunEvent>,
    /// For threads on which an event loop runs that waits for ever, what its tasks wait for.
    pub awaiting: HashMap<ThreadNumber, Vec<AwaitingTask>>,
}

impl RecordedRun {
    /// The functions that have led to a place, innermost first; empty if they are not known.
    #[must_use]
    pub fn stack(&self, place: Place) -> &[StackFrame] {
        let number = usize::try_from(place.2).unwrap_or(0);
        let stack = number
            .checked_sub(1)
            .and_then(|index| self.stacks.get(index));
        stack.map_or(&[], Vec::as_slice)
    }
}

/// From some step on, a thread takes the steps of another task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskChange {
    /// How many steps the run had taken before.
    pub step: u64,
    /// The thread.
    pub thread: ThreadNumber,
    /// The task's name; `None` if the steps are no task's.
    pub task: Option<String>,
}

/// Something that happened between two steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEvent {
    /// How many steps the run had taken before.
    pub step: u64,
    /// The thread on which it happened.
    pub thread: ThreadNumber,
    /// What happened, in words.
    pub text: String,
}

/// What a lock, queue or the like is called in the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrimitiveName {
    /// The variable, attribute or item that holds it: `lock`, `self.lock`, `forks[2]`.
    pub text: Option<String>,
    /// The instance whose attribute it is: its class's name, and its number among those of the
    /// class, from 1.
    pub instance: Option<(String, usize)>,
    /// The function whose local variable it is.
    pub function: Option<String>,
    /// Where it was made.
    pub made_at: Option<Place>,
}

/// A line of a Python stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackFrame {
    /// The file, as tracebacks name it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The function's qualified name.
    pub function: String,
    /// The line's text; empty if it is not known.
    #[serde(rename = "source")]
    pub text: String,
    /// It is code of the library, not of the program.
    #[serde(rename = "library")]
    pub is_library: bool,
}

/// A task of an event loop that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitingTask {
    /// The task's name.
    pub name: String,
    /// What it awaits: `a future that is not done`, `the end of Task-2`.
    pub awaits: String,
    /// The coroutines that it is in, innermost first.
    pub stack: Vec<StackFrame>,
}
