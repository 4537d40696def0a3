//! Policies, clocks, the table, halting: the scheduler around the primitives.
#![cfg(not(feature = "shuttle"))]

mod support;

use std::{
    slice,
    sync::{Arc, Mutex},
    time::Duration,
};

use pyt_sched::{
    Clock, Deadline, Event, Gil, Lock, NoWorld, Scheduler, SimpleQueue, Thread, ThreadStatus,
    WaitKind,
};
use support::{ms, run};

fn gil() -> Gil {
    Gil::new(Arc::new(NoWorld))
}

fn virtual_time() -> Arc<Scheduler> {
    Scheduler::builder().clock(Clock::virtual_time()).build()
}

fn virtual_gil() -> Arc<Scheduler> {
    Scheduler::builder()
        .clock(Clock::virtual_time())
        .policy(gil())
        .build()
}

#[test]
fn those_due_at_once_wake_in_the_order_of_their_arrival() {
    for scheduler in [virtual_time(), virtual_gil()] {
        run(&scheduler, |fixture| {
            let order = Arc::new(Mutex::new(Vec::new()));
            let due = Deadline::after(Duration::from_secs(3600));
            let workers: Vec<_> = (0..5)
                .map(|number| {
                    let order = order.clone();
                    let worker = fixture.spawn("sleeper", move || {
                        pyt_sched::sleep(due).unwrap();
                        order.lock().unwrap().push(number);
                    });
                    fixture.until_waits(&worker);
                    worker
                })
                .collect();
            pyt_sched::sleep(due).unwrap();
            assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
            for worker in workers {
                fixture.join(worker);
            }
        });
    }
}

#[test]
fn time_at_its_end_stands_still_but_nothing_breaks() {
    run(&virtual_time(), |fixture| {
        pyt_sched::sleep(Deadline::after(Duration::MAX)).unwrap();
        let clock = fixture.scheduler.clock();
        assert_eq!(clock.read(), Deadline(u64::MAX));
        pyt_sched::sleep(Deadline::after(Duration::from_secs(1))).unwrap();
        assert_eq!(clock.read(), Deadline(u64::MAX));
    });
}

#[test]
fn virtual_time_passes_while_a_thread_computes() {
    run(&virtual_time(), |fixture| {
        let sleeper = fixture.spawn("sleeper", || pyt_sched::sleep(ms(10).unwrap()).unwrap());
        // Never blocks: `until` sleeps in real time, unknown to the scheduler.
        fixture.join(sleeper);
        assert!(fixture.scheduler.clock().now() >= Deadline(10_000_000));
    });
}

#[test]
fn a_report_says_what_each_thread_waits_for() {
    run(&Scheduler::builder().build(), |fixture| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let other = lock.clone();
        let waiter = fixture.spawn("waiter", move || {
            other.acquire(ms(60_000)).unwrap();
        });
        waiter.record.set_tag(42);
        waiter.record.set_name("renamed");
        fixture.until_waits(&waiter);
        let me = pyt_sched::current_id();
        let report = fixture.scheduler.report_now();
        let (now, rows) = (report.now, report.rows);
        assert_eq!(rows[0].id, me);
        assert!(matches!(rows[0].status, ThreadStatus::Running));
        let row = &rows[1];
        assert_eq!((row.tag, row.name.as_str()), (42, "renamed"));
        let ThreadStatus::Waiting { waiting, .. } = row.status else {
            panic!("it waits: {row:?}");
        };
        assert_eq!(waiting.kind, WaitKind::Lock);
        assert_eq!(waiting.object, Arc::as_ptr(&lock) as usize);
        assert_eq!(waiting.holder, Some(me));
        assert!(waiting.since <= now && now < waiting.deadline.unwrap());
        lock.release().unwrap();
        fixture.join(waiter);
        assert_eq!(fixture.scheduler.report_now().rows.len(), 1);
    });
}

#[test]
fn the_gil_goes_to_the_woken_first_come_first() {
    let scheduler = Scheduler::builder().policy(gil()).build();
    run(&scheduler, |fixture| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let gates: Vec<_> = (0..4).map(|_| Arc::new(Event::new())).collect();
        let workers: Vec<_> = gates
            .iter()
            .enumerate()
            .map(|(number, gate)| {
                let (gate, order) = (gate.clone(), order.clone());
                let worker = fixture.spawn("waiter", move || {
                    gate.wait(None).unwrap();
                    order.lock().unwrap().push(number);
                });
                fixture.until_waits(&worker);
                worker
            })
            .collect();
        for number in [2, 0, 3, 1] {
            gates[number].set();
        }
        // Longer than a woken thread waits before it preempts; but this thread cannot be frozen.
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(*order.lock().unwrap(), [], "the lock is ours until we wait");
        for worker in workers {
            fixture.join(worker);
        }
        assert_eq!(*order.lock().unwrap(), [2, 0, 3, 1]);
    });
}

#[test]
fn a_yield_lets_the_others_go_first() {
    let scheduler = Scheduler::builder().policy(gil()).build();
    run(&scheduler, |fixture| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(Event::new());
        let workers: Vec<_> = (0..2)
            .map(|number| {
                let (gate, log) = (gate.clone(), log.clone());
                let worker = fixture.spawn("waiter", move || {
                    gate.wait(None).unwrap();
                    log.lock().unwrap().push(number);
                });
                fixture.until_waits(&worker);
                worker
            })
            .collect();
        gate.set();
        fixture.scheduler.yield_now(&Thread::current().unwrap());
        assert_eq!(*log.lock().unwrap(), [0, 1]);
        for worker in workers {
            fixture.join(worker);
        }
    });
}

#[test]
fn the_halted_are_as_if_they_were_not_there() {
    let real = Scheduler::builder().build();
    let real_gil = Scheduler::builder().policy(gil()).build();
    for scheduler in [real, real_gil, virtual_time(), virtual_gil()] {
        run(&scheduler, |fixture| {
            let queue = Arc::new(SimpleQueue::new());
            let lock = Arc::new(Lock::new());
            assert!(lock.try_acquire());
            let (dead_queue, dead_lock) = (queue.clone(), lock.clone());
            let getter = fixture.spawn("dead getter", move || {
                let _ = dead_queue.get(None);
                unreachable!("it was halted");
            });
            let locker = fixture.spawn("dead locker", move || {
                let _ = dead_lock.acquire(None);
                unreachable!("it was halted");
            });
            let sleeper = fixture.spawn("dead sleeper", || {
                let _ = pyt_sched::sleep(Deadline::after(Duration::from_secs(3600)));
                unreachable!("it was halted");
            });
            let dead = [getter, locker, sleeper];
            for worker in &dead {
                fixture.until_waits(worker);
            }
            let records = dead.map(|worker| worker.record);
            fixture.scheduler.halt(&records, Duration::ZERO);
            let report = fixture.scheduler.report_now();
            let halted = |row: &&pyt_sched::ThreadRow| matches!(row.status, ThreadStatus::Halted);
            assert_eq!(report.rows.iter().filter(halted).count(), 3);
            queue.put(1);
            assert_eq!(queue.try_get(), Some(1));
            lock.release().unwrap();
            assert!(lock.try_acquire());
            if fixture.scheduler.clock().is_virtual() {
                // An hour passes at once: no other thread can run.
                pyt_sched::sleep(Deadline::after(Duration::from_secs(7200))).unwrap();
            }
            for record in &records {
                fixture.scheduler.unregister(record);
            }
            assert_eq!(fixture.scheduler.threads().len(), 1);
            if fixture.scheduler.clock().is_virtual() {
                pyt_sched::sleep(Deadline::after(Duration::from_secs(7200))).unwrap();
            }
        });
    }
}

#[test]
fn one_halted_before_it_had_its_first_turn_never_runs() {
    let scheduler = Scheduler::builder().policy(gil()).build();
    run(&scheduler, |fixture| {
        // We hold the lock, so it is in line for it.
        let dead = fixture.spawn("dead", || unreachable!("it was halted"));
        std::thread::sleep(Duration::from_millis(5));
        fixture
            .scheduler
            .halt(slice::from_ref(&dead.record), Duration::ZERO);
        let alive = fixture.spawn("alive", || ());
        fixture.join(alive);
    });
}

#[test]
fn an_interrupted_wait_goes_on_if_the_world_says_so() {
    for scheduler in [virtual_time(), Scheduler::builder().policy(gil()).build()] {
        run(&scheduler, |fixture| {
            let event = Arc::new(Event::new());
            let other = event.clone();
            let worker = fixture.spawn("waiter", move || assert_eq!(other.wait(None), Ok(true)));
            for _ in 0..100 {
                worker.record.interrupt();
            }
            fixture.until_waits(&worker);
            for _ in 0..100 {
                worker.record.interrupt();
                fixture.scheduler.yield_now(&Thread::current().unwrap());
            }
            event.set();
            fixture.join(worker);
        });
    }
}
