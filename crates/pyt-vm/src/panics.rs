//! Panics in the interpreter's own code, which end as exceptions: else the thread would exit
//! without a message, and threads that join it would wait for ever.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe},
};

use rustpython_vm::{
    PyResult, VirtualMachine,
    vm::thread::{get_current_frame, set_current_frame},
};

thread_local! {
    static HAS_PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, and raises `SystemError` if it panics.
///
/// # Errors
/// What `f` raises, or `SystemError` if it panics.
pub fn contained<R>(vm: &VirtualMachine, f: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    let frame = get_current_frame();
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        HAS_PANICKED.set(true);
        // The functions that were unwound are not to be found as those that run.
        let _unwound = set_current_frame(frame);
        let message = message_of(&*payload).unwrap_or("no message");
        let message = format!("the interpreter panicked: {message}");
        Err(vm.new_system_error(message))
    })
}

/// Runs `f` at the end of an interpreter, where what panics is skipped.
pub(super) fn skipped(f: impl FnOnce()) {
    // The message was printed.
    let _ = panic::catch_unwind(AssertUnwindSafe(f));
}

/// Whether there was a panic on the calling thread since the last call: what the thread leaves is
/// not to be used again.
pub fn take() -> bool {
    HAS_PANICKED.take()
}

/// What a panic with this payload says, if that is text.
#[must_use]
pub fn message_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
