//! From the blocked threads of a controlled run to a deadlock report.

use std::collections::{HashMap, HashSet};

use pyt_sched::{
    WaitKind,
    controlled::{Action, Place, Stuck, ThreadNumber, Trace},
};

use super::{
    deadlock::{DeadlockKind, DeadlockReport, ReportedThread, find_cycle},
    object_names::ObjectNames,
    sources::{Describe, SourceCache},
};
use crate::annotations::RecordedRun;

/// What a thread waits for, if that was not recorded.
const UNKNOWN: &str = "something";
/// What a thread waits for that is in a call of foreign code.
const FOREIGN: &str = "foreign code to return";

/// The threads of a run that came to a standstill.
#[derive(Debug)]
pub struct BlockedThreads<'a> {
    threads: &'a [Stuck],
    /// The names of all threads of the run, by their numbers.
    names: &'a [String],
    /// Whether the steps of the run are known, and so which thread holds which lock.
    is_traced: bool,
    /// Which thread has acquired each lock and not released it, where, and in which step, by the
    /// locks' addresses.
    held: HashMap<usize, (ThreadNumber, Place, usize)>,
}

impl<'a> BlockedThreads<'a> {
    /// The blocked `threads` of a run whose threads have these `names`, by their numbers. Without
    /// its steps, no cycle is reported: which thread holds a lock is then known only of the moment
    /// when the wait began.
    #[must_use]
    pub fn new(threads: &'a [Stuck], names: &'a [String], trace: &Trace) -> Self {
        let mut held = HashMap::new();
        let mut conditions = HashSet::new();
        for (number, step) in trace.steps().iter().enumerate() {
            match step.op.action {
                Action::Acquire | Action::TryAcquire if !step.timed_out => {
                    held.insert(step.op.object, (step.thread, step.place, number));
                }
                Action::Release => {
                    held.remove(&step.op.object);
                }
                Action::Wait | Action::Notify => {
                    conditions.insert(step.op.object);
                }
                _ => {}
            }
        }
        // A thread that was notified has acquired nothing that it could hold.
        held.retain(|object, _| !conditions.contains(object));
        Self {
            threads,
            names,
            is_traced: !trace.steps().is_empty(),
            held,
        }
    }

    /// What each thread waits for, held by which: a line each, for the name of the failure.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let lines = self.threads.iter().map(|thread| {
            let name = &thread.name;
            let holder = self.holder(thread);
            let waits_for = match (kind(thread), holder) {
                (Some(WaitKind::Join), Some(target)) => WaitKind::Join.description_of(target),
                (Some(kind), _) => kind.description(false).to_owned(),
                (None, _) => UNKNOWN.to_owned(),
            };
            match holder.filter(|_| !is_join(thread)) {
                Some(holder) => format!("{name} waits for {waits_for} held by {holder}"),
                None => format!("{name} waits for {waits_for}"),
            }
        });
        lines.collect()
    }

    /// The whole report. `describe` finds the source location of a place.
    #[must_use]
    pub fn report(&self, recorded: &RecordedRun, describe: Describe<'_>) -> DeadlockReport {
        let mut sources = SourceCache::new(describe);
        sources.learn(self.threads.iter().map(|thread| thread.place));
        let mut names = ObjectNames::new();
        self.report_with(recorded, &mut names, &mut sources)
    }

    /// Gives what `thread` waits for the name that it has in the program.
    fn name(
        &self,
        thread: &Stuck,
        recorded: &RecordedRun,
        names: &mut ObjectNames,
        sources: &mut SourceCache<'_>,
    ) {
        let noun = kind(thread).and_then(|kind| kind.noun(false));
        if let (Some(noun), Some(name)) = (noun, recorded.names.get(&thread.op.object)) {
            let made_at = name.made_at.map(|place| sources.short(place));
            names.name(noun, thread.op.object, name, &made_at.unwrap_or_default());
        }
    }

    /// The whole report. Objects that have no name in `names` get one.
    pub(super) fn report_with(
        &self,
        recorded: &RecordedRun,
        names: &mut ObjectNames,
        sources: &mut SourceCache<'_>,
    ) -> DeadlockReport {
        // No step may have touched what a thread waits for.
        for thread in self.threads {
            self.name(thread, recorded, names, sources);
        }
        let position = |number: ThreadNumber| {
            let mut threads = self.threads.iter();
            threads.position(|other| other.thread == number)
        };
        let holders = self.threads.iter().map(|thread| self.holder_number(thread));
        let next: Vec<_> = holders.clone().map(|holder| position(holder?)).collect();
        // All threads that are alive are blocked.
        let exited: Vec<_> = holders
            .map(|holder| holder.is_some_and(|holder| position(holder).is_none()))
            .collect();
        let cycle = if self.is_traced {
            find_cycle(&next)
        } else {
            Vec::new()
        };
        let is_foreign = self.threads.iter().any(|thread| thread.is_foreign);
        let (kind, chain) = match exited.iter().position(|exited| *exited) {
            // Which may come back.
            _ if is_foreign => (DeadlockKind::Foreign, Vec::new()),
            _ if !cycle.is_empty() => (DeadlockKind::Cycle, cycle),
            Some(last) => (DeadlockKind::HolderExited, vec![last]),
            None => (DeadlockKind::Standstill, Vec::new()),
        };
        let threads = self.threads.iter().zip(exited).map(|(thread, exited)| {
            let holder = self.holder(thread).filter(|_| !is_join(thread));
            ReportedThread {
                name: thread.name.clone(),
                waits_for: self.waits_for(thread, names),
                holder: holder.map(|holder| {
                    if exited {
                        format!("{holder}, which has ended")
                    } else {
                        holder.to_owned()
                    }
                }),
                place: sources.short(thread.place),
                text: sources
                    .at(thread.place)
                    .map_or_else(String::new, |at| at.text.clone()),
                holds: self.holds(thread, names, sources),
                stack: recorded.stack(thread.place).iter().rev().cloned().collect(),
                tasks: (recorded.awaiting.get(&thread.thread).cloned()).unwrap_or_default(),
                ..ReportedThread::default()
            }
        });
        DeadlockReport {
            threads: threads.collect(),
            kind,
            chain,
        }
    }

    /// The threads that wait for each other, or for a lock whose holder has ended: `None` if that
    /// is not why they wait.
    pub(super) fn chain(&self) -> Option<Vec<ThreadNumber>> {
        let position = |number: ThreadNumber| {
            let mut threads = self.threads.iter();
            threads.position(|other| other.thread == number)
        };
        let holders = self.threads.iter().map(|thread| self.holder_number(thread));
        let next: Vec<_> = holders.clone().map(|holder| position(holder?)).collect();
        let cycle = find_cycle(&next);
        if !cycle.is_empty() {
            return Some(
                cycle
                    .iter()
                    .map(|&index| self.threads[index].thread)
                    .collect(),
            );
        }
        let mut exited = self
            .threads
            .iter()
            .zip(holders)
            .filter_map(|(thread, holder)| {
                let holder = holder.filter(|holder| position(*holder).is_none())?;
                Some(vec![thread.thread, holder])
            });
        exited.next()
    }

    /// Whether threads wait for each other, or for a lock whose holder has ended.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        self.chain().is_some()
    }

    /// All threads that wait.
    pub(super) fn waiting(&self) -> Vec<ThreadNumber> {
        self.threads.iter().map(|thread| thread.thread).collect()
    }

    /// The steps in which the locks were taken that are held now.
    pub(super) fn taken(&self) -> impl Iterator<Item = usize> {
        self.held.values().map(|(_, _, step)| *step)
    }

    fn waits_for(&self, thread: &Stuck, names: &mut ObjectNames) -> String {
        let Some(kind) = kind(thread).filter(|_| !thread.is_foreign) else {
            let what = if thread.is_foreign { FOREIGN } else { UNKNOWN };
            return what.to_owned();
        };
        if kind == WaitKind::Join
            && let Some(target) = self.holder(thread)
        {
            return kind.description_of(target);
        }
        match kind.noun(false) {
            Some(noun) if thread.op.object != 0 => {
                kind.description_of(names.full_name_or_number(noun, thread.op.object))
            }
            _ => kind.description(false).to_owned(),
        }
    }

    fn holds(
        &self,
        thread: &Stuck,
        names: &mut ObjectNames,
        sources: &mut SourceCache<'_>,
    ) -> Vec<(String, String)> {
        let held = self.held.iter();
        let mut holds: Vec<_> = held
            .filter(|(_, (holder, ..))| *holder == thread.thread)
            .map(|(object, (_, place, _))| {
                let name = names.full_name_or_number("lock", *object).to_owned();
                (name, sources.short(*place))
            })
            .collect();
        holds.sort();
        holds
    }

    /// The number of the thread that holds what `thread` waits for.
    fn holder_number(&self, thread: &Stuck) -> Option<ThreadNumber> {
        let is_lock = kind(thread) == Some(WaitKind::Lock);
        let taken = self.held.get(&thread.op.object).filter(|_| is_lock);
        let at_begin = || {
            let is_blocked = |number: &ThreadNumber| {
                let mut threads = self.threads.iter();
                threads.any(|other| other.thread == *number)
            };
            thread.holder.filter(is_blocked)
        };
        taken.map(|(holder, ..)| *holder).or_else(at_begin)
    }

    /// The name of that thread.
    fn holder(&self, thread: &Stuck) -> Option<&'a str> {
        let number = self.holder_number(thread)?;
        let index = usize::try_from(number).ok()?;
        self.names.get(index).map(String::as_str)
    }
}

fn is_join(thread: &Stuck) -> bool {
    kind(thread) == Some(WaitKind::Join)
}

fn kind(thread: &Stuck) -> Option<WaitKind> {
    thread.waiting.map(|waiting| waiting.kind)
}
