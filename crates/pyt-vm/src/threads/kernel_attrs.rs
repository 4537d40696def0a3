//! What the kernel keeps for a thread: its number, and what a thread inherits from the thread that
//! starts it, except the signal mask.

use std::ffi::{c_int, c_uint};

use rustix::thread::{CpuSet, sched_getaffinity};

unsafe extern "C" {
    fn getpriority(which: c_uint, who: c_uint) -> c_int;
    fn sched_getscheduler(pid: c_int) -> c_int;
}

/// `PRIO_PROCESS`, which on Linux stands for a thread.
const OF_THREAD: c_uint = 0;

/// The cores a thread may use, its nice value, and its scheduling policy.
#[derive(PartialEq, Eq)]
pub(super) struct KernelAttrs {
    cores: Option<Box<CpuSet>>,
    nice: c_int,
    policy: c_int,
}

impl KernelAttrs {
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

/// The kernel's number for the calling thread.
#[must_use]
pub fn native_id() -> u64 {
    u64::try_from(rustix::thread::gettid().as_raw_nonzero().get()).unwrap_or(0)
}
