//! Exceptions that one thread raises in another: CPython's `PyThreadState_SetAsyncExc`.
//!
//! The exception is raised where CPython looks for one: when a function begins or resumes, and when
//! a loop goes back. Those places are watched with `sys.monitoring` (PEP 669) for as long as an
//! exception is on its way, so that nothing is paid at other times. The interpreter instruments a
//! function when it begins; loops that the thread is in already are instrumented here.
//!
//! This module knows nothing of waits: whoever wants a waiting thread to look up interrupts it.

use parking_lot::Mutex;
use rustpython_vm::{
    PyObjectRef, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode},
    bytecode::Instruction,
    common::lock,
    exceptions::ExceptionCtor,
    function::FuncArgs,
};

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use crate::world::Interpreter;

/// As `sys.monitoring.events` has them.
const PY_START: u32 = 1;
const PY_RESUME: u32 = 1 << 1;
const JUMP: u32 = 1 << 7;
/// The tool numbers that `sys.monitoring` has for use, those that it gives no meaning to first.
const TOOLS: [u32; 6] = [3, 4, 5, 2, 1, 0];

/// The exceptions on their way in one interpreter.
#[derive(Default)]
pub(crate) struct AsyncExceptions(Mutex<State>);

#[derive(Default)]
struct State {
    /// By the ident of the thread that each is for.
    pending: HashMap<u64, PyObjectRef>,
    /// The number under which the places are watched.
    tool: Option<u32>,
}

impl AsyncExceptions {
    /// Has `exception`, a class or an instance, raised in the thread with this ident, in the place
    /// of one that is on its way there; `None` takes that back. To be called attached, by a thread
    /// of `world`'s, which these exceptions are.
    ///
    /// # Errors
    /// `RuntimeError` if all tools of `sys.monitoring` are in use; what monitoring functions raise.
    pub(crate) fn send(
        self: &Arc<Self>,
        ident: u64,
        exception: Option<PyObjectRef>,
        world: &Interpreter,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let Some(exception) = exception else {
            let _dropped_unlocked = self.0.lock().pending.remove(&ident);
            return self.unwatch_if_idle(vm);
        };
        let _dropped_unlocked = self.0.lock().pending.insert(ident, exception);
        self.watch(vm).inspect_err(|_| {
            let _dropped_unlocked = self.0.lock().pending.remove(&ident);
        })?;
        // With the world stopped no function is just beginning: it has begun before, unwatched,
        // or will find that it is watched.
        world.functions_of(ident, &mut instrument_backward_jumps);
        Ok(())
    }

    /// What is to be raised in the thread with this ident, which is the calling one.
    pub(crate) fn take(&self, ident: u64, vm: &VirtualMachine) -> Option<PyBaseExceptionRef> {
        let exception = self.0.lock().pending.remove(&ident)?;
        let raised = self.unwatch_if_idle(vm).and_then(|()| {
            // A class that cannot be instantiated leaves its own exception.
            ExceptionCtor::try_from_object(vm, exception)?.instantiate(vm)
        });
        Some(raised.unwrap_or_else(|other| other))
    }

    /// The thread has ended: its ident may come to mean another.
    pub(crate) fn forget(&self, ident: u64, vm: &VirtualMachine) {
        let dropped = self.0.lock().pending.remove(&ident);
        if dropped.is_some()
            && let Err(raised) = self.unwatch_if_idle(vm)
        {
            vm.run_unraisable(raised, None, vm.ctx.none());
        }
    }

    /// After a `fork`: only the thread with this ident is left.
    ///
    /// # Safety
    /// The calling thread is the only one in the process.
    pub(crate) unsafe fn reset_after_fork(&self, ident: u64) {
        // SAFETY: there is no other thread, and this one does not hold the lock.
        unsafe { lock::zero_reinit_after_fork(self.0.raw()) };
        let mut before = std::mem::take(&mut self.0.lock().pending);
        let own = before.remove(&ident);
        self.0.lock().pending.extend(own.map(|own| (ident, own)));
    }

    fn watch(self: &Arc<Self>, vm: &VirtualMachine) -> PyResult<()> {
        if self.0.lock().tool.is_some() {
            return Ok(());
        }
        let monitoring = vm.sys_module.get_attr("monitoring", vm)?;
        let tool = TOOLS
            .into_iter()
            .find(|tool| {
                vm.call_method(&monitoring, "use_tool_id", (*tool, "pyt"))
                    .is_ok()
            })
            .ok_or_else(|| vm.new_runtime_error("all tools of sys.monitoring are in use"))?;
        let exceptions = Arc::downgrade(self);
        let raise = vm.new_function(
            "raise_pending",
            move |_: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
                raise_pending(&exceptions, vm)
            },
        );
        for event in [PY_START, PY_RESUME, JUMP] {
            vm.call_method(
                &monitoring,
                "register_callback",
                (tool, event, raise.clone()),
            )?;
        }
        vm.call_method(
            &monitoring,
            "set_events",
            (tool, PY_START | PY_RESUME | JUMP),
        )?;
        let mut state = self.0.lock();
        if state.tool.is_none() {
            state.tool = Some(tool);
            return Ok(());
        }
        drop(state);
        // Another thread was quicker.
        vm.call_method(&monitoring, "free_tool_id", (tool,))
            .map(drop)
    }

    /// Puts an end to the watch unless another exception is on its way. That frees the loops of
    /// the calling thread at once, those of others when their functions begin anew.
    fn unwatch_if_idle(&self, vm: &VirtualMachine) -> PyResult<()> {
        let tool = {
            let mut state = self.0.lock();
            if !state.pending.is_empty() {
                return Ok(());
            }
            state.tool.take()
        };
        if let Some(tool) = tool {
            let monitoring = vm.sys_module.get_attr("monitoring", vm)?;
            vm.call_method(&monitoring, "free_tool_id", (tool,))?;
        }
        Ok(())
    }
}

fn raise_pending(exceptions: &Weak<AsyncExceptions>, vm: &VirtualMachine) -> PyResult<()> {
    let ident = rustpython_vm::stdlib::_thread::get_ident();
    exceptions
        .upgrade()
        .and_then(|exceptions| exceptions.take(ident, vm))
        .map_or(Ok(()), Err)
}

/// Puts the instrumented instruction in the place of each backward jump, as the interpreter does
/// when the function begins; it takes them out again when the watch has ended.
fn instrument_backward_jumps(code: &PyCode) {
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
