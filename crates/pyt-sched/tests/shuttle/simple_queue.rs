//! `SimpleQueue`.

use std::sync::Arc;

use pyt_sched::SimpleQueue;

use crate::fixture::{Log, check, check_all, ms, waits};

#[test]
fn everything_arrives_once_and_in_order() {
    check(|fixture| {
        let queue = Arc::new(SimpleQueue::new());
        let got = Log::new();
        let producer = queue.clone();
        let producer = fixture.spawn("producer", move || {
            for item in 0..4 {
                producer.put(item);
            }
        });
        let consumers = [(); 2].map(|()| {
            let (queue, got) = (queue.clone(), got.clone());
            fixture.spawn("consumer", move || {
                let first = queue.get(None).unwrap().unwrap();
                let second = queue.get(None).unwrap().unwrap();
                assert!(first < second);
                got.push(first);
                got.push(second);
            })
        });
        producer.join();
        for worker in consumers {
            worker.join();
        }
        let mut got = got.take();
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2, 3]);
        assert!(queue.is_empty());
    });
}

#[test]
fn a_put_and_a_get_exhaustively() {
    check_all(
        |fixture| {
            let queue = Arc::new(SimpleQueue::new());
            let other = queue.clone();
            let worker = fixture.spawn("getter", move || assert_eq!(other.get(None), Ok(Some(1))));
            queue.put(1);
            worker.join();
        },
        5_000,
    );
}

#[test]
fn timed_gets_race_with_a_put() {
    check(|fixture| {
        let queue = Arc::new(SimpleQueue::new());
        let got = Log::new();
        let timed = [1, 1, 2].map(|timeout| {
            let (queue, got) = (queue.clone(), got.clone());
            fixture.spawn("timed", move || {
                if let Some(item) = queue.get(ms(timeout)).unwrap() {
                    got.push(item);
                }
            })
        });
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        queue.put(7);
        for worker in timed {
            worker.join();
        }
        assert_eq!(got.len() + queue.len(), 1);
        // One with time left never leaves an item lying.
        queue.drain();
        let other = queue.clone();
        let worker = fixture.spawn("patient", move || assert_eq!(other.get(ms(1)), Ok(Some(8))));
        fixture.until(|| waits(&worker) || other_done(&worker.record));
        queue.put(8);
        let _ = worker.join_until(None);
    });
}

fn other_done(record: &pyt_sched::Thread) -> bool {
    record.in_wait()
}

#[test]
fn getters_come_first_come_first() {
    check(|fixture| {
        let queue = Arc::new(SimpleQueue::new());
        let order = Log::new();
        let workers: Vec<_> = (0..3)
            .map(|number| {
                let (queue, order) = (queue.clone(), order.clone());
                let worker = fixture.spawn("getter", move || {
                    queue.get(None).unwrap();
                    order.push(number);
                });
                fixture.until(|| waits(&worker));
                worker
            })
            .collect();
        for worker in &workers {
            queue.put(());
            worker.join();
        }
        assert_eq!(order.take(), [0, 1, 2]);
    });
}
