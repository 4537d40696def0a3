//! Handlers of signals that a recording learns of, or that belong to one run: the interpreter is
//! given one function for all, which notes the signal and calls the program's handler. A signal
//! that came in a run and was not handled there calls nothing in the next one.
//!
//! Only where the interpreter is recorded, or has a run. What a recording is, is not known here.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use pyt_vm::state::InterpreterState;
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyDict, PyDictRef},
};

use crate::upstream::wrapped::Wrapped;

/// The handlers of one interpreter that are noted, once there are any.
#[derive(Default)]
pub(super) struct Noted {
    handlers: OnceLock<NotedHandlers>,
    /// The signals for which the run under way has set one, one bit for each number.
    of_run: AtomicU64,
}

impl Noted {
    /// Those of this interpreter; from now on there are, if it is recorded or has a run.
    pub(super) fn of<'a>(
        state: &'a Arc<InterpreterState>,
        vm: &VirtualMachine,
    ) -> Option<&'a NotedHandlers> {
        let slot: &Self = state.slot();
        if slot.handlers.get().is_none() && (state.recording().is_some() || has_run(state)) {
            let new = NotedHandlers::new(state, vm);
            slot.handlers.get_or_init(|| new);
        }
        slot.handlers.get()
    }

    /// Those of this interpreter, if there are any.
    pub(super) fn known(state: &InterpreterState) -> Option<&NotedHandlers> {
        let slot: &Self = state.slot();
        slot.handlers.get()
    }

    /// The program sets the handler of a signal.
    pub(super) fn note_set(state: &InterpreterState, signal: u32) {
        if has_run(state)
            && let Some(bit) = 1_u64.checked_shl(signal)
        {
            let slot: &Self = state.slot();
            slot.of_run.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// A run has ended: its handlers are called no more.
    pub(super) fn end_run(state: &InterpreterState, vm: &VirtualMachine) {
        let slot: &Self = state.slot();
        let mut set = slot.of_run.swap(0, Ordering::Relaxed);
        let Some(handlers) = slot.handlers.get() else {
            return;
        };
        while set != 0 {
            let number: PyObjectRef = vm.ctx.new_int(set.trailing_zeros()).into();
            set &= set - 1;
            // The interpreter is ending: nothing is called any more.
            let _ = handlers.restore(&number, None, vm);
        }
    }
}

fn has_run(state: &InterpreterState) -> bool {
    let controlled = state.controlled.as_ref();
    controlled.is_some_and(|controlled| controlled.is_running())
}

/// The program's handlers, and what the interpreter has in their places.
pub(super) struct NotedHandlers {
    /// A dictionary of the program's handlers, by the numbers of signals.
    handlers: Wrapped,
    stand_in: Wrapped,
}

impl NotedHandlers {
    fn new(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> Self {
        let handlers = Wrapped::keep(state, vm.ctx.new_dict().into());
        let (known, state_now) = (handlers.clone(), Arc::downgrade(state));
        let stand_in = vm.new_function(
            "noted_handler",
            move |signal: i32, frame: PyObjectRef, vm: &VirtualMachine| -> PyResult {
                if let Some(state) = state_now.upgrade()
                    && let Some(recording) = state.recording()
                {
                    recording.handles(signal);
                }
                let number: PyObjectRef = vm.ctx.new_int(signal).into();
                match known_of(&known, vm)?.get_item_opt(&*number, vm)? {
                    Some(handler) => handler.call((signal, frame), vm),
                    // That of an earlier run.
                    None => Ok(vm.ctx.none()),
                }
            },
        );
        let stand_in = Wrapped::keep(state, stand_in.into());
        Self { handlers, stand_in }
    }

    fn known(&self, vm: &VirtualMachine) -> PyResult<PyDictRef> {
        known_of(&self.handlers, vm)
    }

    /// What the interpreter is given as the handler of `signal`, and the program's handler before.
    ///
    /// # Errors
    /// `RuntimeError` at the end of the interpreter.
    pub(super) fn replace(
        &self,
        signal: &PyObjectRef,
        handler: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<(PyObjectRef, Option<PyObjectRef>)> {
        let known = self.known(vm)?;
        let before = known.get_item_opt(&**signal, vm)?;
        if !handler.is_callable() {
            return Ok((handler, before));
        }
        known.set_item(&**signal, handler, vm)?;
        Ok((self.stand_in.get(vm)?, before))
    }

    /// The interpreter has refused what [`replace`](Self::replace) gave it.
    ///
    /// # Errors
    /// As there.
    pub(super) fn restore(
        &self,
        signal: &PyObjectRef,
        before: Option<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let known = self.known(vm)?;
        match before {
            Some(before) => known.set_item(&**signal, before, vm),
            None if known.contains_key(&**signal, vm) => known.del_item(&**signal, vm),
            None => Ok(()),
        }
    }

    /// The program's handler in place of what the interpreter has.
    pub(super) fn shown(
        &self,
        handler: PyObjectRef,
        of_program: Option<PyObjectRef>,
    ) -> PyObjectRef {
        match of_program {
            Some(of_program) if self.stand_in.is(&handler) => of_program,
            _ => handler,
        }
    }

    /// The program's handler of `signal`, if it has set one.
    ///
    /// # Errors
    /// As of [`replace`](Self::replace).
    pub(super) fn of_program(
        &self,
        signal: &PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<Option<PyObjectRef>> {
        self.known(vm)?.get_item_opt(&**signal, vm)
    }
}

fn known_of(handlers: &Wrapped, vm: &VirtualMachine) -> PyResult<PyDictRef> {
    let handlers = handlers.get(vm)?.downcast::<PyDict>();
    handlers.map_err(|_| vm.new_system_error("the handlers of signals are no dictionary"))
}
