//! What a page that walks through a run has to know beside its [`RunDetails`](super::RunDetails):
//! where each thread stood before each step, and with which local variables.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{details::MAX_STEPS, trace_report::TraceReport};
use crate::annotations::StackFrame;

/// Where the threads of a run stood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// For each step, where its thread stood before it: the place among `stacks`, plus one; 0 if it
    /// is not known.
    stands: Vec<u64>,
    /// For each step, which part of its object it touches: steps with the same object and number
    /// touch the same variable, whatever the source calls it there. 0: all of the object.
    parts: Vec<usize>,
    /// Stacks, innermost function first.
    stacks: Vec<Vec<StackFrame>>,
    /// For each stack, the local variables of the innermost function of the program's.
    locals: Vec<Vec<(String, String)>>,
    /// Where the threads of a deadlock stand at its end: the number of each, and as in `stands`.
    blocked: Vec<(u32, u64)>,
}

impl Walk {
    /// The walk through the run of a report. Of longer runs it has the steps that the details have.
    #[must_use]
    pub fn of(report: &TraceReport<'_>) -> Self {
        let steps = report.trace.steps().iter().take(MAX_STEPS);
        let blocked = report.blocked.iter();
        let mut numbers = HashMap::from([(0, 0)]);
        let parts = steps.clone().map(|step| {
            let next = numbers.len();
            *numbers.entry(step.op.named_part()).or_insert(next)
        });
        Self {
            parts: parts.collect(),
            stands: steps.map(|step| step.place.2).collect(),
            stacks: report.recorded.stacks.clone(),
            locals: report.recorded.locals.clone(),
            blocked: blocked.map(|stuck| (stuck.thread, stuck.place.2)).collect(),
        }
    }

    /// The files of the program that its threads are in, by the names that tracebacks have.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let frames = self.stacks.iter().flatten();
        let own = frames.filter(|frame| !frame.is_library);
        let mut files: Vec<&str> = own.map(|frame| frame.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        files
    }
}
