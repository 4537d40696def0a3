//! The cause of a failure: the two steps whose order decides between failing and passing, or two
//! such pairs, where what one thread does must not be interrupted by another.
//!
//! Found by experiment. For each pair of steps of a failing run that conflict, a schedule is made
//! in which this pair is reversed ([`Reverse`](crate::strategy::Reverse)) and the program is run
//! under it. A pair decides if the run then passes, and if no other pair decides whose order was
//! reversed along with it. Nothing is run here.
//!
//! `candidates` says which pairs are tried, in which order, and where a thread is held to reverse
//! one; `search` tries them.

mod candidates;
mod search;

use std::collections::BTreeSet;

use pyt_sched::controlled::{
    Candidate as Waiting, Decision, Op, Place, Strategy, ThreadNumber, Trace,
};

use crate::{
    conflict::Conflict,
    order::{Order, Rules},
    recognised::Recognised,
};

use candidates::{Class, candidates};
use search::{NEARER_RUNS, Search, Until, WIDER_RUNS};

/// Runs of more steps are not searched: those of endless loops. No two of their steps explain the
/// failure, and the search takes too long.
const MAX_STEPS: usize = 20_000;
/// How a run with a reversed pair ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It fails in the same way.
    Fails,
    /// It fails in another way.
    FailsOtherwise,
    /// It does not fail.
    Passes,
}

/// A run with a reversed pair.
#[derive(Debug)]
pub struct Reversal {
    /// Its steps.
    pub trace: Trace,
    /// How it ended.
    pub verdict: Verdict,
}

/// A failing run, and what is known of it.
#[derive(Clone, Debug, Default)]
pub struct FailingTrace {
    /// The steps that were taken, and after them those that threads waited to take when the run
    /// came to a standstill.
    trace: Trace,
    taken: usize,
    of_library: BTreeSet<usize>,
}

impl FailingTrace {
    /// The run with these steps: best that of a minimized schedule.
    #[must_use]
    pub fn new(trace: Trace) -> Self {
        Self {
            taken: trace.steps().len(),
            trace,
            of_library: BTreeSet::new(),
        }
    }

    /// How many steps were taken.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.taken
    }

    /// Whether no step was taken.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// The same, with the steps that threads waited to take when it came to a standstill.
    #[must_use]
    pub fn waiting(mut self, waits: impl IntoIterator<Item = (ThreadNumber, Op, Place)>) -> Self {
        for (thread, op, place) in waits {
            let candidates = [Waiting {
                thread,
                op,
                timed_out: false,
            }];
            let decision = Decision {
                step: self.trace.steps().len() as u64,
                current: None,
                candidates: &candidates,
            };
            self.trace.push(&decision, 0, place);
        }
        self
    }

    /// The same; these steps touch what the library keeps, which explains less than what the
    /// program has.
    #[must_use]
    pub fn of_library(mut self, steps: impl IntoIterator<Item = usize>) -> Self {
        self.of_library.extend(steps);
        self
    }
}

/// What [`find_cause`] has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The pairs that decide, the best explanation first. Reversed, each makes the run pass. A step
    /// whose number is that of no step of the run is one that a thread waited to take.
    pub decisive: Vec<Conflict>,
    /// A pair of the same two threads as the first one, the other way round, that decides as well:
    /// each thread does something between two steps of the other that belong together.
    pub opposite: Option<Conflict>,
    /// How many runs with a reversed pair were made.
    pub runs: u64,
    /// Whether all pairs were tried that it could be.
    pub complete: bool,
}

/// Finds the pairs of steps that decide whether the run `failing` fails. `run` runs the program
/// under a strategy; at most `budget` times, and not again after `None`.
pub fn find_cause(
    failing: &FailingTrace,
    budget: u64,
    mut run: impl FnMut(Box<dyn Strategy>) -> Option<Reversal>,
) -> Cause {
    let mut cause = Cause::default();
    let trace = &failing.trace;
    if failing.taken > MAX_STEPS {
        return cause;
    }
    let candidates = candidates(failing);
    let mut search = Search {
        failing: trace,
        taken: failing.taken,
        order: Order::of(trace, Rules::default()),
        recognised: Recognised::new(trace),
        explaining: candidates
            .iter()
            .filter(|candidate| candidate.class != Class::Synchronisation)
            .map(|candidate| candidate.pair)
            .collect(),
        passing: Vec::new(),
        tried: BTreeSet::new(),
        runs: 0,
        ended: false,
        run: &mut run,
    };
    let for_pairs = budget.saturating_sub(WIDER_RUNS + NEARER_RUNS);
    cause.complete = search.single(&candidates, for_pairs);
    search.within(&candidates, for_pairs);
    cause.decisive = search.decisive(&candidates);
    if let Some(&best) = cause.decisive.first() {
        if let Some(nearer) = search.nearer(best, Until::Second, &candidates, budget) {
            cause.decisive = vec![nearer];
        }
        if let Some((pair, opposite)) = search.opposites(&cause.decisive, &candidates, budget) {
            cause.decisive.retain(|other| *other != pair);
            cause.decisive.insert(0, pair);
            cause.opposite = Some(opposite);
        }
    } else if budget > WIDER_RUNS {
        // What one reversed pair does not explain: all that a thread does comes before the other's.
        let complete = search.wider(&candidates, budget, &mut cause);
        cause.complete &= complete || !cause.decisive.is_empty();
    }
    cause.runs = search.runs;
    cause
}
