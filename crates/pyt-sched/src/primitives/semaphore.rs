//! Counting semaphores.

use crate::{
    Aborted, Deadline, WaitKind, WaitQueue, Wake,
    controlled::{Action, Op, before, wait_until},
    engine::wait::is_only_a_look,
    primitives::address,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A number of permits. The number may be large, but never overflows: see
/// [`release`](Self::release).
#[derive(Debug)]
pub struct Semaphore {
    permits: AtomicUsize,
    /// Threads in line or about to be: the release looks at the queue if there are any.
    waiting: AtomicUsize,
    queue: Mutex<WaitQueue>,
}

impl Semaphore {
    /// A semaphore with `permits` permits.
    #[must_use]
    pub const fn new(permits: usize) -> Self {
        Self {
            permits: AtomicUsize::new(permits),
            waiting: AtomicUsize::new(0),
            queue: Mutex::new(WaitQueue::new()),
        }
    }

    /// Takes a permit if there is one. Never blocks.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        before(Op::on(Action::Write, address(self)));
        self.take()
    }

    #[inline]
    fn take(&self) -> bool {
        // SeqCst, with `release`: either it sees us in line, or we see its permit.
        self.permits
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |permits| {
                permits.checked_sub(1)
            })
            .is_ok()
    }

    /// Takes a permit, waiting for one until `deadline`. False: the deadline passed first.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    #[inline]
    pub fn acquire(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let acquire = Op::on(Action::Acquire, address(self));
        let some = || self.permits() != 0;
        match wait_until(acquire, WaitKind::Semaphore, deadline, || None, &some) {
            Some(Ok(Wake::TimedOut)) => return Ok(false),
            Some(Err(aborted)) => return Err(aborted),
            Some(Ok(Wake::Woken)) | None => {}
        }
        if self.take() {
            return Ok(true);
        }
        self.acquire_slow(deadline)
    }

    #[cold]
    fn acquire_slow(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        // As `ThreadPoolExecutor.submit` does each time, to see whether a worker is idle.
        if is_only_a_look(deadline) {
            return Ok(false);
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let taken = self.wait_for_permit(deadline);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        taken
    }

    fn wait_for_permit(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let mut overtaken = false;
        loop {
            let waiter = {
                let mut queue = self.queue.lock();
                if self.take() {
                    return Ok(true);
                }
                if overtaken {
                    queue.enqueue_overtaken()
                } else {
                    queue.enqueue()
                }
            };
            match waiter.wait(deadline, WaitKind::Semaphore, address(self), None) {
                Ok(Wake::Woken) => overtaken = true,
                Ok(Wake::TimedOut) => {
                    self.queue.lock().remove(&waiter);
                    return Ok(false);
                }
                Err(aborted) => {
                    let mut queue = self.queue.lock();
                    queue.remove(&waiter);
                    if aborted.woken {
                        queue.wake_one();
                    }
                    return Err(aborted);
                }
            }
        }
    }

    /// Adds `n` permits, up to the largest number there is, and wakes as many waiters.
    #[inline]
    pub fn release(&self, n: usize) {
        before(Op::on(Action::Release, address(self)));
        let _ = self
            .permits
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |permits| {
                Some(permits.saturating_add(n))
            });
        self.wake(n);
    }

    #[inline]
    fn wake(&self, n: usize) {
        if self.waiting.load(Ordering::SeqCst) != 0 {
            self.queue.lock().wake(n);
        }
    }

    /// How many permits there are now.
    #[must_use]
    pub fn permits(&self) -> usize {
        self.permits.load(Ordering::Relaxed)
    }

    /// As [`release`](Self::release), if there are then at most `bound` permits.
    ///
    /// # Errors
    /// [`OverRelease`] if there would be more; then none is added.
    #[inline]
    pub fn release_within(&self, n: usize, bound: usize) -> Result<(), OverRelease> {
        before(Op::on(Action::Release, address(self)));
        self.permits
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |permits| {
                permits.checked_add(n).filter(|sum| *sum <= bound)
            })
            .map_err(|_| OverRelease)?;
        self.wake(n);
        Ok(())
    }

    /// Sets the number of permits and wakes as many waiters.
    pub fn set_permits(&self, permits: usize) {
        self.permits.store(permits, Ordering::SeqCst);
        self.wake(permits);
    }

    /// Sets the number of permits and forgets who waited: in the child of a `fork`.
    pub fn reset_after_fork(&self, permits: usize) {
        self.queue.lock().forget();
        self.waiting.store(0, Ordering::SeqCst);
        self.permits.store(permits, Ordering::SeqCst);
    }
}

/// More permits were released than a [`BoundedSemaphore`] began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverRelease;

/// A semaphore that never has more permits than it began with.
#[derive(Debug)]
pub struct BoundedSemaphore {
    semaphore: Semaphore,
    bound: usize,
}

impl BoundedSemaphore {
    /// A semaphore with `permits` permits, and never more.
    #[must_use]
    pub const fn new(permits: usize) -> Self {
        Self {
            semaphore: Semaphore::new(permits),
            bound: permits,
        }
    }

    /// As [`Semaphore::try_acquire`].
    pub fn try_acquire(&self) -> bool {
        self.semaphore.try_acquire()
    }

    /// As [`Semaphore::acquire`].
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn acquire(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        self.semaphore.acquire(deadline)
    }

    /// Adds `n` permits and wakes as many waiters.
    ///
    /// # Errors
    /// [`OverRelease`] if that would make them more than at first; then none is added.
    pub fn release(&self, n: usize) -> Result<(), OverRelease> {
        self.semaphore.release_within(n, self.bound)
    }

    /// How many permits there are now.
    #[must_use]
    pub fn permits(&self) -> usize {
        self.semaphore.permits()
    }

    /// How many there were at first.
    #[must_use]
    pub const fn bound(&self) -> usize {
        self.bound
    }

    /// As [`Semaphore::reset_after_fork`].
    pub fn reset_after_fork(&self, permits: usize) {
        self.semaphore.reset_after_fork(permits);
    }
}
