//! Runs of Python programs under a strategy: begin one, end it, and what ends its threads.
//!
//! Which strategy decides is not known here, nor what program runs.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use pyt_sched::{
    Aborted, Thread,
    controlled::{Controlled, FinishedRun, RunConfig, ThreadNumber, current_number, steps},
};
use pyt_vm::{
    abort::OrRaise,
    event_loops::{AwaitingTask, LoopDescriber, LoopOfThread},
    state::{self, InterpreterState},
    uncaught::{Uncaught, UncaughtExceptions},
};
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine, common::rc::PyRc, function::FuncArgs, vm::thread,
};

use super::{
    search_path, signal,
    threading::{default_names, registry},
};

/// A function that `atexit` was given, with its arguments.
type ExitFunction = PyRc<(PyObjectRef, FuncArgs)>;

/// What modules of the library have given `atexit` when they were imported: it belongs to each run
/// of a process, since the modules stay imported.
#[derive(Default)]
struct LibraryExitFunctions {
    kept: Mutex<Vec<ExitFunction>>,
}

impl LibraryExitFunctions {
    fn of(state: &InterpreterState) -> &Self {
        state.slot()
    }
}

/// What a thread does from some step on.
#[derive(Clone, Debug)]
pub struct TaskChange {
    /// How many steps the run had taken before.
    pub step: u64,
    /// The thread.
    pub thread: ThreadNumber,
    /// The task whose steps it takes; `None` if they are no task's.
    pub task: Option<String>,
}

/// Something that happened between two steps.
#[derive(Clone, Debug)]
pub struct RunEvent {
    /// How many steps the run had taken before.
    pub step: u64,
    /// The thread on which it happened.
    pub thread: ThreadNumber,
    /// What happened, in words.
    pub text: String,
}

/// What event loops have noted of a run.
#[derive(Default)]
struct LoopNotes(Mutex<(Vec<TaskChange>, Vec<RunEvent>)>);

/// From here on the calling thread takes steps of this task, or of none.
pub(crate) fn note_task(task: Option<String>, vm: &VirtualMachine) {
    if let Some(thread) = current_number() {
        let step = steps();
        let change = TaskChange { step, thread, task };
        let state = state::of(vm);
        state.slot::<LoopNotes>().0.lock().0.push(change);
    }
}

/// Something happens on the calling thread, between two steps.
pub(crate) fn note_event(text: String, vm: &VirtualMachine) {
    if let Some(thread) = current_number() {
        let step = steps();
        let event = RunEvent { step, thread, text };
        let state = state::of(vm);
        state.slot::<LoopNotes>().0.lock().1.push(event);
    }
}

/// What event loops have noted: the tasks whose steps threads took, and what happened between
/// steps. It is forgotten.
#[must_use]
pub fn take_loop_notes(vm: &VirtualMachine) -> (Vec<TaskChange>, Vec<RunEvent>) {
    let state = state::of(vm);
    std::mem::take(&mut state.slot::<LoopNotes>().0.lock())
}

/// For threads whose event loop waits for other threads, its tasks.
#[derive(Default)]
struct AwaitingTasks(Mutex<HashMap<ThreadNumber, Vec<AwaitingTask>>>);

/// The event loop of the calling thread waits for ever, with these tasks. What was noted first in a
/// run counts.
pub(crate) fn note_awaiting(tasks: Vec<AwaitingTask>, is_parked: bool, vm: &VirtualMachine) {
    let state = state::of(vm);
    if let Some(thread) = current_number() {
        let awaiting = state.slot::<AwaitingTasks>();
        awaiting.0.lock().entry(thread).or_insert(tasks);
    } else if let Some(me) = Thread::current() {
        let of_thread = LoopOfThread { tasks, is_parked };
        LoopDescriber::of(&state).note(me.tag(), of_thread);
    }
}

/// For threads whose event loop has waited for other threads when the run ended, or last before,
/// its tasks. They are forgotten.
#[must_use]
pub fn take_awaiting(vm: &VirtualMachine) -> HashMap<ThreadNumber, Vec<AwaitingTask>> {
    let state = state::of(vm);
    std::mem::take(&mut state.slot::<AwaitingTasks>().0.lock())
}

/// Has the event loops of an interpreter described where a run is given up while they wait.
pub(crate) fn describe_event_loops(state: &Arc<InterpreterState>) {
    LoopDescriber::of(state).describe_with(Box::new(|vm| {
        let describe = || -> PyResult<()> {
            if vm.asyncio_running_loop.borrow().is_none() {
                return Ok(());
            }
            let module = search_path::import_own("_pyt_event_loops", vm)?;
            vm.call_method(&module, "note_loop", ())?;
            Ok(())
        };
        // A loop of the program's own: the report says less.
        let _ = describe();
    }));
}

/// How many functions `atexit` has.
pub(crate) fn exit_function_count(vm: &VirtualMachine) -> usize {
    vm.state.atexit_funcs.lock().len()
}

/// The import of a module of the library has given `atexit` the newest `count` functions.
pub(crate) fn keep_exit_functions(count: usize, vm: &VirtualMachine) {
    let state = state::of(vm);
    let mut kept = LibraryExitFunctions::of(&state).kept.lock();
    let functions = vm.state.atexit_funcs.lock();
    for function in functions.iter().take(count).rev() {
        if !is_among(&kept, function) {
            kept.insert(0, function.clone());
        }
    }
}

/// Gives up what is kept of `atexit`'s functions: the interpreter ends.
pub(crate) fn release(state: &InterpreterState) -> Vec<PyObjectRef> {
    let kept = std::mem::take(&mut *LibraryExitFunctions::of(state).kept.lock());
    let objects = kept.iter().flat_map(|entry| {
        let (function, args) = &**entry;
        let named = args.kwargs.values();
        let given = args.args.iter().chain(named);
        std::iter::once(function).chain(given).cloned()
    });
    objects.collect()
}

/// Whether the run of which the calling thread is a member was given up, or its program has ended.
pub(crate) fn is_given_up() -> bool {
    Thread::current().is_some_and(|me| me.scheduler().policy().gives_up(&me))
}

/// The program ends its process with this status. In a run, that ends instead, with no more of the
/// program's code than what threads do while an exception ends them. Outside of one, nothing.
///
/// # Errors
/// What ends the calling thread.
pub(crate) fn end_process(status: i32, vm: &VirtualMachine) -> PyResult<()> {
    let state = state::of(vm);
    match &state.controlled {
        Some(controlled) if controlled.end_process(status) => Err(Aborted::new()).or_raise(vm),
        _ => Ok(()),
    }
}

/// A run of the calling thread and those it starts. Dropped without [`finish`](Self::finish), it
/// ends as well.
pub struct Running {
    state: Arc<InterpreterState>,
    controlled: Arc<Controlled>,
    /// The functions of `atexit` that are no run's.
    of_no_run: Vec<ExitFunction>,
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
    let of_no_run = functions_of_no_run(&state, vm);
    default_names::number_from_one();
    Ok(Running {
        state,
        controlled,
        of_no_run,
        is_over: false,
    })
}

/// What `atexit` was given before the first run, by the library or by others.
fn functions_of_no_run(state: &InterpreterState, vm: &VirtualMachine) -> Vec<ExitFunction> {
    let kept = LibraryExitFunctions::of(state).kept.lock();
    let functions = vm.state.atexit_funcs.lock();
    let of_no_run = functions.iter().filter(|one| !is_among(&kept, one));
    of_no_run.cloned().collect()
}

fn is_among(functions: &[ExitFunction], function: &ExitFunction) -> bool {
    functions.iter().any(|one| PyRc::ptr_eq(one, function))
}

impl Running {
    /// Does what the end of a program does and the interpreter's does not need: calls what
    /// `threading._register_atexit` was given, joins the run's threads that are not daemons, and
    /// calls what the run registered with `atexit`. An exception that such a function raises is one
    /// that left the main thread.
    ///
    /// # Errors
    /// What the functions of `threading` raise; what ends a wait.
    pub fn conclude(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.controlled.end_faults();
        for (function, args) in registry::atexits(vm) {
            function.call(args, vm)?;
        }
        let is_member = |record: &Thread| self.controlled.is_member(record);
        while let Some(handle) = self.state.threads().first_to_join(is_member) {
            handle.wait(None).or_raise(vm)?;
        }
        for entry in self.take_exit_functions(vm) {
            let (function, args) = &*entry;
            if let Err(raised) = function.call(args.clone(), vm)
                && UncaughtExceptions::note_in(
                    &self.state,
                    &raised,
                    || String::from("MainThread"),
                    vm,
                )
            {
                let message = function
                    .repr(vm)
                    .ok()
                    .map(|repr| format!("Exception ignored in atexit callback {repr}"));
                vm.run_unraisable(raised, message, vm.ctx.none());
            }
        }
        Ok(())
    }

    /// What `atexit` was given since the run began, and by the library before: it keeps the newest
    /// in front.
    fn take_exit_functions(&self, vm: &VirtualMachine) -> Vec<ExitFunction> {
        let is_runs = |function: &mut ExitFunction| !is_among(&self.of_no_run, function);
        let mut functions = vm.state.atexit_funcs.lock();
        functions.extract_if(.., is_runs).collect()
    }

    /// Gives `atexit` back what the library has given it.
    fn restore_exit_functions(&self, vm: &VirtualMachine) {
        let kept = LibraryExitFunctions::of(&self.state).kept.lock().clone();
        let mut functions = vm.state.atexit_funcs.lock();
        functions.splice(..0, kept);
    }

    /// Ends the run: its remaining threads are made to exit. Returns how it went, and the
    /// exceptions that left threads. Blocks until they have ended, or for about a second.
    #[must_use]
    pub fn finish(mut self, vm: &VirtualMachine) -> Option<(FinishedRun, Vec<Uncaught>)> {
        let _dropped_outside = self.take_exit_functions(vm);
        self.restore_exit_functions(vm);
        self.is_over = true;
        let finished = self.controlled.finish(&self.state.scheduler, true);
        signal::end_run(&self.state, vm);
        let finished = finished?;
        Some((finished, UncaughtExceptions::of(&self.state).end()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over {
            self.controlled.finish(&self.state.scheduler, true);
            thread::try_with_current_vm(|vm| signal::end_run(&self.state, vm));
            UncaughtExceptions::of(&self.state).end();
        }
    }
}
