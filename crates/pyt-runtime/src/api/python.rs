//! Proof that a thread is inside an interpreter.

use std::{fmt, panic, sync::Arc};

use rustpython_vm::{VirtualMachine, vm::thread};

use super::runtime_core::RuntimeCore;

/// Proof that the calling thread is attached to an interpreter and may touch Python objects.
/// Methods that run Python need one; it cannot leave the closure that it was given to.
#[derive(Clone, Copy)]
pub struct Python<'py> {
    vm: &'py VirtualMachine,
    core: &'py Arc<RuntimeCore>,
}

impl fmt::Debug for Python<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Python").finish_non_exhaustive()
    }
}

impl<'py> Python<'py> {
    pub(crate) const fn new(vm: &'py VirtualMachine, core: &'py Arc<RuntimeCore>) -> Self {
        Self { vm, core }
    }

    /// RustPython's own handle on the thread, for what this crate has no method for.
    #[must_use]
    pub const fn vm(self) -> &'py VirtualMachine {
        self.vm
    }

    pub(crate) const fn core(self) -> &'py Arc<RuntimeCore> {
        self.core
    }

    /// Detaches the thread from the interpreter for as long as `f` runs: other threads run Python
    /// meanwhile. For code that blocks, and for long computations. `f` may enter again by
    /// [`Runtime::enter`](crate::Runtime::enter). Blocks after `f` until the thread has its turn.
    ///
    /// # Panics
    /// If `f` panics, with the same payload.
    pub fn detach<R>(self, f: impl FnOnce() -> R + Send) -> R {
        let saved = thread::save_current_thread();
        let result = panic::catch_unwind(panic::AssertUnwindSafe(f));
        thread::restore_current_thread(saved);
        result.unwrap_or_else(|panic| panic::resume_unwind(panic))
    }
}

/// Runs `f` with the calling thread detached from the interpreter that it is in, if it is in one.
pub(crate) fn detached<R>(f: impl FnOnce() -> R) -> R {
    if thread::current_vm_is_set() {
        thread::with_current_vm(|vm| vm.allow_threads(f))
    } else {
        f()
    }
}
