//! The clock of another thread's processor time.

use std::{
    ffi::{c_int, c_ulong},
    io,
};

use rustpython_vm::VirtualMachine;

use crate::interpreters;

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
    // Preempted threads are not in the interpreter's registry.
    interpreters::of(vm)
        .world
        .with_all_listed(|| of_listed_thread(ident, vm))
}

fn of_listed_thread(ident: u64, vm: &VirtualMachine) -> io::Result<i32> {
    // A thread leaves this registry before it ends, and can't while the registry is locked.
    let threads = vm.state.thread_frames.lock();
    if !threads.contains_key(&ident) {
        return Err(no_such_thread());
    }
    let mut clock = 0;
    // SAFETY: `ident` is the `pthread_t` of a thread that has not ended, see above.
    let error = unsafe { pthread_getcpuclockid(ident, &raw mut clock) };
    match error {
        0 => Ok(clock),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
