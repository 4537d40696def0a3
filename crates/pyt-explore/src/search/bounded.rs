//! One schedule for each order that matters, of those with at most so many preemptions.
//!
//! Musuvathi and Qadeer: Partial-order reduction for context-bounded state exploration (Microsoft
//! Research, 2007). A state is known by the order of the steps that led to it, as far as they do
//! not commute. A depth-first search goes on from each state and thread once, unless it comes
//! back with fewer preemptions. Nothing else is left out on the way to a state, since an order
//! that takes the place of another may need more preemptions: sleeping threads, as in `dpor`,
//! would lose outcomes of the bound.
//!
//! In addition, a thread is preempted only before steps that were seen to conflict with a step of
//! another thread. If a run shows that for a step before which no thread was preempted so far, all
//! is made again. ADR 44 says why that loses nothing. It would where a step ends the program while
//! other threads could go on, and where time passes: for such a program threads are preempted
//! before all steps.

use std::collections::{HashMap, HashSet};

use pyt_sched::controlled::{Action, Candidate, Decision, Op, ThreadNumber, Trace};

use super::{
    AbandonFlag, Next, NextRun, RunRecord, Search, SearchProgress, StepShape, dfs::Prefix,
};
use crate::order::{Enabled, Order, OrderBuilder, Rules, waits_for_time};

/// All orders that a schedule with at most so many preemptions has.
#[derive(Debug, Default)]
pub struct BoundedDpor {
    /// The bound of this round, and the last one's.
    bound: usize,
    last_bound: usize,
    /// A frame for each decision of the last run, up to a state that was known.
    stack: Vec<Frame>,
    /// The states of this round, and with how few preemptions they were reached.
    visited: HashMap<State, usize>,
    /// The steps that were seen to conflict.
    conflicting: HashSet<StepKey>,
    /// The steps before which no thread was preempted in this round, since they do not conflict.
    passed: HashSet<StepKey>,
    /// A run has ended, or could, while other threads could go on, or time has passed: threads are
    /// preempted before all steps.
    all_count: bool,
    /// Other threads were seen to go on after the end of the main thread.
    main_is_not_all: bool,
    /// The bound has left out a choice in this round.
    bounded: bool,
    /// How many rounds were made again.
    repeats: usize,
    restarted: bool,
    /// There is no schedule left to be tried.
    is_done: bool,
    under_way: Option<AbandonFlag>,
    progress: SearchProgress,
}

#[derive(Debug)]
struct Frame {
    chosen: ThreadNumber,
    /// The step that it took; `None`: it has not been taken yet.
    shape: Option<StepShape>,
    /// What is to be tried here later.
    rest: Vec<Alternative>,
}

#[derive(Clone, Copy, Debug)]
struct Alternative {
    thread: ThreadNumber,
    /// The state after its step.
    state: State,
    /// How many preemptions lead to it.
    preemptions: usize,
}

/// A state of the program, with the thread that took the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    /// A digest of the steps and their order.
    order: u128,
    thread: ThreadNumber,
}

/// A thread, and how many steps it has taken before: the same step in all runs in which these were
/// the same.
type StepKey = (ThreadNumber, usize);

/// Rounds are made again so often at most. Then threads are preempted before all steps.
const MOST_REPEATS: usize = 3;

/// The key of each step.
fn keys(trace: &Trace) -> Vec<StepKey> {
    let mut taken: HashMap<ThreadNumber, usize> = HashMap::new();
    let steps = trace.steps().iter();
    let keys = steps.map(|step| {
        let taken = taken.entry(step.thread).or_insert(0);
        *taken += 1;
        (step.thread, *taken - 1)
    });
    keys.collect()
}

impl BoundedDpor {
    /// A search for the orders of schedules with at most `preemptions` preemptions: first those of
    /// schedules with none, then of those with at most one, and so on. Each round makes the runs of
    /// the rounds before again. A round that leaves nothing out is the last.
    #[must_use]
    pub fn new(preemptions: usize) -> Self {
        Self {
            last_bound: preemptions,
            ..Self::default()
        }
    }

    /// Notes which steps of a run conflict with others of it.
    fn note_conflicts(&mut self, seen: &RunRecord<'_>) {
        let mut conflicts = Conflicts::default();
        for (step, key) in seen.trace.steps().iter().zip(keys(seen.trace)) {
            conflicts.add(step.thread, step.op, Some(key), &mut self.conflicting);
        }
        for pending in never_taken(seen) {
            conflicts.add(pending.thread, pending.op, None, &mut self.conflicting);
        }
    }

    /// Notes the alternatives at each decision after the prefix, up to a state that is known.
    /// Returns the order of all steps.
    fn extend(&mut self, trace: &Trace) -> Order {
        let steps = trace.steps();
        let first = self.stack.len();
        let keys = keys(trace);
        let next = next_of_threads(trace);
        let mut builder = OrderBuilder::new(trace, Rules::default());
        let (mut order, mut preemptions, mut is_known) = (0, 0, false);
        for (number, step) in steps.iter().enumerate() {
            let decision = Decision {
                step: number as u64,
                current: (number > 0).then(|| steps[number - 1].thread),
                candidates: trace.candidates(number),
            };
            let running = decision.current_index().and(decision.current);
            let preempts = |thread| running.is_some_and(|running| running != thread);
            if number >= first && !is_known {
                // The step that a preempted thread was about to take.
                let pending = number.checked_sub(1).and_then(|before| next[before]);
                let may_preempt = pending.is_none_or(|pending| self.counts(keys[pending]));
                let mut rest = Vec::new();
                for candidate in decision.candidates {
                    let thread = candidate.thread;
                    if thread == step.thread || (preempts(thread) && !may_preempt) {
                        continue;
                    }
                    let preemptions = preemptions + usize::from(preempts(thread));
                    if preempts(thread) && preemptions > self.bound {
                        self.bounded = true;
                        continue;
                    }
                    let clock = builder.clock_of(candidate);
                    rest.push(Alternative {
                        thread,
                        state: State {
                            order: with_step(order, candidate, &clock),
                            thread,
                        },
                        preemptions,
                    });
                }
                rest.reverse();
                self.stack.push(Frame {
                    chosen: step.thread,
                    shape: None,
                    rest,
                });
            }
            preemptions += usize::from(preempts(step.thread));
            builder.take();
            let taken = Candidate {
                thread: step.thread,
                op: step.op,
                timed_out: step.timed_out,
            };
            order = with_step(order, &taken, builder.order.clock(number));
            // Where there was no choice, the state is known if the one before was.
            if number >= first && !is_known && decision.candidates.len() > 1 {
                let thread = step.thread;
                is_known = !self.visit(State { order, thread }, preemptions);
            }
        }
        builder.order
    }

    /// Whether a thread is to be preempted before a step.
    fn counts(&mut self, key: StepKey) -> bool {
        let counts = self.all_count || self.conflicting.contains(&key);
        if !counts {
            self.passed.insert(key);
        }
        counts
    }

    /// Notes a state. Returns false if it was reached before, with as few preemptions.
    fn visit(&mut self, state: State, preemptions: usize) -> bool {
        let before = self.visited.entry(state).or_insert(usize::MAX);
        let is_new = preemptions < *before;
        *before = preemptions.min(*before);
        is_new
    }

    /// Notes steps that others enabled without a conflict, and whether the program can end while
    /// threads could go on, or time passes. Returns true if the search has to begin again for that.
    fn learn_order(&mut self, seen: &RunRecord<'_>, order: &Order) -> bool {
        let steps = seen.trace.steps();
        let keys = keys(seen.trace);
        for (step, enabled) in order.enabled.iter().enumerate() {
            if let Enabled::By(other) = *enabled
                && steps[other].op.action != Action::Start
            {
                self.conflicting.extend([keys[step], keys[other]]);
            }
        }
        let Some(last) = steps.len().checked_sub(1).filter(|_| !seen.cut) else {
            return false;
        };
        let end = (steps.iter()).position(|step| step.thread == 0 && step.op.action == Action::End);
        self.main_is_not_all |= end.is_some_and(|end| end < last);
        let is_cut_off = if end == Some(last) {
            let mut lasts = order.of_thread.iter().filter_map(|steps| steps.last());
            // Others could have gone on, or could have been cut off earlier.
            !self.main_is_not_all
                && (seen.trace.candidates(last).len() > 1
                    || lasts.any(|&other| !order.happens_before(other, last)))
        } else {
            let is_left = |candidate: &Candidate| {
                let mut blocked = seen.blocked.iter();
                candidate.thread != steps[last].thread
                    && blocked.all(|blocked| blocked.thread != candidate.thread)
            };
            seen.trace.candidates(last).iter().any(is_left)
        };
        let is_by_time = |candidate: &Candidate| waits_for_time(candidate.op, candidate.timed_out);
        let mut numbers = 0..steps.len();
        let all_count = is_cut_off
            || numbers.any(|number| seen.trace.candidates(number).iter().any(is_by_time));
        all_count && !std::mem::replace(&mut self.all_count, true)
    }

    /// Forgets the runs of this round.
    fn begin_round(&mut self) {
        self.stack.clear();
        self.visited.clear();
        self.passed.clear();
        self.bounded = false;
    }

    /// A run diverged: most programs that do so differ in their first run only. Forgets all, the
    /// first time; returns false the second.
    fn begin_again(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.restarted, true);
        if first {
            self.begin_round();
        }
        first
    }

    /// Goes to the next schedule. Returns false if there is none.
    fn advance(&mut self) -> bool {
        while let Some(frame) = self.stack.last_mut() {
            let Some(next) = frame.rest.pop() else {
                self.stack.pop();
                continue;
            };
            if self.visit(next.state, next.preemptions)
                && let Some(frame) = self.stack.last_mut()
            {
                frame.chosen = next.thread;
                frame.shape = None;
                return true;
            }
        }
        if !self.all_count && !self.passed.is_disjoint(&self.conflicting) {
            self.repeats += 1;
            self.all_count = self.repeats > MOST_REPEATS;
            self.begin_round();
            return true;
        }
        let goes_on = self.bounded && self.bound < self.last_bound;
        if goes_on {
            self.bound += 1;
            self.begin_round();
        }
        goes_on
    }
}

impl Search for BoundedDpor {
    fn next(&mut self) -> Next {
        if self.is_done {
            return Next::Done;
        }
        if self.under_way.is_some() {
            return Next::Wait;
        }
        let abandon = AbandonFlag::default();
        self.under_way = Some(abandon.clone());
        let number = self.progress.started;
        self.progress.started += 1;
        let threads = self.stack.iter().map(|frame| frame.chosen).collect();
        Next::Run(NextRun {
            number,
            seed: None,
            values_seed: None,
            strategy: Box::new(Prefix::new(threads, None, abandon.clone())),
            abandon,
        })
    }

    fn learn(&mut self, _number: u64, seen: &RunRecord<'_>) {
        let Some(abandon) = self.under_way.take() else {
            return;
        };
        self.progress.finished += 1;
        if abandon.is_raised() {
            // The program behaved differently after the same choices.
            self.progress.abandoned += 1;
            self.progress.diverged += 1;
            if self.begin_again() {
                return;
            }
        } else {
            self.progress.cut += u64::from(seen.cut);
            let known = self.stack.iter().map(|frame| frame.shape);
            if StepShape::differ(seen.trace, known) {
                self.progress.diverged += 1;
                if self.begin_again() {
                    return;
                }
            }
            self.note_conflicts(seen);
            let order = self.extend(seen.trace);
            for (number, frame) in self.stack.iter_mut().enumerate() {
                if frame.shape.is_none() && number < seen.trace.steps().len() {
                    frame.shape = Some(StepShape::of(seen.trace, number));
                }
            }
            if self.learn_order(seen, &order) {
                self.begin_round();
                return;
            }
        }
        if !self.advance() {
            let SearchProgress { cut, diverged, .. } = self.progress;
            self.is_done = true;
            // What a run that was cut would have done besides is not known.
            self.progress.exhausted = cut == 0 && diverged == 0;
        }
    }

    fn progress(&self) -> SearchProgress {
        self.progress
    }
}

/// The steps of one run by what they touch.
#[derive(Debug, Default)]
struct Conflicts {
    of_object: HashMap<usize, Vec<Access>>,
    starts: Vec<Access>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Access {
    thread: ThreadNumber,
    op: Op,
    /// `None`: it was not taken.
    key: Option<StepKey>,
}

impl Conflicts {
    /// Adds a step, and notes those that it conflicts with.
    fn add(
        &mut self,
        thread: ThreadNumber,
        op: Op,
        key: Option<StepKey>,
        conflicting: &mut HashSet<StepKey>,
    ) {
        let access = Access { thread, op, key };
        let mut add = |others: &mut Vec<Access>, is_start: bool| {
            if others.contains(&access) {
                return;
            }
            for other in &*others {
                let conflicts = is_start || other.op.conflicts_with(&op);
                if other.thread != thread && conflicts {
                    conflicting.extend(other.key.into_iter().chain(key));
                }
            }
            others.push(access);
        };
        // Threads are numbered as they start.
        if op.action == Action::Start {
            add(&mut self.starts, true);
        }
        if op.object != 0 {
            add(self.of_object.entry(op.object).or_default(), false);
        }
    }
}

/// What threads were about to do when the run ended.
fn never_taken(seen: &RunRecord<'_>) -> Vec<Candidate> {
    let mut last: HashMap<ThreadNumber, usize> = HashMap::new();
    for (number, step) in seen.trace.steps().iter().enumerate() {
        last.insert(step.thread, number);
    }
    let mut pending: Vec<Candidate> = seen.blocked.to_vec();
    for number in 0..seen.trace.steps().len() {
        for candidate in seen.trace.candidates(number) {
            if last
                .get(&candidate.thread)
                .is_none_or(|&taken| taken < number)
                && !pending.contains(candidate)
            {
                pending.push(*candidate);
            }
        }
    }
    pending
}

/// For each step, the next step of its thread.
fn next_of_threads(trace: &Trace) -> Vec<Option<usize>> {
    let mut next = HashMap::new();
    let steps = trace.steps().iter().enumerate().rev();
    let mut found: Vec<_> = steps
        .map(|(number, step)| next.insert(step.thread, number))
        .collect();
    found.reverse();
    found
}

/// The digest of steps that began with those of `order`, whatever the order in which those that
/// commute were taken: a sum.
fn with_step(order: u128, step: &Candidate, clock: &[u32]) -> u128 {
    let mut halves = [0x9e37_79b9_7f4a_7c15_u64, 0xc2b2_ae3d_27d4_eb4f];
    let clock = (0u64..).zip(clock).filter(|(_, count)| **count > 0);
    let clock = clock.map(|(thread, count)| (thread << 32) | u64::from(*count));
    let own = (u64::from(step.thread) << 1) | u64::from(step.timed_out);
    for word in std::iter::once(own).chain(clock) {
        for half in &mut halves {
            *half = mix(*half ^ word);
        }
    }
    order.wrapping_add((u128::from(halves[0]) << 64) | u128::from(halves[1]))
}

/// The finalizer of splitmix64.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
