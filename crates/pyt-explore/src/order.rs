//! The happens-before order of a run's steps: vector clocks over the steps that do not commute.

use std::collections::HashMap;

use pyt_sched::controlled::{Action, Candidate, Op, ThreadNumber, Trace};

/// Whether the step reads or changes a variable.
pub(crate) const fn is_access(op: &Op) -> bool {
    matches!(op.action, Action::Read | Action::Write)
}

/// A thread and its step: what decides whether two steps commute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadOp {
    pub(crate) thread: ThreadNumber,
    pub(crate) op: Op,
}

impl ThreadOp {
    /// Whether it ends the program, although other threads could still go on.
    pub(crate) fn is_exit(&self, rules: Rules) -> bool {
        rules.main_ends_all && self.thread == 0 && self.op.action == Action::End
    }

    /// Whether the order of two steps matters. Threads are numbered in the order in which they
    /// start, so two starts do not commute.
    pub(crate) fn depends_on(&self, other: &Self, rules: Rules) -> bool {
        self.thread == other.thread
            || (self.op.conflicts_with(&other.op)
                && !(rules.only_sync && (is_access(&self.op) || is_access(&other.op))))
            || (self.op.action == Action::Start && other.op.action == Action::Start)
            || self.is_exit(rules)
            || other.is_exit(rules)
    }
}

/// Rules of dependence that differ between programs and uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The end of thread 0 cuts off other threads that could still go on.
    pub(crate) main_ends_all: bool,
    /// Accesses to variables do not order steps; only synchronisation does.
    pub(crate) only_sync: bool,
}

/// What enabled a step, in addition to the steps that it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enabled {
    /// The thread's previous step, or a step on the same object.
    Freely,
    /// This step, although they share no object: it started the thread, for example.
    By(usize),
    /// The passing of time, which happens only when no thread can run: all steps before this one.
    ByTime(usize),
}

/// The steps of a run with their order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) rules: Rules,
    pub(crate) thread_ops: Vec<ThreadOp>,
    pub(crate) enabled: Vec<Enabled>,
    /// For each step, the previous step of its thread.
    pub(crate) previous: Vec<Option<usize>>,
    /// For each thread, its steps.
    pub(crate) of_thread: Vec<Vec<usize>>,
    /// For each step, the number of steps of each thread that happen before it, itself included.
    clocks: Vec<Vec<u32>>,
    /// For each thread, the first decision at which it was a candidate.
    born: Vec<Option<usize>>,
}

impl Order {
    pub(crate) fn of(trace: &Trace, rules: Rules) -> Self {
        let mut builder = OrderBuilder::new(trace, rules);
        while builder.take().is_some() {}
        builder.order
    }

    /// Whether step `earlier` happens before step `later`, or is it.
    pub(crate) fn happens_before(&self, earlier: usize, later: usize) -> bool {
        self.place_in_thread(earlier)
            <= self.clocks[later][self.thread_ops[earlier].thread as usize] as usize
    }

    /// For each thread, how many of its steps happen before this one, itself included.
    pub(crate) fn clock(&self, step: usize) -> &[u32] {
        &self.clocks[step]
    }

    /// The number of steps that its thread had taken with it.
    fn place_in_thread(&self, step: usize) -> usize {
        self.clocks[step][self.thread_ops[step].thread as usize] as usize
    }

    /// The first decision at which `thread` was a candidate, if there was one.
    pub(crate) fn birth(&self, thread: ThreadNumber) -> Option<usize> {
        self.born.get(thread as usize).copied().flatten()
    }

    /// Whether `later` had to come after `earlier`, without regard to steps between them.
    pub(crate) fn directly_before(&self, earlier: usize, later: usize) -> bool {
        self.thread_ops[earlier].depends_on(&self.thread_ops[later], self.rules)
            || match self.enabled[later] {
                Enabled::Freely => false,
                Enabled::By(step) => step == earlier,
                Enabled::ByTime(first) => earlier < first,
            }
    }
}

/// The order of a run's steps as it grows, step by step.
pub(crate) struct OrderBuilder<'a> {
    trace: &'a Trace,
    /// That of the steps so far.
    pub(crate) order: Order,
    frontier: Frontier,
    /// For each thread, the decision since which it has been a candidate without a break, and the
    /// last one at which it was.
    since: Vec<(usize, usize)>,
}

/// What a step that could be taken now comes after.
struct Prepared {
    thread_op: ThreadOp,
    enabled: Enabled,
    previous: Option<usize>,
    clock: Vec<u32>,
}

impl<'a> OrderBuilder<'a> {
    pub(crate) fn new(trace: &'a Trace, rules: Rules) -> Self {
        let threads = (0..trace.steps().len())
            .flat_map(|step| trace.candidates(step))
            .map(|candidate| candidate.thread as usize + 1)
            .max()
            .unwrap_or(0);
        let steps = trace.steps().len();
        let mut builder = Self {
            trace,
            order: Order {
                rules,
                thread_ops: Vec::with_capacity(steps),
                enabled: Vec::with_capacity(steps),
                previous: Vec::with_capacity(steps),
                of_thread: vec![Vec::new(); threads],
                clocks: Vec::with_capacity(steps),
                born: vec![None; threads],
            },
            frontier: Frontier::default(),
            since: vec![(usize::MAX, usize::MAX); threads],
        };
        builder.look();
        builder
    }

    /// Notes who could take the next step.
    fn look(&mut self) {
        let number = self.order.thread_ops.len();
        if number == self.trace.steps().len() {
            return;
        }
        for candidate in self.trace.candidates(number) {
            let thread = candidate.thread as usize;
            let (first, last) = &mut self.since[thread];
            if number == 0 || *last != number - 1 {
                *first = number;
            }
            *last = number;
            self.order.born[thread].get_or_insert(number);
        }
    }

    /// Takes the next step of the run. Returns its number; `None` if there is none.
    pub(crate) fn take(&mut self) -> Option<usize> {
        let number = self.order.thread_ops.len();
        let step = self.trace.steps().get(number)?;
        let prepared = self.prepare(&Candidate {
            thread: step.thread,
            op: step.op,
            timed_out: step.timed_out,
        });
        let Prepared {
            thread_op,
            enabled,
            previous,
            clock,
        } = prepared;
        let order = &mut self.order;
        let learns = order.rules.only_sync && only_learns(step.op, step.timed_out);
        self.frontier.add(order, number, thread_op, learns);
        order.of_thread[step.thread as usize].push(number);
        order.previous.push(previous);
        order.thread_ops.push(thread_op);
        order.enabled.push(enabled);
        order.clocks.push(clock);
        self.look();
        Some(number)
    }

    /// For each thread, how many of its steps happen before the step that this candidate of the
    /// next decision would take, itself included.
    pub(crate) fn clock_of(&self, candidate: &Candidate) -> Vec<u32> {
        self.prepare(candidate).clock
    }

    fn prepare(&self, candidate: &Candidate) -> Prepared {
        let order = &self.order;
        let rules = order.rules;
        let thread = candidate.thread as usize;
        let thread_op = ThreadOp {
            thread: candidate.thread,
            op: candidate.op,
        };
        let previous = order.of_thread[thread].last().copied();
        let at_once = previous.map_or(0, |previous| previous + 1);
        let first = self.since[thread].0.max(at_once);
        let by_time = waits_for_time(candidate.op, candidate.timed_out) && leaps(self.trace, first);
        let enabled = if by_time {
            Enabled::ByTime(first)
        } else if first == at_once || order.thread_ops[first - 1].depends_on(&thread_op, rules) {
            Enabled::Freely
        } else {
            Enabled::By(first - 1)
        };
        let threads = order.of_thread.len();
        let mut clock = previous.map_or_else(|| vec![0; threads], |p| order.clocks[p].clone());
        match enabled {
            Enabled::Freely => {}
            Enabled::By(other) => join(&mut clock, &order.clocks[other]),
            Enabled::ByTime(first) => {
                for (thread, steps) in order.of_thread.iter().enumerate() {
                    let before = steps.partition_point(|&step| step < first);
                    clock[thread] = clock[thread].max(small(before));
                }
            }
        }
        self.frontier.join(order, thread_op, &mut clock);
        clock[thread] = small(order.of_thread[thread].len() + 1);
        Prepared {
            thread_op,
            enabled,
            previous,
            clock,
        }
    }
}

/// Whether the step comes when time passes.
pub(crate) fn waits_for_time(op: Op, timed_out: bool) -> bool {
    (timed_out && !op.action.is_attempt()) || op.action == Action::Sleep
}

/// Whether the step learns the state of a primitive at most, and leaves it as it is: what its
/// thread did before is not ordered with what others do to the primitive later.
const fn only_learns(op: Op, timed_out: bool) -> bool {
    match op.action {
        Action::Query => true,
        Action::Acquire
        | Action::TryAcquire
        | Action::Release
        | Action::Put
        | Action::TryPut
        | Action::Get
        | Action::TryGet
        | Action::Wait
        | Action::Join => timed_out,
        _ => false,
    }
}

/// Whether time has leapt right before `decision`: all its candidates waited for that, and none was
/// a candidate before.
fn leaps(trace: &Trace, decision: usize) -> bool {
    let before = decision.checked_sub(1);
    trace.candidates(decision).iter().all(|candidate| {
        let stood_ready = before.is_some_and(|before| {
            trace.steps()[before].thread != candidate.thread
                && trace
                    .candidates(before)
                    .iter()
                    .any(|other| other.thread == candidate.thread)
        });
        waits_for_time(candidate.op, candidate.timed_out) && !stood_ready
    })
}

fn join(clock: &mut [u32], other: &[u32]) {
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// For each object, the steps that a later one may depend on directly.
#[derive(Default)]
struct Frontier {
    of_object: HashMap<usize, Vec<usize>>,
    last_start: Option<usize>,
    exit: Option<usize>,
}

impl Frontier {
    /// Adds to the `clock` of a step what it comes after.
    fn join(&self, order: &Order, thread_op: ThreadOp, clock: &mut [u32]) {
        if let Some(exit) = self.exit {
            join(clock, &order.clocks[exit]);
        }
        if thread_op.is_exit(order.rules) {
            for steps in &order.of_thread {
                if let Some(&last) = steps.last() {
                    join(clock, &order.clocks[last]);
                }
            }
        }
        if thread_op.op.action == Action::Start
            && let Some(last) = self.last_start
        {
            join(clock, &order.clocks[last]);
        }
        if is_outside(thread_op, order.rules) {
            return;
        }
        for &step in self
            .of_object
            .get(&thread_op.op.object)
            .into_iter()
            .flatten()
        {
            if thread_op.op.conflicts_with(&order.thread_ops[step].op) {
                join(clock, &order.clocks[step]);
            }
        }
    }

    /// Adds step `number`.
    fn add(&mut self, order: &Order, number: usize, thread_op: ThreadOp, learns: bool) {
        if thread_op.is_exit(order.rules) {
            self.exit = Some(number);
        }
        if thread_op.op.action == Action::Start {
            self.last_start = Some(number);
        }
        if is_outside(thread_op, order.rules) || learns {
            return;
        }
        let steps = self.of_object.entry(thread_op.op.object).or_default();
        // A later step that conflicts with a removed one conflicts with this one, too.
        steps.retain(|&step| {
            let old = order.thread_ops[step];
            let covered = thread_op.op.includes_parts_of(&old.op);
            let succeeded = !thread_op.op.only_reads()
                || (old.thread == thread_op.thread && old.op.only_reads());
            !(covered && succeeded)
        });
        steps.push(number);
    }
}

/// Whether nothing but what all steps share orders the step.
const fn is_outside(thread_op: ThreadOp, rules: Rules) -> bool {
    thread_op.op.object == 0 || (rules.only_sync && is_access(&thread_op.op))
}
