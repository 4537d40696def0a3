//! A mutual-exclusion lock that any thread may release, as Python's.

use crate::{
    Aborted, Deadline, ThreadId, WaitKind, WaitQueue, Wake,
    controlled::{Action, Op, before, wait_until},
    current_id,
    primitives::address,
    sync::{
        Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

/// Somebody holds the lock.
const HELD: u8 = 1;
/// Somebody waits for it: the release must look at the queue.
const WAITED: u8 = 2;

/// In the holder's record: taken for a stretch of code at whose end the same thread releases it.
const SCOPED: u64 = 1 << 63;

/// The lock that was to be released was not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

/// A lock. Waiters are woken first come first; a thread that happens to come by may still take
/// the lock before the woken one, but only once: the second time it is handed over directly.
#[derive(Debug)]
pub struct Lock {
    state: AtomicU8,
    /// Nobody but its holder ever releases it.
    owned: bool,
    /// Who took it last, for reports; meaningful while it is held.
    holder: AtomicU64,
    queue: Mutex<WaitQueue>,
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Lock {
    /// A lock that nobody holds.
    #[must_use]
    pub const fn new() -> Self {
        Self::with(false)
    }

    /// A lock that nobody holds and that only its holder will release.
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
        before(Op::on(Action::Write, address(self)));
        self.take_as_holder()
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

    /// Waits as the strategy of a run says, where there is one. False: the deadline came first.
    #[inline]
    fn wait_as_chosen(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let acquire = Op::on(Action::Acquire, address(self));
        let free = || !self.is_held();
        match wait_until(acquire, WaitKind::Lock, deadline, || self.holder(), &free) {
            Some(ended) => ended.map(|wake| wake == Wake::Woken),
            None => Ok(true),
        }
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
        if !self.wait_as_chosen(deadline)? {
            return Ok(false);
        }
        if self.take_as_holder() {
            return Ok(true);
        }
        self.acquire_slow(deadline)
    }

    /// As [`acquire`](Self::acquire) without a deadline, for a stretch of code at whose end the
    /// same thread releases the lock: reports then need not reckon with others that might.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    #[inline]
    pub fn acquire_scoped(&self) -> Result<(), Aborted> {
        self.wait_as_chosen(None)?;
        if !self.take() {
            self.acquire_slow(None)?;
        }
        let holder = current_id().0 | SCOPED;
        self.holder.store(holder, Ordering::Relaxed);
        Ok(())
    }

    #[cold]
    fn acquire_slow(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let mut overtaken = false;
        loop {
            let waiter = {
                let mut queue = self.queue.lock();
                let before = self.state.fetch_or(HELD | WAITED, Ordering::Acquire);
                if before & HELD == 0 {
                    if queue.is_empty() {
                        self.state.fetch_and(!WAITED, Ordering::Relaxed);
                    }
                    self.holder.store(current_id().0, Ordering::Relaxed);
                    return Ok(true);
                }
                if overtaken {
                    queue.enqueue_overtaken()
                } else {
                    queue.enqueue()
                }
            };
            waiter.is_for(self);
            let ended = waiter.wait(deadline, WaitKind::Lock, address(self), self.holder());
            match ended {
                Ok(Wake::Woken) if waiter.was_handed() => {
                    self.holder.store(current_id().0, Ordering::Relaxed);
                    return Ok(true);
                }
                Ok(Wake::Woken) => overtaken = true,
                Ok(Wake::TimedOut) => {
                    self.give_up(&waiter);
                    return Ok(false);
                }
                Err(aborted) => {
                    if !aborted.woken {
                        self.give_up(&waiter);
                    } else if waiter.was_handed() {
                        // It is ours, so it can't be that nobody holds it.
                        let _ = self.release_slow();
                    } else {
                        self.pass_on();
                    }
                    return Err(aborted);
                }
            }
        }
    }

    fn give_up(&self, waiter: &std::sync::Arc<crate::Waiter>) {
        let mut queue = self.queue.lock();
        queue.remove(waiter);
        if queue.is_empty() {
            self.state.fetch_and(!WAITED, Ordering::Relaxed);
        }
    }

    /// A wake-up was spent on a thread that no longer wants the lock.
    fn pass_on(&self) {
        let mut queue = self.queue.lock();
        if self.state.load(Ordering::Relaxed) & HELD == 0 {
            queue.wake_one();
            if queue.is_empty() {
                self.state.fetch_and(!WAITED, Ordering::Relaxed);
            }
        }
    }

    /// Frees the lock and wakes the first in line. Any thread may do so.
    ///
    /// # Errors
    /// [`NotHeld`] if nobody holds the lock.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        before(Op::on(Action::Release, address(self)));
        self.free()
    }

    /// As [`release`](Self::release), where the decision point was before.
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
            // It must not look like ours until the next holder has left its name.
            self.disown();
        }
        if hands_over && queue.hand_over() {
            // The state stays HELD: the lock never was free.
            if queue.is_empty() {
                self.state.fetch_and(!WAITED, Ordering::Relaxed);
            }
            return Ok(());
        }
        self.state.fetch_and(!HELD, Ordering::Release);
        queue.wake_one();
        if queue.is_empty() {
            self.state.fetch_and(!WAITED, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether the caller took it, if nobody but the thread that took it releases it, and that
    /// one [says so](Self::disown) first.
    #[inline]
    pub(crate) fn is_mine(&self) -> bool {
        self.holder.load(Ordering::Relaxed) == current_id().0
    }

    /// The caller is about to release the lock. Without this, the one who took it would be taken
    /// for the holder until the next one has left its name.
    #[inline]
    pub(crate) fn disown(&self) {
        self.holder.store(0, Ordering::Relaxed);
    }

    /// As [`is_held`](Self::is_held), for a program that asks: a decision point.
    #[must_use]
    pub fn query(&self) -> bool {
        before(Op::on(Action::Query, address(self)));
        self.is_held()
    }

    /// Whether somebody holds it now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) & HELD != 0
    }

    /// Who holds it now.
    #[must_use]
    pub fn holder(&self) -> Option<ThreadId> {
        let holder = self.holder.load(Ordering::Relaxed) & !SCOPED;
        (self.is_held() && holder != 0).then_some(ThreadId(holder))
    }

    /// Whether only its holder releases it, in general.
    pub(crate) const fn is_owned(&self) -> bool {
        self.owned
    }

    /// Whether nobody but the holder will release it this time.
    pub(crate) fn is_held_for_sure(&self) -> bool {
        self.owned || self.holder.load(Ordering::Relaxed) & SCOPED != 0
    }

    /// Makes the lock free and forgets who waited: in the child of a `fork`, where the threads
    /// that held it or waited for it do not exist.
    pub fn reset_after_fork(&self) {
        self.queue.lock().forget();
        self.disown();
        self.state.store(0, Ordering::Release);
    }
}
