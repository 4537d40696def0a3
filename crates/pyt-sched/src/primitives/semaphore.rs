//! Counting semaphores.

use super::{
    address,
    blocking::{Again, Attempt, Failure, Line, pass_gate},
};
use crate::{
    Aborted, Awaited, Deadline, WaitKind, WaitQueue, Wake,
    engine::decision::{before, before_attempt},
    engine::wait::would_only_poll,
    op::{Action, Op},
    run_count::any_run,
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
    /// Threads in line or about to be: the release checks the queue if there are any.
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
        before_attempt(Op::on(Action::TryAcquire, address(self)), || {
            self.permits() != 0
        });
        self.take()
    }

    /// As [`acquire`](Self::acquire), as far as that needs neither a wait nor a decision point.
    /// False: it has to be called.
    #[inline]
    pub fn acquire_fast(&self) -> bool {
        !any_run() && self.take()
    }

    #[inline]
    fn take(&self) -> bool {
        // SeqCst, with `release`: either it sees this thread in line, or this thread sees its
        // permit.
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
        let awaited = || self.awaited(deadline);
        if pass_gate(Action::Acquire, awaited, || self.permits() != 0)? == Wake::TimedOut {
            return Ok(false);
        }
        if self.take() {
            return Ok(true);
        }
        self.acquire_slow(deadline)
    }

    #[cold]
    fn acquire_slow(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        // `ThreadPoolExecutor.submit` does this each time, to find out whether a worker is idle.
        if would_only_poll(deadline) {
            return Ok(false);
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let taken = self.wait_for_permit(deadline);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        taken
    }

    fn awaited(&self, deadline: Option<Deadline>) -> Awaited<'static> {
        Awaited {
            kind: WaitKind::Semaphore,
            object: address(self),
            deadline,
            held_by: None,
        }
    }

    fn wait_for_permit(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let line = Line {
            state: &self.queue,
            queue: |queue| queue,
            again: Again::First,
        };
        let attempt = |_: &mut WaitQueue, ()| {
            if self.take() {
                Attempt::Done(Ok(true))
            } else {
                Attempt::Blocked(())
            }
        };
        let awaited = || self.awaited(deadline);
        line.wait_until(awaited, (), attempt, |mut queue, (), failure| {
            let Failure::Aborted { aborted, .. } = failure else {
                return Ok(false);
            };
            if aborted.woken {
                queue.wake_one();
            }
            Err(aborted)
        })
    }

    /// Adds `n` permits, up to the largest number there is, and wakes as many waiters.
    #[inline]
    pub fn release(&self, n: usize) {
        before(self.released(n));
        let _ = self
            .permits
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |permits| {
                Some(permits.saturating_add(n))
            });
        self.wake(n);
    }

    /// The step of a release: one permit is what an [`Action::Release`] gives back.
    fn released(&self, n: usize) -> Op {
        let action = if n == 1 {
            Action::Release
        } else {
            Action::Update
        };
        Op::on(action, address(self))
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

    /// As [`permits`](Self::permits), with a decision point: for a program that asks.
    #[must_use]
    pub fn query(&self) -> usize {
        before(Op::on(Action::Query, address(self)));
        self.permits()
    }

    /// As [`release`](Self::release), if there are then at most `bound` permits.
    ///
    /// # Errors
    /// [`OverRelease`] if there would be more; then none is added.
    #[inline]
    pub fn release_within(&self, n: usize, bound: usize) -> Result<(), OverRelease> {
        before_attempt(self.released(n), || {
            let sum = self.permits().checked_add(n);
            sum.is_some_and(|sum| sum <= bound)
        });
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

    /// Sets the number of permits and forgets the waiters: in the child of a `fork`.
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
