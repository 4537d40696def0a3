//! A flag that threads wait for.

use super::{
    address,
    blocking::{Again, Line, wait_at_gate},
};
use crate::{
    Aborted, Awaited, Deadline, HeldBy, Hold, ThreadId, WaitKind, WaitQueue, Wake,
    engine::decision::{before, point},
    op::{Action, Op},
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

    /// As [`is_set`](Self::is_set), with a decision point: for a program that asks.
    #[must_use]
    #[inline]
    pub fn query(&self) -> bool {
        before(Op::on(Action::Query, address(self)));
        self.is_set()
    }

    /// A decision point before something that belongs to the flag, such as the start of the thread
    /// whose end it stands for.
    ///
    /// # Errors
    /// [`Aborted`] if the run was given up.
    pub fn point(&self, action: Action) -> Result<(), Aborted> {
        point(Op::on(action, address(self))).map(drop)
    }

    /// Sets the flag and wakes all that wait for it.
    pub fn set(&self) {
        self.set_as(Action::Set, || {});
    }

    /// As [`set`](Self::set), as the step `action`, and with `first` called right before it, in the
    /// same step.
    pub fn set_as(&self, action: Action, first: impl FnOnce()) {
        before(Op::on(action, address(self)));
        first();
        self.set_now();
    }

    /// As [`set`](Self::set), without a decision point: for a part of a step of the caller's.
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

    /// As [`wait_as`](Self::wait_as), for an event that only the thread `from` can set.
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
        let from = from.map(SetBy);
        let held_by = from.as_ref().map(|from| from as &dyn HeldBy);
        let awaited = || Awaited {
            kind,
            object: address(self),
            deadline,
            held_by,
        };
        match wait_at_gate(action, awaited, || self.is_set()) {
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
        let line = Line {
            state: &self.queue,
            queue: |queue| queue,
            again: Again::First,
        };
        let wake = line.wait(&waiter, &awaited()).unlocked()?;
        Ok(wake == Wake::Woken)
    }

    /// Forgets the waiters: in the child of a `fork`. The flag stays as it is.
    pub fn reset_after_fork(&self) {
        self.queue.lock().forget();
    }
}

/// The only thread that can set an event.
struct SetBy(ThreadId);

impl HeldBy for SetBy {
    fn hold(&self) -> Hold {
        Hold {
            by: Some(self.0),
            certain: true,
            owned: false,
        }
    }
}
