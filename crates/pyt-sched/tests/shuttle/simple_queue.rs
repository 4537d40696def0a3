//! `SimpleQueue`.

use std::sync::Arc;

use pyt_sched::SimpleQueue;

use crate::scene::{Log, check, check_all, ms, waits};

#[test]
fn everything_arrives_once_and_in_order() {
    check(|scene| {
        let queue = Arc::new(SimpleQueue::new());
        let got = Log::new();
        let producer = queue.clone();
        let producer = scene.spawn("producer", move || {
            for item in 0..4 {
                producer.put(item);
            }
        });
        let consumers = [(); 2].map(|()| {
            let (queue, got) = (queue.clone(), got.clone());
            scene.spawn("consumer", move || {
                let first = queue.get(None).unwrap().unwrap();
                let second = queue.get(None).unwrap().unwrap();
                assert!(first < second);
                got.push(first);
                got.push(second);
            })
        });
        producer.join();
        for actor in consumers {
            actor.join();
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
        |scene| {
            let queue = Arc::new(SimpleQueue::new());
            let other = queue.clone();
            let actor = scene.spawn("getter", move || assert_eq!(other.get(None), Ok(Some(1))));
            queue.put(1);
            actor.join();
        },
        5_000,
    );
}

#[test]
fn timed_gets_race_with_a_put() {
    check(|scene| {
        let queue = Arc::new(SimpleQueue::new());
        let got = Log::new();
        let timed = [1, 1, 2].map(|timeout| {
            let (queue, got) = (queue.clone(), got.clone());
            scene.spawn("timed", move || {
                if let Some(item) = queue.get(ms(timeout)).unwrap() {
                    got.push(item);
                }
            })
        });
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        queue.put(7);
        for actor in timed {
            actor.join();
        }
        assert_eq!(got.len() + queue.len(), 1);
        // One with time left never leaves an item lying.
        queue.drain();
        let other = queue.clone();
        let actor = scene.spawn("patient", move || assert_eq!(other.get(ms(1)), Ok(Some(8))));
        scene.until(|| waits(&actor) || other_done(&actor.record));
        queue.put(8);
        let _ = actor.join_until(None);
    });
}

fn other_done(record: &pyt_sched::Thread) -> bool {
    record.in_wait()
}

#[test]
fn getters_come_first_come_first() {
    check(|scene| {
        let queue = Arc::new(SimpleQueue::new());
        let order = Log::new();
        let actors: Vec<_> = (0..3)
            .map(|number| {
                let (queue, order) = (queue.clone(), order.clone());
                let actor = scene.spawn("getter", move || {
                    queue.get(None).unwrap();
                    order.push(number);
                });
                scene.until(|| waits(&actor));
                actor
            })
            .collect();
        for actor in &actors {
            queue.put(());
            actor.join();
        }
        assert_eq!(order.take(), [0, 1, 2]);
    });
}
