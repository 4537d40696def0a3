//! `Thread::interrupt` in a world in which that ends a wait: nothing is lost, whatever the
//! interruption races with, and the primitive stays usable.

use std::sync::Arc;

use pyt_sched::{
    Barrier, BarrierError, Condition, Event, GetError, Lock, PutError, Queue, RLock, Semaphore,
    SimpleQueue,
};

use crate::fixture::{Fixture, Inside, Log, Worker, check, check_interrupted, ms};

/// Keeps interrupting until `worker` has ended.
fn interrupt_to_the_end(worker: &Worker) {
    worker.record.interrupt();
    // The calling thread is not interrupted, so its wait does not end early.
    worker.join();
}

#[test]
fn a_wait_without_end_ends() {
    check_interrupted(|fixture| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let worker = fixture.spawn("waiter", move || assert!(other.wait(None).is_err()));
        interrupt_to_the_end(&worker);
        let sleeper = fixture.spawn("sleeper", || {
            assert!(pyt_sched::sleep(ms(1_000).unwrap()).is_err());
        });
        interrupt_to_the_end(&sleeper);
        assert_eq!(event.wait(ms(1)), Ok(false));
    });
}

#[test]
fn a_wait_continues_if_the_world_says_so() {
    check(|fixture| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let worker = fixture.spawn("waiter", move || assert_eq!(other.wait(None), Ok(true)));
        let sleeper = fixture.spawn("sleeper", || {
            let deadline = ms(5).unwrap();
            pyt_sched::sleep(deadline).unwrap();
            assert!(pyt_sched::Deadline::after(std::time::Duration::ZERO) >= deadline);
        });
        for _ in 0..2 {
            worker.record.interrupt();
            sleeper.record.interrupt();
        }
        event.set();
        worker.join();
        sleeper.join();
    });
}

/// One waiter is interrupted while what both wait for comes once: the other gets it if the first
/// did not.
fn the_other_gets_it<T: Send + Sync + 'static>(
    fixture: &Fixture,
    thing: T,
    take: fn(&T) -> bool,
    give: fn(&T),
) {
    let thing = Arc::new(thing);
    let got = Log::new();
    let [first, second] = [0, 1].map(|number| {
        let (thing, got) = (thing.clone(), got.clone());
        fixture.spawn("taker", move || {
            if take(&thing) {
                got.push(number);
                give(&thing);
            }
        })
    });
    first.record.interrupt();
    give(&thing);
    first.join();
    second.join();
    let got = got.take();
    assert!(got.contains(&1), "the one that was not interrupted");
}

#[test]
fn a_lock_is_passed_on() {
    check_interrupted(|fixture| {
        let lock = Lock::new();
        assert!(lock.try_acquire());
        the_other_gets_it(
            fixture,
            lock,
            |lock| lock.acquire(None).is_ok(),
            |lock| lock.release().unwrap(),
        );
    });
}

#[test]
fn a_lock_that_is_handed_over_is_passed_on() {
    check_interrupted(|fixture| {
        let lock = Arc::new(Lock::new());
        let inside = Inside::default();
        let work = |lock: Arc<Lock>, inside: Inside| {
            move || {
                for _ in 0..3 {
                    if lock.acquire(None).is_ok() {
                        inside.visit(1);
                        lock.release().unwrap();
                    }
                }
            }
        };
        let a = fixture.spawn("a", work(lock.clone(), inside.clone()));
        let b = fixture.spawn("b", work(lock.clone(), inside.clone()));
        a.record.interrupt();
        work(lock.clone(), inside.clone())();
        b.record.interrupt();
        work(lock.clone(), inside)();
        a.join();
        b.join();
        assert!(!lock.is_held());
        assert!(lock.try_acquire());
    });
}

#[test]
fn a_reentrant_lock_is_passed_on() {
    check_interrupted(|fixture| {
        let lock = Arc::new(RLock::new());
        let workers = [(); 2].map(|()| {
            let lock = lock.clone();
            fixture.spawn("taker", move || match lock.acquire(None) {
                Ok(_) => lock.release().unwrap(),
                Err(_) => assert!(!lock.is_mine()),
            })
        });
        workers[0].record.interrupt();
        if lock.acquire(None).is_ok() {
            lock.release().unwrap();
        }
        for worker in workers {
            worker.join();
        }
        assert!(!lock.is_held());
    });
}

#[test]
fn a_permit_is_passed_on() {
    check_interrupted(|fixture| {
        the_other_gets_it(
            fixture,
            Semaphore::new(0),
            |semaphore| semaphore.acquire(None).is_ok(),
            |semaphore| semaphore.release(1),
        );
    });
}

#[test]
fn an_item_is_passed_on() {
    check_interrupted(|fixture| {
        the_other_gets_it(
            fixture,
            SimpleQueue::new(),
            |queue| queue.get(None).is_ok(),
            |queue| queue.put(()),
        );
    });
}

#[test]
fn a_task_is_passed_on() {
    check_interrupted(|fixture| {
        the_other_gets_it(
            fixture,
            Queue::<()>::new(None),
            |queue| match queue.get(None) {
                Ok(()) => true,
                Err(error) => {
                    assert!(matches!(error, GetError::Aborted(_)));
                    false
                }
            },
            |queue| queue.put((), None).unwrap(),
        );
    });
}

#[test]
fn room_is_passed_on() {
    check_interrupted(|fixture| {
        let queue = Queue::<u32>::new(Some(1));
        queue.put(0, None).unwrap();
        the_other_gets_it(
            fixture,
            queue,
            |queue| match queue.put(1, None) {
                Ok(()) => true,
                Err(error) => {
                    assert!(matches!(error, PutError::Aborted(1, _)));
                    false
                }
            },
            |queue| {
                queue.get(None).unwrap();
            },
        );
    });
}

#[test]
fn a_notification_is_passed_on() {
    check_interrupted(|fixture| {
        let condition = Arc::new(Condition::new());
        let got = Log::new();
        let places = Arc::new(Semaphore::new(0));
        let [first, second] = [0, 1].map(|number| {
            let (condition, got, places) = (condition.clone(), got.clone(), places.clone());
            fixture.spawn("waiter", move || {
                let place = condition.join();
                places.release(1);
                if condition.wait(&place, None) == Ok(true) {
                    got.push(number);
                }
            })
        });
        for _ in 0..2 {
            assert_eq!(places.acquire(None), Ok(true));
        }
        first.record.interrupt();
        assert_eq!(condition.notify(1), 1);
        // Whichever got it, the other is interrupted or was.
        first.join();
        second.record.interrupt();
        second.join();
        assert_eq!(got.len(), 1, "exactly one, and not lost");
        assert_eq!(condition.waiting(), 0);
    });
}

#[test]
fn one_who_leaves_a_barrier_does_not_break_it() {
    check_interrupted(|fixture| {
        let barrier = Arc::new(Barrier::new(3));
        let come = |expected: fn(Result<usize, BarrierError<()>>) -> bool| {
            let barrier = barrier.clone();
            fixture.spawn("waiter", move || {
                assert!(expected(barrier.wait(None, || Ok(()))));
            })
        };
        let leaves = come(|passed| matches!(passed, Err(BarrierError::Aborted(_))));
        let stays = come(|passed| passed.is_ok());
        leaves.record.interrupt();
        leaves.join();
        assert!(!barrier.is_broken());
        let others = [(); 2].map(|()| come(|passed| passed.is_ok()));
        for waiter in others.iter().chain([&stays]) {
            waiter.join();
        }
        assert!(!barrier.is_broken());
        assert_eq!(barrier.waiting(), 0);
    });
}

#[test]
fn a_join_is_given_up() {
    check_interrupted(|fixture| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let worker = Arc::new(fixture.spawn("worker", move || {
            let _ = other.wait(None);
        }));
        let joined = worker.clone();
        let joiner = fixture.spawn("joiner", move || assert!(joined.join_until(None).is_err()));
        interrupt_to_the_end(&joiner);
        event.set();
        worker.join();
    });
}
