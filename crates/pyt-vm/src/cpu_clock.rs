//! The clocks of threads' processor time.

use std::{
    ffi::{c_int, c_ulong},
    io,
    time::Duration,
};

use rustpython_vm::host_env::time;

use super::state::InterpreterState;

/// POSIX's "no such process".
const ESRCH: i32 = 3;

unsafe extern "C" {
    fn pthread_getcpuclockid(thread: c_ulong, clock: *mut c_int) -> c_int;
}

/// The error for an ident that is no thread's.
#[must_use]
pub fn no_such_thread() -> io::Error {
    io::Error::from_raw_os_error(ESRCH)
}

impl InterpreterState {
    /// The number of the clock that counts the processor time of the thread that shows `ident`.
    ///
    /// # Errors
    /// The operating system's; "no such process" if the interpreter has no such thread.
    pub fn cpu_clock(&self, ident: u64) -> io::Result<i32> {
        let mut clock = 0;
        let ident = self.threads().real_ident(ident);
        let error = self.threads().while_alive(ident, || {
            // SAFETY: `ident` is the `pthread_t` of a thread that has not ended.
            unsafe { pthread_getcpuclockid(ident, &raw mut clock) }
        });
        match error {
            Some(0) => Ok(clock),
            Some(error) => Err(io::Error::from_raw_os_error(error)),
            None => Err(no_such_thread()),
        }
    }

    /// The processor time that the thread `ident` has had since it began. `None`: there is no such
    /// thread, or the system has no such clock.
    #[must_use]
    pub fn cpu_time(&self, ident: u64) -> Option<Duration> {
        let clock = self.cpu_clock(ident).ok()?;
        // A thread that has exited meanwhile has no such clock, which is an error.
        time::clock_gettime(time::ClockId::from_raw(clock)).ok()
    }
}
