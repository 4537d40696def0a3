//! Runs of Python programs under a strategy: begin one, end it, and what ends its threads.
//!
//! Who decides and why is not known here, nor what program it is.

use std::sync::Arc;

use pyt_sched::{
    Thread,
    controlled::{Controlled, Finished, Run},
};
use rustpython_vm::{
    Py, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode},
    common::rc::PyRc,
    function::FuncArgs,
};

use crate::{
    instrument::{Granularity, Sites},
    modules::threading::{self, registry},
    vm::{
        interpreters::{self, Threads},
        uncaught::Uncaught,
        world,
    },
};

/// A run of the calling thread and those it starts. Dropped without [`finish`](Self::finish), it
/// ends as well.
pub struct Running {
    threads: Arc<Threads>,
    controlled: Arc<Controlled>,
    /// How many functions `atexit` had before.
    exit_functions: usize,
    is_over: bool,
}

/// Begins a run: a strategy decides from now on.
///
/// # Errors
/// `RuntimeError` if a run is under way already, or the interpreter cannot have one.
pub fn begin(run: Run, vm: &VirtualMachine) -> PyResult<Running> {
    let threads = interpreters::of(vm);
    let Some(controlled) = threads.controlled.clone() else {
        return Err(vm.new_runtime_error("this interpreter's threads cannot be controlled"));
    };
    if controlled.begin(&threads.scheduler, run).is_err() {
        return Err(vm.new_runtime_error("a schedule is being run already"));
    }
    threads.uncaught.begin();
    threading::number_from_one();
    Ok(Running {
        threads,
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
        while let Some(handle) = self.threads.first_to_join(is_member) {
            handle
                .wait(None)
                .map_err(|aborted| world::aborted(aborted, vm))?;
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

    /// Ends the run: threads that are left are made to end. Returns what is left of it, and the
    /// exceptions that left threads. Blocks until they have ended, or for about a second.
    #[must_use]
    pub fn finish(mut self, vm: &VirtualMachine) -> Option<(Finished, Vec<Uncaught>)> {
        let _dropped_outside = self.take_exit_functions(vm);
        self.is_over = true;
        let finished = self.controlled.finish(&self.threads.scheduler, true)?;
        Some((finished, self.threads.uncaught.end()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over {
            self.controlled.finish(&self.threads.scheduler, true);
            self.threads.uncaught.end();
        }
    }
}

/// The decision points in the user code of `vm`'s interpreter: from the first call on, user code
/// gets them. Their granularity is that of the first call.
///
/// # Errors
/// `RuntimeError` if a debugger or the like has taken what they need of `sys.monitoring`.
pub fn sites(granularity: Granularity, vm: &VirtualMachine) -> PyResult<Arc<Sites>> {
    let threads = interpreters::of(vm);
    let mut is_new = false;
    let sites = threads.world.sites_or(|| {
        is_new = true;
        Sites::new(granularity, false)
    });
    if is_new {
        sites.install(vm)?;
    }
    Ok(sites.clone())
}

/// Gives `code` its decision points, if [`sites`] was called and it is user code.
///
/// # Errors
/// What the interpreter raises.
pub fn instrument(code: &Py<PyCode>, vm: &VirtualMachine) -> PyResult<()> {
    match interpreters::of(vm).world.sites() {
        Some(sites) => sites.instrument(code, vm),
        None => Ok(()),
    }
}

/// How often signal handlers were set in the interpreter of `vm`.
#[must_use]
pub fn handlers_set(vm: &VirtualMachine) -> u64 {
    interpreters::of(vm).handlers.changes()
}

/// Whether `raised` is what ends the threads of a run that was given up.
#[must_use]
pub fn is_abandonment(raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> bool {
    interpreters::of(vm).uncaught.is_abandonment(raised)
}
