//! The steps of one operation: an instruction may say several accesses, and makes them after the
//! last.

use pyt_sched::controlled::Trace;

use crate::{order::is_access, recognised::has_place};

/// An operation has at most so many accesses.
const MAX_ACCESSES: usize = 8;

/// The last step of the operation that this one belongs to, among the first `end`.
pub(crate) fn end_of_operation(trace: &Trace, step: usize, end: usize) -> usize {
    operation(trace, step, &mut (step + 1..end))
}

/// The first step of the operation that this one belongs to.
pub(crate) fn begin_of_operation(trace: &Trace, step: usize) -> usize {
    operation(trace, step, &mut (0..step).rev())
}

/// The farthest of the steps `others`, in their order, that belong to the operation of `step`.
fn operation(trace: &Trace, step: usize, others: &mut dyn Iterator<Item = usize>) -> usize {
    let steps = trace.steps();
    let own = &steps[step];
    let mut seen = vec![own.op];
    let mut farthest = step;
    for other in others {
        let one = &steps[other];
        if one.thread != own.thread {
            continue;
        }
        let belongs = has_place(own)
            && is_access(&own.op)
            && is_access(&one.op)
            && (one.place.0, one.place.1) == (own.place.0, own.place.1)
            && !seen.contains(&one.op);
        if !belongs || seen.len() == MAX_ACCESSES {
            break;
        }
        seen.push(one.op);
        farthest = other;
    }
    farthest
}
