//! Raising the exceptions that aborted waits.

use pyt_sched::Aborted;
use rustpython_vm::{PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

use super::{event_loops::LoopDescriber, pending_exception, state, uncaught::UncaughtExceptions};

/// The exception that aborted the calling thread's wait: what a signal handler or another thread
/// raised, or else, since the run was given up of which the thread is a member, what ends such
/// threads.
#[cold]
pub fn abort_exception(_: Aborted, vm: &VirtualMachine) -> PyBaseExceptionRef {
    pending_exception::take().unwrap_or_else(|| {
        let state = state::of(vm);
        LoopDescriber::of(&state).describe(vm);
        UncaughtExceptions::of(&state).abandonment(vm)
    })
}

/// Raises in the place of [`Aborted`].
pub trait OrRaise<T> {
    /// Raises the exception that aborted the wait.
    ///
    /// # Errors
    /// See [`abort_exception`].
    fn or_raise(self, vm: &VirtualMachine) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, Aborted> {
    #[inline]
    fn or_raise(self, vm: &VirtualMachine) -> PyResult<T> {
        self.map_err(|aborted| abort_exception(aborted, vm))
    }
}
