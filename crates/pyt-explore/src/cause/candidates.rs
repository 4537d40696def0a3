//! The pairs of a failing run whose order may decide, the best guess first, and where a thread is
//! held for such a pair to be reversed. Nothing is tried here.

use std::collections::{BTreeSet, HashMap};

use pyt_sched::controlled::{Action, Op, Place, ThreadNumber, Trace};

use crate::{
    conflict::Conflict,
    order::{Order, Rules, is_access},
    recognised::has_place,
};

use super::FailingTrace;

/// So many pairs are considered at most, the closest to a switch first.
const MAX_PAIRS: usize = 2_000;
/// The partners of a step are looked for among so many steps on the same object before it.
const MAX_LOOK_BACK: usize = 512;

/// At each switch, and where time has passed, the step that was taken, and the next one of each
/// other thread that could have gone on instead: those of the main thread last, and otherwise the
/// last switches first. Of a thread that has no steps in the program, since it runs a function of
/// the library or finds no task left, its next step after each step that it could have come before,
/// per thread the first of these.
pub(super) fn choices_at_switches(trace: &Trace) -> Vec<Conflict> {
    let steps = trace.steps();
    let knows_places = steps.iter().any(has_place);
    // (What a library does in a thread of its own explains nothing, but that the thread runs may.)
    let is_shown = |step: usize| {
        !knows_places || has_place(&steps[step]) || steps[step].op.action == Action::Begin
    };
    let placed = steps.iter().filter(|step| has_place(step));
    let placed: BTreeSet<ThreadNumber> = placed.map(|step| step.thread).collect();
    let is_hidden = |step: usize| knows_places && !placed.contains(&steps[step].thread);
    let mut found = Vec::new();
    let mut of_hidden = HashMap::new();
    for first in (1..steps.len()).rev() {
        let goes_on = steps[first].thread == steps[first - 1].thread && !steps[first].timed_out;
        if !is_shown(first) {
            continue;
        }
        for candidate in trace.candidates(first) {
            let mut later = first + 1..steps.len();
            let next = later.find(|&step| steps[step].thread == candidate.thread);
            let Some(second) = next.filter(|_| candidate.thread != steps[first].thread) else {
                continue;
            };
            let pair = Conflict {
                first,
                second,
                race: false,
            };
            if is_hidden(second) {
                // (Its thread is held before it takes what it releases.)
                if !has_place(&steps[first]) || steps[first].op.action == Action::Release {
                    continue;
                }
                of_hidden.insert((steps[first].thread, second), pair);
            } else if !goes_on && is_shown(second) {
                found.push(pair);
            }
        }
    }
    let mut of_hidden: Vec<Conflict> = of_hidden.into_values().collect();
    of_hidden.sort_by_key(|pair| (pair.second, pair.first));
    found.extend(of_hidden);
    found.sort_by_key(|pair| steps[pair.first].thread == 0 || steps[pair.second].thread == 0);
    found
}

/// What orders a pair in the failing run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Nothing: a data race.
    Race,
    /// They are accesses, and locks or the like ordered them.
    OrderedAccesses,
    /// They put something into a primitive, or find what is in it: an item of a queue, a
    /// notification.
    State,
    /// A lock that one thread took before another, which waits for it for ever.
    AwaitedLock,
    /// They are accesses to what the library keeps.
    LibraryState,
    /// One of them takes or frees a lock.
    Synchronisation,
}

impl Class {
    pub(super) const fn is_no_access(self) -> bool {
        !matches!(self, Self::Race | Self::OrderedAccesses)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) pair: Conflict,
    pub(super) class: Class,
    /// No other step of either thread comes between the two that conflicts with the other one's.
    pub(super) is_adjacent: bool,
}

impl Candidate {
    /// What is tried together, the most telling first. If one of a stage decides, the later ones
    /// are not tried.
    pub(super) const fn stage(&self) -> u8 {
        match (self.class, self.is_adjacent) {
            (Class::Race | Class::OrderedAccesses | Class::State, true) => 0,
            (Class::AwaitedLock, true) => 1,
            (Class::Race | Class::OrderedAccesses | Class::State, false) => 2,
            (Class::AwaitedLock, false) => 3,
            (Class::LibraryState, true) => 4,
            (Class::LibraryState, false) => 5,
            (Class::Synchronisation, true) => 6,
            (Class::Synchronisation, false) => 7,
        }
    }
}

/// The pairs that could decide, the best guess first.
pub(super) fn candidates(failing: &FailingTrace) -> Vec<Candidate> {
    let trace = &failing.trace;
    let rules = Rules {
        only_sync: true,
        ..Rules::default()
    };
    let order = Order::of(trace, rules);
    let steps = trace.steps();
    let ends: HashMap<ThreadNumber, usize> = steps
        .iter()
        .filter(|step| step.op.action == Action::End)
        .map(|step| (step.thread, step.op.object))
        .collect();
    // Orders that no schedule can reverse: a start, a join.
    let is_fixed = |first: usize, second: usize| {
        let (one, other) = (steps[first].thread, steps[second].thread);
        let joined = ends.get(&one).is_some_and(|&end| {
            let mut between = steps[first..second].iter();
            between.any(|step| {
                step.thread == other && step.op.action == Action::Join && step.op.object == end
            })
        });
        // A thread's steps come after its start, but only what led to that comes before them.
        let started = order.birth(other).map(|birth| birth.checked_sub(1));
        let starts_after = match started {
            None => true,
            Some(None) => false,
            Some(Some(start)) => order.happens_before(first, start),
        };
        joined || starts_after
    };
    let knows_places = steps.iter().any(has_place);
    let is_shown = |step: usize| {
        let is_unknown = step >= failing.taken && steps[step].place == Place::default();
        !knows_places || is_unknown || has_place(&steps[step])
    };
    let is_of_library = |step: usize| failing.of_library.contains(&step);
    let nearness = Nearness::of(trace);
    let mut of_object: HashMap<usize, Vec<usize>> = HashMap::new();
    // A step that is at no place of the program explains nothing: the worker of a pool takes a
    // task.
    for (number, step) in steps.iter().enumerate() {
        if can_be_reversed(&step.op) && is_shown(number) {
            of_object.entry(step.op.object).or_default().push(number);
        }
    }
    let mut found = Vec::new();
    for numbers in of_object.values() {
        for (index, &second) in numbers.iter().enumerate() {
            // Per other thread, only the last of its steps before this one is adjacent; and only if
            // this one is the first of its thread after that.
            let other = &steps[second];
            let mut seen = Vec::new();
            let mut own: Vec<Op> = Vec::new();
            for &first in numbers[..index].iter().rev().take(MAX_LOOK_BACK) {
                let one = &steps[first];
                if one.thread == other.thread {
                    if !own.contains(&one.op) {
                        own.push(one.op);
                    }
                    continue;
                }
                if !one.op.conflicts_with(&other.op) {
                    continue;
                }
                let is_first = !own.iter().any(|op| op.conflicts_with(&one.op));
                let is_last = !seen.contains(&one.thread);
                if is_last {
                    seen.push(one.thread);
                }
                let are_awaited = first >= failing.taken;
                if !is_last && !is_first || are_awaited || is_fixed(first, second) {
                    continue;
                }
                let accesses = is_access(&one.op) && is_access(&other.op);
                let race = accesses && !order.happens_before(first, second);
                found.push(Candidate {
                    pair: Conflict {
                        first,
                        second,
                        race,
                    },
                    class: match (race, accesses) {
                        (_, true) if is_of_library(first) || is_of_library(second) => {
                            Class::LibraryState
                        }
                        (true, _) => Class::Race,
                        (_, true) => Class::OrderedAccesses,
                        _ if carries_state(&one.op) && carries_state(&other.op) => Class::State,
                        _ if second >= failing.taken => Class::AwaitedLock,
                        _ => Class::Synchronisation,
                    },
                    is_adjacent: is_first && is_last,
                });
            }
        }
    }
    let rank = |candidate: &Candidate| {
        let pair = &candidate.pair;
        let near = nearness.of_pair(pair);
        let stage = candidate.stage();
        (stage, candidate.class, near, pair.first, pair.second)
    };
    found.sort_by_cached_key(rank);
    found.truncate(MAX_PAIRS);
    found
}

/// Whether another schedule can put it before or after another thread's step on the object.
const fn can_be_reversed(op: &Op) -> bool {
    op.object != 0
        && !matches!(
            op.action,
            Action::Begin | Action::End | Action::Start | Action::Join
        )
}

/// Whether the step may be the beginning of a call.
pub(super) const fn calls(op: Op) -> bool {
    matches!(op.action, Action::Write)
}

/// Whether what a primitive holds is changed or looked at, other than who has a lock.
const fn carries_state(op: &Op) -> bool {
    !matches!(
        op.action,
        Action::Acquire | Action::TryAcquire | Action::Release
    )
}

/// How near a pair is to a switch that takes the turn from one of its threads: to a preemption, if
/// the run has one.
struct Nearness<'a> {
    trace: &'a Trace,
    switches: Vec<usize>,
}

impl<'a> Nearness<'a> {
    fn of(trace: &'a Trace) -> Self {
        let steps = trace.steps();
        let switches = |preempting: bool| -> Vec<usize> {
            let switches = (1..steps.len()).filter(|&step| {
                let before = steps[step - 1].thread;
                let mut candidates = trace.candidates(step).iter();
                steps[step].thread != before
                    && (!preempting || candidates.any(|candidate| candidate.thread == before))
            });
            switches.collect()
        };
        let mut found = switches(true);
        if found.is_empty() {
            found = switches(false);
        }
        Self {
            trace,
            switches: found,
        }
    }

    /// Less is nearer.
    fn of_pair(&self, pair: &Conflict) -> (bool, bool, usize) {
        let steps = self.trace.steps();
        let around = self
            .switches
            .iter()
            .filter(|&&switch| pair.first < switch && switch <= pair.second);
        let interrupts = around.map(|&switch| steps[switch - 1].thread == steps[pair.first].thread);
        let distance = pair.second - pair.first;
        match interrupts.max() {
            Some(interrupts) => (false, !interrupts, distance),
            None => (true, true, distance),
        }
    }
}

/// Where the first thread has to be held for the second one to come first: at its step of the pair,
/// or at the outermost lock that it then holds and that the second one takes as well.
pub(super) fn hold_point(trace: &Trace, pair: Conflict) -> usize {
    let steps = trace.steps();
    let (thread, other) = (steps[pair.first].thread, steps[pair.second].thread);
    let mut held: Vec<(usize, usize)> = Vec::new();
    let own = steps[..pair.first].iter().enumerate();
    for (number, step) in own.filter(|(_, step)| step.thread == thread) {
        match step.op.action {
            Action::Acquire | Action::TryAcquire if !step.timed_out => {
                held.push((number, step.op.object));
            }
            Action::Release => {
                let last = held.iter().rposition(|(_, lock)| *lock == step.op.object);
                if let Some(last) = last {
                    held.remove(last);
                }
            }
            _ => {}
        }
    }
    let mut hold = pair.first;
    if matches!(steps[hold].op.action, Action::Release) {
        // It is one of those held.
        let taken = held.iter().find(|(_, lock)| *lock == steps[hold].op.object);
        hold = taken.map_or(hold, |(number, _)| *number);
    }
    loop {
        let taken_by_other = |lock: usize| {
            let mut between = steps[hold..=pair.second].iter();
            between.any(|step| {
                step.thread == other
                    && matches!(step.op.action, Action::Acquire | Action::TryAcquire)
                    && step.op.object == lock
            })
        };
        let outermost = held
            .iter()
            .find(|(number, lock)| *number < hold && taken_by_other(*lock));
        match outermost {
            Some((number, _)) => hold = *number,
            None => return hold,
        }
    }
}
