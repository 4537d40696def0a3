//! A condition variable over a lock of the caller's choice.

use std::{collections::VecDeque, sync::Arc};

use super::address;
use crate::{
    Aborted, Awaited, Deadline, Event, WaitKind, WaitQueue, Waiter, Wake,
    engine::decision::before,
    op::{Action, Op},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// Threads that wait to be notified. The lock belongs to the caller: a wait is
/// [`join`](Self::join), then releasing the lock, then [`wait`](Self::wait), then taking the lock
/// again. Between `join` and `wait` the thread must not wait for anything else; where releasing
/// the lock may do so, the wait is [`reserve`](Self::reserve) and
/// [`wait_reserved`](Self::wait_reserved).
#[derive(Debug, Default)]
pub struct Condition {
    waiters: Mutex<Waiters>,
    /// How many are in line, so that a notification without waiters costs one load.
    waiting: AtomicUsize,
    /// A thread has been in line.
    was_joined: AtomicBool,
}

/// The threads in line. One condition has one lock, so only one of the two is in use at a time.
#[derive(Debug, Default)]
struct Waiters {
    queue: WaitQueue,
    reservations: VecDeque<Arc<Reservation>>,
}

impl Waiters {
    const fn new() -> Self {
        Self {
            queue: WaitQueue::new(),
            reservations: VecDeque::new(),
        }
    }

    fn len(&self) -> usize {
        self.queue.len() + self.reservations.len()
    }

    fn wake(&mut self, n: usize) -> usize {
        let mut woken = self.queue.wake(n);
        while woken < n
            && let Some(place) = self.reservations.pop_front()
        {
            place.notified.set_now();
            woken += 1;
        }
        woken
    }
}

/// A place in a condition's line, for a thread that does not wait yet.
#[derive(Debug, Default)]
pub struct Reservation {
    notified: Event,
}

impl Condition {
    /// A condition for which no thread waits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            waiters: Mutex::new(Waiters::new()),
            waiting: AtomicUsize::new(0),
            was_joined: AtomicBool::new(false),
        }
    }

    /// Notes that a thread is about to get in line: the caller holds its lock.
    fn note_join(&self) {
        before(Op::on(Action::Wait, address(self)));
        self.was_joined.store(true, Ordering::Release);
    }

    /// Works on the line and publishes its length.
    fn with_line<R>(&self, work: impl FnOnce(&mut Waiters) -> R) -> R {
        let mut line = self.waiters.lock();
        let done = work(&mut line);
        self.waiting.store(line.len(), Ordering::Release);
        done
    }

    /// Gets in line, while the caller holds its lock: a notification from now on counts.
    #[must_use]
    pub fn join(&self) -> Arc<Waiter> {
        self.note_join();
        self.with_line(|line| line.queue.enqueue())
    }

    /// Waits in the place in line that [`join`](Self::join) gave. True: notified. False: the
    /// deadline passed first.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait. A notification that had been
    /// spent on this wait goes to the next in line.
    pub fn wait(&self, waiter: &Arc<Waiter>, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        let ended = waiter.wait(&Awaited {
            kind: WaitKind::Condition,
            object: address(self),
            deadline,
            held_by: None,
        });
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
        self.with_line(|line| line.queue.remove(waiter));
    }

    /// As [`join`](Self::join), for a thread that may wait for other things before it gets to
    /// [`wait_reserved`](Self::wait_reserved).
    #[must_use]
    pub fn reserve(&self) -> Arc<Reservation> {
        self.note_join();
        let place = Arc::new(Reservation::default());
        self.with_line(|line| line.reservations.push_back(place.clone()));
        place
    }

    /// As [`wait`](Self::wait), in the place that [`reserve`](Self::reserve) gave.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_reserved(
        &self,
        place: &Arc<Reservation>,
        deadline: Option<Deadline>,
    ) -> Result<bool, Aborted> {
        let ended = place.notified.wait_as(deadline, WaitKind::Condition);
        if ended == Ok(true) {
            return ended;
        }
        // A notification may have come just after the wait had ended for another reason.
        let missed = self.cancel_reserved(place);
        if missed && ended.is_err() {
            self.notify(1);
        }
        ended.map(|_| missed)
    }

    /// Gets out of line. True: too late, a notification had been spent on this place.
    pub fn cancel_reserved(&self, place: &Arc<Reservation>) -> bool {
        self.with_line(|line| {
            let at = line.reservations.iter().position(|p| Arc::ptr_eq(p, place));
            at.and_then(|at| line.reservations.remove(at)).is_none()
        })
    }

    /// Wakes up to `n` threads, first come first; returns how many.
    pub fn notify(&self, n: usize) -> usize {
        before(Op::on(Action::Notify, address(self)));
        if self.waiting.load(Ordering::Acquire) == 0 {
            return 0;
        }
        self.with_line(|line| line.wake(n))
    }

    /// Wakes all.
    pub fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// Whether any thread has been in line so far. A thread gets in line with the lock held: for a
    /// caller that holds the lock, the order of the critical sections decides the answer. That does
    /// not hold for [`waiting`](Self::waiting): a waiter whose deadline passes leaves without the
    /// lock.
    #[must_use]
    pub fn was_joined(&self) -> bool {
        self.was_joined.load(Ordering::Acquire)
    }

    /// A decision point before a look at the line: for a program that asks.
    pub fn query(&self) -> &Self {
        before(Op::on(Action::Query, address(self)));
        self
    }

    /// How many are in line.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Forgets the waiters: in the child of a `fork`.
    pub fn reset_after_fork(&self) {
        self.with_line(|line| {
            line.queue.forget();
            line.reservations.clear();
        });
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Lock, Scheduler};

    #[test]
    fn a_place_keeps_a_notification_that_comes_before_its_wait() {
        let scheduler = Scheduler::builder().build();
        let main = scheduler.register("main");
        main.begin();
        let condition = Condition::new();
        let place = condition.reserve();
        assert_eq!(condition.waiting(), 1);
        assert_eq!(condition.notify(5), 1);
        assert_eq!(condition.waiting(), 0);
        // Another wait of the same thread in between takes nothing from it.
        let other = Lock::new();
        other.acquire(None).unwrap();
        let soon = || Some(Deadline::after(Duration::from_millis(5)));
        assert_eq!(other.acquire(soon()), Ok(false));
        assert_eq!(condition.wait_reserved(&place, soon()), Ok(true));
        main.end();
    }

    #[test]
    fn a_place_whose_deadline_passes_leaves_the_line() {
        let scheduler = Scheduler::builder().build();
        let main = scheduler.register("main");
        main.begin();
        let condition = Condition::new();
        let place = condition.reserve();
        let soon = Deadline::after(Duration::from_millis(5));
        assert_eq!(condition.wait_reserved(&place, Some(soon)), Ok(false));
        assert_eq!(condition.waiting(), 0);
        assert_eq!(condition.notify(1), 0);
        main.end();
    }
}
