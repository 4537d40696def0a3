//! The clock of another thread's processor time.

use std::{
    ffi::{c_int, c_ulong},
    io,
};

use pyt_vm::state;
use rustpython_vm::VirtualMachine;

/// POSIX's "no such process".
const ESRCH: i32 = 3;

unsafe extern "C" {
    fn pthread_getcpuclockid(thread: c_ulong, clock: *mut c_int) -> c_int;
}

pub(super) fn no_such_thread() -> io::Error {
    io::Error::from_raw_os_error(ESRCH)
}

/// The number of the clock that counts the processor time of the thread `ident`.
///
/// # Errors
/// The operating system's; "no such process" if the interpreter knows no such thread.
pub(super) fn of_thread(ident: u64, vm: &VirtualMachine) -> io::Result<i32> {
    let mut clock = 0;
    let error = state::of(vm).threads().while_alive(ident, || {
        // SAFETY: `ident` is the `pthread_t` of a thread that has not ended.
        unsafe { pthread_getcpuclockid(ident, &raw mut clock) }
    });
    match error {
        Some(0) => Ok(clock),
        Some(error) => Err(io::Error::from_raw_os_error(error)),
        None => Err(no_such_thread()),
    }
}
