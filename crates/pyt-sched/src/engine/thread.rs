//! A thread as the scheduler sees it: an identity, a place to park, and what it waits for.

use std::{
    cell::{Cell, RefCell},
    fmt,
    sync::Arc,
    time::Duration,
};

use super::{observer::Moment, wait::CurrentWait};
use crate::{
    Clock, Scheduler, Waiting,
    parker::{Parked, Parker},
    run_count::any_run,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering},
        renew_lock, thread_local,
    },
};

/// Identifies a thread for as long as the process lives; never zero, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub(crate) u64);

impl ThreadId {
    pub(crate) fn next() -> Self {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        Self(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }

    /// The number behind the identity.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

thread_local! {
    /// The threads this OS thread has begun and not ended, innermost last.
    static CURRENT: RefCell<Vec<Arc<Thread>>> = const { RefCell::new(Vec::new()) };
    /// The innermost one's number, or the own number of an OS thread that is not registered.
    static CURRENT_ID: Cell<u64> = const { Cell::new(0) };
    /// The number that this OS thread has while it runs no thread of a scheduler; zero until first
    /// needed.
    static OWN_ID: Cell<u64> = const { Cell::new(0) };
    /// This OS thread's record with the scheduler of unregistered threads, if it has one.
    static UNREGISTERED: RefCell<Option<Unregistered>> = const { RefCell::new(None) };
}

/// The record of an OS thread that belongs to no runtime; removed when the OS thread ends.
struct Unregistered(Arc<Thread>);

impl Drop for Unregistered {
    fn drop(&mut self) {
        self.0.scheduler.unregister(&self.0);
    }
}

/// The calling thread's identity. Cheap: one thread-local read.
#[must_use]
pub fn current_id() -> ThreadId {
    CURRENT_ID.with(|id| {
        if id.get() == 0 {
            id.set(OWN_ID.with(|own| {
                if own.get() == 0 {
                    own.set(ThreadId::next().0);
                }
                own.get()
            }));
        }
        ThreadId(id.get())
    })
}

/// A thread's number in the run of a [controlled](crate::controlled) policy: 0 is the main thread,
/// the others count up in the order in which they were started. The same in every run that made the
/// same decisions.
pub type ThreadNumber = u32;

/// Marks a thread that no longer counts among those that run.
const WRITTEN_OFF: i64 = i64::MIN;

/// The [tag](Thread::tag) of a thread of the calling thread's scheduler; `None` if it has ended.
#[must_use]
pub fn tag_of(thread: ThreadId) -> Option<u64> {
    let scheduler = Thread::current_or_adopted().scheduler.clone();
    scheduler.thread(thread).map(|thread| thread.tag())
}

/// A thread known to a [`Scheduler`].
pub struct Thread {
    id: ThreadId,
    name: Mutex<String>,
    scheduler: Arc<Scheduler>,
    parker: Arc<Parker>,
    /// Set while the thread is parked, or has been granted its turn but is not yet back in the
    /// world.
    in_wait: AtomicBool,
    /// Set once the thread must never run again.
    halted: AtomicBool,
    /// Signal handlers run on this thread.
    takes_signals: AtomicBool,
    /// Another thread asked it to [check for signals](Thread::interrupt).
    interrupted: AtomicBool,
    /// How often it counts among the threads that run: at most once, except for short moments.
    runs: AtomicI64,
    tag: AtomicU64,
    /// How often it has got its turn. Written by one thread at a time.
    turns: AtomicU64,
    /// Its number in the run of a [controlled](crate::controlled) policy, plus one; zero: none.
    member: AtomicU32,
    /// How many [`atomic`](crate::controlled::atomic) stretches it is in.
    atomic: AtomicU32,
    wait: Mutex<Option<CurrentWait>>,
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id.0)
            .field("name", &*self.name.lock())
            .finish_non_exhaustive()
    }
}

impl Thread {
    pub(crate) fn new(
        scheduler: Arc<Scheduler>,
        id: ThreadId,
        name: &str,
        parker: Arc<Parker>,
    ) -> Self {
        Self {
            id,
            name: Mutex::new(name.to_owned()),
            scheduler,
            parker,
            in_wait: AtomicBool::new(true),
            halted: AtomicBool::new(false),
            takes_signals: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            runs: AtomicI64::new(0),
            tag: AtomicU64::new(0),
            turns: AtomicU64::new(0),
            member: AtomicU32::new(0),
            atomic: AtomicU32::new(0),
            wait: Mutex::new(None),
        }
    }

    /// The calling thread, if it has [begun](Self::begin).
    #[must_use]
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.with(|stack| stack.borrow().last().cloned())
    }

    /// Calls `f` with the clock of the calling thread's scheduler, if it has one. `f` must neither
    /// begin nor end a thread.
    pub fn with_clock<R>(f: impl FnOnce(&Clock) -> R) -> Option<R> {
        CURRENT.with(|stack| {
            let stack = stack.borrow();
            stack.last().map(|thread| f(thread.scheduler().clock()))
        })
    }

    /// The calling thread. An OS thread that belongs to no runtime is registered with the
    /// [scheduler of such threads](Scheduler::of_unregistered) until it ends.
    pub(crate) fn current_or_adopted() -> Arc<Self> {
        Self::current().unwrap_or_else(|| {
            // Under the identity it has: it may hold a reentrant lock already.
            let thread = Scheduler::of_unregistered().register_caller("unregistered");
            thread.adopt();
            thread.set_in_wait(false);
            UNREGISTERED.with(|own| *own.borrow_mut() = Some(Unregistered(thread.clone())));
            thread
        })
    }

    /// The thread's identity.
    #[must_use]
    pub const fn id(&self) -> ThreadId {
        self.id
    }

    /// The scheduler it belongs to.
    #[must_use]
    pub const fn scheduler(&self) -> &Arc<Scheduler> {
        &self.scheduler
    }

    /// Its name, for reports.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.lock().clone()
    }

    /// Renames it.
    pub fn set_name(&self, name: &str) {
        name.clone_into(&mut self.name.lock());
        self.note(Moment::Renamed);
    }

    /// Passes `moment` on to the observer, if there is one.
    #[inline]
    pub(crate) fn note(&self, moment: Moment<'_>) {
        if let Some(observer) = self.scheduler.observer() {
            observer.note(self, moment);
        }
    }

    /// The world's own number for this thread; zero until [`set_tag`](Self::set_tag).
    #[must_use]
    pub fn tag(&self) -> u64 {
        self.tag.load(Ordering::Acquire)
    }

    /// Gives the thread the world's own number for it.
    pub fn set_tag(&self, tag: u64) {
        self.tag.store(tag, Ordering::Release);
    }

    /// Says that signal handlers run on this thread, so that its waits check for signals.
    pub fn set_takes_signals(&self, takes: bool) {
        self.takes_signals.store(takes, Ordering::Relaxed);
    }

    /// Whether signal handlers run on this thread.
    #[must_use]
    pub fn takes_signals(&self) -> bool {
        self.takes_signals.load(Ordering::Relaxed)
    }

    /// Makes this record the calling OS thread's own. [`begin`](Self::begin) includes this; a
    /// thread that its starter made ready adopts itself, then
    /// [waits for its turn](Self::await_turn).
    pub fn adopt(self: &Arc<Self>) {
        CURRENT.with(|stack| stack.borrow_mut().push(self.clone()));
        CURRENT_ID.with(|id| id.set(self.id.0));
    }

    /// Starts taking part on the calling OS thread: waits for the turn to run. To be called
    /// before the world is entered, and paired with [`end`](Self::end).
    pub fn begin(self: &Arc<Self>) {
        self.adopt();
        self.scheduler.policy().ready(self);
        self.await_turn();
    }

    /// Blocks until the policy grants this thread its turn; for ever if it is halted.
    pub fn await_turn(&self) {
        // In a run one thread at a time has work: spinning would only take its core away.
        if any_run() {
            while self.parker.park(None) != Parked::Token {}
        } else {
            while self.parker.park_soon(None) != Parked::Token {}
        }
        self.accept_turn();
    }

    /// The thread, the calling one, has been granted its turn by the end of its
    /// [park](crate::ParkSlot::park). Blocks for ever if it is halted.
    pub fn accept_turn(&self) {
        if self.is_halted() {
            self.stay_parked();
        }
    }

    /// Says that the thread has entered the world after [`begin`](Self::begin): from now on it
    /// can be preempted. Blocks for ever if it was halted meanwhile.
    pub fn entered(self: &Arc<Self>) {
        self.count_turn();
        self.came_back();
        self.note(Moment::Begun);
    }

    /// Runs `f` on this thread, the calling one, without being preempted, even if `f` leaves the
    /// world: for short stretches in which the thread holds what preempting it needs.
    pub fn unpreempted<R>(self: &Arc<Self>, f: impl FnOnce() -> R) -> R {
        if self.in_wait() {
            return f();
        }
        self.set_in_wait(true);
        let result = f();
        self.came_back();
        result
    }

    /// How often the thread has got its turn: at its beginning, after each wait, and each time that
    /// it goes on after another thread was given its turn.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// The thread has its turn, or is about to.
    pub(crate) fn count_turn(&self) {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns + 1, Ordering::Relaxed);
    }

    /// The thread is back in the world, with its turn: it runs, unless it was halted meanwhile.
    pub(crate) fn came_back(self: &Arc<Self>) {
        self.set_in_wait(false);
        // In this order: a thread that halts this one is either seen here, or finds this one
        // outside of a wait and stops it at a safe point.
        if self.is_halted() {
            self.set_in_wait(true);
            self.scheduler.policy().leave(self);
            self.scheduler.world().detached(&mut || self.stay_parked());
        }
    }

    fn stay_parked(&self) -> ! {
        loop {
            self.parker.park(None);
        }
    }

    /// Interrupts the thread's wait as a signal would: the thread [asks the
    /// world](crate::World::interrupted) whether the wait continues. If the thread does not wait,
    /// its next wait is interrupted as it begins. Several interruptions before the world is asked
    /// count as one.
    ///
    /// Callable from any thread, at any time, but not from a signal handler. The caller gives the
    /// world the reason first.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
        // Either this finds the wait, or the wait, which is shown before it begins, finds the mark.
        let waiter =
            self.with_wait(|current| (!current.is_foreign).then(|| current.waiter.clone()));
        if let Some(waiter) = waiter.flatten() {
            waiter.interrupt();
        }
    }

    /// Discards an interruption that the thread, the calling one, has not handled.
    pub fn forget_interrupt(&self) {
        self.clear_interrupt();
    }

    /// Whether an [interruption](Self::interrupt) was pending; it is no longer. For the thread
    /// itself, while it waits in foreign code.
    pub fn take_interrupt(&self) -> bool {
        self.interrupted.swap(false, Ordering::SeqCst)
    }

    /// Whether an interruption is pending.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// The world is about to be asked.
    pub(crate) fn clear_interrupt(&self) {
        self.interrupted.store(false, Ordering::SeqCst);
    }

    /// Stops taking part: unregisters the thread and gives up the turn. The last thing before the
    /// thread leaves the world.
    pub fn end(self: &Arc<Self>) {
        self.set_in_wait(true);
        self.scheduler.unregister(self);
        self.leave();
        // What leaving has ended, others' waits perhaps, it has ended before.
        self.note(Moment::Ended);
    }

    /// Stops taking part for a while: gives up the turn, until it [begins](Self::begin) again.
    /// The last thing before the thread leaves the world. What the host does meanwhile counts as
    /// running: a virtual clock does not leap.
    pub fn pause(self: &Arc<Self>) {
        self.in_wait.store(true, Ordering::Release);
        self.leave();
        self.note(Moment::Paused);
    }

    /// Gives up the turn, and the calling OS thread.
    fn leave(self: &Arc<Self>) {
        self.scheduler.policy().leave(self);
        CURRENT.with(|stack| {
            let mut stack = stack.borrow_mut();
            if let Some(place) = stack.iter().rposition(|other| Arc::ptr_eq(other, self)) {
                stack.remove(place);
            }
            CURRENT_ID.with(|id| id.set(stack.last().map_or(0, |outer| outer.id.0)));
        });
    }

    /// Lets a parked thread run. For policies: exactly once for each time it was made ready.
    pub fn grant(&self) {
        if !self.is_halted() {
            self.parker.unpark();
        }
    }

    pub(crate) fn park(&self, timeout: Option<Duration>) -> Parked {
        self.parker.park(timeout)
    }

    /// As [`park`](Self::park), if the turn is expected soon.
    pub(crate) fn park_soon(&self, timeout: Option<Duration>) -> Parked {
        self.parker.park_soon(timeout)
    }

    pub(crate) fn set_in_wait(&self, value: bool) {
        self.in_wait.store(value, Ordering::SeqCst);
    }

    /// Whether the thread is parked, or on its way back into the world, rather than running or in
    /// foreign code.
    #[must_use]
    pub fn in_wait(&self) -> bool {
        self.in_wait.load(Ordering::SeqCst)
    }

    /// Whether the thread was [halted](Scheduler::halt).
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.halted.load(Ordering::SeqCst)
    }

    pub(crate) fn set_halted(&self) {
        self.halted.store(true, Ordering::SeqCst);
    }

    /// Adds to the number of times this thread counts as running. False: it no longer counts.
    pub(crate) fn count(&self, change: i64) -> bool {
        self.runs
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |runs| {
                (runs != WRITTEN_OFF).then_some(runs + change)
            })
            .is_ok()
    }

    /// From now on the thread does not count. Returns how often it did.
    pub(crate) fn write_off(&self) -> usize {
        // Never below zero but for the mark itself: counted up before it is counted down.
        usize::try_from(self.runs.swap(WRITTEN_OFF, Ordering::SeqCst)).unwrap_or(0)
    }

    /// Shows the wait that begins now to other threads; `None`: it is over.
    pub(crate) fn set_wait(&self, current: Option<CurrentWait>) {
        *self.wait.lock() = current;
    }

    /// As [`set_wait`](Self::set_wait). Returns what was shown before.
    pub(crate) fn replace_wait(&self, current: Option<CurrentWait>) -> Option<CurrentWait> {
        std::mem::replace(&mut *self.wait.lock(), current)
    }

    /// Calls `f` with the wait that the thread is in, if any. The wait cannot end meanwhile.
    pub(crate) fn with_wait<R>(&self, f: impl FnOnce(&CurrentWait) -> R) -> Option<R> {
        self.wait.lock().as_ref().map(f)
    }

    /// What the thread waits for, if it is in a wait.
    pub(crate) fn waiting(&self) -> Option<Waiting> {
        self.with_wait(|current| current.waiting)
    }

    pub(crate) fn member_number(&self) -> Option<ThreadNumber> {
        self.member.load(Ordering::Relaxed).checked_sub(1)
    }

    pub(crate) fn set_member_number(&self, number: ThreadNumber) {
        self.member
            .store(number.saturating_add(1), Ordering::Relaxed);
    }

    pub(crate) fn is_atomic(&self) -> bool {
        self.atomic.load(Ordering::Relaxed) != 0
    }

    /// From here on no other member of a [run](crate::controlled) runs unless this thread, the
    /// calling one, waits. Nests; see [`atomic`](crate::controlled::atomic).
    pub fn enter_atomic(&self) {
        self.atomic.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes back one [`enter_atomic`](Self::enter_atomic); does nothing without one.
    pub fn leave_atomic(&self) {
        let depth = self.atomic.load(Ordering::Relaxed);
        self.atomic
            .store(depth.saturating_sub(1), Ordering::Relaxed);
    }

    /// In the child of a `fork`: the thread counts once.
    ///
    /// # Safety
    /// The calling thread, which is this one, is the only one in the process.
    pub(crate) unsafe fn reset_after_fork(&self) {
        // SAFETY: as the caller warrants; other threads lock it only to read.
        unsafe { renew_lock(&self.wait) };
        self.runs.store(1, Ordering::SeqCst);
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn an_unregistered_thread_that_is_adopted_keeps_its_identity() {
        std::thread::spawn(|| {
            let before = current_id();
            assert_eq!(Thread::current_or_adopted().id(), before);
            assert_eq!(current_id(), before);
        })
        .join()
        .unwrap();
    }
}
