//! One schedule for each order that matters: optimal dynamic partial order reduction.
//!
//! Abdulla, Aronis, Jonsson and Sagonas: Optimal dynamic partial order reduction (POPL 2014), and
//! Source sets: a foundation for optimal dynamic partial order reduction (JACM 2017), whose names
//! the code uses: after each run, for each race a continuation that reverses it goes into the
//! wakeup tree at the earlier step, unless what sleeps there has covered it.
//!
//! What the papers leave out is handled like this:
//! - Waiting. A step that waits is no candidate. Whether it could have been taken earlier is known
//!   where its thread stood before it, and inferred from what was seen of the object elsewhere
//!   (module `waiting`). If that is not possible, the reversal is tried; where it turns out to be
//!   impossible, choices are free from there on.
//! - Threads that still sleep where choices become free, since a reversal was impossible or in a
//!   part: the papers have none there. Such a thread covers only what has its step, as in source
//!   sets. If in the end no other can go on, the run is abandoned, and counted as abandoned; its
//!   races are reversed like those of others.
//! - Steps that were never taken: what the threads of a deadlock wait for races, too.
//! - Time leaps only when no thread can run, so the steps that it enables happen after all steps
//!   before.
//! - Threads that the end of the main thread cuts off: once that is observed, the end depends on
//!   every step.
//! - Addresses differ between runs: only threads' numbers are kept from run to run.
//!
//! Assumptions:
//! - Every step says all that it touches, and a thread's next step depends on nothing but what its
//!   steps before have read.
//! - A step with [`Action::Acquire`], [`Action::Get`], [`Action::Put`], [`Action::Join`] or
//!   [`Action::Wait`] waits until it can succeed or has timed out. An attempt that fails at once
//!   (`acquire(blocking=False)`, a timeout of zero) says something else: [`Action::TryAcquire`] and
//!   its like, which count as changes. As a candidate it says whether it would fail.
//! - A thread joins a queue of waiters by a step of its own, since a notification can observe that.

use std::time::Instant;

use pyt_sched::controlled::{Action, Candidate, Op, Step, ThreadNumber, Trace};

use crate::order::{Order, Rules, ThreadOp};

use super::{
    AbandonFlag, Next, NextRun, RunRecord, Search, SearchProgress, Shard, StepShape, part::Part,
};

mod guide;
mod races;
mod waiting;
mod wakeup;

use guide::{Guide, Planned, Sleeper, Sleepers};
use races::{Later, Race, races};
use waiting::{Facts, Objects};
use wakeup::{Branch, Continuation, Initial, insert};

/// One schedule of each class of those that differ only in the order of steps that commute
/// (Mazurkiewicz traces). Complete as far as the steps say what they touch: where the decision
/// points are lines or instructions without it, use [`Dfs`](super::dfs::Dfs).
#[derive(Debug, Default)]
pub struct Dpor {
    rules: Rules,
    /// Other threads were seen to go on after the end of the main thread.
    main_is_not_all: bool,
    /// The search began again, since a run diverged. Most programs that do so differ in their first
    /// run only, in which the library makes what it keeps.
    restarted: bool,
    /// The next run is made to find that out.
    probing: bool,
    /// An entry for each decision of the last run.
    stack: Vec<Entry>,
    /// The continuation after the stack in the next run.
    then: Vec<Branch>,
    under_way: Option<(AbandonFlag, Sleepers)>,
    deadline: Option<Instant>,
    /// Some races were left out: not all schedules are tried.
    incomplete: bool,
    /// There is no schedule left to be tried.
    is_done: bool,
    /// If the search is a part of one.
    part: Option<Part>,
    /// How many runs were begun, also those that do not count.
    runs: u64,
    progress: SearchProgress,
}

#[derive(Debug)]
struct Entry {
    thread: ThreadNumber,
    /// The step that it took; `None`: it has not been taken yet.
    shape: Option<StepShape>,
    /// The threads that were chosen here before.
    tried: Vec<ThreadNumber>,
    /// The continuations to be tried here.
    tree: Vec<Branch>,
    facts: Facts,
    /// It is in the top of a part: all threads are tried.
    in_top: bool,
    /// No tree asked for a step here when this decision was made first.
    is_free: bool,
}

impl Dpor {
    /// A search that has learned nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A search for what one of several parts of the search finds: together, they find all.
    #[must_use]
    pub fn part(shard: Shard) -> Self {
        Self {
            part: (shard != Shard::WHOLE).then(|| Part::new(shard)),
            ..Self::default()
        }
    }

    /// Notes the steps after the prefix, as far as they followed the plan.
    fn extend(&mut self, trace: &Trace, sleepers: &[Vec<Sleeper>]) {
        let steps = sleepers.len();
        let branches = |number: &usize| trace.candidates(*number).len() > 1;
        let known = self.stack.len().min(steps);
        let mut decisions = (0..known).filter(branches).count();
        for (number, step) in (known..steps).zip(&trace.steps()[known..steps]) {
            let top = self.part.as_ref().map_or(0, |part| part.top().decisions);
            let in_top = decisions < top;
            decisions += usize::from(branches(&number));
            // What the tree asks for first and was not taken is not possible.
            let mut tree = std::mem::take(&mut self.then);
            let taken = tree.iter().position(|branch| branch.thread == step.thread);
            let is_free = taken.is_none();
            tree.drain(..taken.unwrap_or(tree.len()));
            if in_top {
                let asleep = &sleepers[number];
                let others = trace.candidates(number).iter();
                let others = others.map(|candidate| candidate.thread);
                let is_awake =
                    |other: &ThreadNumber| asleep.iter().all(|sleeper| sleeper.thread != *other);
                let others = others.filter(|other| *other != step.thread && is_awake(other));
                tree = others.flat_map(|other| wakeup::chain([other])).collect();
            } else if !tree.is_empty() {
                self.then = tree.remove(0).then;
            }
            self.stack.push(Entry {
                thread: step.thread,
                shape: None,
                tried: Vec::new(),
                tree,
                facts: Facts::default(),
                in_top,
                is_free,
            });
        }
    }

    /// Forgets all schedules, but not what was learnt of the program.
    fn begin_again(&mut self) {
        self.stack.clear();
        if let Some(part) = self.part.as_mut() {
            part.restart();
        }
    }

    /// Finds out whether the main thread's end cuts off others. Returns true if a run has to test
    /// that first, or if the search so far was made under a wrong assumption.
    fn learn_rules(&mut self, seen: &RunRecord<'_>, order: &Order) -> bool {
        let steps = seen.trace.steps();
        let probed = std::mem::take(&mut self.probing);
        let is_end = |step: &Step| step.thread == 0 && step.op.action == Action::End;
        let end = steps.iter().position(is_end);
        if end.is_some_and(|end| end + 1 < steps.len()) {
            self.main_is_not_all = true;
        }
        if probed {
            self.rules.main_ends_all = !self.main_is_not_all;
        }
        if self.main_is_not_all || self.rules.main_ends_all || seen.cut {
            return false;
        }
        let Some(end) = end else {
            return false;
        };
        if seen.trace.candidates(end).len() > 1 {
            self.rules.main_ends_all = true;
            if self.stack.is_empty() {
                return false;
            }
            self.then.clear();
            return true;
        }
        // It was the last step. If that was by chance, see what happens if it comes earlier.
        let mut lasts = order.of_thread.iter().filter_map(|steps| steps.last());
        let Some(&earlier) = lasts.find(|&&last| !order.happens_before(last, end)) else {
            return false;
        };
        let without = (0..=end).filter(|&step| !order.happens_before(earlier, step));
        self.then = wakeup::chain(without.map(|step| steps[step].thread));
        self.probing = true;
        true
    }

    /// Puts the reversal of each race into the tree where it belongs.
    fn reverse_races(&mut self, seen: &RunRecord<'_>, order: &Order, sleepers: &[Vec<Sleeper>]) {
        let trace = seen.trace;
        let last = never_taken(seen, order);
        let mut objects = Objects::of(trace, order, &last);
        for (step, facts) in objects.facts() {
            self.stack[step].facts.add(facts);
        }
        objects.remember(|step| self.stack[step].facts);
        let mut budget = Budget::new(seen.cut, self.deadline);
        for race in races(trace, order, &objects, &last, &mut budget) {
            // A reversal takes time in proportion to the steps after the race.
            if !budget.allows(order.thread_ops.len() - race.earlier) {
                break;
            }
            let entry = &mut self.stack[race.earlier];
            if entry.in_top {
                continue;
            }
            let mut reversal = Reversal::new(order, &last, race);
            let mut sleeping = sleepers[race.earlier].iter();
            // What can begin with a sleeping thread's step but has none is asked for by the runs
            // after that step: in the tree where it was tried, which the run may have left since.
            let covers = |sleeper: &Sleeper| match reversal.clone().take_initial(sleeper.thread) {
                Initial::No => false,
                Initial::Within => true,
                Initial::Beside => !sleeper.is_past_tree,
            };
            if !sleeping.any(covers) {
                insert(&mut entry.tree, &mut reversal);
            }
        }
        self.incomplete |= budget.is_used_up();
    }

    /// Goes to the next schedule. Returns false if there is none.
    fn advance(&mut self) -> bool {
        while let Some(entry) = self.stack.last_mut() {
            if entry.tree.is_empty() {
                self.stack.pop();
                continue;
            }
            let branch = entry.tree.remove(0);
            entry.tried.push(entry.thread);
            entry.thread = branch.thread;
            entry.shape = None;
            entry.facts = Facts::default();
            self.then = branch.then;
            return true;
        }
        false
    }
}

impl Search for Dpor {
    fn next(&mut self) -> Next {
        if self.is_done {
            return Next::Done;
        }
        if self.under_way.is_some() {
            return Next::Wait;
        }
        let abandon = AbandonFlag::default();
        let sleepers = Sleepers::default();
        self.under_way = Some((abandon.clone(), sleepers.clone()));
        let mut number = self.runs;
        self.runs += 1;
        let mut top = None;
        // The run that finds out how the program ends is none of the search's.
        if let Some(part) = self.part.as_mut() {
            number = part.number(number);
            if !self.probing {
                if self.stack.last().is_none_or(|last| last.in_top) {
                    part.begin_leaf();
                }
                top = Some(part.top());
            }
        }
        self.progress.started += u64::from(top.is_none_or(|top| !top.stop));
        let planned = |entry: &Entry| Planned {
            thread: entry.thread,
            tried: entry.tried.clone(),
            is_free: entry.is_free,
        };
        let plan = self.stack.iter().map(planned).collect();
        let then = self.then.clone();
        let guide = Guide::new(self.rules, top, plan, then, sleepers, abandon.clone());
        Next::Run(NextRun {
            number,
            seed: None,
            values_seed: None,
            strategy: Box::new(guide),
            abandon,
        })
    }

    fn learn(&mut self, _number: u64, seen: &RunRecord<'_>) {
        let Some((abandon, sleepers)) = self.under_way.take() else {
            return;
        };
        let probing = self.probing;
        let is_own = probing || self.part.as_ref().is_none_or(Part::is_own);
        self.progress.finished += u64::from(is_own);
        let sleepers = std::mem::take(
            &mut *sleepers
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        let known = self.stack.iter().map(|entry| entry.shape);
        if StepShape::differ(seen.trace, known) {
            self.progress.diverged += 1;
            if !std::mem::replace(&mut self.restarted, true) {
                self.progress.abandoned += u64::from(is_own && abandon.is_raised());
                self.probing = false;
                self.then.clear();
                self.begin_again();
                return;
            }
        }
        if let Some(part) = self.part.as_mut().filter(|_| !probing) {
            part.learn_leaf(seen.trace, sleepers.len());
        }
        if !is_own {
            self.extend(seen.trace, &sleepers);
            self.then.clear();
            // It may have ended before the top did.
            abandon.raise();
        } else if abandon.is_raised() || sleepers.len() != seen.trace.steps().len() {
            self.progress.abandoned += 1;
            if std::mem::take(&mut self.probing) {
                self.rules.main_ends_all = true;
                self.then.clear();
                return;
            }
            self.extend(seen.trace, &sleepers);
            // All threads sleep that could go on. They have slept past a tree, so they cover less
            // than other runs ask for, and what was taken may be in no other run.
            let taken = seen.trace.first(sleepers.len());
            let order = Order::of(&taken, self.rules);
            let blocked = blocked_at(seen, &order, sleepers.len());
            let taken = RunRecord {
                trace: &taken,
                blocked: &blocked,
                cut: seen.cut,
            };
            self.reverse_races(&taken, &order, &sleepers);
            self.then.clear();
        } else {
            let rules = self.rules;
            let mut order = Order::of(seen.trace, rules);
            if self.learn_rules(seen, &order) {
                self.begin_again();
                return;
            }
            if probing && self.part.is_some() {
                // Leaves are found without what it has taken first.
                self.progress.finished -= 1;
                self.then.clear();
                abandon.raise();
                return;
            }
            if rules != self.rules {
                order = Order::of(seen.trace, self.rules);
            }
            self.progress.cut += u64::from(seen.cut);
            self.extend(seen.trace, &sleepers);
            self.reverse_races(seen, &order, &sleepers);
        }
        for (number, entry) in self.stack.iter_mut().enumerate() {
            if entry.shape.is_none() && number < seen.trace.steps().len() {
                entry.shape = Some(StepShape::of(seen.trace, number));
            }
        }
        if !self.advance() {
            if self.part.as_mut().is_some_and(Part::goes_on) {
                return;
            }
            self.is_done = true;
            self.progress.division = self.part.as_ref().map(Part::digest);
            self.progress.exhausted = !self.incomplete;
            self.progress.proven =
                self.progress.exhausted && self.progress.cut == 0 && self.progress.diverged == 0;
        }
    }

    fn end_at(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    fn progress(&self) -> SearchProgress {
        self.progress
    }
}

/// How much work the analysis of a run that was cut may be, in steps that are visited. The search
/// proves nothing any more then, and such runs can have very many races.
const CUT_RUN_BUDGET: usize = 20_000_000;
/// How much work is done between two looks at the clock.
const WORK_PER_CLOCK: usize = 100_000;

/// The work that the analysis of a run may be: limited for a run that was cut, and by the end of
/// the search.
#[derive(Debug)]
struct Budget {
    left: usize,
    until_clock: usize,
    deadline: Option<Instant>,
}

impl Budget {
    fn new(cut: bool, deadline: Option<Instant>) -> Self {
        Self {
            left: if cut { CUT_RUN_BUDGET } else { usize::MAX },
            until_clock: WORK_PER_CLOCK,
            deadline,
        }
    }

    /// Takes so many steps from it. False once there is nothing left.
    fn allows(&mut self, steps: usize) -> bool {
        self.left = self.left.saturating_sub(steps);
        self.until_clock = self.until_clock.saturating_sub(steps);
        if self.until_clock == 0 {
            self.until_clock = WORK_PER_CLOCK;
            if self.deadline.is_some_and(|end| Instant::now() >= end) {
                self.left = 0;
            }
        }
        self.left > 0
    }

    const fn is_used_up(&self) -> bool {
        self.left == 0
    }
}

/// What threads were about to do when the run ended: those that waited, and those that were not
/// chosen any more.
fn never_taken(seen: &RunRecord<'_>, order: &Order) -> Vec<Candidate> {
    let mut last: Vec<Candidate> = seen.blocked.to_vec();
    // The last that was seen of each thread, if it has not taken that step since.
    for step in (0..seen.trace.steps().len()).rev() {
        for candidate in seen.trace.candidates(step) {
            let steps = &order.of_thread[candidate.thread as usize];
            let stands = steps.last().is_none_or(|&taken| taken < step);
            if stands && !last.iter().any(|known| known.thread == candidate.thread) {
                last.push(*candidate);
            }
        }
    }
    last
}

/// The threads that waited when a run had taken its first `taken` steps, whose order is `order`,
/// each with the step that it waited to take.
fn blocked_at(seen: &RunRecord<'_>, order: &Order, taken: usize) -> Vec<Candidate> {
    let steps = seen.trace.steps();
    let mut blocked: Vec<Candidate> = Vec::new();
    let candidates = match taken < steps.len() {
        true => seen.trace.candidates(taken),
        false => &[],
    };
    let later = steps.iter().skip(taken).map(|step| Candidate {
        thread: step.thread,
        op: step.op,
        timed_out: step.timed_out,
    });
    for next in later.chain(seen.blocked.iter().copied()) {
        let is_new = blocked.iter().all(|known| known.thread != next.thread);
        let could_go_on = candidates
            .iter()
            .any(|candidate| candidate.thread == next.thread);
        if is_new && !could_go_on && order.birth(next.thread).is_some() {
            blocked.push(next);
        }
    }
    blocked
}

/// All that came after the earlier step of a race and does not depend on it, then the later one.
#[derive(Clone)]
struct Reversal<'a> {
    order: &'a Order,
    last: &'a [Candidate],
    steps: Vec<Later>,
    /// Of each thread, how many steps it had taken where the tree stands.
    taken: Vec<usize>,
}

impl<'a> Reversal<'a> {
    fn new(order: &'a Order, last: &'a [Candidate], race: Race) -> Self {
        let Race { earlier, later } = race;
        let rest = earlier + 1..order.thread_ops.len();
        let mut steps: Vec<Later> = rest
            .filter(|&step| !order.happens_before(earlier, step))
            .map(Later::Step)
            .collect();
        steps.push(later);
        let taken = order.of_thread.iter();
        let taken = taken.map(|steps| steps.partition_point(|&step| step < earlier));
        Self {
            order,
            last,
            steps,
            taken: taken.collect(),
        }
    }

    fn thread_op(&self, step: Later) -> ThreadOp {
        match step {
            Later::Step(step) => self.order.thread_ops[step],
            Later::Never(thread_op) => thread_op,
        }
    }

    fn directly_before(&self, earlier: Later, later: Later) -> bool {
        match (earlier, later) {
            (Later::Step(earlier), Later::Step(later)) => {
                self.order.directly_before(earlier, later)
            }
            _ => self
                .thread_op(earlier)
                .depends_on(&self.thread_op(later), self.order.rules),
        }
    }

    /// The next step of `thread` at this point of the tree, as far as this run shows it.
    fn next_op(&self, thread: ThreadNumber) -> Option<Op> {
        let steps = self.order.of_thread.get(thread as usize)?;
        match steps.get(self.taken[thread as usize]) {
            Some(&step) => Some(self.order.thread_ops[step].op),
            None => {
                let known = self.last.iter().find(|last| last.thread == thread);
                known.map(|last| last.op)
            }
        }
    }
}

impl Continuation for Reversal<'_> {
    fn take_initial(&mut self, thread: ThreadNumber) -> Initial {
        let first = self
            .steps
            .iter()
            .position(|&step| self.thread_op(step).thread == thread);
        if let Some(first) = first {
            let mut before = self.steps[..first].iter();
            if before.any(|&step| self.directly_before(step, self.steps[first])) {
                return Initial::No;
            }
            self.steps.remove(first);
            if let Some(taken) = self.taken.get_mut(thread as usize) {
                *taken += 1;
            }
            return Initial::Within;
        }
        let is_beside = self.next_op(thread).is_some_and(|op| {
            let next = ThreadOp { thread, op };
            let mut steps = self.steps.iter();
            !steps.any(|&step| self.thread_op(step).depends_on(&next, self.order.rules))
        });
        if is_beside {
            Initial::Beside
        } else {
            Initial::No
        }
    }

    fn threads(&self) -> Vec<ThreadNumber> {
        self.steps
            .iter()
            .map(|&step| self.thread_op(step).thread)
            .collect()
    }
}
