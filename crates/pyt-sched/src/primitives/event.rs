//! A flag that threads wait for.

use crate::{
    Aborted, Deadline, ThreadId, WaitKind, WaitQueue, Wake,
    controlled::{Action, Op, before, wait_until},
    primitives::address,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// A flag, unset at first.
#[derive(Debug, Default)]
pub struct Event {
    set: AtomicBool,
    queue: Mutex<WaitQueue>,
}

impl Event {
    /// An event that is not set.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            set: AtomicBool::new(false),
            queue: Mutex::new(WaitQueue::new()),
        }
    }

    /// Whether the flag is set.
    #[must_use]
    #[inline]
    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    /// As [`is_set`](Self::is_set), for a program that asks: a decision point.
    #[must_use]
    #[inline]
    pub fn query(&self) -> bool {
        before(Op::on(Action::Query, address(self)));
        self.is_set()
    }

    /// Sets the flag and wakes all that wait for it.
    pub fn set(&self) {
        self.set_as(Action::Set, || {});
    }

    /// As [`set`](Self::set), shown as `action` in what a strategy sees, and with `first` done right
    /// before it, in the same step.
    pub fn set_as(&self, action: Action, first: impl FnOnce()) {
        before(Op::on(action, address(self)));
        first();
        self.set_now();
    }

    /// As [`set`](Self::set), without a decision point: the caller has announced the step of which
    /// this is a part.
    pub fn set_now(&self) {
        let mut queue = self.queue.lock();
        self.set.store(true, Ordering::Release);
        queue.wake_all();
    }

    /// Unsets the flag.
    pub fn clear(&self) {
        before(Op::on(Action::Clear, address(self)));
        self.set.store(false, Ordering::Release);
    }

    /// Waits until the flag is set. True: it was set, even if it has been cleared since. False:
    /// the deadline passed first.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn wait(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        self.wait_as(deadline, WaitKind::Event)
    }

    /// As [`wait`](Self::wait), shown as `kind` in reports.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn wait_as(&self, deadline: Option<Deadline>, kind: WaitKind) -> Result<bool, Aborted> {
        self.wait_from(deadline, kind, None)
    }

    /// As [`wait_as`](Self::wait_as), for what only the thread `from` can bring about.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn wait_from(
        &self,
        deadline: Option<Deadline>,
        kind: WaitKind,
        from: Option<ThreadId>,
    ) -> Result<bool, Aborted> {
        let action = if kind == WaitKind::Join {
            Action::Join
        } else {
            Action::Wait
        };
        let awaited = Op::on(action, address(self));
        match wait_until(awaited, kind, deadline, || None, &|| self.is_set()) {
            Some(ended) => return ended.map(|wake| wake == Wake::Woken),
            None if self.is_set() => return Ok(true),
            None => {}
        }
        let waiter = {
            let mut queue = self.queue.lock();
            if self.is_set() {
                return Ok(true);
            }
            queue.enqueue()
        };
        let ended = waiter.wait(deadline, kind, address(self), from);
        if ended != Ok(Wake::Woken) {
            self.queue.lock().remove(&waiter);
        }
        Ok(ended? == Wake::Woken)
    }

    /// Forgets who waited: in the child of a `fork`. The flag stays as it is.
    pub fn reset_after_fork(&self) {
        self.queue.lock().forget();
    }
}
