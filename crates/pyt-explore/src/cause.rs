//! The cause of a failure: the two steps whose order decides between failing and passing.
//!
//! Found by experiment. For each pair of steps of a failing run that conflict, a schedule is made
//! in which this pair is reversed ([`Reverse`]) and the program is run under it. A pair decides if
//! the run then passes, and if no other pair decides whose order was reversed along with it.
//! Nothing is run here.

use std::collections::{BTreeSet, HashMap};

use pyt_sched::controlled::{Action, Op, Strategy, ThreadNumber, Trace};

use crate::{
    conflict::Conflict,
    order::{Order, Rules, is_access},
    strategy::Reverse,
};

/// Runs of more steps are not searched: those of endless loops. No two of their steps explain the
/// failure, and the search takes too long.
const MAX_STEPS: usize = 20_000;
/// So many pairs are considered at most, the closest to a switch first.
const MAX_PAIRS: usize = 2_000;
/// The partners of a step are looked for among so many steps on the same object before it.
const MAX_LOOK_BACK: usize = 512;

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

/// What [`find_cause`] has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The pairs that decide, the best explanation first. Reversed, each makes the run pass.
    pub decisive: Vec<Conflict>,
    /// How many runs with a reversed pair were made.
    pub runs: u64,
    /// Whether all pairs were tried that it could be.
    pub complete: bool,
}

/// Finds the pairs of steps that decide whether the run `failing` fails. `run` runs the program
/// under a strategy; at most `budget` times, and not again after `None`. `failing` should be the
/// trace of a minimized schedule.
pub fn find_cause(
    failing: &Trace,
    budget: u64,
    mut run: impl FnMut(Box<dyn Strategy>) -> Option<Reversal>,
) -> Cause {
    let mut cause = Cause::default();
    if failing.steps().len() > MAX_STEPS {
        return cause;
    }
    let candidates = candidates(failing);
    let mut search = Search {
        failing,
        order: Order::of(failing, Rules::default()),
        recognised: Recognised::new(failing),
        explaining: candidates
            .iter()
            .filter(|candidate| candidate.class != Class::Synchronisation)
            .map(|candidate| candidate.pair)
            .collect(),
        runs: 0,
        run: &mut run,
    };
    cause.complete = search.single(&candidates, budget.saturating_sub(WIDER_RUNS), &mut cause);
    // What one reversed pair does not explain: all that a thread does comes before the other's.
    if cause.decisive.is_empty() && budget > WIDER_RUNS {
        let complete = search.wider(&candidates, budget, &mut cause);
        cause.complete &= complete || !cause.decisive.is_empty();
    }
    cause.runs = search.runs;
    cause
}

/// So many of the runs are kept for reversals of all that a thread goes on to do.
const WIDER_RUNS: u64 = 24;
/// So many of these are spent on steps that conflict, the others on choices at switches.
const WIDER_RUNS_OF_PAIRS: u64 = 16;

/// The search of one failing run.
struct Search<'a, R> {
    failing: &'a Trace,
    order: Order,
    recognised: Recognised<'a>,
    /// The pairs that explain something by themselves.
    explaining: Vec<Conflict>,
    /// How many runs were made.
    runs: u64,
    run: &'a mut R,
}

impl<R: FnMut(Box<dyn Strategy>) -> Option<Reversal>> Search<'_, R> {
    /// Reverses one pair at a time, in at most `budget` runs. Returns whether all were tried that
    /// it could be.
    fn single(&mut self, candidates: &[Candidate], budget: u64, cause: &mut Cause) -> bool {
        // The pairs that decide, each with all pairs that its run has reversed.
        let mut passing: Vec<(Conflict, BTreeSet<(usize, usize)>)> = Vec::new();
        let mut complete = true;
        for candidate in candidates {
            let is_last_resort =
                !candidate.is_adjacent || candidate.class == Class::Synchronisation;
            if is_last_resort && !passing.is_empty() {
                break;
            }
            if self.runs >= budget {
                complete = false;
                break;
            }
            let pair = candidate.pair;
            let hold = hold_point(self.failing, pair);
            let strategy = self.reverse(hold, pair);
            let Some(mut reversal) = self.run(strategy.clone()) else {
                complete = false;
                break;
            };
            if reversal.verdict == Verdict::Fails
                && self.runs < budget
                && self.recognised.reads_on(&reversal.trace, pair.second)
            {
                let Some(again) = self.run(strategy.reading_on()) else {
                    complete = false;
                    break;
                };
                reversal = again;
            }
            if reversal.verdict != Verdict::Passes
                || (self.recognised.reversed_in(&reversal.trace, &[pair])).is_empty()
            {
                continue;
            }
            let mut all = self
                .recognised
                .reversed_in(&reversal.trace, &self.explaining);
            all.insert((pair.first, pair.second));
            let race = pair.race && hold == pair.first;
            passing.push((Conflict { race, ..pair }, all));
        }
        let decides = |(pair, all): &(Conflict, BTreeSet<(usize, usize)>)| {
            let mut others = passing.iter();
            !others.any(|(other, fewer)| {
                other != pair && fewer.len() < all.len() && fewer.is_subset(all)
            })
        };
        let mut decisive: Vec<_> = passing.iter().filter(|one| decides(one)).collect();
        // Stable: among equals, the pairs that are closest to a switch stay first.
        decisive.sort_by_key(|(pair, all)| (!pair.race, all.len()));
        cause.decisive = decisive.into_iter().map(|(pair, _)| *pair).collect();
        complete
    }

    /// Reverses pairs with all that the second thread does from then on, and what was chosen at
    /// switches; ends with the first pair that decides. Returns whether all were tried.
    fn wider(&mut self, candidates: &[Candidate], budget: u64, cause: &mut Cause) -> bool {
        let pairs = candidates
            .iter()
            .filter(|candidate| candidate.is_adjacent)
            .map(|candidate| candidate.pair);
        let for_pairs = self.runs + WIDER_RUNS_OF_PAIRS;
        let switches = choices_at_switches(self.failing);
        let all = pairs
            .map(|pair| (pair, for_pairs))
            .chain(switches.into_iter().map(|pair| (pair, budget)));
        let mut complete = true;
        for (pair, until) in all {
            if self.runs >= until.min(budget) {
                complete = false;
                continue;
            }
            let hold = hold_point(self.failing, pair);
            let Some(reversal) = self.run(self.reverse(hold, pair).going_on()) else {
                return false;
            };
            let is_reversed = !(self.recognised.reversed_in(&reversal.trace, &[pair])).is_empty();
            if reversal.verdict == Verdict::Passes && is_reversed {
                let race = pair.race && hold == pair.first;
                cause.decisive.push(Conflict { race, ..pair });
                return true;
            }
        }
        complete
    }

    /// The schedule of the failing run with this pair reversed.
    fn reverse(&self, hold: usize, pair: Conflict) -> Reverse {
        let follows = |step| self.order.happens_before(hold, step);
        Reverse::new(self.failing, hold, pair.second, follows)
    }

    fn run(&mut self, strategy: Reverse) -> Option<Reversal> {
        let reversal = (self.run)(Box::new(strategy))?;
        self.runs += 1;
        Some(reversal)
    }
}

/// At each switch, and where time has passed, the step that was taken, and the next one of each
/// other thread that could have gone on instead: those of the main thread last, and otherwise the
/// last switches first.
fn choices_at_switches(trace: &Trace) -> Vec<Conflict> {
    let steps = trace.steps();
    let mut found = Vec::new();
    for first in (1..steps.len()).rev() {
        if steps[first].thread == steps[first - 1].thread && !steps[first].timed_out {
            continue;
        }
        for candidate in trace.candidates(first) {
            let mut later = first + 1..steps.len();
            let next = later.find(|&step| steps[step].thread == candidate.thread);
            if let Some(second) = next.filter(|_| candidate.thread != steps[first].thread) {
                found.push(Conflict {
                    first,
                    second,
                    race: false,
                });
            }
        }
    }
    found.sort_by_key(|pair| steps[pair.first].thread == 0 || steps[pair.second].thread == 0);
    found
}

/// What orders a pair in the failing run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Nothing: a data race.
    Race,
    /// They are accesses, and locks or the like ordered them.
    OrderedAccesses,
    /// They put something into a primitive, or find what is in it: an item of a queue, a
    /// notification.
    State,
    /// One of them takes or frees a lock.
    Synchronisation,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    pair: Conflict,
    class: Class,
    /// No other step of either thread comes between the two that conflicts with the other one's.
    is_adjacent: bool,
}

/// The pairs that could decide, the best guess first.
fn candidates(trace: &Trace) -> Vec<Candidate> {
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
        joined || order.birth(other).is_none_or(|birth| birth > first)
    };
    let nearness = Nearness::of(trace);
    let mut of_object: HashMap<usize, Vec<usize>> = HashMap::new();
    for (number, step) in steps.iter().enumerate() {
        if can_be_reversed(&step.op) {
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
                if !is_last && !is_first || is_fixed(first, second) {
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
                        (true, _) => Class::Race,
                        (_, true) => Class::OrderedAccesses,
                        _ if carries_state(&one.op) && carries_state(&other.op) => Class::State,
                        _ => Class::Synchronisation,
                    },
                    is_adjacent: is_first && is_last,
                });
            }
        }
    }
    let rank = |candidate: &Candidate| {
        let Candidate {
            pair,
            class,
            is_adjacent,
        } = candidate;
        let is_sync = *class == Class::Synchronisation;
        let near = nearness.of_pair(pair);
        (is_sync, !is_adjacent, *class, near, pair.first, pair.second)
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
fn hold_point(trace: &Trace, pair: Conflict) -> usize {
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

/// How steps of a run are recognised in another run of the same program, where objects have other
/// addresses: by thread and number.
struct Recognised<'a> {
    trace: &'a Trace,
    /// How many steps its thread had taken before each step.
    before: Vec<usize>,
}

impl<'a> Recognised<'a> {
    fn new(trace: &'a Trace) -> Self {
        let mut taken: HashMap<ThreadNumber, usize> = HashMap::new();
        let before = trace.steps().iter().map(|step| {
            let count = taken.entry(step.thread).or_insert(0);
            *count += 1;
            *count - 1
        });
        Self {
            trace,
            before: before.collect(),
        }
    }

    /// Whether the step `step` is a read that another one follows in its thread in `other`: reading
    /// an attribute is a step for the object and one for its class, and the value is read after
    /// both.
    fn reads_on(&self, other: &Trace, step: usize) -> bool {
        let wanted = self.trace.steps()[step];
        let steps = other.steps().iter();
        let own = steps.filter(|step| step.thread == wanted.thread);
        let mut actions = own.map(|step| step.op.action).skip(self.before[step]);
        wanted.op.action == Action::Read
            && actions.next() == Some(Action::Read)
            && actions.next() == Some(Action::Read)
    }

    /// Those of `pairs` whose two steps `other` has, too, in the other order.
    fn reversed_in(&self, other: &Trace, pairs: &[Conflict]) -> BTreeSet<(usize, usize)> {
        let mut of_thread: HashMap<ThreadNumber, Vec<(usize, Action)>> = HashMap::new();
        for (number, step) in other.steps().iter().enumerate() {
            let steps = of_thread.entry(step.thread).or_default();
            steps.push((number, step.op.action));
        }
        let find = |step: usize| {
            let wanted = self.trace.steps()[step];
            let steps = of_thread.get(&wanted.thread)?;
            let (number, action) = *steps.get(self.before[step])?;
            (action == wanted.op.action).then_some(number)
        };
        let is_reversed = |pair: &&Conflict| {
            let both = find(pair.first).zip(find(pair.second));
            both.is_some_and(|(first, second)| second < first)
        };
        let reversed = pairs.iter().filter(is_reversed);
        reversed.map(|pair| (pair.first, pair.second)).collect()
    }
}
