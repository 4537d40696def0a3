//! What the primitives cost one thread without contention. See `handover.rs` for the rest.

use divan::{Bencher, black_box};
use pyt_sched::{
    Barrier, BoundedSemaphore, Condition, Event, Lifo, Lock, Queue, RLock, Semaphore, SimpleQueue,
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
fn lock_refused(bencher: Bencher) {
    let lock = Lock::new();
    lock.acquire(None).unwrap();
    bencher.bench_local(|| black_box(&lock).try_acquire());
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
fn bounded_semaphore(bencher: Bencher) {
    let semaphore = BoundedSemaphore::new(1);
    bencher.bench_local(|| {
        black_box(&semaphore).acquire(None).unwrap();
        black_box(&semaphore).release(1).unwrap();
    });
}

#[divan::bench]
fn condition_notify(bencher: Bencher) {
    let condition = Condition::new();
    bencher.bench_local(|| black_box(&condition).notify(1));
}

#[divan::bench]
fn barrier_of_one(bencher: Bencher) {
    let barrier = Barrier::new(1);
    bencher.bench_local(|| black_box(&barrier).wait(None, || Ok::<(), ()>(())).unwrap());
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
fn lifo_queue(bencher: Bencher) {
    let queue = Queue::<u32, Lifo<u32>>::new(None);
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
fn current_id() -> pyt_sched::ThreadId {
    pyt_sched::current_id()
}
