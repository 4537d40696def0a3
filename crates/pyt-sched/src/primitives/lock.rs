//! A mutual-exclusion lock that any thread may release, as Python's.

use super::{
    address,
    blocking::{Again, Attempt, Failure, Line, pass_gate},
};
use crate::{
    Aborted, Awaited, Deadline, HeldBy, Hold, ThreadId, WaitKind, WaitQueue, Wake, current_id,
    engine::decision::{before, before_attempt},
    op::{Action, Op},
    run_count::any_run,
    sync::{
        Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

/// A thread holds the lock.
const HELD: u8 = 1;
/// A thread waits for it: the release must check the queue.
const WAITED: u8 = 2;

/// In the holder's number: the lock was taken for a stretch of code at whose end the same thread
/// releases it.
const SCOPED: u64 = 1 << 63;

/// The lock that was to be released was not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

/// A lock. Waiters are woken first come first. A thread that does not wait may take the lock before
/// the woken one, but only once: the second time the lock is handed over directly.
#[derive(Debug)]
pub struct Lock {
    state: AtomicU8,
    /// Only its holder ever releases it.
    owned: bool,
    /// The thread that took it last, for reports; meaningful while it is held.
    holder: AtomicU64,
    queue: Mutex<WaitQueue>,
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Lock {
    /// A lock that no thread holds.
    #[must_use]
    pub const fn new() -> Self {
        Self::with(false)
    }

    /// A lock that no thread holds and that only its holder will release.
    pub(crate) const fn owned() -> Self {
        Self::with(true)
    }

    const fn with(owned: bool) -> Self {
        Self {
            state: AtomicU8::new(0),
            owned,
            holder: AtomicU64::new(0),
            queue: Mutex::new(WaitQueue::new()),
        }
    }

    /// Takes the lock if it is free. Never blocks.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        before_attempt(Op::on(Action::TryAcquire, address(self)), || {
            !self.is_held()
        });
        self.take_as_holder()
    }

    /// As [`acquire`](Self::acquire), as far as that needs neither a wait nor a decision point.
    /// False: it has to be called.
    #[inline]
    pub fn acquire_fast(&self) -> bool {
        !any_run() && self.take_as_holder()
    }

    /// As [`try_acquire`](Self::try_acquire), without a decision point.
    #[inline]
    fn take_as_holder(&self) -> bool {
        let taken = self.take();
        if taken {
            self.holder.store(current_id().0, Ordering::Relaxed);
        }
        taken
    }

    #[inline]
    fn take(&self) -> bool {
        self.state
            .compare_exchange(0, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
            || self.take_despite_waiters()
    }

    fn awaited(&self, deadline: Option<Deadline>) -> Awaited<'_> {
        Awaited {
            kind: WaitKind::Lock,
            object: address(self),
            deadline,
            held_by: Some(self),
        }
    }

    /// The gate of an acquire.
    #[inline]
    fn pass_gate(&self, deadline: Option<Deadline>) -> Result<Wake, Aborted> {
        let awaited = || self.awaited(deadline);
        pass_gate(Action::Acquire, awaited, || !self.is_held())
    }

    /// Takes the free lock while others, woken or about to be, are in line for it.
    fn take_despite_waiters(&self) -> bool {
        self.state
            .compare_exchange(WAITED, HELD | WAITED, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Takes the lock, waiting for it until `deadline`. True: it is the caller's. False: the
    /// deadline passed first.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    #[inline]
    pub fn acquire(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        if self.pass_gate(deadline)? == Wake::TimedOut {
            return Ok(false);
        }
        if self.take_as_holder() {
            return Ok(true);
        }
        self.acquire_slow(deadline)
    }

    /// As [`acquire`](Self::acquire) without a deadline, for a stretch of code at whose end the
    /// same thread releases the lock: reports then know that no other thread will.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    #[inline]
    pub fn acquire_scoped(&self) -> Result<(), Aborted> {
        self.pass_gate(None)?;
        if !self.take() {
            self.acquire_slow(None)?;
        }
        let holder = current_id().0 | SCOPED;
        self.holder.store(holder, Ordering::Relaxed);
        Ok(())
    }

    #[cold]
    fn acquire_slow(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let attempt = |queue: &mut WaitQueue, ()| {
            let before = self.state.fetch_or(HELD | WAITED, Ordering::Acquire);
            if before & HELD != 0 {
                return Attempt::Blocked(());
            }
            self.clear_waited(queue);
            self.holder.store(current_id().0, Ordering::Relaxed);
            Attempt::Done(Ok(true))
        };
        let handed = || {
            self.holder.store(current_id().0, Ordering::Relaxed);
            Some(Ok(true))
        };
        let line = Line {
            state: &self.queue,
            queue: |queue| queue,
            again: Again::First,
        };
        let awaited = || self.awaited(deadline);
        line.wait_until_or_handed(awaited, (), attempt, handed, |mut queue, (), failure| {
            let Failure::Aborted { aborted, handed } = failure else {
                self.clear_waited(&queue);
                return Ok(false);
            };
            if !aborted.woken {
                self.clear_waited(&queue);
            } else if handed {
                drop(queue);
                // The caller holds it, so this does not fail.
                let _ = self.release_slow();
            } else {
                self.pass_on(&mut queue);
            }
            Err(aborted)
        })
    }

    /// Releases need not check the queue any more, if it is empty.
    fn clear_waited(&self, queue: &WaitQueue) {
        if queue.is_empty() {
            self.state.fetch_and(!WAITED, Ordering::Relaxed);
        }
    }

    /// A wake-up was spent on a thread that no longer wants the lock: wakes the next.
    fn pass_on(&self, queue: &mut WaitQueue) {
        if self.state.load(Ordering::Relaxed) & HELD == 0 {
            queue.wake_one();
            self.clear_waited(queue);
        }
    }

    /// Frees the lock and wakes the first in line. Any thread may do so.
    ///
    /// # Errors
    /// [`NotHeld`] if no thread holds the lock.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        let is_held = || self.state.load(Ordering::Relaxed) & HELD != 0;
        before_attempt(Op::on(Action::Release, address(self)), is_held);
        self.free()
    }

    /// As [`release`](Self::release), without a decision point.
    #[inline]
    pub(crate) fn free(&self) -> Result<(), NotHeld> {
        match self
            .state
            .compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed)
        {
            Ok(_) => Ok(()),
            Err(state) if state & HELD == 0 => Err(NotHeld),
            Err(_) => self.release_slow(),
        }
    }

    #[cold]
    fn release_slow(&self) -> Result<(), NotHeld> {
        let mut queue = self.queue.lock();
        // Two threads may release at once.
        if self.state.load(Ordering::Relaxed) & HELD == 0 {
            return Err(NotHeld);
        }
        let hands_over = queue.front().is_some_and(|first| first.overtaken);
        if hands_over {
            // This thread is not the holder any more, and the next has not recorded itself yet.
            self.disown();
        }
        if hands_over && queue.hand_over() {
            // The state stays HELD: the lock never was free.
            self.clear_waited(&queue);
            return Ok(());
        }
        self.state.fetch_and(!HELD, Ordering::Release);
        queue.wake_one();
        self.clear_waited(&queue);
        Ok(())
    }

    /// Whether the caller holds it. Valid only if the holder alone releases the lock, and
    /// [disowns](Self::disown) it first.
    #[inline]
    pub(crate) fn is_mine(&self) -> bool {
        self.holder.load(Ordering::Relaxed) == current_id().0
    }

    /// The caller is about to release the lock. Without this, it would count as the holder until
    /// the next holder has recorded itself.
    #[inline]
    pub(crate) fn disown(&self) {
        self.holder.store(0, Ordering::Relaxed);
    }

    /// As [`is_held`](Self::is_held), with a decision point: for a program that asks.
    #[must_use]
    pub fn query(&self) -> bool {
        before(Op::on(Action::Query, address(self)));
        self.is_held()
    }

    /// Whether a thread holds it now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) & HELD != 0
    }

    /// The thread that holds it now.
    #[must_use]
    pub fn holder(&self) -> Option<ThreadId> {
        let holder = self.holder.load(Ordering::Relaxed) & !SCOPED;
        (self.is_held() && holder != 0).then_some(ThreadId(holder))
    }

    /// Makes the lock free and forgets its waiters: in the child of a `fork`, where the threads
    /// that held it or waited for it do not exist.
    pub fn reset_after_fork(&self) {
        self.queue.lock().forget();
        self.disown();
        self.state.store(0, Ordering::Release);
    }
}

impl HeldBy for Lock {
    fn hold(&self) -> Hold {
        Hold {
            by: self.holder(),
            certain: self.owned || self.holder.load(Ordering::Relaxed) & SCOPED != 0,
            owned: self.owned,
        }
    }
}
