//! The functions of CPython's C API that `ctypes.pythonapi` offers, by their C names.
//!
//! `ctypes` looks them up in the running program, from which `build.rs` has the linker export them,
//! and calls them with the GIL held, as CPython's `PyDLL` does.

mod capsules;
mod signals;

use std::ffi::{c_int, c_ulong};

use pyt_runtime::{pythonapi, vm::PyObject};

/// What `PyGILState_Ensure` returns on a thread that holds the GIL: `PyGILState_LOCKED`.
const LOCKED: c_int = 0;

/// Raises `exception`, a class, in the thread with this ident; null cancels an exception that was
/// not raised yet. Returns the number of threads that were found: 1 or 0.
///
/// # Safety
/// `exception` is null or points to a Python object. The calling thread runs Python.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyThreadState_SetAsyncExc(ident: c_ulong, exception: *mut PyObject) -> c_int {
    // SAFETY: the caller's promise.
    let exception = unsafe { exception.as_ref() }.map(PyObject::to_owned);
    pythonapi::set_async_exc(ident, exception)
}

/// Lets the calling thread use Python. A thread that `ctypes` calls from may already.
///
/// A thread that Python does not know cannot be attached by this function: the process is aborted,
/// as CPython does where it finds no thread state.
#[unsafe(no_mangle)]
extern "C" fn PyGILState_Ensure() -> c_int {
    if !pythonapi::is_known() {
        eprintln!(
            "Fatal Python error: PyGILState_Ensure: called from a thread that Python does not know"
        );
        std::process::abort();
    }
    LOCKED
}

/// Undoes a call of `PyGILState_Ensure`, which changed nothing.
#[unsafe(no_mangle)]
extern "C" fn PyGILState_Release(_state: c_int) {}

/// Adds a reference to an object; null is left alone.
///
/// # Safety
/// `object` is null or points to a Python object that is alive.
#[unsafe(no_mangle)]
unsafe extern "C" fn Py_IncRef(object: *mut PyObject) {
    // SAFETY: the caller's promise.
    if let Some(object) = unsafe { object.as_ref() } {
        let _ = object.to_owned().into_raw();
    }
}

/// Takes a reference from an object; null is left alone. The calling thread runs Python, since an
/// object whose last reference goes is finalized.
///
/// # Safety
/// `object` is null or points to a Python object, of which the caller has a reference.
#[unsafe(no_mangle)]
unsafe extern "C" fn Py_DecRef(object: *mut PyObject) {
    if let Some(object) = std::ptr::NonNull::new(object) {
        // SAFETY: the caller's reference is given up.
        drop(unsafe { pyt_runtime::vm::PyObjectRef::from_raw(object) });
    }
}
