//! The one way to block: wait on a queue until woken or until a deadline.
//!
//! A [`Waiter`] is one wait of one thread. What ends the wait (a waker, the deadline, a signal
//! handler that raised) must win one compare-and-swap on the waiter's state, so a wait ends for
//! exactly one reason and a wake-up is never lost: a waker that loses goes on to the next waiter.
//!
//! What is waited for is not known here but as an address and, where a thread can hold it, as
//! [`HeldBy`].

use std::{collections::VecDeque, sync::Arc};

use super::observer::Moment;

use crate::{
    Deadline, Thread, ThreadId, WaitKind, current_id,
    parker::Parked,
    run_count::any_run,
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
};

/// Blocked on a queue; the thread sleeps or is about to.
const BLOCKED: u8 = 0;
/// Still on the queue, while the thread runs signal handlers.
const HANDLING: u8 = 1;
/// Woken by another thread.
const WOKEN: u8 = 2;
/// The deadline passed first.
const EXPIRED: u8 = 3;
/// Ended because a signal handler raised.
const ABORTED: u8 = 4;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Another thread woke this one.
    Woken,
    /// The deadline passed.
    TimedOut,
}

/// A wait ended because a signal handler raised; the [`World`](crate::World) keeps the exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// A wake-up had been spent on this wait as well: it is to be passed on.
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

/// A wait in progress, as reports show it.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// What kind of thing the thread waits for.
    pub kind: WaitKind,
    /// The address of that thing, which tells it from others of its kind; zero if it has none.
    pub object: usize,
    /// The thread that held it when the wait began, where that is known.
    pub holder: Option<ThreadId>,
    /// When the wait began.
    pub since: Deadline,
    /// When it ends at the latest.
    pub deadline: Option<Deadline>,
}

/// What a thread is about to wait for, and until when.
#[derive(Clone, Copy)]
pub struct Awaited<'a> {
    /// What kind of thing it is.
    pub kind: WaitKind,
    /// Its address, which tells it from others of its kind; zero if it has none.
    pub object: usize,
    /// When the wait ends at the latest.
    pub deadline: Option<Deadline>,
    /// Knows which thread holds it; `None` if that cannot be known.
    pub held_by: Option<&'a dyn HeldBy>,
}

/// Something that threads wait for and a thread can hold: deadlock reports ask it who does.
pub trait HeldBy: Sync {
    /// Who holds it now. Must not block.
    fn hold(&self) -> Hold;

    /// Whether the wait is over, although the waiting thread has not seen that yet. Must not block.
    fn is_over(&self) -> bool {
        false
    }
}

/// Who holds what a thread waits for.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    /// The holder; `None` if there is none, or it is not known.
    pub by: Option<ThreadId>,
    /// No thread but the holder can end the wait.
    pub certain: bool,
    /// It is a lock that only its holder ever releases.
    pub owned: bool,
}

/// The wait that a thread is in, as reports show it and as other threads can end it.
pub(crate) struct CurrentWait {
    pub(crate) waiting: Waiting,
    pub(crate) waiter: Arc<Waiter>,
    held_by: Option<HeldByPtr>,
    /// The thread waits in foreign code, where nothing of the scheduler's wakes it.
    pub(crate) is_foreign: bool,
}

/// A reference without its lifetime.
struct HeldByPtr(*const (dyn HeldBy + 'static));

// SAFETY: what it points to is `Sync`.
unsafe impl Send for HeldByPtr {}

impl CurrentWait {
    /// A wait for something whose holder, if there is one, does not change.
    pub(crate) const fn new(waiting: Waiting, waiter: Arc<Waiter>) -> Self {
        Self {
            waiting,
            waiter,
            held_by: None,
            is_foreign: false,
        }
    }

    /// As [`new`](Self::new), for something whose holder `held_by` knows.
    ///
    /// # Safety
    /// The result must be dropped before `held_by` goes out of scope.
    #[expect(
        clippy::transmute_ptr_to_ptr,
        reason = "no cast makes a trait object's lifetime longer"
    )]
    unsafe fn asking(waiting: Waiting, waiter: Arc<Waiter>, held_by: Option<&dyn HeldBy>) -> Self {
        // SAFETY: only the lifetime changes, for which the caller answers.
        let held_by = held_by.map(|held_by| unsafe {
            HeldByPtr(std::mem::transmute::<
                *const (dyn HeldBy + '_),
                *const (dyn HeldBy + 'static),
            >(std::ptr::from_ref(held_by)))
        });
        Self {
            held_by,
            ..Self::new(waiting, waiter)
        }
    }

    /// Whether the wait is over, although the waiting thread has not seen that yet.
    pub(crate) fn is_over(&self) -> bool {
        match &self.held_by {
            // SAFETY: as in `hold`.
            Some(held_by) => unsafe { (*held_by.0).is_over() },
            None => false,
        }
    }

    /// Who holds now what is waited for.
    pub(crate) fn hold(&self) -> Hold {
        match &self.held_by {
            // SAFETY: the waiting thread is inside of `Waiter::wait`, which borrows what this
            // points to, and cannot leave it before it has dropped this object.
            Some(held_by) => unsafe { (*held_by.0).hold() },
            None => Hold {
                by: self.waiting.holder,
                certain: self.waiting.holder.is_some(),
                owned: false,
            },
        }
    }
}

/// While this lives, other threads see the wait; afterwards again the one before, in which a signal
/// handler waits.
struct Shown<'a> {
    thread: &'a Thread,
    outer: Option<CurrentWait>,
}

impl<'a> Shown<'a> {
    fn new(thread: &'a Thread, current: CurrentWait) -> Self {
        let outer = thread.replace_wait(Some(current));
        Self { thread, outer }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.thread.replace_wait(self.outer.take());
    }
}

/// Runs `f`, which waits for I/O in foreign code, so that other threads see the wait: it can be
/// part of a deadlock. `is_ready` says whether it is over; it is called from other threads, and
/// must not block.
pub fn shown_while_foreign<R>(is_ready: &(dyn Fn() -> bool + Sync), f: impl FnOnce() -> R) -> R {
    struct Ready<'a>(&'a (dyn Fn() -> bool + Sync));
    impl HeldBy for Ready<'_> {
        fn hold(&self) -> Hold {
            Hold {
                by: None,
                certain: false,
                owned: false,
            }
        }

        fn is_over(&self) -> bool {
            (self.0)()
        }
    }
    let Some(thread) = Thread::current() else {
        return f();
    };
    let scheduler = thread.scheduler();
    let waiting = Waiting {
        kind: WaitKind::Io,
        object: 0,
        holder: None,
        since: scheduler.clock().now(),
        deadline: None,
    };
    let ready = Ready(is_ready);
    // SAFETY: `_shown` drops it, also if this function panics, and with it the borrow ends.
    let current = unsafe { CurrentWait::asking(waiting, Waiter::new(false), Some(&ready)) };
    let current = CurrentWait {
        is_foreign: true,
        ..current
    };
    let _shown = Shown::new(&thread, current);
    scheduler.deadlocks().waits_for_ever(&thread, WaitKind::Io);
    f()
}

/// Whether a wait of the calling thread until `deadline` would [only poll](Waiter::wait): callers
/// that have already polled can skip it.
pub(crate) fn would_only_poll(deadline: Option<Deadline>) -> bool {
    deadline.is_some_and(|deadline| {
        Thread::with_clock(|clock| !clock.is_virtual() && deadline <= clock.now()) == Some(true)
    })
}

/// One wait of one thread.
#[derive(Debug)]
pub struct Waiter {
    state: AtomicU8,
    /// The waker handed over the thing itself, not only a chance to take it.
    handed: AtomicBool,
    /// This thread was woken for the same thing before, but another thread took it first.
    pub(crate) overtaken: bool,
    thread: Arc<Thread>,
}

impl Waiter {
    pub(crate) fn new(overtaken: bool) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(BLOCKED),
            handed: AtomicBool::new(false),
            overtaken,
            thread: Thread::current_or_adopted(),
        })
    }

    /// True while the wait is pending and its thread does nothing else.
    pub(crate) fn is_blocked(&self) -> bool {
        self.is(BLOCKED)
    }

    /// True while the wait is pending, including while signal handlers run.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state.load(Ordering::SeqCst), BLOCKED | HANDLING)
    }

    /// Whether the waker handed over the thing itself.
    pub(crate) fn was_handed(&self) -> bool {
        self.handed.load(Ordering::Acquire)
    }

    /// Changes the state, if it is `from`.
    fn change_state(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    pub(crate) const fn thread(&self) -> &Arc<Thread> {
        &self.thread
    }

    /// Ends the wait for `reason` on behalf of another thread. False: it has ended already, or
    /// its thread was halted.
    fn finish(&self, reason: u8) -> bool {
        if self.thread.is_halted() {
            return false;
        }
        // The thread may alternate between the two states until one of these swaps succeeds.
        loop {
            if self.change_state(BLOCKED, reason) {
                self.note_end(reason);
                self.resume();
                return true;
            }
            if self.change_state(HANDLING, reason) {
                self.note_end(reason);
                return true;
            }
            if !matches!(self.state.load(Ordering::SeqCst), BLOCKED | HANDLING) {
                return false;
            }
        }
    }

    /// The calling thread has ended the wait for `reason`.
    fn note_end(&self, reason: u8) {
        let by = (reason == WOKEN).then(current_id);
        self.thread.note(Moment::Woken { by });
    }

    /// The wait is over: its thread may have its turn.
    fn resume(&self) {
        let scheduler = self.thread.scheduler();
        scheduler.one_more_runs(&self.thread);
        scheduler.policy().ready(&self.thread);
    }

    /// Wakes the waiting thread, if its wait has not ended in another way. A waker that also
    /// hands over the thing itself passes `handing`.
    fn wake(&self, handing: bool) -> bool {
        // Published before the state: the thread reads it only once it finds itself woken.
        self.handed.store(handing, Ordering::Release);
        self.finish(WOKEN)
    }

    /// Ends the wait because its deadline has come, for the timers of a virtual clock.
    pub(crate) fn expire(&self) -> bool {
        self.finish(EXPIRED)
    }

    /// Blocks the calling thread, whose wait this is, until it is woken or the deadline comes. The
    /// waiter must be on its queue, and that queue's lock released. On the real clock, a deadline
    /// that has passed makes this a poll: the thread keeps its turn.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised meanwhile.
    ///
    /// After anything but [`Wake::Woken`] the caller takes the waiter off its queue.
    pub fn wait(self: &Arc<Self>, awaited: &Awaited<'_>) -> Result<Wake, Aborted> {
        let Awaited { kind, deadline, .. } = *awaited;
        let thread = &self.thread;
        let scheduler = thread.scheduler();
        let hold = awaited.held_by.map(HeldBy::hold);
        let waiting = Waiting {
            kind,
            object: awaited.object,
            holder: hold.and_then(|hold| hold.by),
            since: scheduler.clock().now(),
            deadline,
        };
        // A poll, not a wait, as in CPython: the thread keeps its turn. Not on a virtual clock,
        // which stands still for a thread that polls again and again. A thread that was woken
        // already does wait, for the turn that comes with the wake-up.
        let polls = kind != WaitKind::Sleep
            && deadline.is_some_and(|deadline| deadline <= waiting.since)
            && !scheduler.clock().is_virtual();
        if polls && self.change_state(BLOCKED, EXPIRED) {
            return Ok(Wake::TimedOut);
        }
        if kind == WaitKind::Sleep {
            scheduler.policy().before_sleep(thread)?;
        }
        if scheduler.policy().gives_up(thread) {
            return Err(Aborted {
                woken: self.is(WOKEN),
            });
        }
        thread.note(Moment::Waits {
            waiting: &waiting,
            reentrant: hold.is_some_and(|hold| hold.owned),
        });
        // SAFETY: `_shown` drops it, also if this function panics, and with it the borrow ends.
        let current = unsafe { CurrentWait::asking(waiting, self.clone(), awaited.held_by) };
        let _shown = Shown::new(thread, current);
        if deadline.is_none() {
            scheduler.deadlocks().waits_for_ever(thread, kind);
        }
        let ended = self.wait_until_over(deadline, kind);
        thread.note(Moment::Resumed { ended: ended.ok() });
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
            // A thread that is interrupted before it blocks need not leave the world first.
            if !(thread.is_interrupted() && self.change_state(BLOCKED, HANDLING)) {
                self.block(deadline, kind);
            }
            match self.state.load(Ordering::SeqCst) {
                WOKEN => return Ok(Wake::Woken),
                EXPIRED => return Ok(Wake::TimedOut),
                _ => {}
            }
            // A signal may have come: its handlers run while the wait is pending, so that a
            // wake-up meanwhile is not missed.
            thread.clear_interrupt();
            if scheduler.policy().gives_up(thread) || scheduler.world().interrupted().is_err() {
                let woken = !self.change_state(HANDLING, ABORTED) && self.is(WOKEN);
                return Err(Aborted { woken });
            }
            let late = deadline.is_some_and(|deadline| scheduler.clock().now() >= deadline);
            if late && self.change_state(HANDLING, EXPIRED) {
                return Ok(Wake::TimedOut);
            }
            if !self.change_state(HANDLING, BLOCKED) {
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
        thread.count_turn();
        thread.came_back();
        scheduler.cancel(timer);
    }

    /// Makes the blocked thread check for signals, on behalf of another thread.
    pub(crate) fn interrupt(&self) {
        if !self.thread.is_halted() && self.change_state(BLOCKED, HANDLING) {
            self.resume();
        }
    }

    /// The policy chose the blocked thread: because its deadline has come, or to end it.
    pub(crate) fn ended_by_policy(&self, timed_out: bool) {
        // A wait that was woken meanwhile stays woken.
        self.change_state(BLOCKED, if timed_out { EXPIRED } else { HANDLING });
    }

    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::SeqCst) == state
    }

    /// Parks the thread, outside the world, until it has its turn again.
    fn park(&self, deadline: Option<Deadline>, kind: WaitKind) {
        let thread = &self.thread;
        let scheduler = thread.scheduler();
        let mut expected_soon = kind != WaitKind::Sleep && !any_run();
        loop {
            let left = scheduler.real_time_until(deadline);
            let slice = scheduler.signal_check_interval(thread);
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
                // Only a thread that runs signal handlers has something to check.
                _ if thread.takes_signals() => HANDLING,
                _ => continue,
            };
            // If this swap succeeds, the thread wakes itself; if not, another thread has woken it.
            if self.change_state(BLOCKED, reason) {
                if reason == EXPIRED {
                    self.note_end(reason);
                }
                self.resume();
            }
            return thread.await_turn();
        }
    }
}

/// Waiters in the order in which they came. It is protected by its primitive's own lock.
#[derive(Debug, Default)]
pub(crate) struct WaitQueue {
    waiters: VecDeque<Arc<Waiter>>,
}

impl WaitQueue {
    /// An empty queue.
    #[must_use]
    pub(crate) const fn new() -> Self {
        Self {
            waiters: VecDeque::new(),
        }
    }

    /// Puts a new wait of the calling thread at the end.
    pub(crate) fn enqueue(&mut self) -> Arc<Waiter> {
        let waiter = Waiter::new(false);
        self.waiters.push_back(waiter.clone());
        waiter
    }

    /// Puts a new wait of the calling thread at the front: it was woken, but another thread took
    /// the thing first.
    pub(crate) fn enqueue_overtaken(&mut self) -> Arc<Waiter> {
        let waiter = Waiter::new(true);
        self.waiters.push_front(waiter.clone());
        waiter
    }

    /// Wakes the first thread that still waits. False if none does.
    pub(crate) fn wake_one(&mut self) -> bool {
        while let Some(waiter) = self.waiters.pop_front() {
            if waiter.wake(false) {
                return true;
            }
        }
        false
    }

    /// As [`wake_one`](Self::wake_one), and hands over the thing itself.
    pub(crate) fn hand_over(&mut self) -> bool {
        while let Some(waiter) = self.waiters.pop_front() {
            if waiter.wake(true) {
                return true;
            }
        }
        false
    }

    /// Wakes up to `n` threads, first come first; returns how many.
    pub(crate) fn wake(&mut self, n: usize) -> usize {
        (0..n).take_while(|_| self.wake_one()).count()
    }

    /// Wakes all.
    pub(crate) fn wake_all(&mut self) {
        while self.wake_one() {}
    }

    /// Takes `waiter` off; no effect if it is gone already.
    pub(crate) fn remove(&mut self, waiter: &Arc<Waiter>) {
        if let Some(place) = self.waiters.iter().position(|w| Arc::ptr_eq(w, waiter)) {
            self.waiters.remove(place);
        }
    }

    /// The first waiter in line.
    pub(crate) fn front(&self) -> Option<&Arc<Waiter>> {
        self.waiters.front()
    }

    /// Whether no thread is in line.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// How many threads are in line.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Drops all waiters without waking them: after `fork` their threads do not exist.
    pub(crate) fn forget(&mut self) {
        self.waiters.clear();
    }
}
