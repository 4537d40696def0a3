//! One run of a program under a strategy, which begins with the interpreter in the same state as
//! every other.
//!
//! Which program it is, and what the outcome is used for, is not known here.

use std::{cell::RefCell, sync::Arc};

use pyt_explore::{
    Granularity,
    outcome::{Failure, Outcome},
};
use pyt_instrument::Sites;
use pyt_modules::runs;
use pyt_sched::controlled::{Ending, FinishedRun, RunConfig};
use pyt_vm::{Uncaught, uncaught};
use rustpython_vm::{AsObject, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, vm::thread};

use super::snapshot::Snapshot;
use crate::command::exit::conclude;

/// Runs programs, one after the other, and restores the interpreter after each.
pub(crate) struct Runner {
    snapshot: RefCell<Snapshot>,
    pub(crate) sites: Arc<Sites>,
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
        Ok(Self { snapshot, sites })
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
        let max_steps = run.max_steps;
        let mut snapshot = self.snapshot.borrow_mut();
        snapshot.begin(seed, vm)?;
        let ran = runs::begin(run, vm).map(|running| {
            let mut end = End::default();
            if let Err(raised) = program(vm) {
                end.take(&raised, vm);
            }
            if !end.abandoned
                && let Err(raised) = running.conclude(vm)
            {
                end.take(&raised, vm);
            }
            (end, running.finish(vm))
        });
        let output = snapshot.end(vm)?;
        let (end, finished) = ran?;
        let Some((finished, uncaught)) = finished else {
            return Err(vm.new_system_error("a run was ended by another thread"));
        };
        let failure = failure_of(&end, &finished, uncaught, max_steps);
        let status = match failure {
            Some(Failure::Deadlock { .. }) => DEADLOCK_STATUS,
            Some(Failure::EndlessLoop { .. }) => 1,
            _ => end.status,
        };
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
    /// Reports an exception that left the main thread, as at the end of a program.
    fn take(&mut self, raised: &PyBaseExceptionRef, vm: &VirtualMachine) {
        if uncaught::is_abandonment(raised, vm) {
            self.abandoned = true;
            return;
        }
        if !raised.fast_isinstance(vm.ctx.exceptions.system_exit) {
            let message = raised.as_object().str(vm);
            self.uncaught = Some(Uncaught {
                thread: String::from("MainThread"),
                type_name: raised.class().name().to_string(),
                message: message.map_or_else(|_| String::from("?"), |text| text.to_string()),
            });
        }
        (self.status, self.interrupted) = conclude(vm, raised);
    }
}

fn failure_of(
    end: &End,
    finished: &FinishedRun,
    uncaught: Vec<Uncaught>,
    max_steps: u64,
) -> Option<Failure> {
    match finished.ending {
        Some(Ending::Standstill) => return Some(Failure::Deadlock { waits: Vec::new() }),
        Some(Ending::TooManySteps) => return Some(Failure::EndlessLoop { steps: max_steps }),
        // The caller says what it makes of that.
        Some(Ending::OutOfTime) => return None,
        None => {}
    }
    let first = uncaught.into_iter().next().or_else(|| end.uncaught.clone());
    if let Some(first) = first {
        return Some(Failure::Exception {
            thread: first.thread,
            exception: first.type_name,
            message: first.message,
        });
    }
    (end.status != 0).then_some(Failure::ExitStatus { status: end.status })
}
