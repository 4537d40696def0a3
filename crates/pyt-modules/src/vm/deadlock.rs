//! Tells whoever wants to know about threads that wait for ever, with their Python stacks.
//!
//! `pyt-sched` finds them. This file knows what can end a wait although no thread of ours does (a
//! signal handler, a thread of the host's), reads the stacks with the world stopped, and ends the
//! process if that is the verdict. It writes nothing: how a report looks is the listener's.

use std::{
    ffi::c_int,
    ops::ControlFlow,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

pub use pyt_sched::{Cause, Deadline, Doing, Kind, Report, Row, ThreadId, Waiting};
use pyt_sched::{Observer, SignalMask, Suspicion, World};
use rustpython_vm::frame::InterpreterFrame;

use crate::vm::interpreters::Threads;

/// How long a suspicion is looked into while some thread of it runs signal handlers.
const ATTEMPTS: u32 = 50;

/// How long to wait before the next attempt.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a process that is to end waits for its standard streams to be written out.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The names of threads that run no Python: the scheduler's ticker, and the ones started here.
const SERVANTS: [&str; 3] = ["pyt-ticker", REPORTER, SERVANT];

/// The name of threads of the host's library that run no Python unasked.
pub const SERVANT: &str = "pyt-control";

/// The name of the threads that make reports.
const REPORTER: &str = "pyt-report";

unsafe extern "C" {
    safe fn _exit(status: c_int) -> !;
}

/// Ends the process at once: nothing is cleaned up.
pub(crate) fn exit_at_once(status: i32) -> ! {
    _exit(status)
}

/// A place in a Python program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The file, as tracebacks show it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The qualified name of the function.
    pub function: String,
}

impl Frame {
    fn of(frame: &InterpreterFrame) -> Self {
        let code = frame.code();
        let at = usize::try_from(frame.get_lasti()).unwrap_or(0);
        let place = at.checked_sub(1).and_then(|at| code.locations.get(at));
        let line = place.map_or_else(
            || code.first_line_number.map_or(1, |line| line.get()),
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
pub struct Account {
    /// Who waits for what.
    pub report: Report,
    /// For each row of the report, the functions that the thread is in, innermost last.
    pub stacks: Vec<Vec<Frame>>,
}

/// What is to become of the process after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    GoOn,
    /// It ends with this exit status, with no more ceremony than writing out the standard
    /// streams.
    End(i32),
}

/// Who wants to know. Called on a thread of its own.
pub type Listener = Box<dyn Fn(&Account) -> Verdict + Send + Sync>;

/// When there is to be a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occasions {
    /// When threads wait for one another, or all threads wait, for ever.
    pub deadlocks: bool,
    /// When the process gets SIGQUIT (Ctrl-\) and neither the program nor whoever started it has
    /// other plans with that signal.
    pub quit: bool,
}

/// One interpreter's teller.
pub(crate) struct Reporter {
    threads: Weak<Threads>,
    occasions: Occasions,
    listener: Listener,
}

impl Reporter {
    /// Begins to tell `listener`.
    pub(crate) fn begin(threads: &Arc<Threads>, occasions: Occasions, listener: Listener) {
        let reporter = threads.reporter.get_or_init(|| {
            Arc::new(Self {
                threads: Arc::downgrade(threads),
                occasions,
                listener,
            })
        });
        if occasions.deadlocks {
            let watcher = Watcher(Arc::downgrade(reporter));
            threads.scheduler.observe(Arc::new(watcher));
        }
    }

    pub(crate) const fn reports_on_quit(&self) -> bool {
        self.occasions.quit
    }

    /// Reports what all threads are doing, soon.
    pub(crate) fn asked(self: &Arc<Self>) {
        self.aside(|reporter, threads| {
            let now = account(threads, || Some(threads.scheduler.report_now()));
            if let Some(account) = now {
                // Whoever asks does not ask for the end.
                (reporter.listener)(&account);
            }
        });
    }

    /// Runs `work` on a thread of its own, which may stop the others. False: there is none.
    fn aside(self: &Arc<Self>, work: impl FnOnce(&Self, &Threads) + Send + 'static) -> bool {
        let reporter = self.clone();
        let builder = std::thread::Builder::new().name(REPORTER.to_owned());
        let spawn = || {
            builder.spawn(move || {
                if let Some(threads) = reporter.threads.upgrade() {
                    // Whoever was just interrupted or given its turn gets to where it is going: on
                    // its way it looks as if it were in foreign code.
                    std::thread::sleep(PAUSE);
                    work(&reporter, &threads);
                }
            })
        };
        SignalMask::FULL.during(spawn).is_ok()
    }

    /// Reports what is suspected, if it is so.
    fn look_into(&self, threads: &Threads, suspicion: &Suspicion) {
        for _ in 0..ATTEMPTS {
            let everyone = suspicion.cause() == Cause::Standstill;
            if !suspicion.goes_on() || everyone && has_strangers(threads) {
                break;
            }
            if let Some(account) = account(threads, || suspicion.confirm()) {
                if let Verdict::End(status) = (self.listener)(&account) {
                    end(threads, &account.report, status);
                }
                return;
            }
            std::thread::sleep(PAUSE);
        }
        suspicion.withdraw();
    }
}

/// The report that `make` makes with the world stopped, and the stacks at that moment.
pub(crate) fn account(threads: &Threads, make: impl Fn() -> Option<Report>) -> Option<Account> {
    let mut account = None;
    threads.world.stop(&mut || {
        account = make().map(|report| {
            let stacks = report
                .rows
                .iter()
                .map(|row| {
                    let mut stack = Vec::new();
                    threads.world.frames_of(row.tag, &mut |frame| {
                        stack.push(Frame::of(frame));
                        ControlFlow::Continue(())
                    });
                    stack.reverse();
                    stack
                })
                .collect();
            Account { report, stacks }
        });
    });
    account
}

/// The scheduler's side of a [`Reporter`].
struct Watcher(Weak<Reporter>);

impl Observer for Watcher {
    fn suspected(&self, suspicion: Suspicion) -> bool {
        let Some(reporter) = self.0.upgrade() else {
            return false;
        };
        let threads = reporter.threads.upgrade();
        if threads.is_none_or(|threads| may_go_on(&threads, &suspicion)) {
            return false;
        }
        reporter.aside(move |reporter, threads| reporter.look_into(threads, &suspicion))
    }
}

/// Whether something that is no thread may yet end one of the waits.
fn may_go_on(threads: &Threads, suspicion: &Suspicion) -> bool {
    let handled = threads.handlers.any();
    match suspicion.cause() {
        Cause::Standstill => handled || !suspicion.has_cycle() && is_parked(threads, suspicion),
        // A handler can raise in the main thread; what the others hold it cannot release.
        _ => handled && suspicion.waits().any(|(thread, _)| thread.takes_signals()),
    }
}

/// Whether the main thread waits for an event and the others, if any, have nothing to do: it is
/// there for Ctrl-C to come.
fn is_parked(threads: &Threads, suspicion: &Suspicion) -> bool {
    suspicion.waits().all(|(thread, kind)| {
        if thread.takes_signals() {
            kind == Kind::Event
        } else {
            kind == Kind::Get || threads.is_daemon(thread)
        }
    })
}

/// Whether the process has threads that neither the scheduler nor this crate knows: the host's, or
/// a library's. They could call into Python. Where the system does not tell, nobody is one.
fn has_strangers(threads: &Threads) -> bool {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return false;
    };
    let names = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    let others = names.filter(|name| !SERVANTS.contains(&name.trim_end()));
    let idle = threads.workers.idle();
    others.count() > threads.scheduler.threads().len() + idle
}

/// Ends the process. A thread that waits has an interpreter to write out the streams with; it is
/// not waited for for long.
fn end(threads: &Threads, report: &Report, status: i32) -> ! {
    let waiting = report
        .rows
        .iter()
        .find(|row| matches!(row.doing, Doing::Waiting { .. }));
    if let Some(thread) = waiting.and_then(|row| threads.scheduler.thread(row.id)) {
        threads.world.end_with(status);
        let asked = Instant::now();
        while asked.elapsed() < LAST_WORDS {
            // Again and again: it may have begun another wait, or wait for its turn.
            thread.interrupt();
            std::thread::sleep(PAUSE);
        }
    }
    exit_at_once(status)
}
