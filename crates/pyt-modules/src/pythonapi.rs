//! The functions of CPython's C API that have to do with threads and that programs reach through
//! `ctypes.pythonapi`. The interpreter has no C API; these are the few that need none.
//!
//! `ctypes.pythonapi` looks them up in the running program, whose linker must be told to export
//! them: pyt's binary does. `ctypes` calls them with the GIL held, as CPython's `PyDLL` does.

use std::ffi::{c_int, c_ulong};

use rustpython_vm::{PyObject, vm::thread};

use crate::interpreters;

/// What `PyGILState_Ensure` returns on a thread that holds the GIL: `PyGILState_LOCKED`.
const LOCKED: c_int = 0;

/// Raises `exception`, a class, in the thread with this ident at its next function call or turn of
/// a loop; null takes back what was not raised yet. Returns the number of threads it applies to:
/// one, or none.
///
/// # Safety
/// `exception` is null or points to a Python object. The calling thread runs Python.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyThreadState_SetAsyncExc(ident: c_ulong, exception: *mut PyObject) -> c_int {
    if !thread::current_vm_is_set() {
        return 0;
    }
    // SAFETY: the caller's promise.
    let exception = unsafe { exception.as_ref() }.map(PyObject::to_owned);
    thread::with_current_vm(|vm| {
        let threads = interpreters::of(vm);
        let ident: u64 = ident;
        if threads.while_alive(ident, || ()).is_none() {
            return 0;
        }
        // The interpreter's `ctypes` hands over `None` where CPython's hands over null.
        let exception = exception.filter(|exception| !vm.is_none(exception));
        let world = &threads.world;
        match world.async_exceptions.send(ident, exception, world, vm) {
            Ok(()) => 1,
            Err(raised) => {
                vm.run_unraisable(raised, None, vm.ctx.none());
                0
            }
        }
    })
}

/// Makes the calling thread one that may use Python. One that `ctypes` called from is.
///
/// A thread that Python does not know cannot be made known to it in this way: the process is
/// aborted, as CPython does where it finds no thread state.
#[unsafe(no_mangle)]
extern "C" fn PyGILState_Ensure() -> c_int {
    if !thread::current_vm_is_set() {
        eprintln!("Fatal Python error: PyGILState_Ensure: a thread that Python does not know");
        std::process::abort();
    }
    LOCKED
}

/// Undoes a call of `PyGILState_Ensure`, which changed nothing.
#[unsafe(no_mangle)]
extern "C" fn PyGILState_Release(_state: c_int) {}
