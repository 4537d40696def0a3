//! What the kernel has a thread inherit from the one that starts it.

use std::ffi::{c_int, c_uint, c_void};

use rustix::thread::{CpuSet, sched_getaffinity};

unsafe extern "C" {
    fn pthread_sigmask(how: c_int, set: *const c_void, before: *mut c_void) -> c_int;
    fn getpriority(which: c_uint, who: c_uint) -> c_int;
    fn sched_getscheduler(pid: c_int) -> c_int;
}

/// `SIG_SETMASK` on Linux.
const SET_MASK: c_int = 2;
/// `PRIO_PROCESS`, which on Linux stands for a thread.
const OF_THREAD: c_uint = 0;

/// The cores a thread may use, its nice value, and its scheduling policy.
#[derive(PartialEq, Eq)]
pub(super) struct Standing {
    cores: Option<Box<CpuSet>>,
    nice: c_int,
    policy: c_int,
}

impl Standing {
    /// The calling thread's.
    pub(super) fn of_caller() -> Self {
        Self {
            cores: sched_getaffinity(None).ok().map(Box::new),
            // SAFETY: these take numbers and return one; zero stands for the calling thread.
            nice: unsafe { getpriority(OF_THREAD, 0) },
            // SAFETY: as above.
            policy: unsafe { sched_getscheduler(0) },
        }
    }
}

/// Which signals a thread blocks: a `sigset_t`, which has 128 bytes on Linux.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(super) struct SignalMask([u64; 16]);

impl SignalMask {
    /// All signals. The C library keeps its own out of it.
    pub(super) const FULL: Self = Self([u64::MAX; 16]);

    /// The calling thread's.
    pub(super) fn of_caller() -> Self {
        let mut mask = Self([0; 16]);
        // SAFETY: a null set asks for the mask only, which fits.
        unsafe { pthread_sigmask(SET_MASK, std::ptr::null(), (&raw mut mask).cast()) };
        mask
    }

    /// Makes it the calling thread's.
    pub(super) fn set(&self) {
        let this: *const Self = self;
        // SAFETY: it is a whole `sigset_t`, and outlives the call.
        unsafe { pthread_sigmask(SET_MASK, this.cast(), std::ptr::null_mut()) };
    }
}
