//! Reports threads that wait for ever, with their Python stacks.
//!
//! `pyt-sched` finds them. This file knows what can end a wait although no thread of the
//! scheduler's does (a signal handler, a thread of the host's), reads the stacks with the world
//! stopped, and ends the process if the listener asks for that. It writes nothing: how a report
//! looks is the listener's.

use std::{
    ops::ControlFlow,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

pub use pyt_sched::{
    Deadline, ReportCause, ThreadId, ThreadRow, ThreadStatus, WaitKind, WaitReport, Waiting,
};
use pyt_sched::{DeadlockObserver, SignalMask, Suspicion, World};
use rustpython_vm::{compiler, frame::InterpreterFrame};

use super::{
    event_loops::{AwaitingTask, LoopDescriber},
    naming::{self, NameInProgram},
    signal_handlers::SignalHandlers,
    state::InterpreterState,
    streams::exit_at_once,
};

/// How often a suspicion is examined while some thread of it runs signal handlers.
const ATTEMPTS: u32 = 50;

/// How long to wait before the next attempt.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// How long a report waits for threads to describe their event loops.
const DESCRIBING_GRACE: Duration = Duration::from_secs(1);

/// How long a process that is to end waits for its standard streams to be written out.
const FLUSH_GRACE: Duration = Duration::from_secs(1);

/// The names of threads that run no Python: the scheduler's ticker, those of recordings and of
/// live tables, and the ones started here.
const OWN_THREADS: [&str; 5] = [
    "pyt-ticker",
    "pyt-timeline",
    "pyt-live",
    REPORTER,
    CONTROL_THREAD,
];

/// The name of the threads on which a host's library controls an interpreter. They run no Python of
/// the program's.
pub const CONTROL_THREAD: &str = "pyt-control";

/// The name of the threads that make reports.
const REPORTER: &str = "pyt-report";

/// A place in a Python program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonFrame {
    /// The file, as tracebacks show it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The qualified name of the function.
    pub function: String,
}

impl PythonFrame {
    fn of(frame: &InterpreterFrame) -> Self {
        let code = frame.code();
        let at = usize::try_from(frame.get_lasti()).unwrap_or(0);
        let place = at.checked_sub(1).and_then(|at| code.locations.get(at));
        let line = place.map_or_else(
            || {
                code.first_line_number
                    .map_or(1, compiler::core::OneIndexed::get)
            },
            |(start, _)| start.line.get(),
        );
        Self {
            file: code.source_path().to_string(),
            line,
            function: code.qualname.to_string(),
        }
    }
}

/// What all threads are doing, and where.
#[derive(Clone, Debug)]
pub struct ThreadTable {
    /// Who waits for what.
    pub report: WaitReport,
    /// For each row of the report, the functions that the thread is in, innermost last.
    pub stacks: Vec<Vec<PythonFrame>>,
    /// For each row, what the object is called in the program that the thread waits for; empty if
    /// that was not looked for.
    pub names: Vec<Option<NameInProgram>>,
    /// For each row, the tasks of the event loop that runs on the thread, if they are known.
    pub tasks: Vec<Vec<AwaitingTask>>,
}

/// What the process does after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterReport {
    /// It goes on.
    Continue,
    /// It writes out the standard streams and ends with this exit status. Nothing else is cleaned
    /// up.
    Exit(i32),
}

/// What receives reports. Called on a thread of its own.
pub type Listener = Box<dyn Fn(&ThreadTable) -> AfterReport + Send + Sync>;

/// When there is to be a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occasions {
    /// When threads wait for one another, or all threads wait, for ever.
    pub deadlocks: bool,
    /// When the process gets SIGQUIT (Ctrl-\), unless the program handles that signal or the
    /// process was started with it ignored.
    pub quit: bool,
}

#[derive(Default)]
struct ReporterSlot(OnceLock<Arc<Reporter>>);

impl InterpreterState {
    /// Reports threads that wait for ever to `listener`, on these occasions. To be called before
    /// the first [`attach_main`](Self::attach_main).
    pub fn report_deadlocks(self: &Arc<Self>, occasions: Occasions, listener: Listener) {
        Reporter::begin(self, occasions, listener);
    }
}

/// Makes the reports of one interpreter.
pub struct Reporter {
    state: Weak<InterpreterState>,
    occasions: Occasions,
    listener: Listener,
}

impl Reporter {
    /// The interpreter's, if its threads are reported.
    #[must_use]
    pub fn of(state: &InterpreterState) -> Option<&Arc<Self>> {
        state.slot::<ReporterSlot>().0.get()
    }

    /// Begins to report to `listener`.
    fn begin(state: &Arc<InterpreterState>, occasions: Occasions, listener: Listener) {
        let reporter = state.slot::<ReporterSlot>().0.get_or_init(|| {
            Arc::new(Self {
                state: Arc::downgrade(state),
                occasions,
                listener,
            })
        });
        if occasions.deadlocks {
            let watcher = Watcher(Arc::downgrade(reporter));
            state.scheduler.observe(Arc::new(watcher));
        }
    }

    /// Whether SIGQUIT asks for a report.
    #[must_use]
    pub const fn reports_on_quit(&self) -> bool {
        self.occasions.quit
    }

    /// Reports what all threads are doing, soon.
    pub fn report_now(self: &Arc<Self>) {
        self.spawn_report_thread(|reporter, state| {
            let now = thread_table(state, || Some(state.scheduler.report_now()));
            if let Some(table) = now {
                // The process goes on after a report that was asked for.
                (reporter.listener)(&table);
            }
        });
    }

    /// Runs `work` on a thread of its own, which may stop the others. False: the system refuses a
    /// thread.
    fn spawn_report_thread(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &InterpreterState) + Send + 'static,
    ) -> bool {
        let reporter = self.clone();
        let builder = std::thread::Builder::new().name(REPORTER.to_owned());
        let spawn = || {
            builder.spawn(move || {
                if let Some(state) = reporter.state.upgrade() {
                    // A thread that was just interrupted or given its turn gets to where it is
                    // going: on its way it looks as if it were in foreign code.
                    std::thread::sleep(RETRY_INTERVAL);
                    work(&reporter, &state);
                }
            })
        };
        SignalMask::FULL.during(spawn).is_ok()
    }

    /// Reports what is suspected, if it is confirmed.
    fn examine(&self, state: &InterpreterState, suspicion: &Suspicion) {
        describe_loops(state, suspicion);
        if are_parked(state, suspicion) {
            return;
        }
        for _ in 0..ATTEMPTS {
            let everyone = suspicion.cause() == ReportCause::Standstill;
            if !suspicion.persists() || everyone && has_unregistered_threads(state) {
                break;
            }
            if let Some(table) = thread_table(state, || suspicion.confirm()) {
                if let AfterReport::Exit(status) = (self.listener)(&table) {
                    end(state, &table.report, status);
                }
                return;
            }
            std::thread::sleep(RETRY_INTERVAL);
        }
        suspicion.withdraw();
    }
}

/// Has the threads that are suspected describe their event loops.
fn describe_loops(state: &InterpreterState, suspicion: &Suspicion) {
    let describer = LoopDescriber::of(state);
    if !describer.has_loops() {
        return;
    }
    let threads: Vec<_> = suspicion.waits().map(|(thread, _)| thread).collect();
    describer.request(threads.iter().map(|thread| thread.tag()));
    for thread in threads {
        thread.interrupt();
    }
    let asked = Instant::now();
    while !describer.is_answered() && asked.elapsed() < DESCRIBING_GRACE {
        std::thread::sleep(RETRY_INTERVAL);
    }
}

/// Whether the program may be there for Ctrl-C to come: an event loop waits for nothing else, and
/// the other threads have nothing to do.
fn are_parked(state: &InterpreterState, suspicion: &Suspicion) -> bool {
    let describer = LoopDescriber::of(state);
    let mut any = false;
    !suspicion.has_cycle()
        && suspicion.waits().all(|(thread, kind)| {
            let found = describer.of_thread(thread.tag());
            any |= found.is_some();
            match found {
                Some(found) => kind == WaitKind::Io && found.is_parked,
                None => kind == WaitKind::Get || state.threads().is_daemon(thread),
            }
        })
        && any
}

/// The report that `make` makes with the world stopped, and the stacks at that moment.
pub(super) fn thread_table(
    state: &InterpreterState,
    make: impl Fn() -> Option<WaitReport>,
) -> Option<ThreadTable> {
    let mut table = None;
    state.world.stop(&mut || {
        table = make().map(|report| {
            let stacks = report
                .rows
                .iter()
                .map(|row| {
                    let mut stack = Vec::new();
                    state.world.frames_of(row.tag, &mut |frame| {
                        stack.push(PythonFrame::of(frame));
                        ControlFlow::Continue(())
                    });
                    stack.reverse();
                    stack
                })
                .collect();
            let names = report
                .rows
                .iter()
                .map(|row| name_of_awaited(state, row))
                .collect();
            let tasks = (report.rows.iter())
                .map(|row| LoopDescriber::of(state).of_thread(row.tag))
                .map(|found| found.map(|found| found.tasks).unwrap_or_default())
                .collect();
            ThreadTable {
                report,
                stacks,
                names,
                tasks,
            }
        });
    });
    table
}

/// What the object is called that a thread waits for, as the thread sees it. With the world
/// stopped.
fn name_of_awaited(state: &InterpreterState, row: &ThreadRow) -> Option<NameInProgram> {
    let ThreadStatus::Waiting { waiting, .. } = row.status else {
        return None;
    };
    let mut found = None;
    state.world.frames_of(row.tag, &mut |frame| {
        // SAFETY: the world is stopped.
        found = unsafe { naming::name_in(waiting.object, frame, None) };
        match found {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    });
    found
}

/// The scheduler's side of a [`Reporter`].
struct Watcher(Weak<Reporter>);

impl DeadlockObserver for Watcher {
    fn suspected(&self, suspicion: Suspicion) -> bool {
        let Some(reporter) = self.0.upgrade() else {
            return false;
        };
        let state = reporter.state.upgrade();
        if state.is_none_or(|state| may_go_on(&state, &suspicion)) {
            return false;
        }
        reporter.spawn_report_thread(move |reporter, state| reporter.examine(state, &suspicion))
    }
}

/// Whether something that is no thread may yet end one of the waits.
fn may_go_on(state: &InterpreterState, suspicion: &Suspicion) -> bool {
    let handled = SignalHandlers::of(state).any();
    match suspicion.cause() {
        ReportCause::Standstill => handled || !suspicion.has_cycle() && is_parked(state, suspicion),
        // A handler can raise in the main thread; what the others hold it cannot release.
        _ => handled && suspicion.waits().any(|(thread, _)| thread.takes_signals()),
    }
}

/// Whether the main thread waits for an event and the others, if any, have nothing to do: it is
/// there for Ctrl-C to come.
fn is_parked(state: &InterpreterState, suspicion: &Suspicion) -> bool {
    suspicion.waits().all(|(thread, kind)| {
        if thread.takes_signals() {
            kind == WaitKind::Event
        } else {
            kind == WaitKind::Get || state.threads().is_daemon(thread)
        }
    })
}

/// Whether the process has threads that neither the scheduler nor this crate knows: the host's, or
/// a library's. They could call into Python. Where the system has no list of threads, there are
/// none.
fn has_unregistered_threads(state: &InterpreterState) -> bool {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return false;
    };
    let names = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    let others = names.filter(|name| !OWN_THREADS.contains(&name.trim_end()));
    let idle = state.thread_cache().idle();
    others.count() > state.scheduler.threads().len() + idle
}

/// Ends the process. A thread that waits has an interpreter to write out the streams with; the end
/// waits for it no longer than [`FLUSH_GRACE`].
fn end(state: &InterpreterState, report: &WaitReport, status: i32) -> ! {
    let waiting = report
        .rows
        .iter()
        .find(|row| matches!(row.status, ThreadStatus::Waiting { .. }));
    if let Some(thread) = waiting.and_then(|row| state.scheduler.thread(row.id)) {
        state.world.request_exit(status);
        let asked = Instant::now();
        while asked.elapsed() < FLUSH_GRACE {
            // Again and again: it may have begun another wait, or wait for its turn.
            thread.interrupt();
            std::thread::sleep(RETRY_INTERVAL);
        }
    }
    exit_at_once(status)
}
