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
        run(&scheduler, |stage| {
            let order = Arc::new(Mutex::new(Vec::new()));
            let due = Deadline::after(Duration::from_secs(3600));
            let actors: Vec<_> = (0..5)
                .map(|number| {
                    let order = order.clone();
                    let actor = stage.spawn("sleeper", move || {
                        pyt_sched::sleep(due).unwrap();
                        order.lock().unwrap().push(number);
                    });
                    stage.until_waits(&actor);
                    actor
                })
                .collect();
            pyt_sched::sleep(due).unwrap();
            assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
            for actor in actors {
                stage.join(actor);
            }
        });
    }
}

#[test]
fn time_that_ended_stands_still_but_nothing_breaks() {
    run(&virtual_time(), |stage| {
        pyt_sched::sleep(Deadline::after(Duration::MAX)).unwrap();
        let clock = stage.scheduler.clock();
        assert_eq!(clock.read(), Deadline(u64::MAX));
        pyt_sched::sleep(Deadline::after(Duration::from_secs(1))).unwrap();
        assert_eq!(clock.read(), Deadline(u64::MAX));
    });
}

#[test]
fn virtual_time_passes_while_a_thread_computes() {
    run(&virtual_time(), |stage| {
        let sleeper = stage.spawn("sleeper", || pyt_sched::sleep(ms(10).unwrap()).unwrap());
        // Never blocks: `until` sleeps in real time, unknown to the scheduler.
        stage.join(sleeper);
        assert!(stage.scheduler.clock().now() >= Deadline(10_000_000));
    });
}

#[test]
fn a_report_says_what_each_thread_waits_for() {
    run(&Scheduler::builder().build(), |stage| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let other = lock.clone();
        let waiter = stage.spawn("waiter", move || {
            other.acquire(ms(60_000)).unwrap();
        });
        waiter.record.set_tag(42);
        waiter.record.set_name("renamed");
        stage.until_waits(&waiter);
        let me = pyt_sched::current_id();
        let report = stage.scheduler.report_now();
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
        stage.join(waiter);
        assert_eq!(stage.scheduler.report_now().rows.len(), 1);
    });
}

#[test]
fn the_gil_goes_to_the_woken_first_come_first() {
    let scheduler = Scheduler::builder().policy(gil()).build();
    run(&scheduler, |stage| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let gates: Vec<_> = (0..4).map(|_| Arc::new(Event::new())).collect();
        let actors: Vec<_> = gates
            .iter()
            .enumerate()
            .map(|(number, gate)| {
                let (gate, order) = (gate.clone(), order.clone());
                let actor = stage.spawn("waiter", move || {
                    gate.wait(None).unwrap();
                    order.lock().unwrap().push(number);
                });
                stage.until_waits(&actor);
                actor
            })
            .collect();
        for number in [2, 0, 3, 1] {
            gates[number].set();
        }
        // Longer than the grace that woken threads leave us: nobody can stop us here.
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(*order.lock().unwrap(), [], "the lock is ours until we wait");
        for actor in actors {
            stage.join(actor);
        }
        assert_eq!(*order.lock().unwrap(), [2, 0, 3, 1]);
    });
}

#[test]
fn a_yield_lets_the_others_go_first() {
    let scheduler = Scheduler::builder().policy(gil()).build();
    run(&scheduler, |stage| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(Event::new());
        let actors: Vec<_> = (0..2)
            .map(|number| {
                let (gate, log) = (gate.clone(), log.clone());
                let actor = stage.spawn("waiter", move || {
                    gate.wait(None).unwrap();
                    log.lock().unwrap().push(number);
                });
                stage.until_waits(&actor);
                actor
            })
            .collect();
        gate.set();
        stage.scheduler.yield_now(&Thread::current().unwrap());
        assert_eq!(*log.lock().unwrap(), [0, 1]);
        for actor in actors {
            stage.join(actor);
        }
    });
}

#[test]
fn the_halted_are_as_if_they_were_not_there() {
    let real = Scheduler::builder().build();
    let real_gil = Scheduler::builder().policy(gil()).build();
    for scheduler in [real, real_gil, virtual_time(), virtual_gil()] {
        run(&scheduler, |stage| {
            let queue = Arc::new(SimpleQueue::new());
            let lock = Arc::new(Lock::new());
            assert!(lock.try_acquire());
            let (dead_queue, dead_lock) = (queue.clone(), lock.clone());
            let getter = stage.spawn("dead getter", move || {
                let _ = dead_queue.get(None);
                unreachable!("it was halted");
            });
            let locker = stage.spawn("dead locker", move || {
                let _ = dead_lock.acquire(None);
                unreachable!("it was halted");
            });
            let sleeper = stage.spawn("dead sleeper", || {
                let _ = pyt_sched::sleep(Deadline::after(Duration::from_secs(3600)));
                unreachable!("it was halted");
            });
            let dead = [getter, locker, sleeper];
            for actor in &dead {
                stage.until_waits(actor);
            }
            let records = dead.map(|actor| actor.record);
            stage.scheduler.halt(&records, Duration::ZERO);
            let report = stage.scheduler.report_now();
            let halted = |row: &&pyt_sched::ThreadRow| matches!(row.status, ThreadStatus::Halted);
            assert_eq!(report.rows.iter().filter(halted).count(), 3);
            queue.put(1);
            assert_eq!(queue.try_get(), Some(1));
            lock.release().unwrap();
            assert!(lock.try_acquire());
            if stage.scheduler.clock().is_virtual() {
                // An hour passes at once, though nobody but us is left to run.
                pyt_sched::sleep(Deadline::after(Duration::from_secs(7200))).unwrap();
            }
            for record in &records {
                stage.scheduler.unregister(record);
            }
            assert_eq!(stage.scheduler.threads().len(), 1);
            if stage.scheduler.clock().is_virtual() {
                pyt_sched::sleep(Deadline::after(Duration::from_secs(7200))).unwrap();
            }
        });
    }
}

#[test]
fn one_halted_before_it_had_its_first_turn_never_runs() {
    let scheduler = Scheduler::builder().policy(gil()).build();
    run(&scheduler, |stage| {
        // We hold the lock, so it is in line for it.
        let dead = stage.spawn("dead", || unreachable!("it was halted"));
        std::thread::sleep(Duration::from_millis(5));
        stage
            .scheduler
            .halt(slice::from_ref(&dead.record), Duration::ZERO);
        let alive = stage.spawn("alive", || ());
        stage.join(alive);
    });
}

#[test]
fn an_interrupted_wait_goes_on_if_the_world_says_so() {
    for scheduler in [virtual_time(), Scheduler::builder().policy(gil()).build()] {
        run(&scheduler, |stage| {
            let event = Arc::new(Event::new());
            let other = event.clone();
            let actor = stage.spawn("waiter", move || assert_eq!(other.wait(None), Ok(true)));
            for _ in 0..100 {
                actor.record.interrupt();
            }
            stage.until_waits(&actor);
            for _ in 0..100 {
                actor.record.interrupt();
                stage.scheduler.yield_now(&Thread::current().unwrap());
            }
            event.set();
            stage.join(actor);
        });
    }
}
