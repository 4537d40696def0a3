//! The host's code on Python threads: how deep the calling thread is within it, and dropping what
//! it gave.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
};

thread_local! {
    /// How many functions of the host's are on this thread's stack.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether the calling thread is within a function of the host's, whose errors most likely return
/// to Python.
pub(crate) fn is_within_host_function() -> bool {
    DEPTH.get() > 0
}

/// The calling thread is within a function of the host's, for as long as this lives.
pub(super) struct HostFunctionScope(());

impl HostFunctionScope {
    pub(super) fn begin() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self(())
    }
}

impl Drop for HostFunctionScope {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Drops a value of the host's. A panic of its destructor goes no further than the panic hook.
pub(super) fn drop_catching<T>(value: T) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(value))) {
        std::mem::forget(payload);
    }
}
