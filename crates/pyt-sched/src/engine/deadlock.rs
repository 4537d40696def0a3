//! Threads that wait for ever: finds them in the table of who waits for what.
//!
//! Two things are looked for. A *cycle*: threads each of which waits, without a deadline, for what
//! the next one holds. It is found when the wait that closes it begins. A *standstill*: all
//! threads wait without a deadline, so that none is left to wake another. The ticker looks for it.
//!
//! A wait is the same as before if it is the same [`Waiter`], and a blocked waiter has been blocked
//! since it began but for signal handlers. So two looks, one after the other, that find all threads
//! in the same waits prove that at the moment between them nobody ran.
//!
//! Any thread may release a plain lock, so a cycle of such locks is one only if nobody runs; one of
//! reentrant locks, of locks taken for a [scope](crate::Lock::acquire_scoped) and of joins is
//! always one.
//!
//! What can end a wait from outside of the table (a signal handler, a thread of the host's) is the
//! [`DeadlockObserver`]'s business, and so is what to do about it all. This file must never block.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use crate::{
    Activity, Deadline, Scheduler, Thread, ThreadId, WaitKind, Waiter, Waiting,
    controlled::Controlled,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        renew,
    },
};

/// How long a standstill lasts before it is told.
const STANDSTILL: Duration = Duration::from_secs(1);

/// How soon the ticker looks again at what it has just seen.
const SECOND_LOOK: Duration = Duration::from_millis(5);

/// How many threads that have ended are remembered by name.
const REMEMBERED: usize = 64;

/// Who is told about threads that wait for ever.
pub trait DeadlockObserver: Send + Sync {
    /// Some threads seem to wait for ever. Called on a thread that is about to wait, or on the
    /// ticker: it must not block. True: it is looked into, once. False: not now, since something
    /// that is no thread may yet end one of the waits; the same may be suspected again.
    fn suspected(&self, suspicion: Suspicion) -> bool;
}

/// Why a [`WaitReport`] was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportCause {
    /// Some threads wait for one another.
    Cycle,
    /// All threads wait.
    Standstill,
    /// Somebody asked.
    Asked,
}

/// What a thread was status.
#[derive(Clone, Copy, Debug)]
pub enum ThreadStatus {
    /// It waits in one of our primitives. The holder is who has it now.
    Waiting {
        /// For what, and since when.
        waiting: Waiting,
        /// What it waits for is a reentrant lock.
        reentrant: bool,
    },
    /// It could run, and waits for its turn.
    Ready,
    /// It runs.
    Running,
    /// It has left the interpreter: a system call, or other code that is not Python.
    Foreign,
    /// It was stopped for good.
    Halted,
}

/// One thread's row in a [`WaitReport`].
#[derive(Clone, Debug)]
pub struct ThreadRow {
    /// The thread.
    pub id: ThreadId,
    /// The world's own number for it; zero if it has none.
    pub tag: u64,
    /// Its name.
    pub name: String,
    /// What it was status.
    pub status: ThreadStatus,
}

/// Who waits for what, held by whom.
#[derive(Clone, Debug)]
pub struct WaitReport {
    /// Why it was made.
    pub cause: ReportCause,
    /// When, on the scheduler's clock.
    pub now: Deadline,
    /// All threads, oldest first.
    pub rows: Vec<ThreadRow>,
    /// The threads of a cycle, each waiting for the next and the last for the first; or a chain
    /// whose last thread waits for a lock that a thread took along when it ended. Empty: neither.
    pub cycle: Vec<ThreadId>,
    /// Names of those holders that have ended, as far as they are remembered.
    pub ended: Vec<(ThreadId, String)>,
}

/// One wait without a deadline, as it was seen.
#[derive(Clone)]
struct Wait {
    thread: Arc<Thread>,
    waiter: Arc<Waiter>,
    kind: WaitKind,
    since: Deadline,
    holder: Option<ThreadId>,
    /// Nobody but the holder can end the wait.
    certain: bool,
    /// It is for a lock that only its holder ever releases.
    owned: bool,
}

impl Wait {
    /// The wait that `thread` is in, if it is one without a deadline and the thread does nothing
    /// else.
    fn of(thread: &Arc<Thread>) -> Option<Self> {
        if thread.is_halted() {
            return None;
        }
        let current = thread.wait.lock();
        let (waiting, waiter) = current.as_ref()?;
        if waiting.deadline.is_some() || !waiter.is_blocked() {
            return None;
        }
        let held = Held::now(waiting, waiter);
        Some(Self {
            thread: thread.clone(),
            waiter: waiter.clone(),
            kind: waiting.kind,
            since: waiting.since,
            holder: held.by,
            certain: held.for_sure,
            owned: held.owned,
        })
    }

    /// Whether `thread` is in such a wait.
    fn is_one(thread: &Thread) -> bool {
        let current = thread.wait.lock();
        current
            .as_ref()
            .is_some_and(|(waiting, waiter)| waiting.deadline.is_none() && waiter.is_blocked())
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.waiter, &other.waiter) && self.holder == other.holder
    }

    /// Whether the thread is in this wait still, be it that it runs signal handlers.
    fn persists(&self) -> bool {
        let current = self.thread.wait.lock();
        current
            .as_ref()
            .is_some_and(|(_, waiter)| Arc::ptr_eq(waiter, &self.waiter) && waiter.is_under_way())
    }
}

/// Who holds what a thread waits for.
struct Held {
    by: Option<ThreadId>,
    /// Nobody else can let go of it.
    for_sure: bool,
    /// It is a lock that only its holder ever releases.
    owned: bool,
}

impl Held {
    /// Asks the lock, if it is one. `waiting` and `waiter` are a thread's current wait, and the
    /// caller keeps it so by its lock on it.
    fn now(waiting: &Waiting, waiter: &Waiter) -> Self {
        // SAFETY: the thread is inside of a method of the lock's, and cannot leave it before it has
        // taken this wait away from where the caller found it, which the caller prevents.
        match unsafe { waiter.lock().as_ref() } {
            Some(lock) => Self {
                by: lock.holder(),
                for_sure: lock.is_held_for_sure(),
                owned: lock.is_owned(),
            },
            None => Self {
                by: waiting.holder,
                for_sure: waiting.holder.is_some(),
                owned: false,
            },
        }
    }
}

/// Several threads that seem to wait for ever.
pub struct Suspicion {
    scheduler: Arc<Scheduler>,
    waits: Vec<Wait>,
    cycle: Vec<ThreadId>,
    cause: ReportCause,
}

impl Suspicion {
    /// Why.
    #[must_use]
    pub const fn cause(&self) -> ReportCause {
        self.cause
    }

    /// Whether there is a cycle.
    #[must_use]
    pub const fn has_cycle(&self) -> bool {
        !self.cycle.is_empty()
    }

    /// The threads that are suspected, and what each waits for.
    pub fn waits(&self) -> impl Iterator<Item = (&Arc<Thread>, WaitKind)> {
        self.waits.iter().map(|wait| (&wait.thread, wait.kind))
    }

    /// Whether all waits go on, if perhaps not each thread is blocked at this moment.
    #[must_use]
    pub fn persists(&self) -> bool {
        self.waits.iter().all(Wait::persists)
    }

    /// Looks once more: the whole table, if all is as it was seen before. To be called with the
    /// [world](crate::World) stopped, since a thread that has just taken a lock may not have left
    /// its name there yet.
    #[must_use]
    pub fn confirm(&self) -> Option<WaitReport> {
        let same = |before: &Wait| Wait::of(&before.thread).is_some_and(|now| now.is(before));
        let confirmed = match self.cause {
            ReportCause::Standstill => everyone(&self.scheduler)
                .is_some_and(|now| now.len() == self.waits.len() && self.waits.iter().all(same)),
            _ => self.waits.iter().all(same),
        };
        confirmed.then(|| self.scheduler.report(self.cause, self.cycle.clone()))
    }

    /// It was not so, or not for sure: the same may be suspected again.
    pub fn withdraw(&self) {
        let watch = self.scheduler.deadlocks();
        let is_ours = |told: &Arc<Waiter>| {
            let waits = self.waits.iter();
            waits
                .map(|wait| &wait.waiter)
                .any(|waiter| Arc::ptr_eq(waiter, told))
        };
        watch.seen.lock().told.retain(|told| !is_ours(told));
    }
}

impl Scheduler {
    /// Has threads that wait for ever be looked for, from now on. The first observer stays.
    pub fn observe(&self, observer: Arc<dyn DeadlockObserver>) {
        // Whoever waits already is found at the next wait: hosts call this first.
        let _ = self.deadlocks().observer.set(observer);
    }

    /// The table as it is now, for somebody who asks. Each row is true by itself; only with the
    /// [world](crate::World) stopped do they agree.
    #[must_use]
    pub fn report_now(&self) -> WaitReport {
        let cycle = cycle_among(self, &waits_for_ever(self)).unwrap_or_default();
        let cycle = cycle.iter().map(|wait| wait.thread.id()).collect();
        self.report(ReportCause::Asked, cycle)
    }

    fn report(&self, cause: ReportCause, cycle: Vec<ThreadId>) -> WaitReport {
        let rows: Vec<ThreadRow> = self
            .threads()
            .iter()
            .map(|thread| ThreadRow {
                id: thread.id(),
                tag: thread.tag(),
                name: thread.name(),
                status: self.status(thread),
            })
            .collect();
        let mut ended = self.deadlocks().ended.lock().clone();
        ended.retain(|(id, _)| {
            rows.iter().any(|row| {
                matches!(row.status, ThreadStatus::Waiting { waiting, .. } if waiting.holder == Some(*id))
            })
        });
        WaitReport {
            cause,
            now: self.clock().now(),
            rows,
            cycle,
            ended: ended.into(),
        }
    }

    fn status(&self, thread: &Arc<Thread>) -> ThreadStatus {
        if thread.is_halted() {
            return ThreadStatus::Halted;
        }
        {
            let current = thread.wait.lock();
            if let Some((waiting, waiter)) = current.as_ref() {
                if !waiter.is_under_way() {
                    return ThreadStatus::Ready;
                }
                let held = Held::now(waiting, waiter);
                return ThreadStatus::Waiting {
                    waiting: Waiting {
                        holder: held.by,
                        ..*waiting
                    },
                    reentrant: held.owned,
                };
            }
        }
        if thread.in_wait() {
            return ThreadStatus::Ready;
        }
        match self.world().activity(thread) {
            Activity::Attached => ThreadStatus::Running,
            Activity::Detached => ThreadStatus::Foreign,
            // One that was preempted is hidden from the world.
            Activity::Unknown if self.policy().is_exclusive() => ThreadStatus::Ready,
            Activity::Unknown => ThreadStatus::Running,
        }
    }
}

/// All threads that are not halted, if all of them wait without a deadline and there are any.
fn everyone(scheduler: &Scheduler) -> Option<Vec<Wait>> {
    // A thread that no scheduler knows could wake any of ours.
    if Scheduler::has_strangers() {
        return None;
    }
    let threads = scheduler.threads();
    let alive = threads.iter().filter(|thread| !thread.is_halted());
    let waits: Vec<_> = alive.map(Wait::of).collect::<Option<_>>()?;
    (!waits.is_empty()).then_some(waits)
}

/// Follows who waits for whom, from `first` to a thread that was met before: the cycle, without what
/// led to it. Also a chain that ends at a lock which its holder, that has ended, took along.
fn cycle_from(scheduler: &Scheduler, first: Wait) -> Option<Vec<Wait>> {
    let mut waits = vec![first];
    loop {
        let last = waits.last()?;
        let holder = last.holder?;
        let met = waits.iter().position(|wait| wait.thread.id() == holder);
        if let Some(met) = met {
            waits.drain(..met);
            // A cycle has no beginning: it is told from its oldest thread on.
            let oldest = (0..waits.len()).min_by_key(|place| waits[*place].thread.id());
            waits.rotate_left(oldest.unwrap_or(0));
            return Some(waits);
        }
        let Some(thread) = scheduler.thread(holder) else {
            let is_lost = last.kind == WaitKind::Lock && scheduler.deadlocks().is_ended(holder);
            if is_lost && let Some(last) = waits.last_mut() {
                // Whoever got hold of what the thread left behind could end its scope.
                last.certain = last.owned;
            }
            return is_lost.then_some(waits);
        };
        waits.push(Wait::of(&thread)?);
    }
}

/// Whether the wait that `thread` begins may close a cycle that is to be told at once. Cheap, and
/// mostly false: who holds what is waited for runs, or it is a lock that is used as a signal, while
/// others run.
fn may_close(thread: &Thread) -> bool {
    let held = {
        let current = thread.wait.lock();
        match current.as_ref() {
            Some((waiting, waiter)) => Held::now(waiting, waiter),
            None => return false,
        }
    };
    let scheduler = thread.scheduler();
    match held.by {
        None => false,
        Some(_) if !held.for_sure => all_wait(scheduler),
        Some(holder) if holder == thread.id() => true,
        Some(holder) => scheduler
            .thread(holder)
            .is_none_or(|holder| Wait::is_one(&holder)),
    }
}

/// Whether all threads seem to wait without a deadline.
fn all_wait(scheduler: &Scheduler) -> bool {
    scheduler.all_threads(|thread| thread.is_halted() || Wait::is_one(thread))
}

/// A cycle among `waits`, a certain one rather than one that others may break.
fn cycle_among(scheduler: &Scheduler, waits: &[Wait]) -> Option<Vec<Wait>> {
    let cycles = waits
        .iter()
        .filter(|wait| wait.holder.is_some())
        .filter_map(|wait| cycle_from(scheduler, wait.clone()));
    let mut found = None;
    for cycle in cycles {
        if cycle.iter().all(|wait| wait.certain) {
            return Some(cycle);
        }
        found.get_or_insert(cycle);
    }
    found
}

/// One scheduler's part in all this.
#[derive(Default)]
pub(crate) struct Watch {
    observer: OnceLock<Arc<dyn DeadlockObserver>>,
    /// Somebody waits without a deadline, or did so at the ticker's last look.
    armed: AtomicBool,
    seen: Mutex<Seen>,
    ended: Mutex<VecDeque<(ThreadId, String)>>,
}

/// What the ticker remembers.
#[derive(Default)]
struct Seen {
    /// All threads' waits at the last look, and when they were first found in them.
    standstill: Option<(Vec<Wait>, Instant)>,
    /// Waits of which the observer knows.
    told: Vec<Arc<Waiter>>,
}

impl Seen {
    fn is_told(&self, waits: &[Wait]) -> bool {
        waits
            .iter()
            .any(|wait| self.told.iter().any(|told| Arc::ptr_eq(told, &wait.waiter)))
    }
}

impl Watch {
    /// `thread`, the calling one, begins to wait for a `kind` of thing without a deadline. The
    /// wait is in the table already: of several that close a cycle together, one sees it closed.
    pub(crate) fn waits_for_ever(&self, thread: &Arc<Thread>, kind: WaitKind) {
        let scheduler = thread.scheduler();
        // In a run under a strategy, the policy itself finds out.
        if self.observer.get().is_none() || scheduler.is_controlled(thread) {
            return;
        }
        let is_news =
            !self.armed.load(Ordering::SeqCst) && !self.armed.swap(true, Ordering::SeqCst);
        if matches!(kind, WaitKind::Lock | WaitKind::Join) && may_close(thread) {
            let cycle = Wait::of(thread).and_then(|wait| cycle_from(scheduler, wait));
            match cycle {
                Some(cycle) if cycle.iter().all(|wait| wait.certain) => {
                    self.suspect(scheduler, cycle, ReportCause::Cycle);
                }
                // Not unless all others wait, too, for sure: the ticker finds out.
                Some(_) if all_wait(scheduler) => scheduler.wake_ticker(),
                _ => {}
            }
        }
        if is_news {
            scheduler.wake_ticker();
        }
    }

    /// Tells the observer, unless it knows.
    fn suspect(&self, scheduler: &Arc<Scheduler>, waits: Vec<Wait>, cause: ReportCause) {
        let Some(observer) = self.observer.get() else {
            return;
        };
        let cycle = match cause {
            ReportCause::Cycle => Some(waits.clone()),
            _ => cycle_among(scheduler, &waits),
        };
        let waiters: Vec<_> = waits.iter().map(|wait| wait.waiter.clone()).collect();
        {
            let mut seen = self.seen.lock();
            if seen.is_told(&waits) {
                return;
            }
            seen.told.retain(|told| told.is_under_way());
            seen.told.extend(waiters.iter().cloned());
        }
        let cycle = cycle.unwrap_or_default();
        let suspicion = Suspicion {
            scheduler: scheduler.clone(),
            waits,
            cycle: cycle.iter().map(|wait| wait.thread.id()).collect(),
            cause,
        };
        if !observer.suspected(suspicion) {
            let is_known = |told: &Arc<Waiter>| !waiters.iter().any(|own| Arc::ptr_eq(own, told));
            self.seen.lock().told.retain(is_known);
        }
    }

    /// For the ticker, which has nothing else to do: looks at everything, and says when it wants
    /// to look again, if at all.
    pub(crate) fn look(&self, scheduler: &Arc<Scheduler>) -> Option<Duration> {
        if self.observer.get().is_none() || !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        let policy = scheduler.policy().controlled();
        if policy.is_some_and(Controlled::is_running) {
            // Its threads wait for their turns; look again after the run.
            return Some(STANDSTILL);
        }
        let mut waits = waits_for_ever(scheduler);
        if waits.is_empty() {
            // Whoever begins to wait now either finds this, or is found by the second look.
            self.armed.store(false, Ordering::SeqCst);
            waits = waits_for_ever(scheduler);
            if waits.is_empty() {
                *self.seen.lock() = Seen::default();
                return None;
            }
            self.armed.store(true, Ordering::SeqCst);
        }
        let Some(waits) = everyone(scheduler) else {
            self.seen.lock().standstill = None;
            self.look_for_cycles(scheduler, &waits);
            return Some(STANDSTILL);
        };
        let (since, is_new) = self.standstill_since(&waits);
        let cycle = cycle_among(scheduler, &waits);
        if is_new {
            return Some(SECOND_LOOK);
        }
        let lasted = self.age(scheduler, &waits, since);
        if lasted < STANDSTILL && cycle.is_none() {
            return Some((STANDSTILL - lasted).max(SECOND_LOOK));
        }
        self.suspect(scheduler, waits, ReportCause::Standstill);
        Some(STANDSTILL)
    }

    /// Cycles that were closed while something stood against telling them.
    fn look_for_cycles(&self, scheduler: &Arc<Scheduler>, waits: &[Wait]) {
        if let Some(cycle) = cycle_among(scheduler, waits)
            && cycle.iter().all(|wait| wait.certain)
        {
            self.suspect(scheduler, cycle, ReportCause::Cycle);
        }
    }

    /// When all threads were first seen in these waits, and whether that is now.
    fn standstill_since(&self, waits: &[Wait]) -> (Instant, bool) {
        let mut seen = self.seen.lock();
        if let Some((before, since)) = &seen.standstill
            && before.len() == waits.len()
            && before.iter().zip(waits).all(|(before, now)| before.is(now))
        {
            return (*since, false);
        }
        let now = Instant::now();
        seen.standstill = Some((waits.to_vec(), now));
        (now, true)
    }

    /// How long, in real time, all threads have been in these waits.
    fn age(&self, scheduler: &Scheduler, waits: &[Wait], since: Instant) -> Duration {
        let clock = scheduler.clock();
        let youngest = waits.iter().map(|wait| wait.since).max();
        match youngest {
            Some(youngest) if !clock.is_virtual() => {
                Duration::from_nanos(clock.now().0.saturating_sub(youngest.0))
            }
            _ => since.elapsed(),
        }
    }

    /// `thread` has ended: its name is kept for a while, for locks that it took along.
    pub(crate) fn has_ended(&self, thread: &Thread) {
        if self.observer.get().is_none() {
            return;
        }
        let mut ended = self.ended.lock();
        if ended.len() == REMEMBERED {
            ended.pop_front();
        }
        ended.push_back((thread.id(), thread.name()));
    }

    fn is_ended(&self, thread: ThreadId) -> bool {
        self.ended.lock().iter().any(|(id, _)| *id == thread)
    }

    /// In the child of a `fork`: nobody waits, and there is no ticker.
    ///
    /// # Safety
    /// The calling thread is the only one in the process, and in none of these functions.
    pub(crate) unsafe fn reset_after_fork(&self) {
        self.armed.store(false, Ordering::SeqCst);
        // SAFETY: as the caller warrants.
        unsafe {
            renew(&self.seen, Seen::default());
            renew(&self.ended, VecDeque::new());
        }
    }
}

/// All waits without a deadline of threads that do nothing else.
fn waits_for_ever(scheduler: &Scheduler) -> Vec<Wait> {
    scheduler.threads().iter().filter_map(Wait::of).collect()
}
