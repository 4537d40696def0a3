//! A bounded queue whose items are tasks, in an order of choice.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
};

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

/// In which order items leave a [`Queue`]. Its methods run inside the queue's lock: they must
/// neither block nor call back into the queue.
pub trait Discipline<T> {
    /// Adds an item.
    ///
    /// # Errors
    /// The item, if the discipline can't tell its place: nothing has changed.
    fn push(&mut self, item: T) -> Result<(), T>;
    /// Takes the next item.
    ///
    /// # Errors
    /// [`Undecided`]: nothing has changed.
    fn pop(&mut self) -> Result<Option<T>, Undecided>;
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Calls `f` with every item, in no particular order.
    fn visit(&self, f: &mut dyn FnMut(&T));
}

/// A [`Discipline`] can't tell which item is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecided;

/// First in, first out.
#[derive(Debug)]
pub struct Fifo<T>(VecDeque<T>);

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Discipline<T> for Fifo<T> {
    fn push(&mut self, item: T) -> Result<(), T> {
        self.0.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Result<Option<T>, Undecided> {
        Ok(self.0.pop_front())
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
    fn push(&mut self, item: T) -> Result<(), T> {
        self.0.push(item);
        Ok(())
    }

    fn pop(&mut self) -> Result<Option<T>, Undecided> {
        Ok(self.0.pop())
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
    fn push(&mut self, item: T) -> Result<(), T> {
        let arrival = self.next;
        self.next += 1;
        self.heap.push(Ranked { item, arrival });
        Ok(())
    }

    fn pop(&mut self) -> Result<Option<T>, Undecided> {
        Ok(self.heap.pop().map(|ranked| ranked.item))
    }

    fn len(&self) -> usize {
        self.heap.len()
    }

    fn visit(&self, f: &mut dyn FnMut(&T)) {
        self.heap.iter().for_each(|ranked| f(&ranked.item));
    }
}

/// Why an item was not put; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutError<T> {
    /// There was no room before the deadline.
    Full(T),
    /// The queue has been shut down.
    ShutDown(T),
    /// The queue's contents have been [moved out](Queue::move_out).
    Moved(T),
    /// The queue's discipline can't tell the item's place.
    Undecided(T),
    /// A signal handler raised during the wait.
    Aborted(T, Aborted),
}

/// Why there was no item to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// There was no item before the deadline.
    Empty,
    /// The queue has been shut down and is empty.
    ShutDown,
    /// The queue's contents have been [moved out](Queue::move_out).
    Moved,
    /// The queue's discipline can't tell which item is next.
    Undecided,
    /// A signal handler raised during the wait.
    Aborted(Aborted),
}

/// Why a task could not be counted as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskDoneError {
    /// More tasks were counted as done than were put.
    TooMany,
    /// The queue's contents have been [moved out](Queue::move_out).
    Moved,
}

/// Why waiting for all tasks ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// The queue's contents have been [moved out](Queue::move_out).
    Moved,
    /// A signal handler raised during the wait.
    Aborted(Aborted),
}

/// The queue's contents have been [moved out](Queue::move_out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved;

/// The state of a queue at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// How many items there were.
    pub len: usize,
    /// How many tasks were not done.
    pub unfinished: usize,
    /// Whether it had been shut down.
    pub shut_down: bool,
}

/// The contents of a queue, from [`Queue::move_out`].
#[derive(Debug)]
pub struct MovedOut<D> {
    /// The items, in their discipline.
    pub items: D,
    /// The queue's state before.
    pub state: QueueState,
}

/// What can be done with a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    ShutDown,
    /// The contents have been moved out: every operation fails.
    Moved,
}

#[derive(Debug)]
struct Inner<D> {
    items: D,
    unfinished: usize,
    phase: Phase,
    getters: WaitQueue,
    putters: WaitQueue,
    joiners: WaitQueue,
}

/// A queue of tasks. `put` and `get` allocate nothing but the room for the items.
#[derive(Debug)]
pub struct Queue<T, D = Fifo<T>> {
    inner: Mutex<Inner<D>>,
    capacity: Option<usize>,
    items: std::marker::PhantomData<fn(T) -> T>,
}

impl<T, D: Discipline<T> + Send> Queue<T, D> {
    /// An empty queue for at most `capacity` items; `None`: as many as there is memory for.
    #[must_use]
    pub fn new(capacity: Option<usize>) -> Self
    where
        D: Default,
    {
        Self::with_items(D::default(), capacity)
    }

    /// A queue in whose discipline `items` already are; they do not count as tasks.
    #[must_use]
    pub const fn with_items(items: D, capacity: Option<usize>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                items,
                unfinished: 0,
                phase: Phase::Open,
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
        before_attempt(Op::on(Action::TryPut, address(self)), || self.takes_item());
        self.put_locked(&mut self.inner.lock(), item)
    }

    #[inline]
    fn put_locked(&self, inner: &mut Inner<D>, item: T) -> Result<(), PutError<T>> {
        match inner.phase {
            Phase::Open => {}
            Phase::ShutDown => return Err(PutError::ShutDown(item)),
            Phase::Moved => return Err(PutError::Moved(item)),
        }
        if self.capacity.is_some_and(|most| inner.items.len() >= most) {
            return Err(PutError::Full(item));
        }
        inner.items.push(item).map_err(PutError::Undecided)?;
        inner.unfinished += 1;
        inner.getters.wake_one();
        Ok(())
    }

    /// Whether `put` need not wait. For gates: it does not block.
    fn takes_item(&self) -> bool {
        let full = |inner: &Inner<D>| self.capacity.is_some_and(|most| inner.items.len() >= most);
        let inner = self.inner.try_lock();
        inner.is_some_and(|inner| inner.phase != Phase::Open || !full(&inner))
    }

    /// Whether `get` need not wait. For gates: it does not block.
    fn gives_item(&self) -> bool {
        let inner = self.inner.try_lock();
        inner.is_some_and(|inner| inner.phase != Phase::Open || !inner.items.is_empty())
    }

    /// Adds `item`, waiting for room until `deadline`.
    ///
    /// # Errors
    /// [`PutError`] with the item.
    pub fn put(&self, item: T, deadline: Option<Deadline>) -> Result<(), PutError<T>> {
        let awaited = || self.awaited(WaitKind::Put, deadline);
        match pass_gate(Action::Put, awaited, || self.takes_item()) {
            Ok(Wake::Woken) => {}
            Ok(Wake::TimedOut) => return Err(PutError::Full(item)),
            Err(aborted) => return Err(PutError::Aborted(item, aborted)),
        }
        let attempt = |inner: &mut Inner<D>, item| match self.put_locked(inner, item) {
            Err(PutError::Full(item)) => Attempt::Blocked(item),
            done => Attempt::Done(done),
        };
        let line = self.line(|inner| &mut inner.putters, Again::First);
        line.wait_until(awaited, item, attempt, |mut inner, item, failure| {
            let Failure::Aborted { aborted, .. } = failure else {
                return self.put_locked(&mut inner, item);
            };
            if aborted.woken {
                inner.putters.wake_one();
            }
            Err(PutError::Aborted(item, aborted))
        })
    }

    fn awaited(&self, kind: WaitKind, deadline: Option<Deadline>) -> Awaited<'static> {
        Awaited {
            kind,
            object: address(self),
            deadline,
            held_by: None,
        }
    }

    const fn line(
        &self,
        queue: fn(&mut Inner<D>) -> &mut WaitQueue,
        again: Again,
    ) -> Line<'_, Inner<D>> {
        Line {
            state: &self.inner,
            queue,
            again,
        }
    }

    /// Takes the next item, if there is one. Never blocks.
    ///
    /// # Errors
    /// [`GetError`].
    pub fn try_get(&self) -> Result<T, GetError> {
        before_attempt(Op::on(Action::TryGet, address(self)), || self.gives_item());
        Self::get_locked(&mut self.inner.lock())
    }

    #[inline]
    fn get_locked(inner: &mut Inner<D>) -> Result<T, GetError> {
        match inner.items.pop() {
            Ok(Some(item)) => {
                inner.putters.wake_one();
                Ok(item)
            }
            Err(Undecided) => Err(GetError::Undecided),
            Ok(None) => Err(match inner.phase {
                Phase::Open => GetError::Empty,
                Phase::ShutDown => GetError::ShutDown,
                Phase::Moved => GetError::Moved,
            }),
        }
    }

    /// Takes the next item, waiting for one until `deadline`.
    ///
    /// # Errors
    /// [`GetError`].
    pub fn get(&self, deadline: Option<Deadline>) -> Result<T, GetError> {
        let awaited = || self.awaited(WaitKind::Get, deadline);
        match pass_gate(Action::Get, awaited, || self.gives_item()) {
            Ok(Wake::Woken) => {}
            Ok(Wake::TimedOut) => return Err(GetError::Empty),
            Err(aborted) => return Err(GetError::Aborted(aborted)),
        }
        let attempt = |inner: &mut Inner<D>, ()| match Self::get_locked(inner) {
            Err(GetError::Empty) => Attempt::Blocked(()),
            done => Attempt::Done(done),
        };
        let line = self.line(|inner| &mut inner.getters, Again::First);
        line.wait_until(awaited, (), attempt, |mut inner, (), failure| {
            let Failure::Aborted { aborted, .. } = failure else {
                return Self::get_locked(&mut inner);
            };
            if aborted.woken {
                inner.getters.wake_one();
            }
            Err(GetError::Aborted(aborted))
        })
    }

    /// Counts one task that was taken as done.
    ///
    /// # Errors
    /// [`TaskDoneError`].
    pub fn task_done(&self) -> Result<(), TaskDoneError> {
        before(Op::on(Action::TaskDone, address(self)));
        let mut inner = self.inner.lock();
        if inner.phase == Phase::Moved {
            return Err(TaskDoneError::Moved);
        }
        inner.unfinished = inner
            .unfinished
            .checked_sub(1)
            .ok_or(TaskDoneError::TooMany)?;
        if inner.unfinished == 0 {
            inner.joiners.wake_all();
        }
        Ok(())
    }

    /// Waits until all tasks are done. False: the deadline passed first.
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn join(&self, deadline: Option<Deadline>) -> Result<bool, JoinError> {
        let awaited = || self.awaited(WaitKind::TasksDone, deadline);
        let all_done = || {
            let inner = self.inner.try_lock();
            inner.is_some_and(|inner| inner.phase == Phase::Moved || inner.unfinished == 0)
        };
        match pass_gate(Action::Join, awaited, all_done) {
            Ok(Wake::Woken) => {}
            Ok(Wake::TimedOut) => return Ok(false),
            Err(aborted) => return Err(JoinError::Aborted(aborted)),
        }
        let attempt = |inner: &mut Inner<D>, ()| match inner.phase {
            Phase::Moved => Attempt::Done(Err(JoinError::Moved)),
            _ if inner.unfinished == 0 => Attempt::Done(Ok(true)),
            _ => Attempt::Blocked(()),
        };
        let line = self.line(|inner| &mut inner.joiners, Again::Last);
        line.wait_until(awaited, (), attempt, |inner, (), failure| match failure {
            Failure::TimedOut if inner.phase == Phase::Moved => Err(JoinError::Moved),
            Failure::TimedOut => Ok(inner.unfinished == 0),
            Failure::Aborted { aborted, .. } => Err(JoinError::Aborted(aborted)),
        })
    }

    /// Shuts the queue down: from now on `put` fails, and `get` once no item is left. With
    /// `immediate`, the items that are left are taken out, counted as done, and returned, as far
    /// as their discipline can tell their order.
    ///
    /// # Errors
    /// [`Moved`].
    pub fn shut_down(&self, immediate: bool) -> Result<Vec<T>, Moved> {
        before(Op::on(Action::ShutDown, address(self)));
        let mut inner = self.inner.lock();
        if inner.phase == Phase::Moved {
            return Err(Moved);
        }
        inner.phase = Phase::ShutDown;
        let mut dropped = Vec::new();
        if immediate {
            while let Ok(Some(item)) = inner.items.pop() {
                dropped.push(item);
            }
            inner.unfinished = inner.unfinished.saturating_sub(dropped.len());
            if inner.unfinished == 0 {
                inner.joiners.wake_all();
            }
        }
        inner.getters.wake_all();
        inner.putters.wake_all();
        Ok(dropped)
    }

    /// Takes everything out, to be kept in another kind of queue. Threads that wait here wake, and
    /// their operations and all later ones fail with `Moved`. `None`: the contents have been moved
    /// out before.
    ///
    /// A thread that wakes so can wait again elsewhere with the same deadline.
    pub fn move_out(&self) -> Option<MovedOut<D>>
    where
        D: Default,
    {
        let mut inner = self.inner.lock();
        let state = Self::state_of(&inner)?;
        inner.phase = Phase::Moved;
        inner.unfinished = 0;
        inner.getters.wake_all();
        inner.putters.wake_all();
        inner.joiners.wake_all();
        Some(MovedOut {
            items: std::mem::take(&mut inner.items),
            state,
        })
    }

    fn state_of(inner: &Inner<D>) -> Option<QueueState> {
        (inner.phase != Phase::Moved).then(|| QueueState {
            len: inner.items.len(),
            unfinished: inner.unfinished,
            shut_down: inner.phase == Phase::ShutDown,
        })
    }

    /// The queue's state now; `None`: its contents have been moved out.
    #[must_use]
    pub fn state(&self) -> Option<QueueState> {
        before(Op::on(Action::Query, address(self)));
        Self::state_of(&self.inner.lock())
    }

    /// How many items there are now.
    #[must_use]
    pub fn len(&self) -> usize {
        before(Op::on(Action::Query, address(self)));
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

    /// Calls `f` with every item, for a collector that has stopped all threads.
    pub fn visit(&self, mut f: impl FnMut(&T)) {
        self.inner.lock().items.visit(&mut f);
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use std::{sync::Arc, thread, time::Duration};

    use super::*;

    fn soon() -> Option<Deadline> {
        Some(Deadline::after(Duration::from_secs(20)))
    }

    /// Runs `wait` on another thread, moves the contents of `queue` out once it waits, and returns
    /// both results.
    fn moved_under<R: Send + 'static>(
        queue: &Arc<Queue<i32>>,
        waits: fn(&Inner<Fifo<i32>>) -> &WaitQueue,
        wait: impl FnOnce(&Queue<i32>) -> R + Send + 'static,
    ) -> (MovedOut<Fifo<i32>>, R) {
        let other = queue.clone();
        let waiting = thread::spawn(move || wait(&other));
        while waits(&queue.inner.lock()).is_empty() {
            thread::yield_now();
        }
        let taken = queue.move_out().expect("no other thread takes it");
        (taken, waiting.join().expect("the waiter panicked"))
    }

    #[test]
    fn moving_out_wakes_a_getter() {
        let queue = Arc::new(Queue::new(None));
        let (taken, got) = moved_under(&queue, |inner| &inner.getters, |q| q.get(soon()));
        assert_eq!(got, Err(GetError::Moved));
        assert_eq!(taken.items.len(), 0);
        assert!(queue.move_out().is_none(), "only one may have it");
    }

    #[test]
    fn moving_out_wakes_a_putter_which_keeps_its_item() {
        let queue = Arc::new(Queue::new(Some(1)));
        queue.try_put(1).expect("there is room");
        let (mut taken, put) = moved_under(&queue, |inner| &inner.putters, |q| q.put(2, soon()));
        assert_eq!(put, Err(PutError::Moved(2)));
        assert_eq!(taken.items.pop(), Ok(Some(1)));
        assert_eq!(taken.items.pop(), Ok(None));
        let state = QueueState {
            len: 1,
            unfinished: 1,
            shut_down: false,
        };
        assert_eq!(taken.state, state);
    }

    #[test]
    fn moving_out_wakes_a_joiner() {
        let queue = Arc::new(Queue::new(None));
        queue.try_put(1).expect("there is room");
        let (taken, joined) = moved_under(&queue, |inner| &inner.joiners, |q| q.join(soon()));
        assert_eq!(joined, Err(JoinError::Moved));
        assert_eq!(taken.state.unfinished, 1);
    }

    #[test]
    fn a_queue_whose_contents_were_moved_out_refuses_every_operation() {
        let queue = Queue::<i32>::new(None);
        queue.try_put(1).expect("there is room");
        queue.shut_down(false).expect("not moved");
        assert!(queue.move_out().expect("the first").state.shut_down);
        assert_eq!(queue.try_put(2), Err(PutError::Moved(2)));
        assert_eq!(queue.try_get(), Err(GetError::Moved));
        assert_eq!(queue.task_done(), Err(TaskDoneError::Moved));
        assert_eq!(queue.join(None), Err(JoinError::Moved));
        assert_eq!(queue.shut_down(true), Err(Moved));
        assert_eq!(queue.state(), None);
    }
}
