//! An unbounded queue whose `put` never blocks.

use std::collections::VecDeque;

use crate::{
    Aborted, Deadline, WaitKind, WaitQueue, Wake,
    controlled::{Action, Op, before, wait_until},
    primitives::address,
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

    /// Adds `item`. Never blocks; may be called where a `get` of the same thread is under way.
    pub fn put(&self, item: T) {
        before(Op::on(Action::Put, address(self)));
        let mut inner = self.inner.lock();
        inner.items.push_back(item);
        inner.getters.wake_one();
    }

    /// Takes the oldest item if there is one. Never blocks.
    pub fn try_get(&self) -> Option<T> {
        before(Op::on(Action::Write, address(self)));
        self.inner.lock().items.pop_front()
    }

    /// Takes the oldest item, waiting for one until `deadline`. `None`: the deadline passed.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn get(&self, deadline: Option<Deadline>) -> Result<Option<T>, Aborted> {
        let get = Op::on(Action::Get, address(self));
        let some = || {
            self.inner
                .try_lock()
                .is_some_and(|inner| !inner.items.is_empty())
        };
        match wait_until(get, WaitKind::Get, deadline, || None, &some) {
            Some(Ok(Wake::TimedOut)) => return Ok(None),
            Some(Err(aborted)) => return Err(aborted),
            Some(Ok(Wake::Woken)) | None => {}
        }
        let mut overtaken = false;
        loop {
            let waiter = {
                let mut inner = self.inner.lock();
                if let Some(item) = inner.items.pop_front() {
                    return Ok(Some(item));
                }
                if overtaken {
                    inner.getters.enqueue_overtaken()
                } else {
                    inner.getters.enqueue()
                }
            };
            match waiter.wait(deadline, WaitKind::Get, address(self), None) {
                Ok(Wake::Woken) => overtaken = true,
                Ok(Wake::TimedOut) => {
                    let mut inner = self.inner.lock();
                    inner.getters.remove(&waiter);
                    return Ok(inner.items.pop_front());
                }
                Err(aborted) => {
                    let mut inner = self.inner.lock();
                    inner.getters.remove(&waiter);
                    if aborted.woken && !inner.items.is_empty() {
                        inner.getters.wake_one();
                    }
                    return Err(aborted);
                }
            }
        }
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

    /// Looks at every item, for a collector that has stopped all threads.
    pub fn visit(&self, mut f: impl FnMut(&T)) {
        self.inner.lock().items.iter().for_each(&mut f);
    }

    /// Takes all items.
    pub fn drain(&self) -> VecDeque<T> {
        std::mem::take(&mut self.inner.lock().items)
    }
}
