//! Which threads and steps of a run a schedule shows: those that the failure depends on, as far as
//! that can be decided from what the steps touch.
//!
//! Shown are the steps that decide, the last ones of the threads that failed, and what these read:
//! backwards from each read, the change that it has seen. Of the threads that took these steps,
//! also what they do to the same objects, and to locks and the like that they share; and how they
//! were started and ended.

use std::collections::{HashMap, HashSet};

use pyt_sched::controlled::{Action, Step, ThreadNumber, Trace};

use super::trace_report;
use crate::order::is_access;

/// Which steps are shown.
#[derive(Debug)]
pub(super) struct Slice {
    /// By the step's number.
    pub(super) steps: Vec<bool>,
    /// By the thread's number.
    pub(super) threads: Vec<bool>,
}

impl Slice {
    /// All steps of a run with so many threads.
    pub(super) fn whole(trace: &Trace, threads: usize) -> Self {
        Self {
            steps: vec![true; trace.steps().len()],
            threads: vec![true; threads],
        }
    }

    /// All steps of the threads `from`, and of those that have to do with them: that touch
    /// something which one of them touches too, and one changes.
    pub(super) fn connected(trace: &Trace, threads: usize, from: &[ThreadNumber]) -> Self {
        let steps = trace.steps();
        let mut slice = Self {
            steps: Vec::new(),
            threads: vec![false; threads],
        };
        for thread in from {
            slice.add_thread(*thread);
        }
        let mut users: HashMap<usize, (HashSet<ThreadNumber>, bool)> = HashMap::new();
        let lifetimes = [Action::Begin, Action::End, Action::Start, Action::Join];
        let touching = steps
            .iter()
            .filter(|step| step.op.object != 0 && !lifetimes.contains(&step.op.action));
        for step in touching {
            let (threads, changed) = users.entry(step.op.object).or_default();
            threads.insert(step.thread);
            *changed |= !step.op.only_reads();
        }
        users.retain(|_, (threads, changed)| *changed && threads.len() > 1);
        loop {
            let before = slice.threads.clone();
            for (threads, _) in users.values() {
                if threads.iter().any(|thread| slice.has_thread(*thread)) {
                    for thread in threads {
                        slice.add_thread(*thread);
                    }
                }
            }
            slice.add_starters(trace);
            if slice.threads == before {
                break;
            }
        }
        let shown = steps.iter().map(|step| slice.has_thread(step.thread));
        slice.steps = shown.collect();
        slice
    }

    /// Those that the steps `ends` depend on. `failed` are the threads whose last steps are the
    /// failure.
    pub(super) fn of(
        trace: &Trace,
        threads: usize,
        ends: &[usize],
        failed: &[ThreadNumber],
    ) -> Self {
        let steps = trace.steps();
        let mut slice = Self {
            steps: vec![false; steps.len()],
            threads: vec![false; threads],
        };
        let mut pending: Vec<usize> = ends.to_vec();
        for thread in failed {
            pending.extend(last_line(steps, *thread));
        }
        // What the steps touch that are shown for their own sake.
        let mut touched: HashSet<usize> = HashSet::new();
        let writers = Writers::of(steps);
        while let Some(number) = pending.pop() {
            let Some(step) = steps.get(number) else {
                continue;
            };
            if std::mem::replace(&mut slice.steps[number], true) {
                continue;
            }
            slice.add_thread(step.thread);
            if is_access(&step.op) {
                touched.insert(step.op.object);
                pending.extend(writers.before(steps, number));
            }
        }
        for thread in failed {
            slice.add_thread(*thread);
        }
        slice.add_starters(trace);
        let shared = slice.shared_primitives(steps);
        let born = births(trace);
        let ended: HashMap<usize, ThreadNumber> = steps
            .iter()
            .filter(|step| step.op.action == Action::End)
            .map(|step| (step.op.object, step.thread))
            .collect();
        for (number, step) in steps.iter().enumerate() {
            if !slice.has_thread(step.thread) {
                continue;
            }
            let op = &step.op;
            let shown = match op.action {
                Action::Begin | Action::End => true,
                Action::Start => {
                    // The thread is a candidate from the next decision on.
                    let started = born.iter().position(|birth| *birth == Some(number + 1));
                    started.is_none_or(|thread| slice.threads[thread])
                }
                Action::Join => ended
                    .get(&op.object)
                    .is_none_or(|thread| slice.has_thread(*thread)),
                Action::Read | Action::Write => touched.contains(&op.object),
                Action::Step => false,
                _ => op.object == 0 || shared.contains(&op.object),
            };
            slice.steps[number] |= shown;
        }
        // What no other thread touches says nothing, but for where the failure is.
        let noticed = trace_report::shared(trace);
        let kept = failed
            .iter()
            .filter_map(|thread| last_line(steps, *thread).first().copied());
        let kept: HashSet<usize> = kept.chain(ends.iter().copied()).collect();
        for (number, step) in steps.iter().enumerate() {
            if is_access(&step.op) && !noticed.contains(&step.op.object) && !kept.contains(&number)
            {
                slice.steps[number] = false;
            }
        }
        slice
    }

    /// These steps are shown, too.
    pub(super) fn add(&mut self, trace: &Trace, steps: &[usize]) {
        for &number in steps {
            self.add_thread(trace.steps()[number].thread);
            self.steps[number] = true;
        }
    }

    fn has_thread(&self, thread: ThreadNumber) -> bool {
        self.threads.get(thread as usize).copied().unwrap_or(false)
    }

    fn add_thread(&mut self, thread: ThreadNumber) {
        if let Some(shown) = self.threads.get_mut(thread as usize) {
            *shown = true;
        }
    }

    /// The threads that have started those that are shown.
    fn add_starters(&mut self, trace: &Trace) {
        let births = births(trace);
        loop {
            let starters: Vec<_> = births
                .iter()
                .enumerate()
                .filter(|(thread, _)| self.threads.get(*thread).copied().unwrap_or(false))
                .filter_map(|(_, birth)| (*birth)?.checked_sub(1))
                .map(|start| trace.steps()[start].thread)
                .filter(|starter| !self.has_thread(*starter))
                .collect();
            if starters.is_empty() {
                return;
            }
            for starter in starters {
                self.add_thread(starter);
            }
        }
    }

    /// The locks and the like that several of the threads that are shown use.
    fn shared_primitives(&self, steps: &[Step]) -> HashSet<usize> {
        let mut users: HashMap<usize, (ThreadNumber, bool)> = HashMap::new();
        let own = steps.iter().filter(|step| self.has_thread(step.thread));
        for step in own.filter(|step| !is_access(&step.op)) {
            let (user, shared) = users.entry(step.op.object).or_insert((step.thread, false));
            *shared |= *user != step.thread;
        }
        let shared = users.into_iter().filter(|(_, (_, shared))| *shared);
        shared.map(|(object, _)| object).collect()
    }
}

/// For each thread, the first decision at which it was a candidate.
fn births(trace: &Trace) -> Vec<Option<usize>> {
    let mut births: Vec<Option<usize>> = Vec::new();
    for number in 0..trace.steps().len() {
        for candidate in trace.candidates(number) {
            let thread = candidate.thread as usize;
            if births.len() <= thread {
                births.resize(thread + 1, None);
            }
            births[thread].get_or_insert(number);
        }
    }
    births
}

/// The steps of a thread on the last line that it ran.
fn last_line(steps: &[Step], thread: ThreadNumber) -> Vec<usize> {
    // What the library locks for itself when a thread or the program ends is no part of it.
    let has_another_user = |step: &Step| {
        let mut steps = steps.iter();
        steps.any(|other| other.op.object == step.op.object && other.thread != step.thread)
    };
    let own = steps.iter().enumerate().rev();
    let mut own = own.filter(|(_, step)| {
        step.thread == thread
            && (is_access(&step.op) || has_another_user(step))
            && !matches!(step.op.action, Action::End | Action::Begin)
    });
    let Some((last, step)) = own.next() else {
        return Vec::new();
    };
    let code = step.place.0;
    let same = own.take(MAX_LAST_STEPS).map_while(|(number, step)| {
        // Places say in which function, not on which line.
        (step.place.0 == code && is_access(&step.op)).then_some(number)
    });
    std::iter::once(last).chain(same).collect()
}

/// So many steps before the last one count as those of the failure.
const MAX_LAST_STEPS: usize = 8;

/// The changes of each object, in order.
struct Writers(HashMap<usize, Vec<usize>>);

impl Writers {
    fn of(steps: &[Step]) -> Self {
        let mut writers: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, step) in steps.iter().enumerate() {
            if step.op.action == Action::Write && step.op.object != 0 {
                writers.entry(step.op.object).or_default().push(number);
            }
        }
        Self(writers)
    }

    /// The last change that step `number` has seen.
    fn before(&self, steps: &[Step], number: usize) -> Option<usize> {
        let op = &steps[number].op;
        let writers = self.0.get(&op.object)?;
        let until = writers.partition_point(|writer| *writer < number);
        let mut earlier = writers[..until].iter().rev();
        earlier
            .find(|writer| steps[**writer].op.conflicts_with(op))
            .copied()
    }
}
