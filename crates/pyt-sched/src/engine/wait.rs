//! The one way to stop: wait on a queue until woken or until a deadline.
//!
//! A [`Waiter`] is one wait of one thread. Whoever ends the wait (a waker, the deadline, a signal
//! handler that raised) must win one compare-and-swap on the waiter's state, so a wait ends for
//! exactly one reason and a wake-up is never lost: a waker that loses goes on to the next waiter.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    Deadline, Lock, Thread, ThreadId, WaitKind,
    controlled::any_run,
    parker::Parked,
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, Ordering},
};

/// Blocked on a queue; the thread sleeps or is about to.
const BLOCKED: u8 = 0;
/// Still on the queue, while the thread runs signal handlers.
const HANDLING: u8 = 1;
/// Woken by another thread.
const WOKEN: u8 = 2;
/// The deadline passed first.
const EXPIRED: u8 = 3;
/// Given up because a signal handler raised.
const ABORTED: u8 = 4;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Another thread woke this one.
    Woken,
    /// The deadline passed.
    TimedOut,
}

/// A wait was given up because a signal handler raised; the [`World`](crate::World) knows what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// A wake-up had been spent on this wait all the same: pass it on.
    pub(crate) woken: bool,
}

impl Aborted {
    /// For a [`World`](crate::World) whose signal handler raised.
    #[must_use]
    pub const fn new() -> Self {
        Self { woken: false }
    }
}

impl Default for Aborted {
    fn default() -> Self {
        Self::new()
    }
}

/// A wait under way: one row of the table of who waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// What kind of thing it waits for.
    pub kind: WaitKind,
    /// Tells that thing from others of its kind: its address, or zero.
    pub object: usize,
    /// Who had it when the wait began, where that is known.
    pub holder: Option<ThreadId>,
    /// When the wait began.
    pub since: Deadline,
    /// When it ends at the latest.
    pub deadline: Option<Deadline>,
}

/// Whether a wait of the calling thread until `deadline` would be [only a look](Waiter::wait), so
/// that one who has looked need not begin it.
pub(crate) fn is_only_a_look(deadline: Option<Deadline>) -> bool {
    deadline.is_some_and(|deadline| {
        Thread::with_clock(|clock| !clock.is_virtual() && deadline <= clock.now()) == Some(true)
    })
}

/// One wait of one thread.
#[derive(Debug)]
pub struct Waiter {
    state: AtomicU8,
    /// The waker gave the thing itself, not only a chance to take it.
    handed: AtomicBool,
    /// This thread was woken for the same thing before, in vain.
    pub(crate) overtaken: bool,
    thread: Arc<Thread>,
    /// The lock that it waits for, if it is one: reports ask it who holds it now. Valid while the
    /// wait is its thread's current one.
    lock: AtomicPtr<Lock>,
}

impl Waiter {
    pub(crate) fn new(overtaken: bool) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(BLOCKED),
            handed: AtomicBool::new(false),
            overtaken,
            thread: Thread::current_or_adopted(),
            lock: AtomicPtr::new(std::ptr::null_mut()),
        })
    }

    /// Says that this wait, which is about to begin, is for `lock`.
    pub(crate) fn is_for(&self, lock: &Lock) {
        let lock = std::ptr::from_ref(lock).cast_mut();
        self.lock.store(lock, Ordering::Relaxed);
    }

    /// The lock that [`is_for`](Self::is_for) named; null if none was.
    pub(crate) fn lock(&self) -> *const Lock {
        self.lock.load(Ordering::Relaxed)
    }

    /// Whether the wait goes on and its thread does nothing else.
    pub(crate) fn is_blocked(&self) -> bool {
        self.is(BLOCKED)
    }

    /// Whether the wait goes on, be it that its thread runs signal handlers meanwhile.
    pub(crate) fn is_under_way(&self) -> bool {
        matches!(self.state.load(Ordering::SeqCst), BLOCKED | HANDLING)
    }

    pub(crate) fn was_handed(&self) -> bool {
        self.handed.load(Ordering::Acquire)
    }

    fn turn(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    pub(crate) const fn thread(&self) -> &Arc<Thread> {
        &self.thread
    }

    /// Ends the wait for `reason` on behalf of another thread. False: it has ended already, or
    /// its thread was stopped for good.
    fn finish(&self, reason: u8) -> bool {
        if self.thread.is_halted() {
            return false;
        }
        // The thread may go back and forth between the two until one of these meets it.
        loop {
            if self.turn(BLOCKED, reason) {
                self.resume();
                return true;
            }
            if self.turn(HANDLING, reason) {
                return true;
            }
            if !matches!(self.state.load(Ordering::SeqCst), BLOCKED | HANDLING) {
                return false;
            }
        }
    }

    /// The wait is over: its thread may have its turn.
    fn resume(&self) {
        let scheduler = self.thread.scheduler();
        scheduler.one_more_runs(&self.thread);
        scheduler.policy().ready(&self.thread);
    }

    /// Wakes the waiting thread, if its wait has not ended in another way. A waker that also
    /// hands the thing over says so with `handing`.
    fn wake(&self, handing: bool) -> bool {
        // Published before the state: the thread reads it only once it finds itself woken.
        self.handed.store(handing, Ordering::Release);
        self.finish(WOKEN)
    }

    /// Ends the wait because its deadline has come, for the timers of a virtual clock.
    pub(crate) fn expire(&self) -> bool {
        self.finish(EXPIRED)
    }

    /// Blocks the calling thread, whose wait this is, until it is woken or `deadline` comes. The
    /// waiter must be on its queue, and that queue's lock released.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised meanwhile.
    ///
    /// After anything but [`Wake::Woken`] the caller takes the waiter off its queue.
    pub fn wait(
        self: &Arc<Self>,
        deadline: Option<Deadline>,
        kind: WaitKind,
        object: usize,
        holder: Option<ThreadId>,
    ) -> Result<Wake, Aborted> {
        let thread = &self.thread;
        let scheduler = thread.scheduler();
        let waiting = Waiting {
            kind,
            object,
            holder,
            since: scheduler.clock().now(),
            deadline,
        };
        // A look, not a wait, as it is in CPython: the turn is kept. Not on a virtual clock, which
        // stands still for one that looks again and again. One that was woken already waits, for
        // the turn that comes with it.
        let looks = kind != WaitKind::Sleep
            && deadline.is_some_and(|deadline| deadline <= waiting.since)
            && !scheduler.clock().is_virtual();
        if looks && self.turn(BLOCKED, EXPIRED) {
            return Ok(Wake::TimedOut);
        }
        if gives_up(thread) {
            return Err(Aborted {
                woken: self.is(WOKEN),
            });
        }
        *thread.wait.lock() = Some((waiting, self.clone()));
        if deadline.is_none() {
            scheduler.deadlocks().waits_for_ever(thread, kind);
        }
        let ended = self.wait_until_over(deadline, kind);
        *thread.wait.lock() = None;
        ended
    }

    fn wait_until_over(
        self: &Arc<Self>,
        deadline: Option<Deadline>,
        kind: WaitKind,
    ) -> Result<Wake, Aborted> {
        let thread = &self.thread;
        let scheduler = thread.scheduler();
        loop {
            // Interrupted before it began to block, it need not leave the world to look up.
            if !(thread.is_interrupted() && self.turn(BLOCKED, HANDLING)) {
                self.block(deadline, kind);
            }
            match self.state.load(Ordering::SeqCst) {
                WOKEN => return Ok(Wake::Woken),
                EXPIRED => return Ok(Wake::TimedOut),
                _ => {}
            }
            // A signal may have come: its handlers run while the wait goes on, so that a
            // wake-up meanwhile is not missed.
            thread.clear_interrupt();
            if gives_up(thread) || scheduler.world().interrupted().is_err() {
                let woken = !self.turn(HANDLING, ABORTED) && self.is(WOKEN);
                return Err(Aborted { woken });
            }
            let late = deadline.is_some_and(|deadline| scheduler.clock().now() >= deadline);
            if late && self.turn(HANDLING, EXPIRED) {
                return Ok(Wake::TimedOut);
            }
            if !self.turn(HANDLING, BLOCKED) {
                return Ok(if self.is(WOKEN) {
                    Wake::Woken
                } else {
                    Wake::TimedOut
                });
            }
        }
    }

    /// Gives up the turn until the wait is over or there may be a signal to handle.
    fn block(self: &Arc<Self>, deadline: Option<Deadline>, kind: WaitKind) {
        let thread = &self.thread;
        let scheduler = thread.scheduler();
        thread.set_in_wait(true);
        let timer = scheduler.one_less_runs(self, deadline);
        scheduler.policy().leave(thread);
        scheduler
            .world()
            .detached(&mut || self.park(deadline, kind));
        thread.came_back();
        scheduler.cancel(timer);
    }

    /// Makes the blocked thread look up, on behalf of another.
    pub(crate) fn interrupt(&self) {
        if !self.thread.is_halted() && self.turn(BLOCKED, HANDLING) {
            self.resume();
        }
    }

    /// The policy chose the blocked thread: because its deadline has come, or to end it.
    pub(crate) fn ended_by_policy(&self, timed_out: bool) {
        // One that was woken meanwhile stays woken.
        self.turn(BLOCKED, if timed_out { EXPIRED } else { HANDLING });
    }

    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::SeqCst) == state
    }

    /// Sleeps, outside the world, until this thread has its turn again.
    fn park(&self, deadline: Option<Deadline>, kind: WaitKind) {
        let thread = &self.thread;
        let scheduler = thread.scheduler();
        let mut expected_soon = kind != WaitKind::Sleep && !any_run();
        loop {
            let left = scheduler.real_time_until(deadline);
            let slice = scheduler.signal_slice(thread);
            let shortened = match (left, slice) {
                (Some(left), Some(slice)) => slice < left,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            let limit = if shortened { slice } else { left };
            let parked = if std::mem::take(&mut expected_soon) {
                thread.park_soon(limit)
            } else {
                thread.park(limit)
            };
            let reason = match parked {
                Parked::Token => return thread.accept_turn(),
                Parked::Elapsed if !shortened => EXPIRED,
                // Only a thread that runs signal handlers has a reason to look up.
                _ if thread.takes_signals() => HANDLING,
                _ => continue,
            };
            // Winning this swap, the thread wakes itself; losing it, somebody else has.
            if self.turn(BLOCKED, reason) {
                self.resume();
            }
            return thread.await_turn();
        }
    }
}

/// Whether all that `thread` waits for fails, so that it ends.
fn gives_up(thread: &Thread) -> bool {
    let policy = thread.scheduler().policy();
    policy
        .controlled()
        .is_some_and(|controlled| controlled.gives_up(thread))
}

/// Waiters in the order in which they came. It lives inside its primitive's own lock.
#[derive(Debug, Default)]
pub struct WaitQueue {
    waiters: VecDeque<Arc<Waiter>>,
}

impl WaitQueue {
    /// An empty queue.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            waiters: VecDeque::new(),
        }
    }

    /// Puts a new wait of the calling thread at the end.
    pub fn enqueue(&mut self) -> Arc<Waiter> {
        let waiter = Waiter::new(false);
        self.waiters.push_back(waiter.clone());
        waiter
    }

    /// Puts a new wait of the calling thread at the front: it was woken, but another was faster.
    pub fn enqueue_overtaken(&mut self) -> Arc<Waiter> {
        let waiter = Waiter::new(true);
        self.waiters.push_front(waiter.clone());
        waiter
    }

    /// Wakes the first thread that still waits. False if none does.
    pub fn wake_one(&mut self) -> bool {
        while let Some(waiter) = self.waiters.pop_front() {
            if waiter.wake(false) {
                return true;
            }
        }
        false
    }

    /// As [`wake_one`](Self::wake_one), but the thread is told that the thing is already its own.
    pub(crate) fn hand_over(&mut self) -> bool {
        while let Some(waiter) = self.waiters.pop_front() {
            if waiter.wake(true) {
                return true;
            }
        }
        false
    }

    /// Wakes up to `n` threads, first come first; returns how many.
    pub fn wake(&mut self, n: usize) -> usize {
        (0..n).take_while(|_| self.wake_one()).count()
    }

    /// Wakes all.
    pub fn wake_all(&mut self) {
        while self.wake_one() {}
    }

    /// Takes `waiter` off; no effect if it is gone already.
    pub fn remove(&mut self, waiter: &Arc<Waiter>) {
        if let Some(place) = self.waiters.iter().position(|w| Arc::ptr_eq(w, waiter)) {
            self.waiters.remove(place);
        }
    }

    /// The first waiter in line.
    pub(crate) fn front(&self) -> Option<&Arc<Waiter>> {
        self.waiters.front()
    }

    /// Whether nobody is in line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// How many are in line.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Drops all waiters without waking them: after `fork` their threads do not exist.
    pub fn forget(&mut self) {
        self.waiters.clear();
    }
}
