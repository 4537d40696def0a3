//! Handlers of signals that a recording learns of: the interpreter is given one function for all,
//! which notes the signal and calls the program's handler.
//!
//! Only where the interpreter is recorded. What a recording is, is not known here.

use std::sync::Arc;

use pyt_vm::state::InterpreterState;
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyDict, PyDictRef},
};

use crate::upstream::wrapped::Wrapped;

/// The program's handlers, and what the interpreter has in their places.
#[derive(Clone)]
pub(super) struct NotedHandlers {
    /// A dictionary of the program's handlers, by the numbers of signals.
    handlers: Wrapped,
    stand_in: Wrapped,
}

impl NotedHandlers {
    /// `None` if the interpreter is not recorded.
    pub(super) fn of(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> Option<Self> {
        state.recording()?;
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
                let handler = known.get(vm)?.get_item(&*number, vm)?;
                handler.call((signal, frame), vm)
            },
        );
        let stand_in = Wrapped::keep(state, stand_in.into());
        Some(Self { handlers, stand_in })
    }

    fn known(&self, vm: &VirtualMachine) -> PyResult<PyDictRef> {
        let handlers = self.handlers.get(vm)?.downcast::<PyDict>();
        handlers.map_err(|_| vm.new_system_error("the handlers of signals are no dictionary"))
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
