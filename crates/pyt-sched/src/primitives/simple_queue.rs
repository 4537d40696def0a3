//! An unbounded queue whose `put` never blocks.

use std::collections::VecDeque;

use super::{
    address,
    blocking::{Again, Attempt, Failure, Line, pass_gate},
};
use crate::{
    Aborted, Awaited, Deadline, WaitKind, WaitQueue, Wake,
    engine::decision::{before, before_attempt},
    op::{Action, Op},
    sync::Mutex,
};

/// An unbounded first-in, first-out queue without tasks.
#[derive(Debug)]
pub struct SimpleQueue<T> {
    inner: Mutex<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    items: VecDeque<T>,
    getters: WaitQueue,
}

impl<T: Send> Default for SimpleQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send> SimpleQueue<T> {
    /// An empty queue.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                items: VecDeque::new(),
                getters: WaitQueue::new(),
            }),
        }
    }

    /// Adds `item`. Never blocks; may be called during a `get` of the same thread.
    pub fn put(&self, item: T) {
        before(Op::on(Action::Put, address(self)));
        let mut inner = self.inner.lock();
        inner.items.push_back(item);
        inner.getters.wake_one();
    }

    /// Takes the oldest item if there is one. Never blocks.
    pub fn try_get(&self) -> Option<T> {
        before_attempt(Op::on(Action::TryGet, address(self)), || self.has_items());
        self.inner.lock().items.pop_front()
    }

    /// For gates: it does not block.
    fn has_items(&self) -> bool {
        let inner = self.inner.try_lock();
        inner.is_some_and(|inner| !inner.items.is_empty())
    }

    /// Takes the oldest item, waiting for one until `deadline`. `None`: the deadline passed.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn get(&self, deadline: Option<Deadline>) -> Result<Option<T>, Aborted> {
        let awaited = || Awaited {
            kind: WaitKind::Get,
            object: address(self),
            deadline,
            held_by: None,
        };
        if pass_gate(Action::Get, awaited, || self.has_items())? == Wake::TimedOut {
            return Ok(None);
        }
        let line = Line {
            state: &self.inner,
            queue: |inner: &mut Inner<T>| &mut inner.getters,
            again: Again::First,
        };
        let attempt = |inner: &mut Inner<T>, ()| {
            (inner.items.pop_front())
                .map_or(Attempt::Blocked(()), |item| Attempt::Done(Ok(Some(item))))
        };
        line.wait_until(awaited, (), attempt, |mut inner, (), failure| {
            let Failure::Aborted { aborted, .. } = failure else {
                return Ok(inner.items.pop_front());
            };
            if aborted.woken && !inner.items.is_empty() {
                inner.getters.wake_one();
            }
            Err(aborted)
        })
    }

    /// Whether there are no items now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        before(Op::on(Action::Query, address(self)));
        self.inner.lock().items.is_empty()
    }

    /// How many items there are now.
    #[must_use]
    pub fn len(&self) -> usize {
        before(Op::on(Action::Query, address(self)));
        self.inner.lock().items.len()
    }

    /// Calls `f` with every item, for a collector that has stopped all threads.
    pub fn visit(&self, mut f: impl FnMut(&T)) {
        self.inner.lock().items.iter().for_each(&mut f);
    }

    /// Takes all items.
    pub fn drain(&self) -> VecDeque<T> {
        std::mem::take(&mut self.inner.lock().items)
    }
}
