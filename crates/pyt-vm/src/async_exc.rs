//! Exceptions that one thread raises in another: CPython's `PyThreadState_SetAsyncExc`, the host's
//! interruptions, and forced unwinds of threads that handle all exceptions.
//!
//! The exception is raised where CPython looks for one: when a function begins or resumes, and when
//! a loop goes back. Those places are watched with `sys.monitoring` (PEP 669) for as long as an
//! exception is on its way, so that nothing is paid at other times. The interpreter instruments a
//! function when it begins; loops that the thread is in already are instrumented here.
//!
//! In a *forced unwind* a thread is raised in again and again, and its handlers are not run: the
//! event that comes before a handler runs (`except`, `finally`, the end of a `with` statement)
//! raises anew, and the interpreter then leaves the function altogether. So a thread's stack
//! unwinds although the program catches all it can.
//!
//! This module knows nothing of waits: the caller interrupts them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode, PyTypeRef},
    bytecode::Instruction,
    common::lock,
    exceptions::ExceptionCtor,
    function::FuncArgs,
    vm::PyGlobalState,
};

use super::{
    monitoring_tool::{Identity, MonitoringTool},
    shield::{self, Shielding},
    world::VmWorld,
};

/// As `sys.monitoring.events` has them, by number.
const PY_START: usize = 0;
const PY_RESUME: usize = 1;
const JUMP: usize = 7;
const EXCEPTION_HANDLED: usize = 12;
/// Who watches the places. Numbers that `sys.monitoring` gives no meaning to come first.
const TOOL: Identity = Identity {
    name: "pyt",
    numbers: [3, 4, 5, 2, 1, 0],
};

/// The owner of the code at a place that is watched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CodeOwner {
    /// The import system's, and the callbacks of the library's weak references. Nothing is raised
    /// there: some of these functions are called where errors are ignored, and the exception would
    /// be lost. They end soon. The import system's handlers release its locks and take half-made
    /// modules away: they run in a forced unwind, too.
    Library,
    Other,
}

impl CodeOwner {
    /// From the arguments of a callback, whose first is the code.
    fn of(args: &FuncArgs) -> Self {
        let code = args
            .args
            .first()
            .and_then(|code| code.downcast_ref::<PyCode>());
        let is_library = |code: &Py<PyCode>| {
            // Modules of the library that are in the binary have their names as file names here.
            let (file, name) = (code.source_path().as_str(), code.obj_name.as_str());
            file.starts_with("<frozen importlib._boot")
                || (file == "_weakrefset" && name == "_remove")
                || (file == "weakref" && name == "remove")
        };
        if code.is_some_and(is_library) {
            Self::Library
        } else {
            Self::Other
        }
    }
}

/// What is to be raised in a thread.
#[derive(Clone, Debug)]
pub(super) enum PendingRaise {
    /// A class or an instance.
    Object(PyObjectRef),
    /// The class with this name, with this message. The name is that of a built-in exception, or of
    /// a module and a class in it, with a point between them.
    Named {
        class: String,
        message: Option<String>,
    },
    /// What ends the thread, unless the program handles it.
    Stop,
}

/// The exceptions on their way in one interpreter.
#[derive(Default)]
pub struct AsyncExceptions(Mutex<State>);

struct Callbacks {
    /// At places where an exception can be raised.
    raise: PyObjectRef,
    /// Before a handler runs.
    refuse: PyObjectRef,
}

#[derive(Default)]
struct State {
    /// By the ident of the thread that each is for.
    pending: HashMap<u64, PendingRaise>,
    /// Idents of threads that are being unwound by force.
    unwinding: HashSet<u64>,
    /// What the interpreter calls at the places that are watched, while there is an interpreter.
    callbacks: Option<Callbacks>,
    /// The class of the exception that ends threads.
    stop: Option<PyTypeRef>,
    /// What watches the places.
    tool: MonitoringTool,
    /// Why threads are being stopped, as the message of what is raised in them.
    reason: String,
}

impl AsyncExceptions {
    /// Makes what the interpreter calls. To be called once, inside, before anything is sent.
    pub(super) fn prepare(self: &Arc<Self>, vm: &VirtualMachine) {
        let callback = |what: fn(&Self, u64, CodeOwner, &VirtualMachine) -> Option<_>| {
            let exceptions: Weak<Self> = Arc::downgrade(self);
            let call = move |args: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
                let ident = rustpython_vm::stdlib::_thread::get_ident();
                exceptions
                    .upgrade()
                    .and_then(|exceptions| what(&exceptions, ident, CodeOwner::of(&args), vm))
                    .map_or(Ok(()), Err)
            };
            vm.new_function("raise_pending", call).into()
        };
        let callbacks = Callbacks {
            raise: callback(Self::raise),
            refuse: callback(Self::refuse),
        };
        let base = vm.ctx.exceptions.base_exception_type.to_owned();
        let stop = vm
            .ctx
            .new_exception_type("pyt", "RuntimeStopped", Some(vec![base]));
        let mut state = self.0.lock();
        state.callbacks = Some(callbacks);
        state.stop = Some(stop);
    }

    /// The interpreter is about to end: nothing is raised any more. To be called inside.
    pub(super) fn close(&self, vm: &VirtualMachine) {
        let mut state = self.0.lock();
        let _dropped_unlocked = (
            std::mem::take(&mut state.pending),
            state.callbacks.take(),
            state.stop.take(),
        );
        state.unwinding.clear();
        Self::unwatch_if_idle(&mut state, &vm.state);
        drop(state);
    }

    /// Has `exception`, a class or an instance, raised in the thread with this ident, in the place
    /// of one that is on its way there; `None` takes that back. To be called attached, by a thread
    /// of `world`'s, which these exceptions are.
    ///
    /// # Errors
    /// `RuntimeError` if all tools of `sys.monitoring` are in use.
    pub fn send(
        &self,
        ident: u64,
        exception: Option<PyObjectRef>,
        world: &VmWorld,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let Some(exception) = exception else {
            self.forget(ident, &vm.state);
            return Ok(());
        };
        if !self.announce(
            &[ident],
            || PendingRaise::Object(exception.clone()),
            &vm.state,
        ) {
            return Err(vm.new_runtime_error("all tools of sys.monitoring are in use"));
        }
        // With the world stopped no function is just beginning: it has begun before, unwatched,
        // or will find that it is watched.
        world.functions_of(&[ident], &mut instrument_backward_jumps);
        Ok(())
    }

    /// As [`send`](Self::send), from any thread: without the part that finds loops which the
    /// threads are in already, which has to stop the world. False: all tools are in use.
    pub(super) fn announce(
        &self,
        idents: &[u64],
        raise: impl Fn() -> PendingRaise,
        interpreter: &PyGlobalState,
    ) -> bool {
        let mut dropped_unlocked = Vec::new();
        let mut state = self.0.lock();
        for ident in idents {
            dropped_unlocked.extend(state.pending.insert(*ident, raise()));
        }
        let watched = Self::watch(&mut state, interpreter);
        if !watched {
            for ident in idents {
                dropped_unlocked.extend(state.pending.remove(ident));
            }
        }
        drop(state);
        watched
    }

    /// Unwinds the threads with these idents by force, from any thread: until
    /// [`forget`](Self::forget) they are raised in wherever that is possible. As with
    /// [`announce`](Self::announce), loops that they are in already have yet to be found.
    pub(super) fn force_unwind(&self, idents: &[u64], interpreter: &PyGlobalState) {
        let mut state = self.0.lock();
        state.unwinding.extend(idents);
        Self::watch(&mut state, interpreter);
    }

    /// Whether the thread with this ident is being unwound by force.
    pub fn is_unwinding(&self, ident: u64) -> bool {
        self.0.lock().unwinding.contains(&ident)
    }

    /// Whether an exception is on its way to any of the threads with these idents.
    pub(super) fn is_pending(&self, idents: &[u64]) -> bool {
        let state = self.0.lock();
        idents.iter().any(|ident| state.pending.contains_key(ident))
    }

    /// Why threads are being stopped, for the exceptions raised in them from now on.
    pub(super) fn set_reason(&self, reason: &str) {
        reason.clone_into(&mut self.0.lock().reason);
    }

    /// What is to be raised in the thread with this ident, which is the calling one, at a place
    /// that is watched.
    fn raise(
        &self,
        ident: u64,
        owner: CodeOwner,
        vm: &VirtualMachine,
    ) -> Option<PyBaseExceptionRef> {
        if owner == CodeOwner::Library {
            return None;
        }
        self.take(ident, vm)
    }

    /// What is to be raised in the thread with this ident, which is the calling one.
    pub fn take(&self, ident: u64, vm: &VirtualMachine) -> Option<PyBaseExceptionRef> {
        self.take_in(ident, false, vm)
    }

    /// As [`take`](Self::take), in a wait, which ends then.
    pub(super) fn take_in_wait(
        &self,
        ident: u64,
        vm: &VirtualMachine,
    ) -> Option<PyBaseExceptionRef> {
        self.take_in(ident, true, vm)
    }

    fn take_in(&self, ident: u64, waits: bool, vm: &VirtualMachine) -> Option<PyBaseExceptionRef> {
        let raise = {
            let mut state = self.0.lock();
            let unwinds = state.unwinding.contains(&ident);
            if !unwinds && !state.pending.contains_key(&ident) {
                return None;
            }
            let shielding = shield::postpone(waits);
            if shielding == Shielding::Postpones {
                return None;
            }
            if unwinds {
                drop(state);
                return Some(self.stopped(vm));
            }
            if shielding == Shielding::Expired {
                state.pending.get(&ident)?.clone()
            } else {
                let raise = state.pending.remove(&ident)?;
                Self::unwatch_if_idle(&mut state, &vm.state);
                raise
            }
        };
        Some(match raise {
            PendingRaise::Object(exception) => instantiate(exception, vm),
            PendingRaise::Named { class, message } => named(&class, message, vm),
            PendingRaise::Stop => self.stopped(vm),
        })
    }

    /// What is raised in the place of a handler's beginning.
    fn refuse(
        &self,
        ident: u64,
        owner: CodeOwner,
        vm: &VirtualMachine,
    ) -> Option<PyBaseExceptionRef> {
        if owner == CodeOwner::Library || !self.is_unwinding(ident) {
            return None;
        }
        (shield::postpone(false) != Shielding::Postpones).then(|| self.stopped(vm))
    }

    /// A new exception that ends the thread it is raised in.
    pub(super) fn stopped(&self, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let (class, reason) = {
            let state = self.0.lock();
            (state.stop.clone(), state.reason.clone())
        };
        match class {
            Some(class) => vm.new_exception_msg(class, reason.into()),
            None => vm.new_exception_msg(
                vm.ctx.exceptions.keyboard_interrupt.to_owned(),
                reason.into(),
            ),
        }
    }

    /// Whether `raised` is what ends threads.
    pub fn is_stop(&self, raised: &PyBaseExceptionRef) -> bool {
        let class = self.0.lock().stop.clone();
        class.is_some_and(|class| raised.fast_isinstance(&class))
    }

    /// The thread has ended, or has left the interpreter: its ident may come to mean another.
    pub(super) fn forget(&self, ident: u64, interpreter: &PyGlobalState) {
        let mut state = self.0.lock();
        let dropped_unlocked = state.pending.remove(&ident);
        if state.unwinding.remove(&ident) || dropped_unlocked.is_some() {
            Self::unwatch_if_idle(&mut state, interpreter);
        }
        drop(state);
    }

    /// After a `fork`: only the thread with this ident is left.
    ///
    /// # Safety
    /// The calling thread is the only one in the process.
    pub(super) unsafe fn reset_after_fork(&self, ident: u64) {
        // SAFETY: there is no other thread, and this one does not hold the lock.
        unsafe { lock::zero_reinit_after_fork(self.0.raw()) };
        let mut state = self.0.lock();
        let mut before = std::mem::take(&mut state.pending);
        let own = before.remove(&ident);
        state.pending.extend(own.map(|own| (ident, own)));
        state.unwinding.retain(|unwinding| *unwinding == ident);
        drop(state);
    }

    /// Has the places watched. False: all tools are in use, by others. Threads that are
    /// being unwound by force are watched in the place of one of them.
    fn watch(state: &mut State, interpreter: &PyGlobalState) -> bool {
        let State {
            callbacks: Some(callbacks),
            unwinding,
            tool,
            ..
        } = state
        else {
            return false;
        };
        let mut calls = vec![
            (PY_START, &callbacks.raise),
            (PY_RESUME, &callbacks.raise),
            (JUMP, &callbacks.raise),
        ];
        if !unwinding.is_empty() {
            calls.push((EXCEPTION_HANDLED, &callbacks.refuse));
        }
        tool.watch(&TOOL, &calls, !unwinding.is_empty(), interpreter)
    }

    /// Puts an end to the watch unless another exception is on its way. Functions are freed of it
    /// when they begin anew.
    fn unwatch_if_idle(state: &mut State, interpreter: &PyGlobalState) {
        if !state.pending.is_empty() || !state.unwinding.is_empty() {
            return;
        }
        state.tool.release(&TOOL, interpreter);
    }
}

/// An exception of what is to be raised. A class that cannot be instantiated leaves its own.
fn instantiate(exception: PyObjectRef, vm: &VirtualMachine) -> PyBaseExceptionRef {
    ExceptionCtor::try_from_object(vm, exception)
        .and_then(|exception| exception.instantiate(vm))
        .unwrap_or_else(|other| other)
}

/// The exception of a class that is known by name, or else the error of making it.
fn named(class: &str, message: Option<String>, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let find = || match class.rsplit_once('.') {
        Some((module, class)) => {
            let found = vm.import(&*vm.ctx.new_str(module), 0)?;
            // Importing `a.b` gives `a`.
            let found = module.split('.').skip(1).try_fold(found, |found, name| {
                found.get_attr(vm.ctx.intern_str(name), vm)
            })?;
            found.get_attr(vm.ctx.intern_str(class), vm)
        }
        None => vm
            .builtins
            .as_object()
            .get_attr(vm.ctx.intern_str(class), vm),
    };
    let make = || {
        let class: PyObjectRef = find()?;
        let exception = match message {
            Some(message) => class.call((message,), vm)?,
            None => class,
        };
        ExceptionCtor::try_from_object(vm, exception)?.instantiate(vm)
    };
    make().unwrap_or_else(|other: PyBaseExceptionRef| other)
}

/// Puts the instrumented instruction in the place of each backward jump, as the interpreter does
/// when the function begins; it takes them out again when the watch has ended.
pub(super) fn instrument_backward_jumps(code: &PyCode) {
    let instructions = &code.code.instructions;
    let mut index = 0;
    while index < instructions.len() {
        let found = instructions.read_op(index);
        let is_jump = matches!(
            found,
            Instruction::JumpBackward { .. }
                | Instruction::JumpBackwardJit
                | Instruction::JumpBackwardNoJit
        );
        if is_jump {
            // SAFETY: the index is that of an instruction, and the instrumented one takes the same
            // argument and the same room. If another thread has just replaced it, this looks again.
            let replaced = unsafe {
                instructions.compare_exchange_op(
                    index,
                    found,
                    Instruction::InstrumentedJumpBackward,
                )
            };
            if !replaced {
                continue;
            }
        }
        // What an instruction has noted for itself lies behind it.
        index += 1 + found.deoptimize().cache_entries();
    }
}
