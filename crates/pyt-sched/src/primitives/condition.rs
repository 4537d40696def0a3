//! A condition variable over a lock of the caller's choice.

use std::sync::Arc;

use crate::{
    Aborted, Deadline, Kind, WaitQueue, Waiter, Wake,
    primitives::address,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Threads that wait to be notified. The lock belongs to the caller: a wait is
/// [`join`](Self::join), then releasing the lock, then [`wait`](Self::wait), then taking the lock
/// again.
#[derive(Debug, Default)]
pub struct Condition {
    queue: Mutex<WaitQueue>,
    /// How many are in line, so that a notification without waiters costs one load.
    waiting: AtomicUsize,
}

impl Condition {
    /// A condition that nobody waits for.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            queue: Mutex::new(WaitQueue::new()),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Gets in line, while the caller holds its lock: a notification from now on counts.
    #[must_use]
    pub fn join(&self) -> Arc<Waiter> {
        let mut queue = self.queue.lock();
        let waiter = queue.enqueue();
        self.waiting.store(queue.len(), Ordering::Release);
        waiter
    }

    /// Waits in the place in line that [`join`](Self::join) gave. True: notified. False: the
    /// deadline passed first.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait. A notification that had been
    /// spent on this wait goes to the next in line.
    pub fn wait(&self, waiter: &Arc<Waiter>, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let ended = waiter.wait(deadline, Kind::Condition, address(self), None);
        match ended {
            Ok(Wake::Woken) => {}
            Err(Aborted { woken: true }) => {
                self.notify(1);
            }
            _ => self.leave(waiter),
        }
        Ok(ended? == Wake::Woken)
    }

    /// Gets out of line without having waited.
    pub fn leave(&self, waiter: &Arc<Waiter>) {
        let mut queue = self.queue.lock();
        queue.remove(waiter);
        self.waiting.store(queue.len(), Ordering::Release);
    }

    /// Wakes up to `n` threads, first come first; returns how many.
    pub fn notify(&self, n: usize) -> usize {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return 0;
        }
        let mut queue = self.queue.lock();
        let woken = queue.wake(n);
        self.waiting.store(queue.len(), Ordering::Release);
        woken
    }

    /// Wakes all.
    pub fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// How many are in line.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Forgets who waited: in the child of a `fork`.
    pub fn reset_after_fork(&self) {
        self.queue.lock().forget();
        self.waiting.store(0, Ordering::Release);
    }
}
