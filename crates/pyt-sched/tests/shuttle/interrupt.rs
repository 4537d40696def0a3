//! `Thread::interrupt` in a world that gives interrupted waits up: nothing is lost, whatever the
//! interruption races with, and the primitive stays usable.

use std::sync::Arc;

use pyt_sched::{
    Barrier, BarrierError, Condition, Event, GetError, Lock, PutError, Queue, RLock, Semaphore,
    SimpleQueue,
};

use crate::scene::{Actor, Inside, Log, Scene, check, check_interrupted, ms};

/// Keeps interrupting until `actor` has ended.
fn interrupt_to_the_end(actor: &Actor) {
    actor.record.interrupt();
    // Ours is the only world that could give this wait up, and nobody interrupts us.
    actor.join();
}

#[test]
fn a_wait_without_end_ends() {
    check_interrupted(|scene| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let actor = scene.spawn("waiter", move || assert!(other.wait(None).is_err()));
        interrupt_to_the_end(&actor);
        let sleeper = scene.spawn("sleeper", || {
            assert!(pyt_sched::sleep(ms(1_000).unwrap()).is_err());
        });
        interrupt_to_the_end(&sleeper);
        assert_eq!(event.wait(ms(1)), Ok(false));
    });
}

#[test]
fn a_patient_world_goes_on_waiting() {
    check(|scene| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let actor = scene.spawn("waiter", move || assert_eq!(other.wait(None), Ok(true)));
        let sleeper = scene.spawn("sleeper", || {
            let deadline = ms(5).unwrap();
            pyt_sched::sleep(deadline).unwrap();
            assert!(pyt_sched::Deadline::after(std::time::Duration::ZERO) >= deadline);
        });
        for _ in 0..2 {
            actor.record.interrupt();
            sleeper.record.interrupt();
        }
        event.set();
        actor.join();
        sleeper.join();
    });
}

/// One waiter is interrupted while what both wait for comes once: the other gets it if the first
/// did not.
fn the_other_gets_it<T: Send + Sync + 'static>(
    scene: &Scene,
    thing: T,
    take: fn(&T) -> bool,
    give: fn(&T),
) {
    let thing = Arc::new(thing);
    let got = Log::new();
    let [first, second] = [0, 1].map(|number| {
        let (thing, got) = (thing.clone(), got.clone());
        scene.spawn("taker", move || {
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
    check_interrupted(|scene| {
        let lock = Lock::new();
        assert!(lock.try_acquire());
        the_other_gets_it(
            scene,
            lock,
            |lock| lock.acquire(None).is_ok(),
            |lock| lock.release().unwrap(),
        );
    });
}

#[test]
fn a_lock_that_is_handed_over_is_passed_on() {
    check_interrupted(|scene| {
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
        let a = scene.spawn("a", work(lock.clone(), inside.clone()));
        let b = scene.spawn("b", work(lock.clone(), inside.clone()));
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
    check_interrupted(|scene| {
        let lock = Arc::new(RLock::new());
        let actors = [(); 2].map(|()| {
            let lock = lock.clone();
            scene.spawn("taker", move || match lock.acquire(None) {
                Ok(_) => lock.release().unwrap(),
                Err(_) => assert!(!lock.is_mine()),
            })
        });
        actors[0].record.interrupt();
        if lock.acquire(None).is_ok() {
            lock.release().unwrap();
        }
        for actor in actors {
            actor.join();
        }
        assert!(!lock.is_held());
    });
}

#[test]
fn a_permit_is_passed_on() {
    check_interrupted(|scene| {
        the_other_gets_it(
            scene,
            Semaphore::new(0),
            |semaphore| semaphore.acquire(None).is_ok(),
            |semaphore| semaphore.release(1),
        );
    });
}

#[test]
fn an_item_is_passed_on() {
    check_interrupted(|scene| {
        the_other_gets_it(
            scene,
            SimpleQueue::new(),
            |queue| queue.get(None).is_ok(),
            |queue| queue.put(()),
        );
    });
}

#[test]
fn a_task_is_passed_on() {
    check_interrupted(|scene| {
        the_other_gets_it(
            scene,
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
    check_interrupted(|scene| {
        let queue = Queue::<u32>::new(Some(1));
        queue.put(0, None).unwrap();
        the_other_gets_it(
            scene,
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
    check_interrupted(|scene| {
        let condition = Arc::new(Condition::new());
        let got = Log::new();
        let places = Arc::new(Semaphore::new(0));
        let [first, second] = [0, 1].map(|number| {
            let (condition, got, places) = (condition.clone(), got.clone(), places.clone());
            scene.spawn("waiter", move || {
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
    check_interrupted(|scene| {
        let barrier = Arc::new(Barrier::new(3));
        let come = |expected: fn(Result<usize, BarrierError<()>>) -> bool| {
            let barrier = barrier.clone();
            scene.spawn("waiter", move || {
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
    check_interrupted(|scene| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let worker = Arc::new(scene.spawn("worker", move || {
            let _ = other.wait(None);
        }));
        let joined = worker.clone();
        let joiner = scene.spawn("joiner", move || assert!(joined.join_until(None).is_err()));
        interrupt_to_the_end(&joiner);
        event.set();
        worker.join();
    });
}
