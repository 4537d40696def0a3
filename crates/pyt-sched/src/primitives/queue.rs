//! A bounded queue whose items are tasks, in an order of choice.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
};

use crate::{Aborted, Deadline, Kind, WaitQueue, Wake, primitives::address, sync::Mutex};

/// In which order items leave a [`Queue`]. Its methods run inside the queue's lock: they must
/// neither block nor call back into the queue.
pub trait Discipline<T>: Default {
    /// Adds an item.
    fn push(&mut self, item: T);
    /// Takes the item whose turn it is.
    fn pop(&mut self) -> Option<T>;
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Looks at every item, in no particular order.
    fn visit(&self, f: &mut dyn FnMut(&T));
}

/// First in, first out.
#[derive(Debug)]
pub struct Fifo<T>(VecDeque<T>);

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Discipline<T> for Fifo<T> {
    fn push(&mut self, item: T) {
        self.0.push_back(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop_front()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn visit(&self, f: &mut dyn FnMut(&T)) {
        self.0.iter().for_each(f);
    }
}

/// Last in, first out.
#[derive(Debug)]
pub struct Lifo<T>(Vec<T>);

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Discipline<T> for Lifo<T> {
    fn push(&mut self, item: T) {
        self.0.push(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn visit(&self, f: &mut dyn FnMut(&T)) {
        self.0.iter().for_each(f);
    }
}

/// Smallest first; equal ones in the order in which they came.
#[derive(Debug)]
pub struct Priority<T: Ord> {
    heap: BinaryHeap<Ranked<T>>,
    next: u64,
}

#[derive(Debug)]
struct Ranked<T> {
    item: T,
    arrival: u64,
}

impl<T: Ord> Default for Priority<T> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            next: 0,
        }
    }
}

impl<T: Ord> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Reversed: the heap's largest is the queue's first.
        (&other.item, other.arrival).cmp(&(&self.item, self.arrival))
    }
}

impl<T: Ord> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Ord> Eq for Ranked<T> {}

impl<T: Ord> Discipline<T> for Priority<T> {
    fn push(&mut self, item: T) {
        let arrival = self.next;
        self.next += 1;
        self.heap.push(Ranked { item, arrival });
    }

    fn pop(&mut self) -> Option<T> {
        self.heap.pop().map(|ranked| ranked.item)
    }

    fn len(&self) -> usize {
        self.heap.len()
    }

    fn visit(&self, f: &mut dyn FnMut(&T)) {
        self.heap.iter().for_each(|ranked| f(&ranked.item));
    }
}

/// Why an item was not taken in; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutError<T> {
    /// There was no room before the deadline.
    Full(T),
    /// The queue has been shut down.
    ShutDown(T),
    /// A signal handler raised during the wait.
    Aborted(T, Aborted),
}

/// Why no item was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// There was no item before the deadline.
    Empty,
    /// The queue has been shut down and is empty.
    ShutDown,
    /// A signal handler raised during the wait.
    Aborted(Aborted),
}

/// More tasks were said to be done than were put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyTasksDone;

#[derive(Debug)]
struct Inner<D> {
    items: D,
    unfinished: usize,
    shut_down: bool,
    getters: WaitQueue,
    putters: WaitQueue,
    joiners: WaitQueue,
}

/// A queue of tasks. Nothing is allocated by `put` and `get` but the room for the items.
#[derive(Debug)]
pub struct Queue<T, D = Fifo<T>> {
    inner: Mutex<Inner<D>>,
    capacity: Option<usize>,
    items: std::marker::PhantomData<fn(T) -> T>,
}

impl<T, D: Discipline<T>> Queue<T, D> {
    /// An empty queue for at most `capacity` items; `None`: as many as there is memory for.
    #[must_use]
    pub fn new(capacity: Option<usize>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                items: D::default(),
                unfinished: 0,
                shut_down: false,
                getters: WaitQueue::new(),
                putters: WaitQueue::new(),
                joiners: WaitQueue::new(),
            }),
            capacity,
            items: std::marker::PhantomData,
        }
    }

    /// Adds `item` if there is room. Never blocks.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_locked(&mut self.inner.lock(), item)
    }

    fn put_locked(&self, inner: &mut Inner<D>, item: T) -> Result<(), PutError<T>> {
        if inner.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if self.capacity.is_some_and(|most| inner.items.len() >= most) {
            return Err(PutError::Full(item));
        }
        inner.items.push(item);
        inner.unfinished += 1;
        inner.getters.wake_one();
        Ok(())
    }

    /// Adds `item`, waiting for room until `deadline`.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    pub fn put(&self, item: T, deadline: Option<Deadline>) -> Result<(), PutError<T>> {
        let mut item = item;
        let mut overtaken = false;
        loop {
            let waiter = {
                let mut inner = self.inner.lock();
                match self.put_locked(&mut inner, item) {
                    Err(PutError::Full(refused)) => item = refused,
                    done => return done,
                }
                if overtaken {
                    inner.putters.enqueue_overtaken()
                } else {
                    inner.putters.enqueue()
                }
            };
            match waiter.wait(deadline, Kind::Put, address(self), None) {
                Ok(Wake::Woken) => overtaken = true,
                Ok(Wake::TimedOut) => {
                    let mut inner = self.inner.lock();
                    inner.putters.remove(&waiter);
                    return self.put_locked(&mut inner, item);
                }
                Err(aborted) => {
                    let mut inner = self.inner.lock();
                    inner.putters.remove(&waiter);
                    if aborted.woken {
                        inner.putters.wake_one();
                    }
                    return Err(PutError::Aborted(item, aborted));
                }
            }
        }
    }

    /// Takes the item whose turn it is, if there is one. Never blocks.
    ///
    /// # Errors
    /// [`GetError`].
    pub fn try_get(&self) -> Result<T, GetError> {
        Self::get_locked(&mut self.inner.lock())
    }

    fn get_locked(inner: &mut Inner<D>) -> Result<T, GetError> {
        match inner.items.pop() {
            Some(item) => {
                inner.putters.wake_one();
                Ok(item)
            }
            None if inner.shut_down => Err(GetError::ShutDown),
            None => Err(GetError::Empty),
        }
    }

    /// Takes the item whose turn it is, waiting for one until `deadline`.
    ///
    /// # Errors
    /// [`GetError`].
    pub fn get(&self, deadline: Option<Deadline>) -> Result<T, GetError> {
        let mut overtaken = false;
        loop {
            let waiter = {
                let mut inner = self.inner.lock();
                match Self::get_locked(&mut inner) {
                    Err(GetError::Empty) => {}
                    done => return done,
                }
                if overtaken {
                    inner.getters.enqueue_overtaken()
                } else {
                    inner.getters.enqueue()
                }
            };
            match waiter.wait(deadline, Kind::Get, address(self), None) {
                Ok(Wake::Woken) => overtaken = true,
                Ok(Wake::TimedOut) => {
                    let mut inner = self.inner.lock();
                    inner.getters.remove(&waiter);
                    return Self::get_locked(&mut inner);
                }
                Err(aborted) => {
                    let mut inner = self.inner.lock();
                    inner.getters.remove(&waiter);
                    if aborted.woken {
                        inner.getters.wake_one();
                    }
                    return Err(GetError::Aborted(aborted));
                }
            }
        }
    }

    /// Says that one task that was taken is done.
    ///
    /// # Errors
    /// [`TooManyTasksDone`] if all were already.
    pub fn task_done(&self) -> Result<(), TooManyTasksDone> {
        let mut inner = self.inner.lock();
        inner.unfinished = inner.unfinished.checked_sub(1).ok_or(TooManyTasksDone)?;
        if inner.unfinished == 0 {
            inner.joiners.wake_all();
        }
        Ok(())
    }

    /// Waits until all tasks are done. False: the deadline passed first.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn join(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        loop {
            let waiter = {
                let mut inner = self.inner.lock();
                if inner.unfinished == 0 {
                    return Ok(true);
                }
                inner.joiners.enqueue()
            };
            let ended = waiter.wait(deadline, Kind::TasksDone, address(self), None);
            if ended != Ok(Wake::Woken) {
                let mut inner = self.inner.lock();
                inner.joiners.remove(&waiter);
                return ended.map(|_| inner.unfinished == 0);
            }
        }
    }

    /// Shuts the queue down: from now on `put` fails, and `get` once no item is left. With
    /// `immediate`, the items that are left are taken out, counted as done, and returned.
    pub fn shut_down(&self, immediate: bool) -> Vec<T> {
        let mut inner = self.inner.lock();
        inner.shut_down = true;
        let mut dropped = Vec::new();
        if immediate {
            while let Some(item) = inner.items.pop() {
                dropped.push(item);
            }
            inner.unfinished = inner.unfinished.saturating_sub(dropped.len());
            if inner.unfinished == 0 {
                inner.joiners.wake_all();
            }
        }
        inner.getters.wake_all();
        inner.putters.wake_all();
        dropped
    }

    /// Whether it has been shut down.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.inner.lock().shut_down
    }

    /// How many items there are now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.lock().items.len()
    }

    /// Whether there are none now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items it takes; `None`: any number.
    #[must_use]
    pub const fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// How many tasks are not done yet.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.inner.lock().unfinished
    }

    /// Looks at every item, for a collector that has stopped all threads.
    pub fn visit(&self, mut f: impl FnMut(&T)) {
        self.inner.lock().items.visit(&mut f);
    }
}
