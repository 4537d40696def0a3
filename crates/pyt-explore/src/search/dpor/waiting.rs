//! Whether a step that may have to wait could have been taken at an earlier time.
//!
//! A trace shows it only for the decisions at which the thread stood right before that step. For
//! others it is inferred from what was seen of the same object: a lock that once made a thread wait
//! while it was held so often always does. What was seen is kept as long as the following runs
//! begin the same way, up to the step that first touched the object.

use std::collections::HashMap;

use pyt_sched::controlled::{Action, Candidate, Op, ThreadNumber, Trace};

use crate::order::Order;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Could {
    Yes,
    No,
    Unknown,
}

/// How full an object was when a step had to wait for it, and when it did not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    least_waiting: Option<i64>,
    most_passing: Option<i64>,
}

impl Limits {
    fn note(&mut self, fullness: i64, passes: bool) {
        if passes {
            self.most_passing = self.most_passing.max(Some(fullness));
        } else {
            let least = self.least_waiting.unwrap_or(fullness).min(fullness);
            self.least_waiting = Some(least);
        }
    }

    fn add(&mut self, other: Self) {
        self.most_passing = self.most_passing.max(other.most_passing);
        if let Some(fullness) = other.least_waiting {
            self.note(fullness, false);
        }
    }

    fn answer(&self, fullness: i64) -> Could {
        if let (Some(least), Some(most)) = (self.least_waiting, self.most_passing)
            && least <= most
        {
            // Attempts that fail instead of waiting, a lock that its owner may take again: the
            // count does not tell.
            return Could::Unknown;
        }
        if self.least_waiting.is_some_and(|least| least <= fullness) {
            Could::No
        } else if self.most_passing.is_some_and(|most| most >= fullness) {
            Could::Yes
        } else {
            Could::Unknown
        }
    }
}

/// What is known of an object: for steps that take from it and for steps that put into it. It is
/// stored at the step that touched the object first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    taking: Limits,
    putting: Limits,
    /// A step did something to it that counting takes and puts does not describe.
    opaque: bool,
}

impl Facts {
    pub(super) fn add(&mut self, other: Self) {
        self.taking.add(other.taking);
        self.putting.add(other.putting);
        self.opaque |= other.opaque;
    }
}

/// How a step changes the number of items to take.
fn change(op: &Op, timed_out: bool) -> i64 {
    match op.action {
        Action::Acquire | Action::Get | Action::TryAcquire | Action::TryGet if !timed_out => -1,
        Action::Release | Action::Put | Action::TryPut if !timed_out => 1,
        _ => 0,
    }
}

/// Whether [`change`] and the candidates describe the step completely.
fn is_plain(op: &Op) -> bool {
    matches!(
        op.action,
        Action::Acquire
            | Action::TryAcquire
            | Action::Release
            | Action::Get
            | Action::TryGet
            | Action::Put
            | Action::TryPut
            | Action::Query
    )
}

/// The objects of one run.
#[derive(Debug, Default)]
pub(super) struct Objects {
    of: HashMap<usize, Object>,
}

#[derive(Debug, Default)]
struct Object {
    first_touch: usize,
    /// The steps that changed the number of items, and that number after each.
    left: Vec<(usize, i64)>,
    facts: Facts,
}

impl Object {
    fn left_before(&self, step: usize) -> i64 {
        let place = self.left.partition_point(|&(number, _)| number < step);
        place.checked_sub(1).map_or(0, |place| self.left[place].1)
    }
}

impl Objects {
    /// `last` are the steps that were never taken.
    pub(super) fn of(trace: &Trace, order: &Order, last: &[Candidate]) -> Self {
        let mut objects = Self::default();
        for (number, step) in trace.steps().iter().enumerate() {
            if step.op.object == 0 {
                continue;
            }
            let object = objects.of.entry(step.op.object).or_insert_with(|| Object {
                first_touch: number,
                ..Object::default()
            });
            object.facts.opaque |= !is_plain(&step.op);
            let change = change(&step.op, step.timed_out);
            if change != 0 {
                let before = object.left.last().map_or(0, |&(_, left)| left);
                object.left.push((number, before + change));
            }
        }
        for (thread, steps) in order.of_thread.iter().enumerate() {
            let mut held = HashMap::new();
            for &step in steps {
                let op = order.thread_ops[step].op;
                objects.observe(trace, order, thread, &op, order.previous[step], step, &held);
                if op.object != 0 {
                    let taken = held.entry(op.object).or_insert(0);
                    *taken -= change(&op, trace.steps()[step].timed_out);
                }
            }
            let unfinished = last.iter().find(|other| other.thread as usize == thread);
            if let Some(Candidate { op, .. }) = unfinished {
                let end = trace.steps().len();
                let previous = steps.last().copied();
                objects.observe(trace, order, thread, op, previous, end, &held);
            }
        }
        objects
    }

    /// Notes at which decisions up to `until` a thread could take the step `op`, before which it
    /// stood since it had taken `previous`.
    #[expect(clippy::too_many_arguments, reason = "one caller, in this file")]
    fn observe(
        &mut self,
        trace: &Trace,
        order: &Order,
        thread: usize,
        op: &Op,
        previous: Option<usize>,
        until: usize,
        held: &HashMap<usize, i64>,
    ) {
        let takes = matches!(op.action, Action::Acquire | Action::Get);
        let owns = held.get(&op.object).is_some_and(|&held| held > 0);
        if !takes && op.action != Action::Put || (op.action == Action::Acquire && owns) {
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "it was a thread's number")]
        let number = thread as ThreadNumber;
        let from = previous
            .or_else(|| order.birth(number))
            .map_or(0, |p| p + 1);
        let Some(object) = self.of.get_mut(&op.object) else {
            return;
        };
        let last = trace.steps().len().saturating_sub(1);
        for decision in from..=until.min(last) {
            let candidates = trace.candidates(decision);
            let found = candidates.binary_search_by_key(&number, |candidate| candidate.thread);
            let passes = match found {
                Ok(index) if candidates[index].timed_out => continue,
                Ok(_) => true,
                Err(_) => false,
            };
            let left = object.left_before(decision);
            if takes {
                object.facts.taking.note(-left, passes);
            } else {
                object.facts.putting.note(left, passes);
            }
        }
    }

    /// What was seen of each object, with the step that touched it first.
    pub(super) fn facts(&self) -> impl Iterator<Item = (usize, Facts)> + '_ {
        self.of
            .values()
            .map(|object| (object.first_touch, object.facts))
    }

    /// Adds what earlier runs have seen.
    pub(super) fn remember(&mut self, facts: impl Fn(usize) -> Facts) {
        for object in self.of.values_mut() {
            object.facts.add(facts(object.first_touch));
        }
    }

    /// Whether `op` could have been taken right before the step number `step`, by a thread that did
    /// not stand before it then.
    pub(super) fn could(&self, op: &Op, step: usize) -> Could {
        let Some(object) = self.of.get(&op.object) else {
            return Could::Yes;
        };
        match op.action {
            Action::Acquire | Action::Get | Action::Put if object.facts.opaque => Could::Unknown,
            Action::Acquire | Action::Get => object.facts.taking.answer(-object.left_before(step)),
            Action::Put => object.facts.putting.answer(object.left_before(step)),
            // What it depends on is the end of the other thread.
            Action::Join => Could::No,
            Action::Wait | Action::Arrive | Action::Sleep => Could::Unknown,
            _ => Could::Yes,
        }
    }
}
