//! What the functions of CPython's C API do that have to do with threads and that programs reach
//! through `ctypes.pythonapi`. The interpreter has no C API; these are the few that need none.
//!
//! Their C names are given to them by `pyt`'s binary: in a library they would clash with those of a
//! CPython in the same program.

use pyt_vm::state;
use rustpython_vm::{PyObjectRef, vm::thread};

/// Raises `exception`, a class, in the thread with this ident at its next function call or turn of
/// a loop; `None` takes back what was not raised yet. To be called by a thread that runs Python.
/// Returns the number of threads it applies to: one, or none.
#[must_use]
pub fn set_async_exc(ident: u64, exception: Option<PyObjectRef>) -> i32 {
    if !is_known() {
        return 0;
    }
    thread::with_current_vm(|vm| {
        let state = state::of(vm);
        if state.threads().while_alive(ident, || ()).is_none() {
            return 0;
        }
        // The interpreter's `ctypes` hands over `None` where CPython's hands over null.
        let exception = exception.filter(|exception| !vm.is_none(exception));
        let world = &state.world;
        match world.async_exceptions.send(ident, exception, world, vm) {
            Ok(()) => 1,
            Err(raised) => {
                vm.run_unraisable(raised, None, vm.ctx.none());
                0
            }
        }
    })
}

/// Whether Python knows the calling thread.
#[must_use]
pub fn is_known() -> bool {
    thread::current_vm_is_set()
}
