//! `RLock`: mutual exclusion and reentrance.

use std::sync::Arc;

use pyt_sched::{NotHeld, RLock};

use crate::fixture::{Fixture, Inside, check, ms};

fn take_turns(fixture: &Fixture) {
    let lock = Arc::new(RLock::new());
    let inside = Inside::default();
    let work = |lock: Arc<RLock>, inside: Inside| {
        move || {
            for _ in 0..2 {
                assert_eq!(lock.acquire(None), Ok(true));
                assert_eq!(lock.count(), 1, "no other thread's count");
                assert!(lock.try_acquire());
                inside.visit(1);
                lock.release().unwrap();
                inside.visit(1);
                assert!(lock.is_mine());
                lock.release().unwrap();
                assert!(!lock.is_mine(), "released, whether or not another has it");
            }
        }
    };
    let a = fixture.spawn("a", work(lock.clone(), inside.clone()));
    let b = fixture.spawn("b", work(lock.clone(), inside.clone()));
    work(lock.clone(), inside)();
    a.join();
    b.join();
    assert!(!lock.is_held());
    assert_eq!(lock.count(), 0);
    assert_eq!(lock.release(), Err(NotHeld));
}

#[test]
fn one_at_a_time_and_again() {
    check(take_turns);
}

#[test]
fn released_and_taken_back_as_a_whole() {
    check(|fixture| {
        let lock = Arc::new(RLock::new());
        let inside = Inside::default();
        let (other, other_inside) = (lock.clone(), inside.clone());
        let worker = fixture.spawn("other", move || {
            assert_eq!(other.acquire(None), Ok(true));
            other_inside.visit(1);
            other.release().unwrap();
        });
        assert_eq!(lock.acquire(None), Ok(true));
        assert_eq!(lock.acquire(None), Ok(true));
        assert_eq!(lock.release_all(), Ok(2));
        assert!(!lock.is_mine());
        assert_eq!(lock.release_all(), Err(NotHeld));
        lock.acquire_all(2);
        inside.visit(1);
        assert_eq!(lock.count(), 2);
        lock.release().unwrap();
        lock.release().unwrap();
        worker.join();
    });
}

#[test]
fn a_timed_wait_and_a_release_race() {
    check(|fixture| {
        let lock = Arc::new(RLock::new());
        assert!(lock.try_acquire());
        let workers = [1, 2].map(|timeout| {
            let lock = lock.clone();
            fixture.spawn("timed", move || {
                if lock.acquire(ms(timeout)).unwrap() {
                    assert_eq!(lock.count(), 1);
                    lock.release().unwrap();
                } else {
                    assert!(!lock.is_mine());
                }
            })
        });
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        lock.release().unwrap();
        for worker in workers {
            worker.join();
        }
        assert_eq!(lock.acquire(ms(1)), Ok(true));
    });
}
