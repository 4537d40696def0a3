//! The cost of contention: a lock that several threads want, and passing the turn.
//!
//! `os_park` is the lower bound: there and back with the standard library's parking alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use divan::{Bencher, black_box};
use pyt_sched::{
    Barrier, Event, Free, Gil, Lock, NoWorld, Policy, Queue, Scheduler, Semaphore, SimpleQueue,
    Thread,
};

fn main() {
    divan::main();
}

fn free() -> Arc<Scheduler> {
    scheduler(Free)
}

fn gil() -> Arc<Scheduler> {
    scheduler(Gil::new(Arc::new(NoWorld)))
}

fn scheduler(policy: impl Policy + 'static) -> Arc<Scheduler> {
    Scheduler::builder().policy(policy).build()
}

/// The two ways to schedule, by name, as arguments of benchmarks.
const MODES: [&str; 2] = ["free", "gil"];

fn by_name(mode: &str) -> Arc<Scheduler> {
    if mode == "gil" { gil() } else { free() }
}

/// Takes part in `scheduler` on the calling thread while `body` runs.
fn take_part(record: &Arc<Thread>, body: impl FnOnce()) {
    record.begin();
    record.entered();
    body();
    record.end();
}

fn spawn(
    scheduler: &Arc<Scheduler>,
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> JoinHandle<()> {
    let record = scheduler.register(name);
    thread::spawn(move || take_part(&record, body))
}

// --- several threads, one primitive ---------------------------------------------------------

/// Times `turn` on the calling thread while as many other threads as make up `threads` do the same.
fn contended(
    bencher: Bencher,
    scheduler: &Arc<Scheduler>,
    threads: usize,
    turn: impl Fn() + Send + Sync + 'static,
) {
    let turn = Arc::new(turn);
    let over = Arc::new(AtomicBool::new(false));
    let running = Arc::new(AtomicUsize::new(1));
    let main = scheduler.register("main");
    main.begin();
    main.entered();
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let (turn, over, running) = (turn.clone(), over.clone(), running.clone());
            spawn(scheduler, "other", move || {
                running.fetch_add(1, Ordering::Relaxed);
                while !over.load(Ordering::Relaxed) {
                    turn();
                }
            })
        })
        .collect();
    let_run(&main, || running.load(Ordering::Relaxed) == threads);
    bencher.bench_local(&*turn);
    over.store(true, Ordering::Relaxed);
    main.end();
    for other in others {
        other.join().unwrap();
    }
}

/// Gives others their turn until `done`.
fn let_run(me: &Arc<Thread>, done: impl Fn() -> bool) {
    while !done() {
        me.scheduler().yield_now(me);
        thread::yield_now();
    }
}

#[divan::bench(args = [2, 4])]
fn contended_lock(bencher: Bencher, threads: usize) {
    let lock = Lock::new();
    contended(bencher, &free(), threads, move || {
        black_box(&lock).acquire(None).unwrap();
        black_box(&lock).release().unwrap();
    });
}

#[divan::bench(args = [2, 4])]
fn contended_semaphore(bencher: Bencher, threads: usize) {
    let semaphore = Semaphore::new(1);
    contended(bencher, &free(), threads, move || {
        black_box(&semaphore).acquire(None).unwrap();
        black_box(&semaphore).release(1);
    });
}

#[divan::bench(args = [2, 4])]
fn contended_queue(bencher: Bencher, threads: usize) {
    let queue = Queue::<u32>::new(None);
    contended(bencher, &free(), threads, move || {
        black_box(&queue).put(1, None).unwrap();
        black_box(queue.get(None).unwrap());
    });
}

/// Under the GIL threads meet at a lock only if its holder lets others run: here each does, so that
/// all others queue for it.
#[divan::bench(args = [2, 4])]
fn lock_held_over_a_yield_gil(bencher: Bencher, threads: usize) {
    let lock = Lock::new();
    contended(bencher, &gil(), threads, move || {
        lock.acquire(None).unwrap();
        yield_now();
        lock.release().unwrap();
    });
}

fn yield_now() {
    let me = Thread::current().unwrap();
    me.scheduler().yield_now(&me);
}

// --- two threads, there and back: two switches ----------------------------------------------

#[divan::bench]
fn os_park(bencher: Bencher) {
    let asked = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicBool::new(false));
    let over = Arc::new(AtomicBool::new(false));
    let wait = |flag: &AtomicBool| {
        while !flag.swap(false, Ordering::AcqRel) {
            thread::park();
        }
    };
    let asker = thread::current();
    let echo = thread::spawn({
        let (asked, answered, over) = (asked.clone(), answered.clone(), over.clone());
        move || {
            loop {
                wait(&asked);
                if over.load(Ordering::Relaxed) {
                    return;
                }
                answered.store(true, Ordering::Release);
                asker.unpark();
            }
        }
    });
    let ask = || {
        asked.store(true, Ordering::Release);
        echo.thread().unpark();
    };
    bencher.bench_local(|| {
        ask();
        wait(&answered);
    });
    over.store(true, Ordering::Relaxed);
    ask();
    echo.join().unwrap();
}

#[divan::bench(args = MODES)]
fn ping_pong_events(bencher: Bencher, mode: &str) {
    let asked = Arc::new(Event::new());
    let answered = Arc::new(Event::new());
    let wait = |event: &Event| {
        event.wait(None).unwrap();
        event.clear();
    };
    ping_pong(
        bencher,
        &by_name(mode),
        {
            let (asked, answered) = (asked.clone(), answered.clone());
            move || {
                wait(&asked);
                answered.set();
            }
        },
        move || {
            asked.set();
            wait(&answered);
        },
    );
}

#[divan::bench(args = MODES)]
fn ping_pong_queues(bencher: Bencher, mode: &str) {
    let there = Arc::new(Queue::<u32>::new(None));
    let back = Arc::new(Queue::<u32>::new(None));
    ping_pong(
        bencher,
        &by_name(mode),
        {
            let (there, back) = (there.clone(), back.clone());
            move || back.put(there.get(None).unwrap(), None).unwrap()
        },
        move || {
            there.put(1, None).unwrap();
            black_box(back.get(None).unwrap());
        },
    );
}

#[divan::bench(args = MODES)]
fn ping_pong_simple_queues(bencher: Bencher, mode: &str) {
    let there = Arc::new(SimpleQueue::new());
    let back = Arc::new(SimpleQueue::new());
    ping_pong(
        bencher,
        &by_name(mode),
        {
            let (there, back) = (there.clone(), back.clone());
            move || back.put(there.get(None).unwrap())
        },
        move || {
            there.put(1);
            black_box(back.get(None).unwrap());
        },
    );
}

#[divan::bench(args = MODES)]
fn barrier_of_two(bencher: Bencher, mode: &str) {
    let barrier = Arc::new(Barrier::new(2));
    let meet = |barrier: &Barrier| {
        barrier.wait(None, || Ok::<(), ()>(())).unwrap();
    };
    let theirs = barrier.clone();
    ping_pong(
        bencher,
        &by_name(mode),
        move || meet(&theirs),
        move || meet(&barrier),
    );
}

/// Runs `answer` again and again on a second thread, and times `ask`, which makes it run once.
fn ping_pong(
    bencher: Bencher,
    scheduler: &Arc<Scheduler>,
    answer: impl Fn() + Send + 'static,
    ask: impl Fn(),
) {
    let last = Arc::new(AtomicUsize::new(usize::MAX));
    let running = Arc::new(AtomicBool::new(false));
    let main = scheduler.register("main");
    main.begin();
    main.entered();
    let echo = spawn(scheduler, "echo", {
        let (last, running) = (last.clone(), running.clone());
        move || {
            running.store(true, Ordering::Relaxed);
            let mut answers = 0;
            while answers < last.load(Ordering::Acquire) {
                answer();
                answers += 1;
            }
        }
    });
    let_run(&main, || running.load(Ordering::Relaxed));
    let mut questions = 0;
    bencher.bench_local(|| {
        ask();
        questions += 1;
    });
    // One more, which is known to be the last before it is asked.
    last.store(questions + 1, Ordering::Release);
    ask();
    main.end();
    echo.join().unwrap();
}

/// The GIL goes to a thread that waits for nothing else, and comes back.
#[divan::bench]
fn gil_switch(bencher: Bencher) {
    ping_pong(bencher, &gil(), yield_now, yield_now);
}
