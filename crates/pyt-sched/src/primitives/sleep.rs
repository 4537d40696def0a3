//! Waiting for nothing but the passing of time, or for I/O.

use super::blocking::wait_at_gate;
use crate::{Aborted, Awaited, Deadline, WaitKind, Waiter, Wake, op::Action};

/// Blocks the calling thread until `deadline`.
///
/// # Errors
/// [`Aborted`] if a signal handler raised during the sleep; one that returned does not shorten
/// it (PEP 475).
pub fn sleep(deadline: Deadline) -> Result<(), Aborted> {
    let awaited = Awaited {
        kind: WaitKind::Sleep,
        object: 0,
        deadline: Some(deadline),
        held_by: None,
    };
    Waiter::new(false).wait(&awaited).map(|_| ())
}

/// In a run under a strategy, blocks the calling thread until `is_ready` says that I/O can go on,
/// or until `deadline`. It is asked at every decision of the run, from other threads, and must not
/// block: what makes it true must be a step of the run. So a thread that waits like this can be
/// part of a deadlock. Returns how the wait ended; `None`, at once, outside of a run.
///
/// # Errors
/// [`Aborted`] if a signal handler raised during the wait, or the run was given up.
pub fn wait_for_io(
    deadline: Option<Deadline>,
    is_ready: impl Fn() -> bool + Sync,
) -> Result<Option<Wake>, Aborted> {
    let awaited = || Awaited {
        kind: WaitKind::Io,
        object: 0,
        deadline,
        held_by: None,
    };
    wait_at_gate(Action::Wait, awaited, is_ready).transpose()
}
