//! What the kernel has a thread inherit from the one that starts it, but for its signal mask.

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
