//! The primitives on real threads and the real clock, under both policies.
#![cfg(not(feature = "shuttle"))]

mod support;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pyt_sched::{
    Barrier, BarrierError, BoundedSemaphore, Deadline, Discipline, Event, Fifo, Gil, Lifo, Lock,
    NoWorld, OverRelease, Priority, Queue, RLock, Scheduler, Semaphore, SimpleQueue, WaitKind,
};
use support::{Fixture, ms, run};

fn both(body: fn(&Fixture)) {
    run(&Scheduler::builder().build(), body);
    let gil = Gil::new(Arc::new(NoWorld));
    run(&Scheduler::builder().policy(gil).build(), body);
}

#[test]
fn real_timeouts_come_and_not_too_early() {
    both(|_| {
        let timeout = Duration::from_millis(20);
        let lock = Lock::new();
        assert!(lock.try_acquire());
        let semaphore = Semaphore::new(0);
        let queue = Queue::<u32>::new(None);
        let simple = SimpleQueue::<u32>::new();
        let event = Event::new();
        let late = |name: &str, wait: &dyn Fn(Option<Deadline>)| {
            let deadline = Deadline::after(timeout);
            wait(Some(deadline));
            assert!(
                Deadline::after(Duration::ZERO) >= deadline,
                "{name} came early"
            );
        };
        late("lock", &|end| assert_eq!(lock.acquire(end), Ok(false)));
        late("semaphore", &|end| {
            assert_eq!(semaphore.acquire(end), Ok(false));
        });
        late("queue", &|end| assert!(queue.get(end).is_err()));
        late("simple queue", &|end| assert_eq!(simple.get(end), Ok(None)));
        late("event", &|end| assert_eq!(event.wait(end), Ok(false)));
        late("sleep", &|end| {
            assert_eq!(pyt_sched::sleep(end.unwrap()), Ok(()));
        });
        late("barrier", &|end| {
            let broken = Barrier::new(2).wait(end, || Ok::<_, ()>(()));
            assert_eq!(broken, Err(BarrierError::Broken));
        });
    });
}

#[test]
fn a_timeout_at_the_end_of_time_does_not_end_a_wait() {
    both(|fixture| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let worker = fixture.spawn("waiter", move || {
            let never = Deadline::after(Duration::MAX);
            assert_eq!(never, Deadline(u64::MAX));
            assert_eq!(other.wait(Some(never)), Ok(true));
        });
        fixture.until_waits(&worker);
        event.set();
        fixture.join(worker);
    });
}

#[test]
fn many_threads_count_right() {
    both(|fixture| {
        let lock = Arc::new(Lock::new());
        let total = Arc::new(Mutex::new(0_u64));
        let workers = [(); 4].map(|()| {
            let (lock, total) = (lock.clone(), total.clone());
            fixture.spawn("counter", move || {
                for _ in 0..5_000 {
                    assert_eq!(lock.acquire(None), Ok(true));
                    // The lock is held, so the standard mutex is never contended.
                    *total.try_lock().expect("alone") += 1;
                    lock.release().unwrap();
                }
            })
        });
        for worker in workers {
            fixture.join(worker);
        }
        assert_eq!(*total.lock().unwrap(), 20_000);
    });
}

#[test]
fn an_overtaken_waiter_gets_the_lock_handed() {
    both(|fixture| {
        let lock = Arc::new(Lock::new());
        let done = Arc::new(Event::new());
        assert!(lock.try_acquire());
        let (other, end) = (lock.clone(), done.clone());
        let waiter = fixture.spawn("waiter", move || {
            assert_eq!(other.acquire(None), Ok(true));
            other.release().unwrap();
            end.set();
        });
        fixture.until_waits(&waiter);
        // Never free for longer than a moment: it gets it all the same.
        fixture.until("its turn", || {
            lock.release().unwrap();
            if !lock.try_acquire() {
                lock.acquire(None).unwrap();
            }
            done.is_set()
        });
        fixture.join(waiter);
        lock.release().unwrap();
    });
}

#[test]
fn a_reentrant_lock_keeps_an_unregistered_threads_identity() {
    std::thread::spawn(|| {
        let lock = RLock::new();
        assert!(lock.try_acquire());
        // The first wait makes the thread known.
        pyt_sched::sleep(Deadline::after(Duration::from_millis(1))).unwrap();
        assert!(lock.is_mine());
        lock.release().unwrap();
    })
    .join()
    .unwrap();
}

#[test]
fn a_reentrant_lock_is_its_holders_across_a_part_in_a_scheduler() {
    std::thread::spawn(|| {
        let lock = RLock::new();
        assert!(lock.try_acquire());
        let record = Scheduler::builder().build().register("guest");
        record.begin();
        assert!(!lock.is_mine(), "another identity");
        record.end();
        assert!(lock.is_mine());
    })
    .join()
    .unwrap();
}

#[test]
fn releases_of_what_is_not_held_fail() {
    let lock = RLock::new();
    assert!(lock.release().is_err());
    assert!(lock.try_acquire());
    lock.reset_after_fork();
    assert!(!lock.is_mine() && !lock.is_held());
    assert!(Lock::new().release().is_err());
    let bounded = BoundedSemaphore::new(1);
    assert_eq!(bounded.release(1), Err(OverRelease));
    assert_eq!(bounded.release(usize::MAX), Err(OverRelease));
    assert_eq!((bounded.permits(), bounded.bound()), (1, 1));
    let semaphore = Semaphore::new(1);
    semaphore.release(usize::MAX);
    assert_eq!(semaphore.permits(), usize::MAX);
}

#[test]
fn each_queue_has_its_order() {
    fn drained<D: Discipline<u32> + Default + Send>(items: &[u32]) -> Vec<u32> {
        let queue = Queue::<u32, D>::new(None);
        for item in items {
            queue.try_put(*item).unwrap();
        }
        std::iter::from_fn(|| queue.try_get().ok()).collect()
    }
    let items = [3, 1, 2];
    assert_eq!(drained::<Fifo<u32>>(&items), [3, 1, 2]);
    assert_eq!(drained::<Lifo<u32>>(&items), [2, 1, 3]);
    assert_eq!(drained::<Priority<u32>>(&items), [1, 2, 3]);
}

#[test]
fn a_barrier_that_is_reset_while_it_drains_has_passed() {
    both(|fixture| {
        for _ in 0..200 {
            let barrier = Arc::new(Barrier::new(2));
            let other = barrier.clone();
            let worker = fixture.spawn("other", move || {
                // Passed, whatever happens before it gets to run again.
                other.wait(None, || Ok::<_, ()>(())).unwrap();
            });
            fixture.until_waits(&worker);
            barrier.wait(None, || Ok::<_, ()>(())).unwrap();
            barrier.reset();
            fixture.join(worker);
        }
    });
}

#[test]
fn a_deadline_during_a_barriers_action_does_not_count() {
    both(|fixture| {
        let barrier = Arc::new(Barrier::new(2));
        let other = barrier.clone();
        let worker = fixture.spawn("other", move || {
            other.wait(ms(200), || Ok::<_, ()>(())).unwrap();
        });
        fixture.until_waits(&worker);
        let deadline = fixture
            .waiting(&worker)
            .and_then(|waiting| waiting.deadline);
        let inner = fixture.clone();
        let record = worker.record.id();
        let passed = barrier.wait(None, || {
            pyt_sched::sleep(deadline.ok_or("no deadline")?).map_err(|_| "aborted")?;
            // It waits on, for the action's end alone.
            inner.until("a wait without a deadline", || {
                inner.scheduler.report_now().rows.iter().any(|row| {
                    row.id == record
                        && matches!(row.status, pyt_sched::ThreadStatus::Waiting { waiting, .. }
                            if waiting.kind == WaitKind::Barrier && waiting.deadline.is_none())
                })
            });
            Ok::<(), &str>(())
        });
        assert_eq!(passed, Ok(1));
        fixture.join(worker);
    });
}
