//! Runs of Python programs under a strategy: begin one, end it, and what ends its threads.
//!
//! Which strategy decides is not known here, nor what program runs.

use std::sync::Arc;

use pyt_sched::{
    Thread,
    controlled::{Controlled, FinishedRun, RunConfig},
};
use pyt_vm::{
    abort::OrRaise,
    state::{self, InterpreterState},
    uncaught::{Uncaught, UncaughtExceptions},
};
use rustpython_vm::{PyResult, VirtualMachine, common::rc::PyRc, function::FuncArgs};

use super::threading::{default_names, registry};

/// A run of the calling thread and those it starts. Dropped without [`finish`](Self::finish), it
/// ends as well.
pub struct Running {
    state: Arc<InterpreterState>,
    controlled: Arc<Controlled>,
    /// How many functions `atexit` had before.
    exit_functions: usize,
    is_over: bool,
}

/// Begins a run: a strategy decides from now on.
///
/// # Errors
/// `RuntimeError` if a run is under way already, or the interpreter cannot have one.
pub fn begin(run: RunConfig, vm: &VirtualMachine) -> PyResult<Running> {
    let state = state::of(vm);
    let Some(controlled) = state.controlled.clone() else {
        return Err(vm.new_runtime_error("this interpreter's threads cannot be controlled"));
    };
    if controlled.begin(&state.scheduler, run).is_err() {
        return Err(vm.new_runtime_error("a schedule is being run already"));
    }
    UncaughtExceptions::of(&state).begin();
    default_names::number_from_one();
    Ok(Running {
        state,
        controlled,
        exit_functions: vm.state.atexit_funcs.lock().len(),
        is_over: false,
    })
}

impl Running {
    /// Does what the end of a program does and the interpreter's does not need: calls what
    /// `threading._register_atexit` was given, joins the run's threads that are not daemons, and
    /// calls what the run registered with `atexit`.
    ///
    /// # Errors
    /// What the functions of `threading` raise; what ends a wait.
    pub fn conclude(&self, vm: &VirtualMachine) -> PyResult<()> {
        for (function, args) in registry::atexits(vm) {
            function.call(args, vm)?;
        }
        let is_member = |record: &Thread| self.controlled.is_member(record);
        while let Some(handle) = self.state.threads().first_to_join(is_member) {
            handle.wait(None).or_raise(vm)?;
        }
        for entry in self.take_exit_functions(vm) {
            let (function, args) = &*entry;
            if let Err(raised) = function.call(args.clone(), vm) {
                let message = function
                    .repr(vm)
                    .ok()
                    .map(|repr| format!("Exception ignored in atexit callback {repr}"));
                vm.run_unraisable(raised, message, vm.ctx.none());
            }
        }
        Ok(())
    }

    /// What `atexit` was given since the run began: it keeps the newest in front.
    fn take_exit_functions(
        &self,
        vm: &VirtualMachine,
    ) -> Vec<PyRc<(rustpython_vm::PyObjectRef, FuncArgs)>> {
        let mut functions = vm.state.atexit_funcs.lock();
        let new = functions.len().saturating_sub(self.exit_functions);
        functions.drain(..new).collect()
    }

    /// Ends the run: its remaining threads are made to exit. Returns how it went, and the
    /// exceptions that left threads. Blocks until they have ended, or for about a second.
    #[must_use]
    pub fn finish(mut self, vm: &VirtualMachine) -> Option<(FinishedRun, Vec<Uncaught>)> {
        let _dropped_outside = self.take_exit_functions(vm);
        self.is_over = true;
        let finished = self.controlled.finish(&self.state.scheduler, true)?;
        Some((finished, UncaughtExceptions::of(&self.state).end()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over {
            self.controlled.finish(&self.state.scheduler, true);
            UncaughtExceptions::of(&self.state).end();
        }
    }
}
