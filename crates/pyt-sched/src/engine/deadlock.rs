//! Finds threads that wait for ever.
//!
//! There are two cases. A *cycle*: threads each of which waits, without a deadline, for what the
//! next one holds. It is found when the wait that closes it begins. A *standstill*: all threads
//! wait without a deadline, so that none can wake another. The ticker finds it.
//!
//! A wait is the same as before if it is the same [`Waiter`], and a blocked waiter has been blocked
//! since it began, except for signal handlers. So two checks in a row that find all threads in the
//! same waits prove that no thread ran at the moment between them.
//!
//! Any thread may release a plain lock, so a cycle of such locks is a deadlock only if no thread
//! runs. A cycle of reentrant locks, of locks taken for a [scope](crate::Lock::acquire_scoped) and
//! of joins is always a deadlock.
//!
//! What else can end a wait (a signal handler, a thread of the host's), only the
//! [`DeadlockObserver`] knows; what to do about a deadlock, it decides. Nothing here may block.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use super::wait::CurrentWait;
use crate::{
    Activity, Deadline, Scheduler, Thread, ThreadId, WaitKind, Waiter, Waiting,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        renew,
    },
};

/// How long a standstill lasts before it is reported.
const STANDSTILL_DELAY: Duration = Duration::from_secs(1);

/// How soon the ticker checks again what it has just found.
const RECHECK_DELAY: Duration = Duration::from_millis(5);

/// How many threads that have exited are remembered by name.
const MAX_REMEMBERED: usize = 64;

/// Is called about threads that seem to wait for ever.
pub trait DeadlockObserver: Send + Sync {
    /// Some threads seem to wait for ever. Called on a thread that is about to wait, or on the
    /// ticker: it must not block. Returns true if the observer investigates; it is not called
    /// again for these waits. Returns false if something that is no thread may still end one of the
    /// waits; the same waits may be suspected again.
    fn suspected(&self, suspicion: Suspicion) -> bool;
}

/// Why a [`WaitReport`] was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportCause {
    /// Some threads wait for one another.
    Cycle,
    /// All threads wait.
    Standstill,
    /// The host asked for it.
    Asked,
}

/// What a thread was doing.
#[derive(Clone, Copy, Debug)]
pub enum ThreadStatus {
    /// It waits in a primitive of this crate. The holder is the present one.
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
    /// It was [halted](Scheduler::halt).
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
    /// What it was doing.
    pub status: ThreadStatus,
}

/// What each thread waits for, and which thread holds it.
#[derive(Clone, Debug)]
pub struct WaitReport {
    /// Why it was made.
    pub cause: ReportCause,
    /// When, on the scheduler's clock.
    pub now: Deadline,
    /// All threads, oldest first.
    pub rows: Vec<ThreadRow>,
    /// The threads of a cycle, each waiting for the next and the last for the first; or a chain
    /// whose last thread waits for a lock whose holder exited without releasing it. Empty: neither.
    pub cycle: Vec<ThreadId>,
    /// Names of the holders that have exited, as far as they are remembered.
    pub ended: Vec<(ThreadId, String)>,
}

/// One wait without a deadline, at the time of a check.
#[derive(Clone)]
struct Wait {
    thread: Arc<Thread>,
    waiter: Arc<Waiter>,
    kind: WaitKind,
    since: Deadline,
    holder: Option<ThreadId>,
    /// No thread but the holder can end the wait.
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
        let of_current = |current: &CurrentWait| {
            let CurrentWait {
                waiting, waiter, ..
            } = current;
            if waiting.deadline.is_some() || !waiter.is_blocked() || current.is_over() {
                return None;
            }
            let hold = current.hold();
            Some(Self {
                thread: thread.clone(),
                waiter: waiter.clone(),
                kind: waiting.kind,
                since: waiting.since,
                holder: hold.by,
                certain: hold.certain,
                owned: hold.owned,
            })
        };
        thread.with_wait(of_current).flatten()
    }

    /// Whether `thread` is in such a wait.
    fn is_one(thread: &Thread) -> bool {
        let is_one = |current: &CurrentWait| {
            current.waiting.deadline.is_none() && current.waiter.is_blocked() && !current.is_over()
        };
        thread.with_wait(is_one) == Some(true)
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.waiter, &other.waiter) && self.holder == other.holder
    }

    /// Whether the thread is still in this wait, including while it runs signal handlers.
    fn persists(&self) -> bool {
        let persists = |current: &CurrentWait| {
            Arc::ptr_eq(&current.waiter, &self.waiter) && current.waiter.is_pending()
        };
        self.thread.with_wait(persists) == Some(true)
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
    /// Why they are suspected.
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

    /// Whether all waits are still pending, including those whose threads run signal handlers.
    #[must_use]
    pub fn persists(&self) -> bool {
        self.waits.iter().all(Wait::persists)
    }

    /// Checks once more, and returns the report if all waits are the same as before. To be called
    /// with the [world](crate::World) stopped, since a thread that has just taken a lock may not
    /// have recorded itself as its holder yet.
    #[must_use]
    pub fn confirm(&self) -> Option<WaitReport> {
        let same = |before: &Wait| Wait::of(&before.thread).is_some_and(|now| now.is(before));
        let confirmed = match self.cause {
            ReportCause::Standstill => waits_of_all(&self.scheduler)
                .is_some_and(|now| now.len() == self.waits.len() && self.waits.iter().all(same)),
            _ => self.waits.iter().all(same),
        };
        confirmed.then(|| self.scheduler.report(self.cause, self.cycle.clone()))
    }

    /// The suspicion was wrong, or is not proved: the same waits may be suspected again.
    pub fn withdraw(&self) {
        let is_ours = |reported: &Arc<Waiter>| {
            let waits = self.waits.iter();
            waits
                .map(|wait| &wait.waiter)
                .any(|waiter| Arc::ptr_eq(waiter, reported))
        };
        let mut seen = self.scheduler.deadlocks().seen.lock();
        seen.reported.retain(|reported| !is_ours(reported));
    }
}

impl Scheduler {
    /// From now on, `observer` is called about threads that wait for ever. Has no effect if there
    /// is an observer already.
    pub fn observe(&self, observer: Arc<dyn DeadlockObserver>) {
        // Threads that wait already are found at the next wait: hosts call this first.
        let _ = self.deadlocks().observer.set(observer);
    }

    /// What each thread is doing now. Each row is true by itself; only with the
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
        let mut ended = self.deadlocks().exited.lock().clone();
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
        let in_wait = thread.with_wait(|current| {
            if !current.waiter.is_pending() {
                return ThreadStatus::Ready;
            }
            let hold = current.hold();
            ThreadStatus::Waiting {
                waiting: Waiting {
                    holder: hold.by,
                    ..current.waiting
                },
                reentrant: hold.owned,
            }
        });
        if let Some(status) = in_wait {
            return status;
        }
        if thread.in_wait() {
            return ThreadStatus::Ready;
        }
        match self.world().activity(thread) {
            Activity::Attached => ThreadStatus::Running,
            Activity::Detached => ThreadStatus::Foreign,
            // A preempted thread is hidden from the world.
            Activity::Unknown if self.policy().is_exclusive() => ThreadStatus::Ready,
            Activity::Unknown => ThreadStatus::Running,
        }
    }
}

/// The waits of all threads that are not halted, if all of them wait without a deadline and there
/// are any.
fn waits_of_all(scheduler: &Scheduler) -> Option<Vec<Wait>> {
    // An unregistered thread could wake any of them.
    if Scheduler::has_unregistered() {
        return None;
    }
    let threads = scheduler.threads();
    let alive = threads.iter().filter(|thread| !thread.is_halted());
    let waits: Vec<_> = alive.map(Wait::of).collect::<Option<_>>()?;
    (!waits.is_empty()).then_some(waits)
}

/// Follows the holders, from `first` to a thread that was met before: the cycle, without what led
/// to it. Or a chain that ends at a lock whose holder exited without releasing it.
fn cycle_from(scheduler: &Scheduler, first: Wait) -> Option<Vec<Wait>> {
    let mut waits = vec![first];
    loop {
        let last = waits.last()?;
        let holder = last.holder?;
        let met = waits.iter().position(|wait| wait.thread.id() == holder);
        if let Some(met) = met {
            waits.drain(..met);
            // A cycle has no beginning: its oldest thread comes first.
            let oldest = (0..waits.len()).min_by_key(|place| waits[*place].thread.id());
            waits.rotate_left(oldest.unwrap_or(0));
            return Some(waits);
        }
        let Some(thread) = scheduler.thread(holder) else {
            let is_lost = last.kind == WaitKind::Lock && scheduler.deadlocks().has_exited(holder);
            if is_lost && let Some(last) = waits.last_mut() {
                // A thread that has access to the scope's lock could release it.
                last.certain = last.owned;
            }
            return is_lost.then_some(waits);
        };
        waits.push(Wait::of(&thread)?);
    }
}

/// Whether the wait that `thread` begins may close a cycle that is to be reported at once. Cheap,
/// and mostly false: the holder of what is waited for runs; or other threads run, and it is a lock
/// that is used as a signal.
fn may_close(thread: &Thread) -> bool {
    let Some(hold) = thread.with_wait(CurrentWait::hold) else {
        return false;
    };
    let scheduler = thread.scheduler();
    match hold.by {
        None => false,
        Some(_) if !hold.certain => all_wait(scheduler),
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

/// Finds the deadlocks of one scheduler's threads.
#[derive(Default)]
pub(crate) struct DeadlockDetector {
    observer: OnceLock<Arc<dyn DeadlockObserver>>,
    /// A thread waits without a deadline, or did so at the ticker's last check.
    armed: AtomicBool,
    seen: Mutex<Seen>,
    exited: Mutex<VecDeque<(ThreadId, String)>>,
}

/// What was found at earlier checks.
#[derive(Default)]
struct Seen {
    /// All threads' waits at the last check, and when they were first found in them.
    standstill: Option<(Vec<Wait>, Instant)>,
    /// Waits about which the observer was called.
    reported: Vec<Arc<Waiter>>,
}

impl Seen {
    fn is_reported(&self, waits: &[Wait]) -> bool {
        let is_reported = |wait: &Wait| {
            let mut reported = self.reported.iter();
            reported.any(|reported| Arc::ptr_eq(reported, &wait.waiter))
        };
        waits.iter().any(is_reported)
    }
}

impl DeadlockDetector {
    /// `thread`, the calling one, begins to wait for a `kind` of thing without a deadline. Other
    /// threads see the wait already: of several waits that close a cycle together, one finds it
    /// closed.
    pub(crate) fn waits_for_ever(&self, thread: &Arc<Thread>, kind: WaitKind) {
        let scheduler = thread.scheduler();
        // In a run under a strategy, the policy itself finds deadlocks.
        if self.observer.get().is_none() || scheduler.policy().controls(thread) {
            return;
        }
        let is_first =
            !self.armed.load(Ordering::SeqCst) && !self.armed.swap(true, Ordering::SeqCst);
        if matches!(kind, WaitKind::Lock | WaitKind::Join) && may_close(thread) {
            let cycle = Wait::of(thread).and_then(|wait| cycle_from(scheduler, wait));
            match cycle {
                Some(cycle) if cycle.iter().all(|wait| wait.certain) => {
                    self.suspect(scheduler, cycle, ReportCause::Cycle);
                }
                // A deadlock only if all others wait, too: the ticker checks that.
                Some(_) if all_wait(scheduler) => scheduler.wake_ticker(),
                _ => {}
            }
        }
        if is_first {
            scheduler.wake_ticker();
        }
    }

    /// Calls the observer, unless it was called about one of these waits before.
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
            if seen.is_reported(&waits) {
                return;
            }
            seen.reported.retain(|reported| reported.is_pending());
            seen.reported.extend(waiters.iter().cloned());
        }
        let cycle = cycle.unwrap_or_default();
        let suspicion = Suspicion {
            scheduler: scheduler.clone(),
            waits,
            cycle: cycle.iter().map(|wait| wait.thread.id()).collect(),
            cause,
        };
        if !observer.suspected(suspicion) {
            let is_other = |reported: &Arc<Waiter>| {
                let mut own = waiters.iter();
                !own.any(|own| Arc::ptr_eq(own, reported))
            };
            self.seen.lock().reported.retain(is_other);
        }
    }

    /// Checks all threads; called by the ticker when it has nothing else to do. Returns when to
    /// check again, if at all.
    pub(crate) fn check(&self, scheduler: &Arc<Scheduler>) -> Option<Duration> {
        if self.observer.get().is_none() || !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        if scheduler.policy().has_run() {
            // Its threads wait for their turns; check again after the run.
            return Some(STANDSTILL_DELAY);
        }
        let mut waits = waits_for_ever(scheduler);
        if waits.is_empty() {
            // A thread that begins to wait now either finds this, or is found by the second check.
            self.armed.store(false, Ordering::SeqCst);
            waits = waits_for_ever(scheduler);
            if waits.is_empty() {
                *self.seen.lock() = Seen::default();
                return None;
            }
            self.armed.store(true, Ordering::SeqCst);
        }
        let Some(waits) = waits_of_all(scheduler) else {
            self.seen.lock().standstill = None;
            self.check_for_cycle(scheduler, &waits);
            return Some(STANDSTILL_DELAY);
        };
        let (since, is_new) = self.standstill_since(&waits);
        let cycle = cycle_among(scheduler, &waits);
        if is_new {
            return Some(RECHECK_DELAY);
        }
        let lasted = age(scheduler, &waits, since);
        if lasted < STANDSTILL_DELAY && cycle.is_none() {
            return Some(STANDSTILL_DELAY.saturating_sub(lasted).max(RECHECK_DELAY));
        }
        self.suspect(scheduler, waits, ReportCause::Standstill);
        Some(STANDSTILL_DELAY)
    }

    /// Reports a cycle that the observer refused when it was closed.
    fn check_for_cycle(&self, scheduler: &Arc<Scheduler>, waits: &[Wait]) {
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

    /// `thread` has exited: its name is kept for a while, for locks that it did not release.
    pub(crate) fn note_exit(&self, thread: &Thread) {
        if self.observer.get().is_none() {
            return;
        }
        let mut exited = self.exited.lock();
        if exited.len() == MAX_REMEMBERED {
            exited.pop_front();
        }
        exited.push_back((thread.id(), thread.name()));
    }

    fn has_exited(&self, thread: ThreadId) -> bool {
        self.exited.lock().iter().any(|(id, _)| *id == thread)
    }

    /// In the child of a `fork`: no thread waits, and there is no ticker.
    ///
    /// # Safety
    /// The calling thread is the only one in the process, and in none of these functions.
    pub(crate) unsafe fn reset_after_fork(&self) {
        self.armed.store(false, Ordering::SeqCst);
        // SAFETY: as the caller warrants.
        unsafe {
            renew(&self.seen, Seen::default());
            renew(&self.exited, VecDeque::new());
        }
    }
}

/// All waits without a deadline of threads that do nothing else.
fn waits_for_ever(scheduler: &Scheduler) -> Vec<Wait> {
    scheduler.threads().iter().filter_map(Wait::of).collect()
}

/// How long, in real time, all threads have been in these waits.
fn age(scheduler: &Scheduler, waits: &[Wait], since: Instant) -> Duration {
    let clock = scheduler.clock();
    let youngest = waits.iter().map(|wait| wait.since).max();
    match youngest {
        Some(youngest) if !clock.is_virtual() => {
            Duration::from_nanos(clock.now().0.saturating_sub(youngest.0))
        }
        _ => since.elapsed(),
    }
}
