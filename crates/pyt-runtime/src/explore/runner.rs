//! One run of a program under a strategy, which begins with the interpreter in the same state as
//! every other.
//!
//! Which program it is, and what the outcome is used for, is not known here.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use pyt_explore::{
    Choices, Granularity, Open,
    outcome::{Failure, Outcome},
    report::distinct_names,
    strategy::replay::Replay,
};
use pyt_instrument::Sites;
use pyt_modules::runs;
use pyt_sched::controlled::{Ending, FinishedRun, PickKind, RunConfig};
use pyt_vm::{Uncaught, uncaught};
use rustpython_vm::{AsObject, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, vm::thread};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    child::{EndedEarly, in_child},
    snapshot::{Imported, Snapshot},
};
use crate::command::exit::conclude;

/// Runs programs, one after the other, and restores the interpreter after each.
pub(crate) struct Runner {
    snapshot: RefCell<Snapshot>,
    /// Whether runs begin as in a new process.
    isolates: bool,
    /// Whether a run is one test of a suite: see [`for_tests`](Self::for_tests).
    is_of_tests: bool,
    /// Whether an exception that leaves a thread other than the main thread is a failure.
    minds_threads: Cell<bool>,
    apart: Cell<Apart>,
    /// Whether the program may look at which modules are imported: then no run begins with modules
    /// that another one has imported.
    names_modules: Cell<bool>,
    /// This process was forked for one run, and ends after it.
    is_child: Cell<bool>,
    open: Cell<Open>,
    pub(crate) sites: Arc<Sites>,
}

/// What [`Runner::apart`] was given, if another process did the work; and what the work has
/// returned, unless the process ended in it.
pub(super) type Made<I, T> = (Option<I>, Result<T, EndedEarly>);

/// Which process runs are made in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// The next run is made in a process of its own, and decides. With `always`, all others are,
    /// too.
    Undecided { always: bool },
    /// Each has a process of its own, forked from this one, which imports what the first run has
    /// imported of the library, and runs nothing.
    Forked,
    /// All are made in this process: the program uses no module that keeps state from run to run.
    Shared,
    /// Each has a process of its own, forked from this one as it is then.
    FromHere,
}

/// One run, and how it ended.
pub(crate) struct Execution {
    /// What it wrote, and why it failed, if it did.
    pub(crate) outcome: Outcome,
    /// The exit status that the program would have had; 3 after a deadlock.
    pub(crate) status: i32,
    /// Ended by Ctrl-C.
    pub(crate) interrupted: bool,
    pub(crate) finished: FinishedRun,
}

/// The exit status of a program that ended in a deadlock.
const DEADLOCK_STATUS: i32 = 3;

impl Runner {
    /// A runner that begins each run with the interpreter as it is now. With `capture`, the output
    /// of runs is kept instead of shown.
    pub(crate) fn new(
        granularity: Granularity,
        capture: bool,
        vm: &VirtualMachine,
    ) -> PyResult<Self> {
        pyt_tier::turn_off(vm);
        let sites = pyt_instrument::sites(granularity, vm)?;
        let snapshot = RefCell::new(Snapshot::new(capture, vm)?);
        let apart = Cell::new(Apart::Shared);
        Ok(Self {
            snapshot,
            isolates: false,
            is_of_tests: false,
            minds_threads: Cell::new(true),
            apart,
            names_modules: Cell::new(false),
            is_child: Cell::new(false),
            open: Cell::default(),
            sites,
        })
    }

    /// As [`new`](Self::new) with `capture`, for runs that begin as in a new process: each is made
    /// in a process of its own, unless the program uses no module that keeps state and `always` is
    /// false. To be used with [`apart`](Self::apart).
    pub(crate) fn isolating(
        granularity: Granularity,
        always: bool,
        vm: &VirtualMachine,
    ) -> PyResult<Self> {
        let mut runner = Self::new(granularity, true, vm)?;
        runner.isolates = true;
        runner.apart.set(Apart::Undecided { always });
        Ok(runner)
    }

    /// Runs that are tests of a suite, each in a process forked from this one: they begin with what
    /// this process has made for them, and their output is the test runner's. A run ends with its
    /// test: threads that the test has left are not waited for.
    pub(crate) fn for_tests(granularity: Granularity, vm: &VirtualMachine) -> PyResult<Self> {
        let mut runner = Self::new(granularity, false, vm)?;
        runner.is_of_tests = true;
        runner.apart.set(Apart::FromHere);
        Ok(runner)
    }

    /// Whether an exception that leaves a thread other than the main thread is a failure from now
    /// on.
    pub(super) fn mind_threads(&self, minds: bool) {
        self.minds_threads.set(minds);
    }

    /// From now on a coroutine that is never awaited is a failure.
    pub(super) fn be_strict(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.snapshot.borrow().be_strict(vm)
    }

    /// From now on runs leave this open besides which thread goes on.
    pub(super) fn leave_open(&self, open: Open, vm: &VirtualMachine) -> PyResult<()> {
        self.open.set(open);
        self.snapshot.borrow_mut().leave_open(open, vm)
    }

    /// Does `work`, which is to make one run, in the process that the run is to have. Returns
    /// `input` if that is another process, and the result, unless the process ended in the run.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub(super) fn apart<I, T: Serialize + DeserializeOwned>(
        &self,
        input: I,
        work: impl FnOnce(I) -> PyResult<T>,
        vm: &VirtualMachine,
    ) -> PyResult<Made<I, T>> {
        match self.apart.get() {
            Apart::Shared => {
                let before = self.snapshot.borrow().module_count();
                let done = work(input)?;
                let snapshot = self.snapshot.borrow();
                let has_changed = snapshot.module_count() != before || snapshot.has_new_hooks(vm);
                if self.isolates
                    && has_changed
                    && (self.sees_modules() || snapshot.keeps_state(vm)?)
                {
                    self.apart.set(Apart::Forked);
                }
                Ok((None, Ok(done)))
            }
            Apart::FromHere => {
                let (input, done) = in_child(input, work, vm)?;
                Ok((Some(input), done))
            }
            Apart::Forked => {
                let before = self.snapshot.borrow().module_count();
                let work = |input| {
                    self.is_child.set(true);
                    let done = work(input)?;
                    let snapshot = self.snapshot.borrow();
                    let has_more = snapshot.module_count() != before && !self.names_modules.get();
                    let imported = has_more.then(|| snapshot.imported(vm)).transpose()?;
                    Ok((done, imported.map(|all| (all, self.sees_modules()))))
                };
                let (input, done) = in_child(input, work, vm)?;
                let done = match done {
                    Ok((done, Some((imported, sees_modules)))) => {
                        // What only some runs import.
                        self.preload(imported, sees_modules, vm)?;
                        Ok(done)
                    }
                    Ok((done, None)) => Ok(done),
                    Err(early) => Err(early),
                };
                Ok((Some(input), done))
            }
            Apart::Undecided { always } => {
                let work = |input| {
                    self.is_child.set(true);
                    let done = work(input)?;
                    let imported = self.snapshot.borrow().imported(vm)?;
                    Ok((done, (imported, self.sees_modules())))
                };
                let (input, done) = in_child(input, work, vm)?;
                let done = match done {
                    Ok((done, (imported, sees_modules))) => {
                        let keeps_state = self.preload(imported, sees_modules, vm)?;
                        self.apart.set(if always || keeps_state {
                            Apart::Forked
                        } else {
                            Apart::Shared
                        });
                        Ok(done)
                    }
                    // The program is one that ends its process.
                    Err(early) => {
                        self.apart.set(Apart::Forked);
                        Err(early)
                    }
                };
                Ok((Some(input), done))
            }
        }
    }

    /// Whether the program may look at which modules are imported.
    pub(super) fn sees_modules(&self) -> bool {
        self.names_modules.get() || self.sites.names_modules()
    }

    /// Whether runs may find modules of the library that an earlier run has imported, and the
    /// program may look for them.
    pub(super) fn shows_modules_of_others(&self) -> bool {
        self.apart.get() == Apart::Shared && self.sees_modules()
    }

    /// Imports modules of the library as a run does, so that runs need not; none if the program
    /// `sees_modules`. Returns whether runs keep state.
    fn preload(
        &self,
        mut imported: Imported,
        sees_modules: bool,
        vm: &VirtualMachine,
    ) -> PyResult<bool> {
        if sees_modules {
            self.names_modules.set(true);
            imported.forget_modules();
        }
        let run = RunConfig {
            traced: false,
            ..RunConfig::new(Box::new(Replay::new(Choices::new())), u64::MAX)
        };
        let has_hooks = imported.leaves_hooks();
        let preload = self.snapshot.borrow().preloading(imported, vm)?;
        let mut keeps_state = true;
        let program = |vm: &VirtualMachine| {
            keeps_state = preload.call((), vm)?.try_to_bool(vm)?;
            Ok(())
        };
        self.execute_as(run, 0, false, program, vm)?;
        Ok(keeps_state || has_hooks || sees_modules)
    }

    /// Runs `program` on the calling thread, including what CPython does at the end of a program.
    /// Random numbers and the like are derived from `seed`.
    ///
    /// # Errors
    /// Only what has nothing to do with the program.
    pub(crate) fn execute(
        &self,
        run: RunConfig,
        seed: u64,
        program: impl FnOnce(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<Execution> {
        self.execute_as(run, seed, true, program, vm)
    }

    /// As [`execute`](Self::execute); with `concludes`, with what is done at the end of a program.
    fn execute_as(
        &self,
        mut run: RunConfig,
        seed: u64,
        concludes: bool,
        program: impl FnOnce(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<Execution> {
        if concludes {
            let open = self.open.get();
            run.slack = open.clock.slack();
            run.faults = open.inject.faults();
        }
        let mut snapshot = self.snapshot.borrow_mut();
        snapshot.begin(seed, run.with_places, vm)?;
        self.sites.set_standard_streams(snapshot.standard_streams());
        let ran = runs::begin(run, vm).map(|running| {
            let mut end = End::default();
            match program(vm) {
                Ok(()) => {}
                Err(raised) if self.is_of_tests => end.note(&raised, vm),
                Err(raised) => end.take(&raised, vm),
            }
            if concludes
                && !self.is_of_tests
                && !end.abandoned
                && let Err(raised) = running.conclude(vm)
            {
                end.take(&raised, vm);
            }
            (end, running.finish(vm))
        });
        let output = match self.is_of_tests {
            true => snapshot.leave(vm)?,
            false => snapshot.end(self.is_child.get(), vm)?,
        };
        let (end, finished) = ran?;
        let Some((mut finished, uncaught)) = finished else {
            return Err(vm.new_system_error("a run was ended by another thread"));
        };
        let uncaught = match self.minds_threads.get() {
            true => uncaught,
            false => Vec::new(),
        };
        let failure = failure_of(&end, &finished, uncaught);
        let status = match failure {
            Some(Failure::Deadlock { .. }) => DEADLOCK_STATUS,
            Some(Failure::Livelock { .. }) => 1,
            _ if finished.ending == Some(Ending::TooManySteps) => 1,
            _ => exit_status(&end, &finished),
        };
        finished.names = distinct_names(&finished.names);
        Ok(Execution {
            outcome: Outcome { output, failure },
            status,
            interrupted: end.interrupted,
            finished,
        })
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // Runners are made and dropped inside the interpreter.
        thread::try_with_current_vm(|vm| {
            if let Err(raised) = self.snapshot.get_mut().close(vm) {
                vm.run_unraisable(raised, None, vm.ctx.none());
            }
        });
    }
}

/// How the main thread ended.
#[derive(Default)]
struct End {
    status: i32,
    interrupted: bool,
    abandoned: bool,
    uncaught: Option<Uncaught>,
}

impl End {
    /// Notes an exception that left the main thread, and shows nothing of it.
    fn note(&mut self, raised: &PyBaseExceptionRef, vm: &VirtualMachine) {
        if uncaught::is_abandonment(raised, vm) {
            self.abandoned = true;
            return;
        }
        self.status = 1;
        self.uncaught = Some(Uncaught::new(String::from("MainThread"), raised, vm));
    }

    /// Reports an exception that left the main thread, as at the end of a program.
    fn take(&mut self, raised: &PyBaseExceptionRef, vm: &VirtualMachine) {
        if uncaught::is_abandonment(raised, vm) {
            self.abandoned = true;
            return;
        }
        if !raised.fast_isinstance(vm.ctx.exceptions.system_exit) {
            self.note(raised, vm);
        }
        (self.status, self.interrupted) = conclude(vm, raised);
    }
}

/// Whether `raised` is nothing but what the run's faults raise: cancelled tasks and Ctrl-C end
/// programs that have no fault of their own.
fn is_injected(raised: &Uncaught, finished: &FinishedRun) -> bool {
    let has = |kind: PickKind| {
        let mut picked = finished.trace.picked().iter();
        picked.any(|picked| picked.pick.kind == kind)
    };
    match raised.type_name.as_str() {
        "CancelledError" => has(PickKind::Cancel) || has(PickKind::Interrupt),
        "KeyboardInterrupt" => has(PickKind::Interrupt) || has(PickKind::Signal),
        _ => false,
    }
}

fn failure_of(end: &End, finished: &FinishedRun, uncaught: Vec<Uncaught>) -> Option<Failure> {
    match finished.ending {
        Some(Ending::Standstill) => return Some(Failure::Deadlock { waits: Vec::new() }),
        Some(Ending::Livelock) => {
            let repetition = finished.repetition.as_ref();
            let threads = repetition.map_or(&[][..], |found| &found.threads);
            let name = |thread: &u32| finished.names.get(*thread as usize).cloned();
            return Some(Failure::Livelock {
                threads: threads.iter().filter_map(name).collect(),
            });
        }
        // The caller says what it makes of that.
        Some(Ending::TooManySteps | Ending::OutOfTime) => return None,
        Some(Ending::Exited(_)) | None => {}
    }
    let all = uncaught.into_iter().chain(end.uncaught.clone());
    let (injected, own): (Vec<_>, Vec<_>) = all.partition(|raised| is_injected(raised, finished));
    if let Some(first) = own.into_iter().next() {
        return Some(Failure::Exception {
            thread: first.thread,
            exception: first.type_name,
            message: first.message,
            place: first.place,
        });
    }
    let status = exit_status(end, finished);
    (status != 0 && injected.is_empty()).then_some(Failure::ExitStatus { status })
}

/// The exit status of a program that was not given up.
const fn exit_status(end: &End, finished: &FinishedRun) -> i32 {
    match finished.ending {
        Some(Ending::Exited(status)) => status & 0xff,
        _ => end.status,
    }
}
