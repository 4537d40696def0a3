//! Functions of upstream's that functions of ours stand in front of.
//!
//! What a native function captures is never freed. So ours capture the number of an object that is
//! kept here, and let go of when the interpreter ends.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

use crate::vm::interpreters::Threads;

/// What is kept for one interpreter.
#[derive(Default)]
pub(crate) struct Originals(Mutex<Vec<PyObjectRef>>);

/// An object that is kept until its interpreter ends.
#[derive(Clone)]
pub(crate) struct Original {
    threads: Weak<Threads>,
    number: usize,
}

impl Originals {
    /// Gives all away, to be dropped where that may run Python code.
    pub(crate) fn take(&self) -> Vec<PyObjectRef> {
        std::mem::take(&mut self.0.lock())
    }
}

impl Threads {
    pub(crate) fn keep(self: &Arc<Self>, object: PyObjectRef) -> Original {
        let mut kept = self.originals.0.lock();
        kept.push(object);
        Original {
            threads: Arc::downgrade(self),
            number: kept.len() - 1,
        }
    }
}

impl Original {
    fn find(&self) -> Option<PyObjectRef> {
        let threads = self.threads.upgrade()?;
        let kept = threads.originals.0.lock();
        kept.get(self.number).cloned()
    }

    /// # Errors
    /// `RuntimeError` if the interpreter has let go of it.
    pub(crate) fn get(&self, vm: &VirtualMachine) -> PyResult {
        self.find()
            .ok_or_else(|| vm.new_runtime_error("the interpreter is ending"))
    }

    pub(crate) fn is(&self, other: &PyObject) -> bool {
        self.find().is_some_and(|object| object.is(other))
    }
}
