//! Threads that are stopped for good: the others go on as if they weren't there.

use std::{slice, sync::Arc, time::Duration};

use pyt_sched::{Deadline, Event, Lock, Semaphore, SimpleQueue};

use crate::scene::{Actor, Scene, check, ms, waits};

fn halt(scene: &Scene, actor: &Actor) {
    scene
        .scheduler
        .halt(slice::from_ref(&actor.record), Duration::ZERO);
}

#[test]
fn no_wake_up_is_spent_on_the_halted() {
    check(|scene| {
        let queue = Arc::new(SimpleQueue::new());
        let dead = queue.clone();
        let dead = scene.spawn_doomed("dead", move || {
            let _ = dead.get(None);
            unreachable!("it was halted");
        });
        scene.until(|| waits(&dead));
        let alive = queue.clone();
        let alive = scene.spawn("alive", move || assert_eq!(alive.get(None), Ok(Some(1))));
        scene.until(|| waits(&alive));
        halt(scene, &dead);
        queue.put(1);
        alive.join();
    });
}

#[test]
fn no_lock_is_handed_to_the_halted() {
    check(|scene| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let dead = lock.clone();
        let dead = scene.spawn_doomed("dead", move || {
            let _ = dead.acquire(None);
            unreachable!("it was halted");
        });
        scene.until(|| waits(&dead));
        halt(scene, &dead);
        lock.release().unwrap();
        assert!(lock.try_acquire());
        lock.release().unwrap();
        let alive = lock.clone();
        let alive = scene.spawn("alive", move || assert_eq!(alive.acquire(None), Ok(true)));
        alive.join();
    });
}

#[test]
fn virtual_time_leaps_whoever_was_halted() {
    check(|scene| {
        let event = Arc::new(Event::new());
        let waiting = event.clone();
        let waiting = scene.spawn_doomed("waiting", move || {
            let _ = waiting.wait(None);
            unreachable!("it was halted");
        });
        let sleeping = scene.spawn_doomed("sleeping", || {
            let _ = pyt_sched::sleep(Deadline(1_000_000));
            unreachable!("it was halted");
        });
        scene.until(|| waits(&waiting) && waits(&sleeping));
        halt(scene, &waiting);
        halt(scene, &sleeping);
        // A wake-up that comes too late must not make it count as running again.
        event.set();
        pyt_sched::sleep(ms(5).unwrap()).unwrap();
        // Nor may one that races with the end of a thread.
        let other = scene.spawn("other", || pyt_sched::sleep(ms(1).unwrap()).unwrap());
        other.join();
        scene.scheduler.unregister(&waiting.record);
        scene.scheduler.unregister(&sleeping.record);
        pyt_sched::sleep(ms(5).unwrap()).unwrap();
    });
}

#[test]
fn one_that_was_granted_its_turn_does_not_run() {
    check(|scene| {
        let gate = Arc::new(Semaphore::new(0));
        let other = gate.clone();
        let halted = Arc::new(shuttle::sync::atomic::AtomicBool::new(false));
        let seen = halted.clone();
        let dead = scene.spawn_doomed("dead", move || {
            let _ = other.acquire(None);
            // It may have got here before it was halted, but not after it was found in a wait.
            assert!(!seen.load(shuttle::sync::atomic::Ordering::SeqCst));
            loop {
                let _ = other.acquire(None);
            }
        });
        scene.until(|| waits(&dead));
        let releaser = gate.clone();
        let releaser = scene.spawn("releaser", move || releaser.release(1));
        let was_in_wait = {
            halt(scene, &dead);
            dead.record.in_wait()
        };
        if was_in_wait {
            halted.store(true, shuttle::sync::atomic::Ordering::SeqCst);
        }
        releaser.join();
        scene.until(|| dead.record.in_wait());
        // Others still get their turns, under the Gil as well.
        let last = scene.spawn("last", || pyt_sched::sleep(ms(1).unwrap()).unwrap());
        last.join();
        scene.scheduler.unregister(&dead.record);
    });
}
