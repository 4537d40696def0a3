//! Upstream's functions that pyt's functions wrap.
//!
//! What a native function captures is never freed. So pyt's functions capture the number of an
//! object that is kept here, and dropped when the interpreter ends.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use pyt_vm::state::InterpreterState;
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

/// What is kept for one interpreter.
#[derive(Default)]
struct WrappedFunctions(Mutex<Vec<PyObjectRef>>);

/// An object that is kept until its interpreter ends.
#[derive(Clone)]
pub(crate) struct Wrapped {
    state: Weak<InterpreterState>,
    number: usize,
}

/// Gives up the objects that are kept for an interpreter, to be dropped where that may run Python
/// code.
pub(crate) fn release(state: &InterpreterState) -> Vec<PyObjectRef> {
    std::mem::take(&mut state.slot::<WrappedFunctions>().0.lock())
}

impl Wrapped {
    /// Keeps `object` until the interpreter ends.
    pub(crate) fn keep(state: &Arc<InterpreterState>, object: PyObjectRef) -> Self {
        let mut kept = state.slot::<WrappedFunctions>().0.lock();
        kept.push(object);
        Self {
            state: Arc::downgrade(state),
            number: kept.len() - 1,
        }
    }

    fn find(&self) -> Option<PyObjectRef> {
        let state = self.state.upgrade()?;
        let kept = state.slot::<WrappedFunctions>().0.lock();
        kept.get(self.number).cloned()
    }

    /// # Errors
    /// `RuntimeError` if the interpreter has ended but for the calling thread.
    pub(crate) fn get(&self, vm: &VirtualMachine) -> PyResult {
        self.find()
            .ok_or_else(|| vm.new_runtime_error("the interpreter is ending"))
    }

    pub(crate) fn is(&self, other: &PyObject) -> bool {
        self.find().is_some_and(|object| object.is(other))
    }
}
