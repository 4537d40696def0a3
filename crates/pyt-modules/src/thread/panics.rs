//! Panics in the interpreter's own code, which end as exceptions: else the thread would be gone
//! without a word, and whoever joins it would wait for ever.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe},
};

use rustpython_vm::{PyResult, VirtualMachine};

thread_local! {
    static HAS_PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, and raises `SystemError` if it panics.
pub(crate) fn contained<R>(vm: &VirtualMachine, f: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        HAS_PANICKED.set(true);
        let message = format!("the interpreter panicked: {}", message_of(&*payload));
        Err(vm.new_system_error(message))
    })
}

/// Whether there was a panic on the calling thread since this was last asked: what it leaves is not
/// to be used again.
pub(super) fn take() -> bool {
    HAS_PANICKED.take()
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
