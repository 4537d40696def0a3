//! Sleeping on a virtual clock, yielding, and what both mean for the Gil.

use std::sync::Arc;

use pyt_sched::{Deadline, Scheduler};

use crate::scene::{Inside, Log, Mode, check, check_all, ms};

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    check(|scene| {
        let order = Log::new();
        let actors = [3, 1, 2].map(|millis| {
            let order = order.clone();
            scene.spawn("sleeper", move || {
                // A common origin: time stands still while anybody runs.
                pyt_sched::sleep(Deadline(millis * 1_000_000)).unwrap();
                order.push(millis);
            })
        });
        for actor in actors {
            actor.join();
        }
        assert_eq!(order.take(), [1, 2, 3]);
        assert_eq!(scene.scheduler.clock().now(), Deadline(3_000_000));
    });
}

#[test]
fn time_leaps_exactly_when_all_sleep() {
    check_all(
        |scene| {
            let actor = scene.spawn("sleeper", || {
                pyt_sched::sleep(Deadline(2_000)).unwrap();
            });
            pyt_sched::sleep(Deadline(1_000)).unwrap();
            assert_eq!(scene.scheduler.clock().now(), Deadline(1_000));
            actor.join();
            assert_eq!(scene.scheduler.clock().now(), Deadline(2_000));
        },
        5_000,
    );
}

#[test]
fn a_sleep_into_the_past_ends() {
    check(|scene| {
        pyt_sched::sleep(ms(5).unwrap()).unwrap();
        let actor = scene.spawn("sleeper", || pyt_sched::sleep(Deadline(0)).unwrap());
        pyt_sched::sleep(Deadline(1)).unwrap();
        actor.join();
        assert_eq!(scene.scheduler.clock().now(), Deadline(5_000_000));
    });
}

/// Yields from the calling thread.
fn yield_now(scheduler: &Arc<Scheduler>) {
    let me = pyt_sched::Thread::current().unwrap();
    scheduler.yield_now(&me);
}

#[test]
fn under_the_gil_one_runs_at_a_time() {
    check(|scene| {
        let (gil, inside) = (scene.mode == Mode::Gil, Inside::default());
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
        let a = scene.spawn("a", work(scene.scheduler.clone(), inside.clone()));
        let b = scene.spawn("b", work(scene.scheduler.clone(), inside.clone()));
        work(scene.scheduler.clone(), inside)();
        a.join();
        b.join();
    });
}
