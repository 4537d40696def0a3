//! Runs under a strategy, on plain threads: which thread runs, when time passes, how runs end.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pyt_sched::{
    Aborted, Activity, Condition, Deadline, Event, Free, Gil, Lock, NoWorld, Queue, Scheduler,
    Semaphore, Thread, Wake, World,
    controlled::{
        Action, Controlled, Decision, Ending, FinishedRun, Op, RunConfig, Strategy, point,
    },
    sleep,
};

/// Takes the choices that a number spells, digit by digit; then switches as little as possible.
struct Digits(u64);

impl Strategy for Digits {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        let count = decision.candidates.len() as u64;
        if count == 1 {
            return 0;
        }
        let digit = self.0 % count;
        self.0 /= count;
        usize::try_from(digit).unwrap()
    }
}

struct Fixture {
    scheduler: Arc<Scheduler>,
    policy: Arc<Controlled>,
}

/// The policy behind an `Arc`, since the test talks to it as well.
impl Fixture {
    fn new() -> Self {
        let policy = Arc::new(Controlled::over(Free, Arc::new(NoWorld)));
        let scheduler = Scheduler::builder().shared_policy(policy.clone()).build();
        Self { scheduler, policy }
    }

    /// Runs `body` on a main thread of its own as one run.
    fn run(&self, strategy: impl Strategy + 'static, body: impl FnOnce(&Self)) -> FinishedRun {
        let main = self.scheduler.register("main");
        main.begin();
        main.entered();
        let run = RunConfig::new(Box::new(strategy), 10_000);
        self.policy.begin(&self.scheduler, run).unwrap();
        body(self);
        let finished = self.policy.finish(&self.scheduler, false).unwrap();
        main.end();
        finished
    }

    fn start(&self, name: &str, body: impl FnOnce() + Send + 'static) {
        let record = self.scheduler.register(name);
        let thread = record.clone();
        std::thread::spawn(move || {
            thread.adopt();
            thread.await_turn();
            thread.entered();
            body();
            thread.end();
        });
        self.scheduler.policy().ready(&record);
    }
}

/// Adds one to `value` in two steps.
fn add(value: &AtomicUsize) {
    let address = std::ptr::from_ref(value) as usize;
    if point(Op::on(Action::Read, address)).is_err() {
        return;
    }
    let read = value.load(Ordering::Relaxed);
    let _ = point(Op::on(Action::Write, address));
    value.store(read + 1, Ordering::Relaxed);
}

#[test]
fn unguarded_updates_get_lost_and_guarded_ones_do_not() {
    let fixture = Fixture::new();
    for guarded in [false, true] {
        let mut sums = BTreeSet::new();
        for digits in 0..200 {
            let value: Arc<AtomicUsize> = Arc::default();
            let lock: Arc<Lock> = Arc::default();
            let finished = fixture.run(Digits(digits), |fixture| {
                for name in ["a", "b"] {
                    let (value, lock) = (value.clone(), lock.clone());
                    fixture.start(name, move || {
                        if guarded {
                            lock.acquire(None).unwrap();
                        }
                        add(&value);
                        if guarded {
                            lock.release().unwrap();
                        }
                    });
                }
            });
            assert_eq!(finished.ending, None);
            assert_eq!(finished.names, ["main", "a", "b"]);
            sums.insert(value.load(Ordering::Relaxed));
        }
        let expected: &[usize] = if guarded { &[2] } else { &[1, 2] };
        assert!(sums.iter().eq(expected), "{guarded}: {sums:?}");
    }
}

#[test]
fn the_same_strategy_takes_the_same_steps() {
    let fixture = Fixture::new();
    let trace = |digits| {
        let queue: Arc<Queue<u32>> = Arc::new(Queue::new(Some(1)));
        let finished = fixture.run(Digits(digits), |fixture| {
            let from = queue.clone();
            fixture.start("producer", move || {
                for item in 0..3 {
                    from.put(item, None).unwrap();
                }
            });
            let to = queue.clone();
            fixture.start("consumer", move || {
                for item in 0..3 {
                    assert_eq!(to.get(None), Ok(item));
                }
            });
        });
        let steps = finished.trace.steps().iter();
        steps
            .map(|step| (step.thread, step.op.action))
            .collect::<Vec<_>>()
    };
    let mut different = BTreeSet::new();
    for digits in 0..100 {
        let first = trace(digits);
        assert_eq!(first, trace(digits));
        different.insert(first);
    }
    assert!(different.len() > 1, "{}", different.len());
}

#[test]
fn locks_taken_in_opposite_order_come_to_a_standstill_in_some_runs() {
    let fixture = Fixture::new();
    let mut endings = Vec::new();
    for digits in 0..100 {
        let locks: [Arc<Lock>; 2] = Default::default();
        let finished = fixture.run(Digits(digits), |fixture| {
            for (name, order) in [("ab", [0, 1]), ("ba", [1, 0])] {
                let locks = locks.clone();
                fixture.start(name, move || {
                    let mut held = Vec::new();
                    for lock in order {
                        if locks[lock].acquire(None).is_err() {
                            break;
                        }
                        held.push(lock);
                    }
                    for lock in held {
                        locks[lock].release().unwrap();
                    }
                });
            }
        });
        assert_eq!(finished.abandoned, 0);
        assert!(locks.iter().all(|lock| !lock.is_held()));
        endings.push(finished.ending);
    }
    assert!(endings.contains(&None));
    assert!(endings.contains(&Some(Ending::Standstill)));
}

#[test]
fn a_standstill_is_reported_with_what_each_thread_waits_for() {
    let fixture = Fixture::new();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let main = fixture.scheduler.register("main");
    main.begin();
    main.entered();
    let notes = told.clone();
    let run = RunConfig {
        on_standstill: Some(Box::new(move |stuck| {
            for one in stuck {
                let kind = one.waiting.map(|row| row.kind);
                notes
                    .lock()
                    .unwrap()
                    .push(format!("{} {kind:?} {:?}", one.name, one.holder));
            }
        })),
        ..RunConfig::new(Box::new(Digits(0)), 1_000)
    };
    fixture.policy.begin(&fixture.scheduler, run).unwrap();
    let lock: Arc<Lock> = Arc::default();
    lock.acquire(None).unwrap();
    let wanted = lock.clone();
    fixture.start("second", move || {
        assert!(wanted.acquire(None).is_err());
    });
    let finished = fixture.policy.finish(&fixture.scheduler, false).unwrap();
    main.end();
    assert_eq!(finished.ending, Some(Ending::Standstill));
    assert_eq!(
        *told.lock().unwrap(),
        ["main Some(Join) None", "second Some(Lock) Some(0)"]
    );
}

#[test]
fn a_standstill_names_the_holder_of_that_moment() {
    let fixture = Fixture::new();
    let mut reports = BTreeSet::new();
    for digits in 0..200 {
        let report: Arc<Mutex<Vec<String>>> = Arc::default();
        let main = fixture.scheduler.register("main");
        main.begin();
        main.entered();
        let lines = report.clone();
        let run = RunConfig {
            on_standstill: Some(Box::new(move |stuck| {
                let line = |one: &pyt_sched::controlled::Stuck| {
                    let kind = one.waiting.map(|row| row.kind);
                    format!("{} {kind:?} {:?}", one.name, one.holder)
                };
                lines.lock().unwrap().extend(stuck[1..].iter().map(line));
            })),
            ..RunConfig::new(Box::new(Digits(digits)), 1_000)
        };
        fixture.policy.begin(&fixture.scheduler, run).unwrap();
        let (lock, never): (Arc<Lock>, Arc<Event>) = Default::default();
        lock.acquire(None).unwrap();
        for name in ["first", "second"] {
            let (lock, never) = (lock.clone(), never.clone());
            fixture.start(name, move || {
                if lock.acquire(None).is_ok() {
                    let _ = never.wait(None);
                }
            });
        }
        // Both may have begun to wait by now, while the main thread held the lock.
        lock.release().unwrap();
        let finished = fixture.policy.finish(&fixture.scheduler, false).unwrap();
        main.end();
        assert_eq!(finished.ending, Some(Ending::Standstill));
        reports.insert(report.lock().unwrap().join(", "));
    }
    let expected = [
        "first Some(Event) None, second Some(Lock) Some(1)",
        "first Some(Lock) Some(2), second Some(Event) None",
    ];
    assert_eq!(reports, expected.map(str::to_owned).into());
}

#[test]
fn time_leaps_when_no_thread_can_run_and_ties_are_decisions() {
    let fixture = Fixture::new();
    let mut orders = BTreeSet::new();
    for digits in 0..60 {
        let order: Arc<Mutex<Vec<&str>>> = Arc::default();
        let started = std::time::Instant::now();
        fixture.run(Digits(digits), |fixture| {
            for (name, seconds) in [("late", 7200), ("a", 3600), ("b", 3600)] {
                let order = order.clone();
                fixture.start(name, move || {
                    sleep(Deadline::after(Duration::from_secs(seconds))).unwrap();
                    order.lock().unwrap().push(name);
                });
            }
        });
        assert!(started.elapsed() < Duration::from_secs(60));
        let order = order.lock().unwrap().clone();
        assert_eq!(order[2], "late");
        orders.insert(order);
    }
    assert_eq!(orders.len(), 2, "{orders:?}");
}

#[test]
fn a_wait_times_out_when_nothing_else_can_happen() {
    let fixture = Fixture::new();
    for digits in 0..50 {
        let results: Arc<Mutex<Vec<bool>>> = Arc::default();
        let seen = results.clone();
        fixture.run(Digits(digits), move |fixture| {
            fixture.start("waiter", move || {
                let soon = || Some(Deadline::after(Duration::from_secs(1)));
                let event = Event::new();
                let semaphore = Semaphore::new(0);
                let lock = Lock::new();
                lock.acquire(None).unwrap();
                let mut seen = seen.lock().unwrap();
                seen.push(event.wait(soon()).unwrap());
                seen.push(semaphore.acquire(soon()).unwrap());
                seen.push(lock.acquire(soon()).unwrap());
                seen.push(Queue::<u8>::new(None).get(soon()).is_ok());
            });
        });
        assert_eq!(*results.lock().unwrap(), [false; 4]);
    }
}

#[test]
fn a_notification_just_before_the_wait_is_not_lost() {
    let fixture = Fixture::new();
    for digits in 0..300 {
        let shared: Arc<(Lock, Condition, AtomicUsize)> = Arc::default();
        let finished = fixture.run(Digits(digits), |fixture| {
            let waits = shared.clone();
            fixture.start("waits", move || {
                let (lock, condition, ready) = &*waits;
                lock.acquire(None).unwrap();
                while ready.load(Ordering::Relaxed) == 0 {
                    let place = condition.join();
                    lock.release().unwrap();
                    condition.wait(&place, None).unwrap();
                    lock.acquire(None).unwrap();
                }
                lock.release().unwrap();
            });
            let notifies = shared.clone();
            fixture.start("notifies", move || {
                let (lock, condition, ready) = &*notifies;
                lock.acquire(None).unwrap();
                ready.store(1, Ordering::Relaxed);
                condition.notify(1);
                lock.release().unwrap();
            });
        });
        assert_eq!(finished.ending, None, "{digits}");
    }
}

#[test]
fn an_endless_loop_is_given_up() {
    let fixture = Fixture::new();
    let finished = fixture.run(Digits(0), |fixture| {
        fixture.start("spins", || while point(Op::alone(Action::Step)).is_ok() {});
    });
    assert_eq!(finished.ending, Some(Ending::TooManySteps));
    assert_eq!((finished.steps, finished.abandoned), (100_000, 0));
}

#[test]
fn members_wait_for_each_other_and_other_threads_do_not_run() {
    let world = Arc::new(NoWorld);
    let policy = Arc::new(Controlled::over(Gil::new(world.clone()), world));
    let scheduler = Scheduler::builder().shared_policy(policy.clone()).build();
    let fixture = Fixture { scheduler, policy };
    let ran: Arc<AtomicUsize> = Arc::default();
    let main = fixture.scheduler.register("main");
    main.begin();
    main.entered();
    // Ready before the run, but the main thread has the lock.
    let outsider = ran.clone();
    fixture.start("outsider", move || {
        outsider.fetch_add(1, Ordering::SeqCst);
    });
    let run = RunConfig::new(Box::new(Digits(1)), 1_000);
    fixture.policy.begin(&fixture.scheduler, run).unwrap();
    let seen = ran.clone();
    fixture.start("member", move || {
        sleep(Deadline::after(Duration::from_secs(5))).unwrap();
        assert_eq!(seen.load(Ordering::SeqCst), 0);
    });
    let finished = fixture.policy.finish(&fixture.scheduler, false).unwrap();
    assert_eq!((finished.ending, finished.names.len()), (None, 2));
    assert!(Thread::current().is_some());
    main.end();
    while ran.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
}

/// What the thread that `body` starts does, one entry for each step: what it does, and whether
/// that failed.
fn steps_of_one_thread(body: impl FnOnce() + Send + 'static) -> Vec<(Action, bool)> {
    let fixture = Fixture::new();
    let finished = fixture.run(Digits(0), |fixture| fixture.start("one", body));
    let steps = finished
        .trace
        .steps()
        .iter()
        .filter(|step| step.thread == 1);
    steps.map(|step| (step.op.action, step.timed_out)).collect()
}

#[test]
fn an_rlock_is_acquired_in_one_step_and_again_in_none() {
    let lock = pyt_sched::RLock::new();
    let steps = steps_of_one_thread(move || {
        assert!(lock.acquire(None).unwrap());
        assert!(lock.acquire(None).unwrap());
        assert!(lock.try_acquire());
        for _ in 0..3 {
            lock.release().unwrap();
        }
    });
    let expected = [(Action::Acquire, false), (Action::Release, false)];
    assert!(steps.windows(2).any(|pair| pair == expected), "{steps:?}");
    assert_eq!(
        steps.iter().filter(|step| step.0 != Action::Begin).count(),
        2
    );
}

#[test]
fn an_attempt_says_whether_it_failed() {
    let lock = Lock::new();
    let permits = Semaphore::new(1);
    let queue: Queue<u32> = Queue::new(Some(1));
    let event = Event::new();
    let steps = steps_of_one_thread(move || {
        let now = || Some(Deadline::after(Duration::ZERO));
        assert!(lock.try_acquire());
        assert!(!lock.try_acquire());
        assert_eq!(lock.acquire(now()), Ok(false));
        assert!(permits.try_acquire());
        assert!(!permits.try_acquire());
        assert_eq!(queue.try_put(1), Ok(()));
        assert!(queue.try_put(2).is_err());
        assert_eq!(queue.try_get(), Ok(1));
        assert!(queue.try_get().is_err());
        assert_eq!(event.wait(now()), Ok(false));
    });
    let steps: Vec<_> = steps
        .into_iter()
        .filter(|step| step.0 != Action::Begin)
        .collect();
    let expected = [
        (Action::TryAcquire, false),
        (Action::TryAcquire, true),
        (Action::TryAcquire, true),
        (Action::TryAcquire, false),
        (Action::TryAcquire, true),
        (Action::TryPut, false),
        (Action::TryPut, true),
        (Action::TryGet, false),
        (Action::TryGet, true),
        (Action::Query, true),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_wait_for_io_ends_when_another_thread_makes_it_ready_and_is_part_of_a_deadlock_otherwise() {
    for made_ready in [true, false] {
        let fixture = Fixture::new();
        let ready = Arc::new(AtomicUsize::new(0));
        let finished = fixture.run(Digits(0), |fixture| {
            let seen = ready.clone();
            fixture.start("loop", move || {
                let waited = pyt_sched::wait_for_io(None, || seen.load(Ordering::Relaxed) != 0);
                assert_eq!(waited.ok(), made_ready.then_some(Some(Wake::Woken)));
            });
            let ready = ready.clone();
            fixture.start("other", move || {
                let _ = point(Op::alone(Action::Step));
                ready.store(usize::from(made_ready), Ordering::Relaxed);
            });
        });
        assert_eq!(finished.ending, (!made_ready).then_some(Ending::Standstill));
    }
    assert_eq!(
        pyt_sched::wait_for_io(None, || false),
        Ok(None),
        "there is no run"
    );
}

/// Takes turns.
struct Alternate;

impl Strategy for Alternate {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        usize::try_from(decision.step).unwrap() % decision.candidates.len()
    }
}

/// How a run ends in which two threads take so many steps each, on objects of their own or on one.
fn ending_of(turns: u64, objects: [usize; 2]) -> Option<Ending> {
    let fixture = Fixture::new();
    let finished = fixture.run(Alternate, |fixture| {
        for object in objects {
            fixture.start("loops", move || {
                for _ in 0..turns {
                    if point(Op::on(Action::Write, object)).is_err() {
                        return;
                    }
                }
            });
        }
    });
    finished.ending
}

#[test]
fn a_long_loop_that_no_other_thread_notices_is_not_endless() {
    // The limit is 10,000.
    assert_eq!(ending_of(10_000, [8, 16]), None);
    assert_eq!(ending_of(40_000, [0, 0]), None);
    assert_eq!(ending_of(20_000, [8, 16]), None);
    assert_eq!(ending_of(60_000, [8, 16]), Some(Ending::TooManySteps));
    // Nor is one that others notice, as long as nothing says that it repeats itself.
    assert_eq!(ending_of(10_000, [8, 8]), None);
}

/// A world in which ticks are late, as on a busy machine, and each finds every thread in a call of
/// foreign code.
struct LateTicks;

impl World for LateTicks {
    fn detached(&self, f: &mut dyn FnMut()) {
        f();
    }

    fn interrupted(&self) -> Result<(), Aborted> {
        Ok(())
    }

    fn activity(&self, _thread: &Thread) -> Activity {
        std::thread::sleep(Duration::from_millis(110));
        Activity::Detached
    }

    fn stop(&self, f: &mut dyn FnMut()) {
        f();
    }

    fn freeze(&self, _thread: &Thread) -> bool {
        false
    }

    fn thaw(&self, _thread: &Thread) {}
}

#[test]
fn short_foreign_calls_keep_the_turn_when_ticks_are_late() {
    let policy = Arc::new(Controlled::over(Free, Arc::new(LateTicks)));
    let scheduler = Scheduler::builder().shared_policy(policy.clone()).build();
    let fixture = Fixture { scheduler, policy };
    let finished = fixture.run(Digits(0), |fixture| {
        for name in ["a", "b"] {
            fixture.start(name, || {
                // What many short calls are for the ticker.
                std::thread::sleep(Duration::from_millis(600));
                let _ = point(Op::alone(Action::Step));
            });
        }
    });
    assert_eq!(finished.ending, None);
    assert!(
        finished.irreproducible_from.is_none(),
        "the turn was taken from a thread in a short call: {:?}",
        finished.irreproducible_from
    );
}
