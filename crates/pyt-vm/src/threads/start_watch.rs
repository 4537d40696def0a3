//! A function that is asked before each thread starts, for a test runner that wants to know which
//! tests have threads. What it does with the answer is not known here.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

/// The function of one interpreter, if it has any.
#[derive(Default)]
pub struct StartWatch {
    is_set: AtomicBool,
    function: Mutex<Option<PyObjectRef>>,
}

impl StartWatch {
    /// From now on `function` is called before each start, and what it raises is raised there.
    /// `None`: no function is.
    pub fn set(&self, function: Option<PyObjectRef>) {
        self.is_set.store(function.is_some(), Ordering::Relaxed);
        let before = std::mem::replace(&mut *self.function.lock(), function);
        // Its finalizer may start threads.
        drop(before);
    }

    /// A thread of this name is about to start.
    ///
    /// # Errors
    /// What the function raises.
    pub(super) fn ask(&self, name: &str, vm: &VirtualMachine) -> PyResult<()> {
        if !self.is_set.load(Ordering::Relaxed) {
            return Ok(());
        }
        let function = self.function.lock().clone();
        match function {
            Some(function) => function.call((vm.ctx.new_str(name),), vm).map(drop),
            None => Ok(()),
        }
    }
}
