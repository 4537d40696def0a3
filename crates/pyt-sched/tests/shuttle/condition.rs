//! `Condition` over a `Lock`.

use std::sync::Arc;

use pyt_sched::{Condition, Deadline, Lock};

use crate::fixture::{Log, check, ms};

/// As a monitor: wait with the lock held, which is free during the wait.
fn wait(lock: &Lock, condition: &Condition, deadline: Option<Deadline>) -> bool {
    let place = condition.join();
    lock.release().unwrap();
    let notified = condition.wait(&place, deadline).unwrap();
    assert_eq!(lock.acquire(None), Ok(true));
    notified
}

type Monitor = Arc<(Lock, Condition, Log<u32>)>;

fn monitor() -> Monitor {
    Arc::new((Lock::new(), Condition::new(), Log::new()))
}

#[test]
fn no_notification_is_lost() {
    check(|fixture| {
        let monitor = monitor();
        let workers = [(); 2].map(|()| {
            let monitor = monitor.clone();
            fixture.spawn("consumer", move || {
                let (lock, condition, items) = &*monitor;
                lock.acquire(None).unwrap();
                while items.len() == 0 {
                    assert!(wait(lock, condition, None));
                }
                let mut left = items.take();
                left.pop();
                for item in left {
                    items.push(item);
                }
                lock.release().unwrap();
            })
        });
        let (lock, condition, items) = &*monitor;
        for item in 0..2 {
            lock.acquire(None).unwrap();
            items.push(item);
            condition.notify(1);
            lock.release().unwrap();
        }
        for worker in workers {
            worker.join();
        }
        assert_eq!(items.len(), 0);
        assert_eq!(condition.waiting(), 0);
    });
}

#[test]
fn a_notification_is_not_spent_on_one_who_gives_up() {
    check(|fixture| {
        let monitor = monitor();
        let workers = [Some(1), None].map(|timeout| {
            let monitor = monitor.clone();
            fixture.spawn("waiter", move || {
                let (lock, condition, got) = &*monitor;
                lock.acquire(None).unwrap();
                if wait(lock, condition, timeout.and_then(ms)) {
                    got.push(1);
                }
                lock.release().unwrap();
            })
        });
        let (lock, condition, got) = &*monitor;
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        let mut sent = 0;
        // As long as one waits, a notification reaches a thread.
        while workers[1].join_until(ms(1)) == Ok(false) {
            lock.acquire(None).unwrap();
            sent += condition.notify(1);
            lock.release().unwrap();
        }
        workers[0].join();
        assert_eq!(got.len(), sent, "each notification ended exactly one wait");
        assert_eq!(condition.waiting(), 0);
    });
}

#[test]
fn notify_all_wakes_all_waiters() {
    check(|fixture| {
        let monitor = monitor();
        let workers = [(); 3].map(|()| {
            let monitor = monitor.clone();
            fixture.spawn("waiter", move || {
                let (lock, condition, go) = &*monitor;
                lock.acquire(None).unwrap();
                while go.len() == 0 {
                    assert!(wait(lock, condition, None));
                }
                lock.release().unwrap();
            })
        });
        let (lock, condition, go) = &*monitor;
        lock.acquire(None).unwrap();
        go.push(1);
        condition.notify_all();
        lock.release().unwrap();
        for worker in workers {
            worker.join();
        }
        assert_eq!(condition.waiting(), 0);
    });
}

#[test]
fn notified_first_come_first() {
    check(|fixture| {
        let monitor = monitor();
        let workers: Vec<_> = (0..3)
            .map(|number| {
                let other = monitor.clone();
                let worker = fixture.spawn("waiter", move || {
                    let (lock, condition, order) = &*other;
                    lock.acquire(None).unwrap();
                    wait(lock, condition, None);
                    order.push(number);
                    lock.release().unwrap();
                });
                let condition = &monitor.1;
                fixture.until(|| condition.waiting() == number as usize + 1);
                worker
            })
            .collect();
        let (lock, condition, order) = &*monitor;
        for woken in 1..=3 {
            lock.acquire(None).unwrap();
            assert_eq!(condition.notify(1), 1);
            lock.release().unwrap();
            fixture.until(|| order.len() == woken);
        }
        for worker in workers {
            worker.join();
        }
        assert_eq!(order.take(), [0, 1, 2]);
    });
}
