//! Threads that wait for ever, and such that don't, without an interpreter.

mod support;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use pyt_sched::{
    Clock, Condition, DeadlockObserver, Event, Lock, RLock, ReportCause, Scheduler, Suspicion,
    ThreadStatus, WaitKind, WaitReport,
};
use support::{ms, run};

/// Confirms what it is told of and keeps it.
#[derive(Default)]
struct Notes {
    reports: Mutex<Vec<WaitReport>>,
    /// How often it was told of what it does not believe, if it believes nothing.
    doubts: Option<AtomicUsize>,
}

/// What a scheduler keeps of the notes.
struct Clerk(Arc<Notes>);

impl DeadlockObserver for Clerk {
    fn suspected(&self, suspicion: Suspicion) -> bool {
        if let Some(doubts) = &self.0.doubts {
            doubts.fetch_add(1, Ordering::SeqCst);
            return false;
        }
        let notes = self.0.clone();
        thread::spawn(move || match suspicion.confirm() {
            Some(report) => notes.reports.lock().unwrap().push(report),
            None => suspicion.withdraw(),
        });
        true
    }
}

impl Notes {
    fn on(scheduler: &Scheduler) -> Arc<Self> {
        let notes = Arc::new(Self::default());
        scheduler.observe(Arc::new(Clerk(notes.clone())));
        notes
    }

    /// The first report, once there is one.
    fn first(&self, patience: Duration) -> Option<WaitReport> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Some(report) = self.reports.lock().unwrap().first() {
                return Some(report.clone());
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }

    fn count(&self) -> usize {
        self.reports.lock().unwrap().len()
    }
}

/// Far more than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than a standstill lasts before it is told.
const WHILE: Duration = Duration::from_millis(1600);

#[test]
fn a_cycle_of_reentrant_locks_is_found_though_others_run() {
    let scheduler = Scheduler::builder().build();
    let notes = Notes::on(&scheduler);
    run(&scheduler.clone(), move |stage| {
        let [a, b] = [(); 2].map(|()| Arc::new(RLock::new()));
        let [held, met] = [(); 2].map(|()| Arc::new(Event::new()));
        let one = {
            let (a, b, held, met) = (a.clone(), b.clone(), held.clone(), met.clone());
            stage.spawn("one", move || {
                a.acquire(None).unwrap();
                held.set();
                met.wait(None).unwrap();
                b.acquire(None).unwrap();
                b.release().unwrap();
                a.release().unwrap();
            })
        };
        let two = {
            let (a, b) = (a.clone(), b.clone());
            stage.spawn("two", move || {
                b.acquire(None).unwrap();
                held.wait(None).unwrap();
                met.set();
                // First one that is not for ever, and so closes no cycle.
                assert!(!a.acquire(ms(300)).unwrap());
                b.release().unwrap();
            })
        };
        let ids = [one.record.id(), two.record.id()];
        // This thread runs all the while.
        stage.join(two);
        stage.join(one);
        assert_eq!(notes.count(), 0);

        let [a, b] = [(); 2].map(|()| Arc::new(RLock::new()));
        let crossed = Arc::new(std::sync::Barrier::new(2));
        let crossing = [("left", &a, &b), ("right", &b, &a)].map(|(name, first, second)| {
            let (first, second, crossed) = (first.clone(), second.clone(), crossed.clone());
            stage.spawn(name, move || {
                first.acquire(None).unwrap();
                crossed.wait();
                second.acquire(None).unwrap();
            })
        });
        let report = notes.first(PATIENCE).expect("a report");
        assert_eq!(report.cause, ReportCause::Cycle);
        assert_eq!(report.cycle, crossing.each_ref().map(|it| it.record.id()));
        assert!(!report.cycle.contains(&ids[0]));
        for (row, holder) in report.rows[1..].iter().zip([1, 0]) {
            let ThreadStatus::Waiting { waiting, reentrant } = row.status else {
                panic!("it waits: {row:?}");
            };
            assert!(reentrant && waiting.kind == WaitKind::Lock);
            assert_eq!(waiting.holder, Some(report.cycle[holder]));
        }
        assert!(matches!(report.rows[0].status, ThreadStatus::Running));
        thread::sleep(WHILE);
        assert_eq!(notes.count(), 1, "once");
        // They stay for ever: let the scheduler forget them.
        for actor in &crossing {
            scheduler.unregister(&actor.record);
        }
        std::mem::forget(crossing);
    });
}

#[test]
fn a_plain_lock_that_waits_for_another_threads_release_is_no_deadlock() {
    let scheduler = Scheduler::builder().build();
    let notes = Notes::on(&scheduler);
    run(&scheduler.clone(), move |stage| {
        let signal = Arc::new(Lock::new());
        let waiter = {
            let signal = signal.clone();
            stage.spawn("waiter", move || {
                signal.acquire(None).unwrap();
                signal.acquire(None).unwrap();
            })
        };
        stage.until_waits(&waiter);
        thread::sleep(WHILE);
        assert_eq!(notes.count(), 0);
        signal.release().unwrap();
        stage.join(waiter);
    });
}

#[test]
fn a_lock_taken_for_a_scope_waits_for_its_holder_alone() {
    let scheduler = Scheduler::builder().build();
    let notes = Notes::on(&scheduler);
    run(&scheduler.clone(), move |stage| {
        let lock = Arc::new(Lock::new());
        let waiter = {
            let lock = lock.clone();
            stage.spawn("waiter", move || {
                lock.acquire_scoped().unwrap();
                lock.acquire_scoped().unwrap();
            })
        };
        let report = notes.first(PATIENCE).expect("a report");
        assert_eq!(report.cause, ReportCause::Cycle);
        assert_eq!(report.cycle, [waiter.record.id()]);
        lock.release().unwrap();
        stage.join(waiter);
    });
}

#[test]
fn a_standstill_is_told_after_a_second_and_only_if_nobody_is_left() {
    let scheduler = Scheduler::builder().build();
    let notes = Notes::on(&scheduler);
    run(&scheduler.clone(), move |stage| {
        let event = Arc::new(Event::new());
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let event = event.clone();
                stage.spawn("waiter", move || {
                    event.wait(None).unwrap();
                })
            })
            .collect();
        waiters.iter().for_each(|waiter| stage.until_waits(waiter));
        thread::sleep(WHILE);
        assert_eq!(notes.count(), 0, "this thread runs");
        let condition = Arc::new(Condition::new());
        let helper = {
            // No scheduler knows it, and it wakes everybody in the end.
            let (notes, condition, event) = (notes.clone(), condition.clone(), event);
            thread::spawn(move || {
                let began = Instant::now();
                let report = notes.first(PATIENCE).expect("a report");
                assert!(began.elapsed() > Duration::from_millis(900));
                assert_eq!(report.cause, ReportCause::Standstill);
                assert!(report.cycle.is_empty());
                assert_eq!(report.rows.len(), 4);
                thread::sleep(WHILE);
                assert_eq!(notes.count(), 1, "once");
                event.set();
                condition.notify(1);
            })
        };
        let place = condition.join();
        assert!(condition.wait(&place, None).unwrap());
        helper.join().unwrap();
        waiters.into_iter().for_each(|waiter| stage.join(waiter));
    });
}

#[test]
fn a_lock_that_a_thread_took_along_is_lost() {
    let scheduler = Scheduler::builder().build();
    let notes = Notes::on(&scheduler);
    run(&scheduler.clone(), move |stage| {
        let lock = Arc::new(RLock::new());
        let taker = {
            let lock = lock.clone();
            stage.spawn("taker", move || {
                lock.acquire(None).unwrap();
            })
        };
        let id = taker.record.id();
        stage.join(taker);
        // The end of the record may come a moment after the end of the work.
        while scheduler.thread(id).is_some() {
            thread::yield_now();
        }
        let waiter = stage.spawn("waiter", move || {
            lock.acquire(None).unwrap();
        });
        let report = notes.first(PATIENCE).expect("a report");
        assert_eq!(report.cycle, [waiter.record.id()]);
        assert_eq!(report.ended, [(id, "taker".to_owned())]);
        scheduler.unregister(&waiter.record);
        std::mem::forget(waiter);
    });
}

#[test]
fn a_deadline_keeps_it_silent() {
    let scheduler = Scheduler::builder().build();
    let notes = Notes::on(&scheduler);
    run(&scheduler.clone(), move |stage| {
        let event = Arc::new(Event::new());
        let waiter = {
            let event = event.clone();
            stage.spawn("waiter", move || {
                event.wait(None).unwrap();
            })
        };
        stage.until_waits(&waiter);
        pyt_sched::sleep(ms(1600).unwrap()).unwrap();
        assert_eq!(notes.count(), 0);
        event.set();
        stage.join(waiter);
    });
}

#[test]
fn what_is_in_doubt_is_suspected_again() {
    for clock in [Clock::real(), Clock::virtual_time()] {
        let scheduler = Scheduler::builder().clock(clock).build();
        let notes = Arc::new(Notes {
            doubts: Some(AtomicUsize::new(0)),
            ..Notes::default()
        });
        scheduler.observe(Arc::new(Clerk(notes.clone())));
        run(&scheduler, move |_| {
            let event = Arc::new(Event::new());
            let helper = {
                let event = event.clone();
                thread::spawn(move || {
                    let doubts = notes.doubts.as_ref().unwrap();
                    let began = Instant::now();
                    while doubts.load(Ordering::SeqCst) < 2 && began.elapsed() < PATIENCE {
                        thread::sleep(Duration::from_millis(2));
                    }
                    let waited = began.elapsed();
                    event.set();
                    assert!(waited < PATIENCE && waited > WHILE, "{waited:?}");
                    assert_eq!(notes.count(), 0);
                })
            };
            event.wait(None).unwrap();
            helper.join().unwrap();
        });
    }
}
