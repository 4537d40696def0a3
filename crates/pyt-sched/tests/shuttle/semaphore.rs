//! `Semaphore` and `BoundedSemaphore`.

use std::sync::Arc;

use pyt_sched::{BoundedSemaphore, OverRelease, Semaphore};

use crate::fixture::{Inside, Log, check, check_all, ms, waits};

#[test]
fn as_many_as_there_are_permits() {
    check(|fixture| {
        let semaphore = Arc::new(Semaphore::new(2));
        let inside = Inside::default();
        let workers = [(); 4].map(|()| {
            let (semaphore, inside) = (semaphore.clone(), inside.clone());
            fixture.spawn("user", move || {
                assert_eq!(semaphore.acquire(None), Ok(true));
                inside.visit(2);
                semaphore.release(1);
            })
        });
        for worker in workers {
            worker.join();
        }
        assert_eq!(semaphore.permits(), 2);
    });
}

#[test]
fn an_acquire_and_a_release_exhaustively() {
    check_all(
        |fixture| {
            let semaphore = Arc::new(Semaphore::new(0));
            let other = semaphore.clone();
            let worker = fixture.spawn("user", move || assert_eq!(other.acquire(None), Ok(true)));
            semaphore.release(1);
            worker.join();
            assert_eq!(semaphore.permits(), 0);
        },
        5_000,
    );
}

#[test]
fn one_release_of_many() {
    check(|fixture| {
        let semaphore = Arc::new(Semaphore::new(0));
        let workers = [(); 3].map(|()| {
            let semaphore = semaphore.clone();
            fixture.spawn("user", move || {
                assert_eq!(semaphore.acquire(None), Ok(true));
            })
        });
        semaphore.release(3);
        for worker in workers {
            worker.join();
        }
        assert_eq!(semaphore.permits(), 0);
    });
}

#[test]
fn no_permit_is_lost_to_one_who_gives_up() {
    check(|fixture| {
        let semaphore = Arc::new(Semaphore::new(0));
        let taken = Log::new();
        let timed = [1, 1].map(|timeout| {
            let (semaphore, taken) = (semaphore.clone(), taken.clone());
            fixture.spawn("timed", move || {
                if semaphore.acquire(ms(timeout)).unwrap() {
                    taken.push(());
                    semaphore.release(1);
                }
            })
        });
        let other = semaphore.clone();
        let patient = fixture.spawn("patient", move || {
            assert_eq!(other.acquire(None), Ok(true));
        });
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        semaphore.release(1);
        patient.join();
        for worker in timed {
            worker.join();
        }
        assert_eq!(semaphore.permits(), 0);
    });
}

#[test]
fn first_come_first() {
    check(|fixture| {
        let semaphore = Arc::new(Semaphore::new(0));
        let order = Log::new();
        let workers: Vec<_> = (0..3)
            .map(|number| {
                let (semaphore, order) = (semaphore.clone(), order.clone());
                let worker = fixture.spawn("user", move || {
                    assert_eq!(semaphore.acquire(None), Ok(true));
                    order.push(number);
                });
                fixture.until(|| waits(&worker));
                worker
            })
            .collect();
        for (given, worker) in workers.iter().enumerate() {
            assert_eq!(order.len(), given);
            semaphore.release(1);
            worker.join();
        }
        assert_eq!(order.take(), [0, 1, 2]);
    });
}

#[test]
fn bounded_never_has_too_many() {
    check(|fixture| {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        let inside = Inside::default();
        let workers = [(); 2].map(|()| {
            let (semaphore, inside) = (semaphore.clone(), inside.clone());
            fixture.spawn("user", move || {
                assert_eq!(semaphore.acquire(None), Ok(true));
                inside.visit(1);
                semaphore.release(1).unwrap();
            })
        });
        if semaphore.acquire(ms(1)) == Ok(true) {
            assert_eq!(semaphore.release(2), Err(OverRelease));
            inside.visit(1);
            semaphore.release(1).unwrap();
        }
        for worker in workers {
            worker.join();
        }
        assert_eq!(semaphore.permits(), 1);
        assert_eq!(semaphore.release(1), Err(OverRelease));
    });
}
