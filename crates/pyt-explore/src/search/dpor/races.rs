//! The races of a run: pairs of steps that could have come in the other order.
//!
//! A step that had to wait for a release did not race with the release, but may have raced with the
//! step that made it wait: the search for that one goes back until the step could have been taken.

use std::collections::HashMap;

use pyt_sched::controlled::{Action, Candidate, Op, ThreadNumber, Trace};

use super::{
    Budget,
    waiting::{Could, Objects},
};
use crate::order::{Order, ThreadOp};

/// The later step of a race.
#[derive(Clone, Copy, Debug)]
pub(super) enum Later {
    /// A step of the run.
    Step(usize),
    /// A step that its thread was about to take when the run ended.
    Never(ThreadOp),
}

/// Two steps that could have come in the other order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Race {
    pub(super) earlier: usize,
    pub(super) later: Later,
}

/// The races of a run whose steps that were never taken are `last`, as far as the `budget` allows.
pub(super) fn races(
    trace: &Trace,
    order: &Order,
    objects: &Objects,
    last: &[Candidate],
    budget: &mut Budget,
) -> Vec<Race> {
    let mut finder = Finder {
        trace,
        order,
        objects,
        of_object: HashMap::new(),
        starts: Vec::new(),
        races: Vec::new(),
        budget,
    };
    for (step, thread_op) in order.thread_ops.iter().enumerate() {
        finder.look_back(*thread_op, order.previous[step], Later::Step(step), step);
        if finder.budget.is_used_up() {
            break;
        }
        if thread_op.op.object != 0 {
            let steps = finder.of_object.entry(thread_op.op.object).or_default();
            steps.push(step);
        }
        if thread_op.op.action == Action::Start {
            finder.starts.push(step);
        }
    }
    let end = order.thread_ops.len();
    for candidate in last {
        let thread_op = ThreadOp {
            thread: candidate.thread,
            op: candidate.op,
        };
        let steps = order.of_thread.get(thread_op.thread as usize);
        let previous = steps.and_then(|steps| steps.last().copied());
        finder.look_back(thread_op, previous, Later::Never(thread_op), end);
    }
    finder.races
}

struct Finder<'a> {
    trace: &'a Trace,
    order: &'a Order,
    objects: &'a Objects,
    of_object: HashMap<usize, Vec<usize>>,
    starts: Vec<usize>,
    races: Vec<Race>,
    budget: &'a mut Budget,
}

impl Finder<'_> {
    /// Finds the steps before step `end` that `later` races with. Its thread took `previous` before
    /// it.
    fn look_back(
        &mut self,
        thread_op: ThreadOp,
        previous: Option<usize>,
        later: Later,
        end: usize,
    ) {
        let order = self.order;
        let exit = order
            .thread_ops
            .last()
            .filter(|last| last.is_exit(order.rules));
        if let (Later::Never(_), Some(_)) = (later, exit) {
            // A step after the end of the program is only one that could have been before it.
            let step = order.thread_ops.len() - 1;
            if self.stood_ready(thread_op, step) {
                self.races.push(Race {
                    earlier: step,
                    later,
                });
            }
        }
        let history: Box<dyn Iterator<Item = usize>> = if thread_op.is_exit(order.rules) {
            Box::new((0..end).rev())
        } else if thread_op.op.action == Action::Start {
            let of_object = self.of_object.get(&thread_op.op.object);
            let of_object = of_object.map_or(&[][..], Vec::as_slice);
            let mut steps: Vec<usize> = self.starts.iter().chain(of_object).copied().collect();
            steps.sort_unstable();
            steps.dedup();
            Box::new(steps.into_iter().rev())
        } else {
            let steps = self.of_object.get(&thread_op.op.object);
            let steps = steps.map_or(&[][..], Vec::as_slice);
            Box::new(steps.iter().rev().copied())
        };
        let mut races = Vec::new();
        let mut found: Vec<usize> = Vec::new();
        let before = previous.or_else(|| self.birth(thread_op.thread)?.checked_sub(1));
        for earlier in history {
            if !self.budget.allows(1 + found.len()) {
                break;
            }
            let other = order.thread_ops[earlier];
            if other.thread != thread_op.thread && !other.depends_on(&thread_op, order.rules) {
                continue;
            }
            // Every step before such a one that conflicts with `thread_op` happens before it.
            // (The starts of threads depend on each other, whatever their objects.)
            let is_start = thread_op.op.action == Action::Start;
            let covers =
                covers(&other.op, &thread_op.op) && !thread_op.is_exit(order.rules) && !is_start;
            let ordered = other.thread == thread_op.thread
                || before.is_some_and(|before| order.happens_before(earlier, before))
                || found
                    .iter()
                    .any(|&race| order.happens_before(earlier, race));
            if ordered {
                if covers {
                    break;
                }
                continue;
            }
            let could = self.could(thread_op, previous, earlier);
            if could != Could::No {
                races.push(Race { earlier, later });
            }
            if could == Could::Yes {
                found.push(earlier);
                if covers {
                    break;
                }
            }
        }
        self.races.append(&mut races);
    }

    /// The first decision at which `thread` could have gone on; the end, if there was none.
    fn birth(&self, thread: ThreadNumber) -> Option<usize> {
        let end = self.order.thread_ops.len();
        Some(self.order.birth(thread).unwrap_or(end))
    }

    /// Whether `thread_op` could have been taken right before `step`.
    fn could(&self, thread_op: ThreadOp, previous: Option<usize>, step: usize) -> Could {
        if previous.is_some_and(|previous| previous > step) {
            return self.objects.could(&thread_op.op, step);
        }
        if self.stood_ready(thread_op, step) {
            Could::Yes
        } else {
            Could::No
        }
    }

    fn stood_ready(&self, thread_op: ThreadOp, step: usize) -> bool {
        let candidates = self.trace.candidates(step);
        candidates
            .binary_search_by_key(&thread_op.thread, |candidate| candidate.thread)
            .is_ok()
    }
}

fn covers(earlier: &Op, later: &Op) -> bool {
    !earlier.only_reads() && earlier.includes_parts_of(later)
}
