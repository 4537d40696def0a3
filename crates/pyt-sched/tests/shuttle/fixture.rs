//! What one execution of a check needs: a scheduler on a virtual clock, a main thread, and others.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
    time::Duration,
};

use pyt_sched::{
    Aborted, Activity, Clock, Deadline, Event, Free, Gil, NoWorld, Scheduler, Thread, WaitKind,
    World,
};
use shuttle::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// The policies under which each check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Free,
    Gil,
}

/// How many executions a check makes with each strategy under each policy.
pub(crate) const ITERATIONS: usize = 2_000;

/// How many preemptions the bugs need that `pct` searches for.
const DEPTH: usize = 3;

/// Runs `body` in [`ITERATIONS`] random and as many prioritised interleavings per policy.
pub(crate) fn check(body: fn(&Fixture)) {
    for mode in [Mode::Free, Mode::Gil] {
        shuttle::check_random(
            move || Fixture::run(mode, Arc::new(NoWorld), body),
            ITERATIONS,
        );
        shuttle::check_pct(
            move || Fixture::run(mode, Arc::new(NoWorld), body),
            ITERATIONS,
            DEPTH,
        );
    }
}

/// As [`check`], in a world in which an interruption ends a wait.
pub(crate) fn check_interrupted(body: fn(&Fixture)) {
    for mode in [Mode::Free, Mode::Gil] {
        shuttle::check_random(
            move || Fixture::run(mode, Arc::new(Interrupting), body),
            ITERATIONS,
        );
        shuttle::check_pct(
            move || Fixture::run(mode, Arc::new(Interrupting), body),
            ITERATIONS,
            DEPTH,
        );
    }
}

/// Runs `body` in every interleaving there is, up to `most` of them.
pub(crate) fn check_all(body: fn(&Fixture), most: usize) {
    for mode in [Mode::Free, Mode::Gil] {
        shuttle::check_dfs(
            move || Fixture::run(mode, Arc::new(NoWorld), body),
            Some(most),
        );
    }
}

/// No interpreter, but an interruption ends a wait.
struct Interrupting;

impl World for Interrupting {
    fn detached(&self, f: &mut dyn FnMut()) {
        f();
    }

    fn interrupted(&self) -> Result<(), Aborted> {
        Err(Aborted::new())
    }

    fn activity(&self, _thread: &Thread) -> Activity {
        Activity::Unknown
    }

    fn stop(&self, f: &mut dyn FnMut()) {
        f();
    }

    fn freeze(&self, _thread: &Thread) -> bool {
        false
    }

    fn thaw(&self, _thread: &Thread) {}
}

/// One execution.
pub(crate) struct Fixture {
    pub mode: Mode,
    pub scheduler: Arc<Scheduler>,
    main: Arc<Thread>,
    handles: RefCell<Vec<thread::JoinHandle<()>>>,
}

/// A thread of the execution: its record, and an event that its end sets.
pub(crate) struct Worker {
    pub record: Arc<Thread>,
    ended: Arc<Event>,
}

impl Worker {
    /// Waits for the thread's end.
    pub(crate) fn join(&self) {
        assert_eq!(self.join_until(None), Ok(true));
    }

    /// Waits for the thread's end until `deadline`.
    pub(crate) fn join_until(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        self.ended.wait_as(deadline, WaitKind::Join)
    }
}

impl Fixture {
    fn run(mode: Mode, world: Arc<dyn World>, body: fn(&Self)) {
        let builder = Scheduler::builder()
            .clock(Clock::virtual_time())
            .world(world.clone());
        let scheduler = match mode {
            Mode::Free => builder.policy(Free),
            Mode::Gil => builder.policy(Gil::new(world)),
        }
        .build();
        let main = scheduler.register("main");
        main.begin();
        main.entered();
        let fixture = Self {
            mode,
            scheduler,
            main,
            handles: RefCell::default(),
        };
        body(&fixture);
        fixture.main.end();
        for handle in fixture.handles.take() {
            handle.join().unwrap();
        }
        let left = fixture.scheduler.threads();
        assert!(left.iter().all(|thread| thread.is_halted()));
    }

    /// Starts a thread.
    pub(crate) fn spawn(&self, name: &str, f: impl FnOnce() + Send + 'static) -> Worker {
        let (worker, run) = self.prepare(name, f);
        self.handles.borrow_mut().push(thread::spawn(run));
        worker
    }

    /// Starts a thread that is to be halted: the execution does not wait for its end. Shuttle lets
    /// a task be left behind, but not a thread.
    pub(crate) fn spawn_to_halt(&self, name: &str, f: impl FnOnce() + Send + 'static) -> Worker {
        let (worker, run) = self.prepare(name, f);
        drop(shuttle::future::spawn(async move { run() }));
        worker
    }

    fn prepare(
        &self,
        name: &str,
        f: impl FnOnce() + Send + 'static,
    ) -> (Worker, impl FnOnce() + Send + 'static) {
        let record = self.scheduler.register(name);
        let ended = Arc::new(Event::new());
        let worker = Worker {
            record: record.clone(),
            ended: ended.clone(),
        };
        let run = move || {
            record.begin();
            record.entered();
            f();
            ended.set();
            record.end();
        };
        (worker, run)
    }

    /// Lets other threads run.
    pub(crate) fn yield_now(&self) {
        self.scheduler.yield_now(&self.main);
    }

    /// Waits until `ready` returns true, without any primitive of the crate's.
    pub(crate) fn until(&self, ready: impl Fn() -> bool) {
        while !ready() {
            self.yield_now();
            thread::yield_now();
        }
    }
}

/// A deadline `millis` from now on the calling thread's clock.
pub(crate) fn ms(millis: u64) -> Option<Deadline> {
    Some(Deadline::after(Duration::from_millis(millis)))
}

/// Counts the threads inside a critical section, and fails if there are too many.
#[derive(Clone, Default)]
pub(crate) struct Inside(Arc<AtomicUsize>);

impl Inside {
    pub(crate) fn visit(&self, most: usize) {
        let inside = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(inside <= most, "{inside} at once where {most} may be");
        thread::yield_now();
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What happened, in order. On a standard mutex: never contended while shuttle switches.
#[derive(Clone)]
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }

    pub(crate) fn push(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }

    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Whether `worker` is blocked in a wait.
pub(crate) fn waits(worker: &Worker) -> bool {
    let report = worker.record.scheduler().report_now();
    report.rows.iter().any(|row| {
        row.id == worker.record.id()
            && matches!(row.status, pyt_sched::ThreadStatus::Waiting { .. })
    })
}
