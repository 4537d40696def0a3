//! A lock that the thread which holds it may take again.

use super::address;
use crate::{
    Aborted, Deadline, Lock, NotHeld, ThreadId,
    engine::decision::before,
    op::{Action, Op},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A reentrant lock.
#[derive(Debug)]
pub struct RLock {
    lock: Lock,
    /// How often the holder has taken it; only the holder writes it.
    count: AtomicUsize,
}

impl Default for RLock {
    fn default() -> Self {
        Self::new()
    }
}

impl RLock {
    /// The address by which reports know the lock.
    #[must_use]
    pub fn address(&self) -> usize {
        address(&self.lock)
    }

    /// A lock that no thread holds.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lock: Lock::owned(),
            count: AtomicUsize::new(0),
        }
    }

    /// Takes the lock if it is free or the caller's already. Never blocks.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        if self.is_mine() {
            self.count.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let taken = self.lock.try_acquire();
        if taken {
            self.count.store(1, Ordering::Relaxed);
        }
        taken
    }

    /// As [`acquire`](Self::acquire), as far as that needs neither a wait nor a decision point.
    /// False: it has to be called.
    #[inline]
    pub fn acquire_fast(&self) -> bool {
        if self.is_mine() {
            self.count.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let taken = self.lock.acquire_fast();
        if taken {
            self.count.store(1, Ordering::Relaxed);
        }
        taken
    }

    /// As [`Lock::acquire`]; at once if the caller holds it already.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    #[inline]
    pub fn acquire(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        if self.is_mine() {
            self.count.fetch_add(1, Ordering::Relaxed);
            return Ok(true);
        }
        let taken = self.lock.acquire(deadline)?;
        if taken {
            self.count.store(1, Ordering::Relaxed);
        }
        Ok(taken)
    }

    /// Takes back one [`acquire`](Self::acquire); the last one frees the lock.
    ///
    /// # Errors
    /// [`NotHeld`] if the caller does not hold it.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        if !self.is_mine() {
            return Err(NotHeld);
        }
        if self.count.load(Ordering::Relaxed) == 1 {
            self.before_release();
        }
        // Code that has run at the decision point may have taken it once more.
        if self.count.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.lock.disown();
            self.lock.free()?;
        }
        Ok(())
    }

    fn before_release(&self) {
        before(Op::on(Action::Release, address(&self.lock)));
    }

    /// Frees the lock however often it was taken, and returns how often that was.
    ///
    /// # Errors
    /// [`NotHeld`] if the caller does not hold it.
    pub fn release_all(&self) -> Result<usize, NotHeld> {
        if !self.is_mine() {
            return Err(NotHeld);
        }
        self.before_release();
        let count = self.count.swap(0, Ordering::Relaxed);
        self.lock.disown();
        self.lock.free()?;
        Ok(count)
    }

    /// Takes the lock as often as [`release_all`](Self::release_all) said. Not ended by signals.
    pub fn acquire_all(&self, count: usize) {
        while self.acquire_again(count).is_err() {}
    }

    /// As [`acquire_all`](Self::acquire_all), for a caller that keeps the exception of a signal
    /// handler and tries again.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait: the lock is not taken.
    pub fn acquire_again(&self, count: usize) -> Result<(), Aborted> {
        self.lock.acquire(None)?;
        self.count.store(count, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the caller holds it.
    #[must_use]
    #[inline]
    pub fn is_mine(&self) -> bool {
        self.lock.is_mine()
    }

    /// As [`is_held`](Self::is_held), with a decision point: for a program that asks.
    #[must_use]
    pub fn query(&self) -> bool {
        self.lock.query()
    }

    /// Whether a thread holds it now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.lock.is_held()
    }

    /// The thread that holds it now.
    #[must_use]
    pub fn holder(&self) -> Option<ThreadId> {
        self.lock.holder()
    }

    /// How often its holder has taken it; zero if no thread holds it.
    #[must_use]
    pub fn count(&self) -> usize {
        if self.lock.is_held() {
            self.count.load(Ordering::Relaxed)
        } else {
            0
        }
    }

    /// As [`Lock::reset_after_fork`].
    pub fn reset_after_fork(&self) {
        self.count.store(0, Ordering::Relaxed);
        self.lock.reset_after_fork();
    }
}
