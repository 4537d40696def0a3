//! The Python exception that aborts the calling thread's wait, until the wait has returned: to the
//! scheduler a wait was only aborted.

use std::cell::RefCell;

use pyt_sched::Aborted;
use rustpython_vm::builtins::PyBaseExceptionRef;

thread_local! {
    /// What a signal handler raised, or another thread.
    static PENDING: RefCell<Option<PyBaseExceptionRef>> = const { RefCell::new(None) };
}

/// Aborts the calling thread's wait with `raised`.
pub(super) fn abort_with(raised: PyBaseExceptionRef) -> Aborted {
    PENDING.set(Some(raised));
    Aborted::new()
}

pub(super) fn take() -> Option<PyBaseExceptionRef> {
    PENDING.take()
}

/// Drops what a wait left. To be called attached.
pub(super) fn clear() {
    let _dropped_inside = PENDING.take();
}
