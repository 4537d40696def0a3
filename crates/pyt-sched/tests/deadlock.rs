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

/// Confirms suspicions and keeps the reports.
#[derive(Default)]
struct Reports {
    reports: Mutex<Vec<WaitReport>>,
    /// How often it refused a suspicion, if it refuses all.
    refusals: Option<AtomicUsize>,
}

/// The observer of a scheduler.
struct Recorder(Arc<Reports>);

impl DeadlockObserver for Recorder {
    fn suspected(&self, suspicion: Suspicion) -> bool {
        if let Some(refusals) = &self.0.refusals {
            refusals.fetch_add(1, Ordering::SeqCst);
            return false;
        }
        let reports = self.0.clone();
        thread::spawn(move || match suspicion.confirm() {
            Some(report) => reports.reports.lock().unwrap().push(report),
            None => suspicion.withdraw(),
        });
        true
    }
}

impl Reports {
    fn on(scheduler: &Scheduler) -> Arc<Self> {
        let reports = Arc::new(Self::default());
        scheduler.observe(Arc::new(Recorder(reports.clone())));
        reports
    }

    /// The first report, once there is one.
    fn first(&self, timeout: Duration) -> Option<WaitReport> {
        let began = Instant::now();
        while began.elapsed() < timeout {
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
const REPORT_TIMEOUT: Duration = Duration::from_secs(20);
/// Longer than a standstill lasts before it is reported.
const LONGER_THAN_DELAY: Duration = Duration::from_millis(1600);

#[test]
fn a_cycle_of_reentrant_locks_is_found_though_others_run() {
    let scheduler = Scheduler::builder().build();
    let reports = Reports::on(&scheduler);
    run(&scheduler.clone(), move |fixture| {
        let [a, b] = [(); 2].map(|()| Arc::new(RLock::new()));
        let [held, met] = [(); 2].map(|()| Arc::new(Event::new()));
        let one = {
            let (a, b, held, met) = (a.clone(), b.clone(), held.clone(), met.clone());
            fixture.spawn("one", move || {
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
            fixture.spawn("two", move || {
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
        fixture.join(two);
        fixture.join(one);
        assert_eq!(reports.count(), 0);

        let [a, b] = [(); 2].map(|()| Arc::new(RLock::new()));
        let crossed = Arc::new(std::sync::Barrier::new(2));
        let crossing = [("left", &a, &b), ("right", &b, &a)].map(|(name, first, second)| {
            let (first, second, crossed) = (first.clone(), second.clone(), crossed.clone());
            fixture.spawn(name, move || {
                first.acquire(None).unwrap();
                crossed.wait();
                second.acquire(None).unwrap();
            })
        });
        let report = reports.first(REPORT_TIMEOUT).expect("a report");
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
        thread::sleep(LONGER_THAN_DELAY);
        assert_eq!(reports.count(), 1, "once");
        // They stay for ever: let the scheduler forget them.
        for worker in &crossing {
            scheduler.unregister(&worker.record);
        }
        std::mem::forget(crossing);
    });
}

#[test]
fn a_plain_lock_that_waits_for_another_threads_release_is_no_deadlock() {
    let scheduler = Scheduler::builder().build();
    let reports = Reports::on(&scheduler);
    run(&scheduler.clone(), move |fixture| {
        let signal = Arc::new(Lock::new());
        let waiter = {
            let signal = signal.clone();
            fixture.spawn("waiter", move || {
                signal.acquire(None).unwrap();
                signal.acquire(None).unwrap();
            })
        };
        fixture.until_waits(&waiter);
        thread::sleep(LONGER_THAN_DELAY);
        assert_eq!(reports.count(), 0);
        signal.release().unwrap();
        fixture.join(waiter);
    });
}

#[test]
fn a_lock_taken_for_a_scope_waits_for_its_holder_alone() {
    let scheduler = Scheduler::builder().build();
    let reports = Reports::on(&scheduler);
    run(&scheduler.clone(), move |fixture| {
        let lock = Arc::new(Lock::new());
        let waiter = {
            let lock = lock.clone();
            fixture.spawn("waiter", move || {
                lock.acquire_scoped().unwrap();
                lock.acquire_scoped().unwrap();
            })
        };
        let report = reports.first(REPORT_TIMEOUT).expect("a report");
        assert_eq!(report.cause, ReportCause::Cycle);
        assert_eq!(report.cycle, [waiter.record.id()]);
        lock.release().unwrap();
        fixture.join(waiter);
    });
}

#[test]
fn a_standstill_is_reported_after_a_second_and_only_if_no_thread_runs() {
    let scheduler = Scheduler::builder().build();
    let reports = Reports::on(&scheduler);
    run(&scheduler.clone(), move |fixture| {
        let event = Arc::new(Event::new());
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let event = event.clone();
                fixture.spawn("waiter", move || {
                    event.wait(None).unwrap();
                })
            })
            .collect();
        for waiter in &waiters {
            fixture.until_waits(waiter);
        }
        thread::sleep(LONGER_THAN_DELAY);
        assert_eq!(reports.count(), 0, "this thread runs");
        let condition = Arc::new(Condition::new());
        let helper = {
            // It is not registered, and wakes all threads in the end.
            let (reports, condition, event) = (reports.clone(), condition.clone(), event);
            thread::spawn(move || {
                let began = Instant::now();
                let report = reports.first(REPORT_TIMEOUT).expect("a report");
                assert!(began.elapsed() > Duration::from_millis(900));
                assert_eq!(report.cause, ReportCause::Standstill);
                assert!(report.cycle.is_empty());
                assert_eq!(report.rows.len(), 4);
                thread::sleep(LONGER_THAN_DELAY);
                assert_eq!(reports.count(), 1, "once");
                event.set();
                condition.notify(1);
            })
        };
        let place = condition.join();
        assert!(condition.wait(&place, None).unwrap());
        helper.join().unwrap();
        for waiter in waiters {
            fixture.join(waiter);
        }
    });
}

#[test]
fn a_lock_that_a_thread_took_along_is_lost() {
    let scheduler = Scheduler::builder().build();
    let reports = Reports::on(&scheduler);
    run(&scheduler.clone(), move |fixture| {
        let lock = Arc::new(RLock::new());
        let taker = {
            let lock = lock.clone();
            fixture.spawn("taker", move || {
                lock.acquire(None).unwrap();
            })
        };
        let id = taker.record.id();
        fixture.join(taker);
        // The end of the record may come a moment after the end of the work.
        while scheduler.thread(id).is_some() {
            thread::yield_now();
        }
        let waiter = fixture.spawn("waiter", move || {
            lock.acquire(None).unwrap();
        });
        let report = reports.first(REPORT_TIMEOUT).expect("a report");
        assert_eq!(report.cycle, [waiter.record.id()]);
        assert_eq!(report.ended, [(id, "taker".to_owned())]);
        scheduler.unregister(&waiter.record);
        std::mem::forget(waiter);
    });
}

#[test]
fn a_deadline_keeps_it_silent() {
    let scheduler = Scheduler::builder().build();
    let reports = Reports::on(&scheduler);
    run(&scheduler.clone(), move |fixture| {
        let event = Arc::new(Event::new());
        let waiter = {
            let event = event.clone();
            fixture.spawn("waiter", move || {
                event.wait(None).unwrap();
            })
        };
        fixture.until_waits(&waiter);
        pyt_sched::sleep(ms(1600).unwrap()).unwrap();
        assert_eq!(reports.count(), 0);
        event.set();
        fixture.join(waiter);
    });
}

#[test]
fn what_is_in_doubt_is_suspected_again() {
    for clock in [Clock::real(), Clock::virtual_time()] {
        let scheduler = Scheduler::builder().clock(clock).build();
        let reports = Arc::new(Reports {
            refusals: Some(AtomicUsize::new(0)),
            ..Reports::default()
        });
        scheduler.observe(Arc::new(Recorder(reports.clone())));
        run(&scheduler, move |_| {
            let event = Arc::new(Event::new());
            let helper = {
                let event = event.clone();
                thread::spawn(move || {
                    let refusals = reports.refusals.as_ref().unwrap();
                    let began = Instant::now();
                    while refusals.load(Ordering::SeqCst) < 2 && began.elapsed() < REPORT_TIMEOUT {
                        thread::sleep(Duration::from_millis(2));
                    }
                    let waited = began.elapsed();
                    event.set();
                    assert!(
                        waited < REPORT_TIMEOUT && waited > LONGER_THAN_DELAY,
                        "{waited:?}"
                    );
                    assert_eq!(reports.count(), 0);
                })
            };
            event.wait(None).unwrap();
            helper.join().unwrap();
        });
    }
}
