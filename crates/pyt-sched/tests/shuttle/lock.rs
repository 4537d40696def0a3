//! `Lock`: mutual exclusion, hand-overs, timeouts.

use std::sync::Arc;

use pyt_sched::{Lock, NotHeld};

use crate::fixture::{Fixture, Inside, Log, check, check_all, ms, waits};

fn three_take_turns(fixture: &Fixture) {
    let lock = Arc::new(Lock::new());
    let inside = Inside::default();
    let work = |lock: Arc<Lock>, inside: Inside| {
        move || {
            for _ in 0..2 {
                assert_eq!(lock.acquire(None), Ok(true));
                inside.visit(1);
                lock.release().unwrap();
            }
        }
    };
    let a = fixture.spawn("a", work(lock.clone(), inside.clone()));
    let b = fixture.spawn("b", work(lock.clone(), inside.clone()));
    work(lock.clone(), inside)();
    a.join();
    b.join();
    assert!(!lock.is_held());
    assert_eq!(lock.release(), Err(NotHeld));
}

#[test]
fn one_at_a_time() {
    check(three_take_turns);
}

#[test]
fn one_at_a_time_exhaustively() {
    check_all(
        |fixture| {
            let lock = Arc::new(Lock::new());
            let other = lock.clone();
            let worker = fixture.spawn("other", move || {
                assert_eq!(other.acquire(None), Ok(true));
                other.release().unwrap();
            });
            assert_eq!(lock.acquire(None), Ok(true));
            lock.release().unwrap();
            worker.join();
            assert!(!lock.is_held());
        },
        5_000,
    );
}

#[test]
fn a_timed_wait_and_a_release_race() {
    check(|fixture| {
        let lock = Arc::new(Lock::new());
        let inside = Inside::default();
        let got = Log::new();
        assert!(lock.try_acquire());
        let workers: Vec<_> = [1, 1, 2]
            .into_iter()
            .map(|timeout| {
                let (lock, inside, got) = (lock.clone(), inside.clone(), got.clone());
                fixture.spawn("timed", move || {
                    let taken = lock.acquire(ms(timeout)).unwrap();
                    if taken {
                        inside.visit(1);
                        pyt_sched::sleep(ms(1).unwrap()).unwrap();
                        lock.release().unwrap();
                    }
                    got.push(taken);
                })
            })
            .collect();
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        inside.visit(1);
        lock.release().unwrap();
        for worker in workers {
            worker.join();
        }
        assert_eq!(got.len(), 3);
        // A wait that timed out has no effect: the next in line is woken.
        assert!(!lock.is_held());
        assert_eq!(lock.acquire(ms(1)), Ok(true));
        lock.release().unwrap();
    });
}

#[test]
fn all_waits_for_a_lock_that_is_never_released_time_out() {
    check(|fixture| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let workers: Vec<_> = (1..=2)
            .map(|timeout| {
                let lock = lock.clone();
                fixture.spawn("timed", move || {
                    let deadline = ms(timeout);
                    assert_eq!(lock.acquire(deadline), Ok(false));
                    let now = pyt_sched::Deadline::after(std::time::Duration::ZERO);
                    assert!(now >= deadline.unwrap(), "not before its time");
                })
            })
            .collect();
        for worker in workers {
            worker.join();
        }
        lock.release().unwrap();
        assert!(lock.try_acquire());
    });
}

#[test]
fn waiters_come_first_come_first() {
    check(|fixture| {
        let lock = Arc::new(Lock::new());
        let order = Log::new();
        assert!(lock.try_acquire());
        let workers: Vec<_> = (0..3)
            .map(|number| {
                let (lock, order) = (lock.clone(), order.clone());
                let worker = fixture.spawn("waiter", move || {
                    assert_eq!(lock.acquire(None), Ok(true));
                    order.push(number);
                    lock.release().unwrap();
                });
                fixture.until(|| waits(&worker));
                worker
            })
            .collect();
        lock.release().unwrap();
        for worker in workers {
            worker.join();
        }
        assert_eq!(order.take(), [0, 1, 2]);
    });
}

#[test]
fn threads_that_do_not_wait_do_not_starve_a_waiter() {
    check(|fixture| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let other = lock.clone();
        let waiter = fixture.spawn("waiter", move || {
            assert_eq!(other.acquire(None), Ok(true));
            other.release().unwrap();
        });
        fixture.until(|| waits(&waiter));
        // Each round releases and takes it again at once; overtaken twice, never.
        let mut rounds = 0;
        loop {
            lock.release().unwrap();
            if lock.try_acquire() {
                rounds += 1;
                fixture.until(|| waits(&waiter) || waiter.record.in_wait() || lock.is_held());
                fixture.yield_now();
                if rounds > 1 && waits(&waiter) {
                    // It has come back to wait: the next release is its own.
                    lock.release().unwrap();
                    waiter.join();
                    return;
                }
            } else {
                waiter.join();
                return;
            }
            if rounds > 50 {
                lock.release().unwrap();
                waiter.join();
                return;
            }
        }
    });
}

#[test]
fn of_two_releases_at_once_one_fails() {
    check(|fixture| {
        let lock = Arc::new(Lock::new());
        let inside = Inside::default();
        assert!(lock.try_acquire());
        let (other, other_inside) = (lock.clone(), inside);
        let waiter = fixture.spawn("waiter", move || {
            if other.acquire(ms(1)) == Ok(true) {
                other_inside.visit(1);
            }
        });
        let (other, released) = (lock.clone(), Log::new());
        let log = released.clone();
        let releaser = fixture.spawn("releaser", move || log.push(other.release().is_ok()));
        released.push(lock.release().is_ok());
        waiter.join();
        releaser.join();
        // The waiter took it at most once, so at most two releases can have been right; and the
        // lock is held only if one of them failed.
        let right = released.take().into_iter().filter(|right| *right).count();
        assert_eq!(usize::from(lock.is_held()), 2 - right);
    });
}
