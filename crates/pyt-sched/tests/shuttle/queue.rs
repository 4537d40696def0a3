//! `Queue` in its three orders.

use std::sync::Arc;

use pyt_sched::{Discipline, Fifo, GetError, Lifo, Priority, PutError, Queue};

use crate::fixture::{Fixture, Log, check, check_all, ms, waits};

fn everything_arrives_once<D: Discipline<u32> + Default + Send + 'static>(fixture: &Fixture) {
    let queue = Arc::new(Queue::<u32, D>::new(Some(1)));
    let got = Log::new();
    let producers = [0, 10].map(|from| {
        let queue = queue.clone();
        fixture.spawn("producer", move || {
            for item in from..from + 2 {
                queue.put(item, None).unwrap();
            }
        })
    });
    let consumers = [(); 2].map(|()| {
        let (queue, got) = (queue.clone(), got.clone());
        fixture.spawn("consumer", move || {
            for _ in 0..2 {
                got.push(queue.get(None).unwrap());
                queue.task_done().unwrap();
            }
        })
    });
    for worker in producers {
        worker.join();
    }
    assert_eq!(queue.join(None), Ok(true));
    for worker in consumers {
        worker.join();
    }
    let mut got = got.take();
    got.sort_unstable();
    assert_eq!(got, [0, 1, 10, 11]);
    assert_eq!(queue.state().map(|state| state.unfinished), Some(0));
    assert!(queue.task_done().is_err());
    assert!(queue.is_empty());
}

#[test]
fn everything_arrives_once_fifo() {
    check(everything_arrives_once::<Fifo<u32>>);
}

#[test]
fn everything_arrives_once_lifo() {
    check(everything_arrives_once::<Lifo<u32>>);
}

#[test]
fn everything_arrives_once_priority() {
    check(everything_arrives_once::<Priority<u32>>);
}

#[test]
fn a_put_and_a_get_exhaustively() {
    check_all(
        |fixture| {
            let queue = Arc::new(Queue::<u32>::new(None));
            let other = queue.clone();
            let worker = fixture.spawn("consumer", move || assert_eq!(other.get(None), Ok(1)));
            queue.put(1, None).unwrap();
            worker.join();
        },
        5_000,
    );
}

#[test]
fn timed_gets_race_with_a_put() {
    check(|fixture| {
        let queue = Arc::new(Queue::<u32>::new(None));
        let got = Log::new();
        let timed = [1, 1].map(|timeout| {
            let (queue, got) = (queue.clone(), got.clone());
            fixture.spawn("timed", move || match queue.get(ms(timeout)) {
                Ok(item) => got.push(item),
                Err(error) => assert_eq!(error, GetError::Empty),
            })
        });
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        queue.put(7, None).unwrap();
        for worker in timed {
            worker.join();
        }
        let left = queue.try_get();
        assert_eq!(got.len() + usize::from(left.is_ok()), 1);
        let other = queue.clone();
        let worker = fixture.spawn("patient", move || assert_eq!(other.get(None), Ok(8)));
        queue.put(8, None).unwrap();
        worker.join();
    });
}

#[test]
fn timed_puts_race_with_a_get() {
    check(|fixture| {
        let queue = Arc::new(Queue::<u32>::new(Some(1)));
        let put = Log::new();
        queue.put(0, None).unwrap();
        let timed = [1, 2].map(|item| {
            let (queue, put) = (queue.clone(), put.clone());
            fixture.spawn("timed", move || match queue.put(item, ms(1)) {
                Ok(()) => put.push(item),
                Err(error) => assert_eq!(error, PutError::Full(item)),
            })
        });
        pyt_sched::sleep(ms(1).unwrap()).unwrap();
        assert_eq!(queue.get(None), Ok(0));
        for worker in timed {
            worker.join();
        }
        let put = put.take();
        assert!(put.len() <= 1);
        assert_eq!(queue.try_get().ok(), put.first().copied());
        queue.put(9, ms(1)).unwrap();
    });
}

#[test]
fn getters_come_first_come_first() {
    check(|fixture| {
        let queue = Arc::new(Queue::<usize>::new(None));
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
            queue.put(0, None).unwrap();
            worker.join();
        }
        assert_eq!(order.take(), [0, 1, 2]);
    });
}

#[test]
fn a_shutdown_ends_every_wait() {
    check(|fixture| {
        let queue = Arc::new(Queue::<u32>::new(Some(1)));
        queue.put(0, None).unwrap();
        let putter = queue.clone();
        let putter = fixture.spawn("putter", move || {
            let _ = putter.put(1, None);
        });
        let joiner = queue.clone();
        let joiner = fixture.spawn("joiner", move || assert_eq!(joiner.join(None), Ok(true)));
        let getter = queue.clone();
        let getter = fixture.spawn("getter", move || {
            while getter.get(None).is_ok() {
                getter.task_done().unwrap_or_default();
            }
        });
        queue.shut_down(true).expect("not moved");
        putter.join();
        getter.join();
        joiner.join();
        assert_eq!(queue.try_get(), Err(GetError::ShutDown));
        assert_eq!(queue.try_put(1), Err(PutError::ShutDown(1)));
    });
}

#[test]
fn a_timed_join_of_tasks() {
    check(|fixture| {
        let queue = Arc::new(Queue::<u32>::new(None));
        queue.put(0, None).unwrap();
        let worker = queue.clone();
        let worker = fixture.spawn("worker", move || {
            worker.get(None).unwrap();
            pyt_sched::sleep(ms(2).unwrap()).unwrap();
            worker.task_done().unwrap();
        });
        assert_eq!(queue.join(ms(1)), Ok(false));
        assert_eq!(queue.join(None), Ok(true));
        worker.join();
    });
}
