//! The idents of threads that programs see.
//!
//! They are the operating system's, but for the threads of a run under a strategy: those are
//! numbered, so that the same schedule shows the same numbers every time.

use pyt_sched::controlled;

/// The ident of the first thread of a run; the next ones count up.
const FIRST: u64 = 1000;

/// The ident that a thread with this number in a run shows.
#[inline]
pub fn of_number(number: controlled::ThreadNumber) -> u64 {
    FIRST + u64::from(number)
}

/// The ident that the calling thread shows; `real` is the operating system's.
#[inline]
pub fn of_caller(real: impl FnOnce() -> u64) -> u64 {
    controlled::current_number().map_or_else(real, of_number)
}

/// The ident that a thread shows that was not started in a run; `real` is the operating system's.
pub fn of_other(real: u64) -> u64 {
    if controlled::is_first(real) {
        FIRST
    } else {
        real
    }
}
