//! What the primitives cost when nobody waits, and what a switch between two threads costs.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
};

use divan::{Bencher, black_box};
use pyt_sched::{
    Event, Free, Gil, Lock, NoWorld, Policy, Queue, RLock, Scheduler, Semaphore, SimpleQueue,
};

fn main() {
    divan::main();
}

#[divan::bench]
fn lock(bencher: Bencher) {
    let lock = Lock::new();
    bencher.bench_local(|| {
        black_box(&lock).acquire(None).unwrap();
        black_box(&lock).release().unwrap();
    });
}

#[divan::bench]
fn rlock(bencher: Bencher) {
    let lock = RLock::new();
    bencher.bench_local(|| {
        black_box(&lock).acquire(None).unwrap();
        black_box(&lock).release().unwrap();
    });
}

#[divan::bench]
fn semaphore(bencher: Bencher) {
    let semaphore = Semaphore::new(1);
    bencher.bench_local(|| {
        black_box(&semaphore).acquire(None).unwrap();
        black_box(&semaphore).release(1);
    });
}

#[divan::bench]
fn event(bencher: Bencher) {
    let event = Event::new();
    bencher.bench_local(|| {
        black_box(&event).set();
        black_box(&event).wait(None).unwrap();
        black_box(&event).clear();
    });
}

#[divan::bench]
fn queue(bencher: Bencher) {
    let queue = Queue::<u32>::new(Some(16));
    bencher.bench_local(|| {
        black_box(&queue).put(1, None).unwrap();
        black_box(&queue).get(None).unwrap()
    });
}

#[divan::bench]
fn simple_queue(bencher: Bencher) {
    let queue = SimpleQueue::new();
    bencher.bench_local(|| {
        black_box(&queue).put(1);
        black_box(&queue).get(None).unwrap()
    });
}

#[divan::bench]
fn ping_pong_free(bencher: Bencher) {
    ping_pong(bencher, Free);
}

#[divan::bench]
fn ping_pong_gil(bencher: Bencher) {
    ping_pong(bencher, Gil::new(Arc::new(NoWorld)));
}

/// There and back over two queues, with a thread that answers: two switches.
fn ping_pong(bencher: Bencher, policy: impl Policy + 'static) {
    let scheduler = Scheduler::builder().policy(policy).build();
    let main = scheduler.register("main");
    main.begin();
    main.entered();
    let there = Arc::new(Queue::<bool>::new(None));
    let back = Arc::new(Queue::<bool>::new(None));
    let echo = echo(&scheduler, there.clone(), back.clone());
    bencher.bench_local(|| {
        there.put(true, None).unwrap();
        back.get(None).unwrap()
    });
    there.put(false, None).unwrap();
    main.end();
    echo.join().unwrap();
}

fn echo(
    scheduler: &Arc<Scheduler>,
    there: Arc<Queue<bool>>,
    back: Arc<Queue<bool>>,
) -> JoinHandle<()> {
    let record = scheduler.register("echo");
    thread::spawn(move || {
        record.begin();
        record.entered();
        while there.get(None).unwrap() {
            back.put(true, None).unwrap();
        }
        record.end();
    })
}
