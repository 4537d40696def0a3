//! Sleeping on a virtual clock, yielding, and what both mean for the Gil.

use std::sync::Arc;

use pyt_sched::{Deadline, Scheduler};

use crate::fixture::{Inside, Log, Mode, check, check_all, ms};

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    check(|fixture| {
        let order = Log::new();
        let workers = [3, 1, 2].map(|millis| {
            let order = order.clone();
            fixture.spawn("sleeper", move || {
                // A common origin: time stands still while any thread runs.
                pyt_sched::sleep(Deadline(millis * 1_000_000)).unwrap();
                order.push(millis);
            })
        });
        for worker in workers {
            worker.join();
        }
        assert_eq!(order.take(), [1, 2, 3]);
        assert_eq!(fixture.scheduler.clock().now(), Deadline(3_000_000));
    });
}

#[test]
fn time_leaps_exactly_when_all_sleep() {
    check_all(
        |fixture| {
            let worker = fixture.spawn("sleeper", || {
                pyt_sched::sleep(Deadline(2_000)).unwrap();
            });
            pyt_sched::sleep(Deadline(1_000)).unwrap();
            assert_eq!(fixture.scheduler.clock().now(), Deadline(1_000));
            worker.join();
            assert_eq!(fixture.scheduler.clock().now(), Deadline(2_000));
        },
        5_000,
    );
}

#[test]
fn a_sleep_into_the_past_ends() {
    check(|fixture| {
        pyt_sched::sleep(ms(5).unwrap()).unwrap();
        let worker = fixture.spawn("sleeper", || pyt_sched::sleep(Deadline(0)).unwrap());
        pyt_sched::sleep(Deadline(1)).unwrap();
        worker.join();
        assert_eq!(fixture.scheduler.clock().now(), Deadline(5_000_000));
    });
}

/// Yields from the calling thread.
fn yield_now(scheduler: &Arc<Scheduler>) {
    let me = pyt_sched::Thread::current().unwrap();
    scheduler.yield_now(&me);
}

#[test]
fn under_the_gil_one_runs_at_a_time() {
    check(|fixture| {
        let (gil, inside) = (fixture.mode == Mode::Gil, Inside::default());
        let most = if gil { 1 } else { 3 };
        let work = |scheduler: Arc<Scheduler>, inside: Inside| {
            move || {
                for _ in 0..2 {
                    inside.visit(most);
                    yield_now(&scheduler);
                    inside.visit(most);
                    pyt_sched::sleep(ms(1).unwrap()).unwrap();
                }
            }
        };
        let a = fixture.spawn("a", work(fixture.scheduler.clone(), inside.clone()));
        let b = fixture.spawn("b", work(fixture.scheduler.clone(), inside.clone()));
        work(fixture.scheduler.clone(), inside)();
        a.join();
        b.join();
    });
}
