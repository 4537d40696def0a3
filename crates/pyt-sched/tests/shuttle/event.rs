//! `Event`, and a thread's end as one.

use std::sync::Arc;

use pyt_sched::Event;

use crate::fixture::{Log, check, check_all, ms, waits};

#[test]
fn all_who_wait_are_woken() {
    check(|fixture| {
        let event = Arc::new(Event::new());
        let workers = [None, Some(1), None].map(|timeout| {
            let event = event.clone();
            fixture.spawn("waiter", move || {
                let set = event.wait(timeout.and_then(ms)).unwrap();
                assert!(set || timeout.is_some());
            })
        });
        event.set();
        for worker in workers {
            worker.join();
        }
    });
}

#[test]
fn a_wait_and_a_set_exhaustively() {
    check_all(
        |fixture| {
            let event = Arc::new(Event::new());
            let other = event.clone();
            let worker = fixture.spawn("waiter", move || {
                assert_eq!(other.wait(None), Ok(true));
            });
            event.set();
            worker.join();
        },
        5_000,
    );
}

#[test]
fn a_set_that_is_cleared_at_once_still_counts_for_those_who_wait() {
    check(|fixture| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let worker = fixture.spawn("waiter", move || assert_eq!(other.wait(None), Ok(true)));
        fixture.until(|| waits(&worker));
        // Shown as waiting a moment before it is in line: let it go to sleep.
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        event.set();
        event.clear();
        worker.join();
        assert!(!event.is_set());
        assert_eq!(event.wait(ms(1)), Ok(false), "usable after");
    });
}

#[test]
fn a_timeout_and_a_set_race() {
    check(|fixture| {
        let event = Arc::new(Event::new());
        let other = event.clone();
        let worker = fixture.spawn("timed", move || {
            let _ = other.wait(ms(1)).unwrap();
            assert_eq!(other.wait(None), Ok(true));
        });
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        event.set();
        worker.join();
    });
}

#[test]
fn a_join_ends_with_the_thread_or_in_time() {
    check(|fixture| {
        let order = Log::new();
        let log = order.clone();
        let worker = Arc::new(fixture.spawn("sleeper", move || {
            pyt_sched::sleep(ms(2).unwrap()).unwrap();
            log.push("end");
        }));
        let (first, log) = (worker.clone(), order.clone());
        let joiner = fixture.spawn("joiner", move || {
            first.join();
            log.push("joined");
        });
        assert_eq!(worker.join_until(ms(1)), Ok(false));
        worker.join();
        joiner.join();
        assert_eq!(order.take(), ["end", "joined"]);
        assert_eq!(worker.join_until(ms(0)), Ok(true), "it stays set");
    });
}
