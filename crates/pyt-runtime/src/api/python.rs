//! Proof that a thread is inside an interpreter.

use std::{fmt, panic, sync::Arc};

use rustpython_vm::{VirtualMachine, vm::thread};

use crate::api::shared::Shared;

/// Proof that the calling thread is inside an interpreter and may touch Python objects. Whatever
/// runs Python takes one; it cannot leave the closure that it was given to.
#[derive(Clone, Copy)]
pub struct Python<'py> {
    vm: &'py VirtualMachine,
    shared: &'py Arc<Shared>,
}

impl fmt::Debug for Python<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Python").finish_non_exhaustive()
    }
}

impl<'py> Python<'py> {
    pub(crate) const fn new(vm: &'py VirtualMachine, shared: &'py Arc<Shared>) -> Self {
        Self { vm, shared }
    }

    /// RustPython's own view of the thread: the way to everything that this crate has no method
    /// for.
    #[must_use]
    pub const fn vm(self) -> &'py VirtualMachine {
        self.vm
    }

    pub(crate) const fn shared(self) -> &'py Arc<Shared> {
        self.shared
    }

    /// Leaves the interpreter for as long as `f` runs: other threads run Python meanwhile. For
    /// whatever blocks, and for long computations. `f` may come back in by
    /// [`Runtime::enter`](crate::Runtime::enter).
    pub fn detach<R>(self, f: impl FnOnce() -> R + Send) -> R {
        let saved = thread::save_current_thread();
        let result = panic::catch_unwind(panic::AssertUnwindSafe(f));
        thread::restore_current_thread(saved);
        result.unwrap_or_else(|panic| panic::resume_unwind(panic))
    }
}
