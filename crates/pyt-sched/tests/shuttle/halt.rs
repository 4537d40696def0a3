//! Halted threads: the others run as if they did not exist.

use std::{slice, sync::Arc, time::Duration};

use pyt_sched::{Deadline, Event, Lock, Semaphore, SimpleQueue};

use crate::fixture::{Fixture, Worker, check, ms, waits};

fn halt(fixture: &Fixture, worker: &Worker) {
    fixture
        .scheduler
        .halt(slice::from_ref(&worker.record), Duration::ZERO);
}

#[test]
fn no_wake_up_is_spent_on_the_halted() {
    check(|fixture| {
        let queue = Arc::new(SimpleQueue::new());
        let dead = queue.clone();
        let dead = fixture.spawn_to_halt("dead", move || {
            let _ = dead.get(None);
            unreachable!("it was halted");
        });
        fixture.until(|| waits(&dead));
        let alive = queue.clone();
        let alive = fixture.spawn("alive", move || assert_eq!(alive.get(None), Ok(Some(1))));
        fixture.until(|| waits(&alive));
        halt(fixture, &dead);
        queue.put(1);
        alive.join();
    });
}

#[test]
fn no_lock_is_handed_to_the_halted() {
    check(|fixture| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let dead = lock.clone();
        let dead = fixture.spawn_to_halt("dead", move || {
            let _ = dead.acquire(None);
            unreachable!("it was halted");
        });
        fixture.until(|| waits(&dead));
        halt(fixture, &dead);
        lock.release().unwrap();
        assert!(lock.try_acquire());
        lock.release().unwrap();
        let alive = lock.clone();
        let alive = fixture.spawn("alive", move || assert_eq!(alive.acquire(None), Ok(true)));
        alive.join();
    });
}

#[test]
fn virtual_time_leaps_after_any_thread_was_halted() {
    check(|fixture| {
        let event = Arc::new(Event::new());
        let waiting = event.clone();
        let waiting = fixture.spawn_to_halt("waiting", move || {
            let _ = waiting.wait(None);
            unreachable!("it was halted");
        });
        let sleeping = fixture.spawn_to_halt("sleeping", || {
            let _ = pyt_sched::sleep(Deadline(1_000_000));
            unreachable!("it was halted");
        });
        fixture.until(|| waits(&waiting) && waits(&sleeping));
        halt(fixture, &waiting);
        halt(fixture, &sleeping);
        // A wake-up that comes too late must not make it count as running again.
        event.set();
        pyt_sched::sleep(ms(5).unwrap()).unwrap();
        // Nor may one that races with the end of a thread.
        let other = fixture.spawn("other", || pyt_sched::sleep(ms(1).unwrap()).unwrap());
        other.join();
        fixture.scheduler.unregister(&waiting.record);
        fixture.scheduler.unregister(&sleeping.record);
        pyt_sched::sleep(ms(5).unwrap()).unwrap();
    });
}

#[test]
fn one_that_was_granted_its_turn_does_not_run() {
    check(|fixture| {
        let gate = Arc::new(Semaphore::new(0));
        let other = gate.clone();
        let halted = Arc::new(shuttle::sync::atomic::AtomicBool::new(false));
        let seen = halted.clone();
        let dead = fixture.spawn_to_halt("dead", move || {
            let _ = other.acquire(None);
            // It may have got here before it was halted, but not after it was found in a wait.
            assert!(!seen.load(shuttle::sync::atomic::Ordering::SeqCst));
            loop {
                let _ = other.acquire(None);
            }
        });
        fixture.until(|| waits(&dead));
        let releaser = gate.clone();
        let releaser = fixture.spawn("releaser", move || releaser.release(1));
        let was_in_wait = {
            halt(fixture, &dead);
            dead.record.in_wait()
        };
        if was_in_wait {
            halted.store(true, shuttle::sync::atomic::Ordering::SeqCst);
        }
        releaser.join();
        fixture.until(|| dead.record.in_wait());
        // Others still get their turns, under the Gil as well.
        let last = fixture.spawn("last", || pyt_sched::sleep(ms(1).unwrap()).unwrap());
        last.join();
        fixture.scheduler.unregister(&dead.record);
    });
}
