//! One run of a program under a strategy, in an interpreter that looks the same to each run.
//!
//! Which program it is, and what becomes of the outcome, is not known here.

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

use super::snapshot::Ground;
use crate::command::exit::conclude;

/// The interpreter as runs find it.
pub(crate) struct Stage {
    ground: RefCell<Ground>,
    pub(crate) sites: Arc<Sites>,
}

/// What one run was like.
pub(crate) struct Performance {
    /// What it wrote, and why it failed, if it did.
    pub(crate) outcome: Outcome,
    /// The exit status that the program would have had; 3 for one that came to a standstill.
    pub(crate) status: i32,
    /// Ended by Ctrl-C.
    pub(crate) interrupted: bool,
    pub(crate) finished: FinishedRun,
}

/// The exit status of a program all of whose threads wait for each other.
pub(crate) const STANDSTILL: i32 = 3;

impl Stage {
    /// A stage; with `capture`, what runs write is kept instead of shown.
    pub(crate) fn new(
        granularity: Granularity,
        capture: bool,
        vm: &VirtualMachine,
    ) -> PyResult<Self> {
        let sites = pyt_instrument::sites(granularity, vm)?;
        let ground = RefCell::new(Ground::new(capture, vm)?);
        Ok(Self { ground, sites })
    }

    /// Runs `program` on the calling thread, from the beginning to what CPython does at the end of
    /// one. What comes from outside comes from `seed`.
    ///
    /// # Errors
    /// Only what has nothing to do with the program.
    pub(crate) fn perform(
        &self,
        run: RunConfig,
        seed: u64,
        program: impl FnOnce(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<Performance> {
        let max_steps = run.max_steps;
        let mut ground = self.ground.borrow_mut();
        ground.begin(seed, vm)?;
        let played = runs::begin(run, vm).map(|running| {
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
        let output = ground.end(vm)?;
        let (end, finished) = played?;
        let Some((finished, uncaught)) = finished else {
            return Err(vm.new_system_error("a run was ended by another thread"));
        };
        let failure = failure_of(&end, &finished, uncaught, max_steps);
        let status = match failure {
            Some(Failure::Deadlock { .. }) => STANDSTILL,
            Some(Failure::EndlessLoop { .. }) => 1,
            _ => end.status,
        };
        Ok(Performance {
            outcome: Outcome { output, failure },
            status,
            interrupted: end.interrupted,
            finished,
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Stages live and die inside the interpreter.
        thread::try_with_current_vm(|vm| {
            if let Err(raised) = self.ground.get_mut().close(vm) {
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
    /// `raised` has left the main thread: it is reported as at the end of a program.
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
        Some(Ending::GivenUp) | None => {}
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
