//! What the scheduler needs of the interpreter: leaving it around a wait, stopping threads at
//! safe points, running signal handlers.

use std::cell::RefCell;

use pyt_sched::Aborted;
use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef};

thread_local! {
    /// The exception a signal handler raised during this thread's wait.
    static PENDING: RefCell<Option<PyBaseExceptionRef>> = const { RefCell::new(None) };
}

/// The exception that ended a wait: what a signal handler raised.
pub(crate) fn aborted(_: Aborted, vm: &VirtualMachine) -> PyBaseExceptionRef {
    PENDING
        .take()
        .unwrap_or_else(|| vm.new_runtime_error("a wait was given up for no reason"))
}
