//! What a runtime shares with the handles that outlive it: its interpreter, entering it, and its
//! end.
//!
//! Any thread may enter. The thread that made the runtime is the interpreter's main thread; threads
//! that Python started are inside already; all others are host threads, which attach for as long as
//! they are inside. What they do there is not known here.

use std::{
    cell::RefCell,
    mem::ManuallyDrop,
    sync::{Arc, OnceLock},
    thread::{self, ThreadId},
    time::Duration,
};

use parking_lot::{Mutex, ReentrantMutex};
use pyt_modules::give_back_import_lock;
use pyt_vm::InterpreterState;
use rustpython_vm::{
    Interpreter, PyObjectRef, VirtualMachine, builtins::PyBaseExceptionRef, vm::thread as vm_thread,
};

use super::entry_gate::{EntryGate, EntryGuard};
use crate::control::{Control, Limits, StopRequest};

/// The runtime has ended, or its end has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

pub(crate) struct RuntimeCore {
    /// Taken out when the interpreter ends. If it is never ended it is not dropped either: its
    /// threads may still use it.
    interpreter: ReentrantMutex<RefCell<Option<ManuallyDrop<Interpreter>>>>,
    state: Arc<InterpreterState>,
    /// The thread that made the runtime: Python's main thread.
    home: ThreadId,
    gate: EntryGate,
    /// The limits of each call from outside.
    limits: OnceLock<Limits>,
    /// Objects whose handles were dropped outside of the interpreter, where no `__del__` can run.
    dropped: Mutex<Vec<PyObjectRef>>,
    /// Runs once the interpreter has ended: passes on incomplete lines of output, and revokes the
    /// grants of an isolated program.
    at_end: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

/// One entry of a thread, of the main thread as well. Its fields are dropped in their order.
struct RuntimeEntry<'a> {
    _guard: EntryGuard<'a>,
    _departure: Departure<'a>,
}

/// Notes in the control state that the calling thread has left.
struct Departure<'a>(&'a Control);

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        self.0.left(InterpreterState::own_ident());
    }
}

impl RuntimeCore {
    pub(crate) fn new(interpreter: Interpreter, state: Arc<InterpreterState>) -> Arc<Self> {
        let core = Arc::new(Self {
            interpreter: ReentrantMutex::new(RefCell::new(Some(ManuallyDrop::new(interpreter)))),
            state,
            home: thread::current().id(),
            gate: EntryGate::default(),
            limits: OnceLock::new(),
            dropped: Mutex::default(),
            at_end: Mutex::default(),
        });
        let refusing = Arc::downgrade(&core);
        core.state
            .on_refusal(move |most, vm| refusing.upgrade()?.refuse_thread(most, vm));
        core
    }

    pub(crate) const fn state(&self) -> &Arc<InterpreterState> {
        &self.state
    }

    /// Interruptions, stops and limits.
    pub(crate) fn control(&self) -> &Control {
        self.state.slot()
    }

    /// Runs `f` inside, on the calling thread. Blocks until the thread has its turn.
    pub(crate) fn enter<R>(
        self: &Arc<Self>,
        f: impl FnOnce(&VirtualMachine) -> R,
    ) -> Result<R, Gone> {
        self.enter_limited(f).map(|(result, _)| result)
    }

    /// As [`enter`](Self::enter). Returns the stop, too, if all threads were being stopped when `f`
    /// returned and the runtime's calls are under limits.
    pub(crate) fn enter_limited<R>(
        self: &Arc<Self>,
        f: impl FnOnce(&VirtualMachine) -> R,
    ) -> Result<(R, Option<Arc<StopRequest>>), Gone> {
        if self.state.is_attached() {
            return Ok((vm_thread::with_current_vm(f), None));
        }
        let _entry = self.pass_gate()?;
        let f = |vm: &VirtualMachine| {
            self.collect_dropped();
            let result = match self.limits.get() {
                Some(limits) => self.limited(vm, limits, || f(vm)),
                None => (f(vm), None),
            };
            give_back_import_lock(vm);
            result
        };
        if thread::current().id() != self.home {
            let name = thread::current().name().map(str::to_owned);
            let name = name.as_deref().unwrap_or("host thread");
            return self.state.attach_host(name, f).ok_or(Gone);
        }
        let main = self.interpreter.lock();
        let main = main.borrow();
        let interpreter = main.as_ref().ok_or(Gone)?;
        Ok(self.state.attach_main(interpreter, f))
    }

    fn pass_gate(&self) -> Result<RuntimeEntry<'_>, Gone> {
        Ok(RuntimeEntry {
            _guard: self.gate.enter().ok_or(Gone)?,
            _departure: Departure(self.control()),
        })
    }

    /// Drops `object` inside: at once if the calling thread is there, else on the next thread that
    /// enters. After the end of the interpreter the object is leaked.
    pub(crate) fn drop_inside(&self, object: PyObjectRef) {
        if self.state.is_attached() {
            drop(object);
            return;
        }
        // No thread collects dropped objects once the gate is closed, so it must not close
        // meanwhile.
        self.gate.with_closed(|is_closed| {
            if is_closed {
                std::mem::forget(object);
            } else {
                self.dropped.lock().push(object);
            }
        });
    }

    fn collect_dropped(&self) {
        let dropped = std::mem::take(&mut *self.dropped.lock());
        drop(dropped);
    }

    /// Puts each call from outside under these limits from now on. Only the first call counts.
    pub(crate) fn limit(&self, limits: Limits) {
        self.limits.get_or_init(|| limits);
    }

    /// Whether the interpreter has been taken out. False while another thread uses it.
    pub(crate) fn is_over(&self) -> bool {
        self.interpreter
            .try_lock()
            .is_some_and(|main| main.borrow().is_none())
    }

    /// Closes the gate, and blocks for at most `timeout` until all threads have left. Returns
    /// whether they have.
    pub(crate) fn close(&self, timeout: Duration) -> bool {
        self.gate.close(timeout)
    }

    /// Ends the interpreter, on the calling thread as its main thread, and returns the exit status.
    /// Call it once, after [`close`](Self::close) has returned true.
    pub(crate) fn finalize(&self, error: Option<PyBaseExceptionRef>) -> i32 {
        let main = self.interpreter.lock();
        let Some(interpreter) = main.borrow_mut().take() else {
            return 0;
        };
        interpreter.enter(|_| self.collect_dropped());
        let interpreter = ManuallyDrop::into_inner(interpreter);
        self.ended(self.state.finalize(interpreter, error))
    }

    /// As [`finalize`](Self::finalize), for a process that goes on, on any thread.
    pub(crate) fn dismantle(&self) -> i32 {
        let main = self.interpreter.lock();
        let Some(interpreter) = main.borrow_mut().take() else {
            return 0;
        };
        let interpreter = ManuallyDrop::into_inner(interpreter);
        let last = |_: &VirtualMachine| self.collect_dropped();
        self.ended(self.state.dismantle(interpreter, last))
    }

    /// Sets `f` to run once the interpreter has ended. What it captures lives until then.
    pub(crate) fn at_end(&self, f: impl FnOnce() + Send + 'static) {
        *self.at_end.lock() = Some(Box::new(f));
    }

    /// The interpreter has ended with this status.
    fn ended(&self, status: u32) -> i32 {
        let at_end = self.at_end.lock().take();
        if let Some(at_end) = at_end {
            at_end();
        }
        i32::try_from(status).unwrap_or(-1)
    }
}
