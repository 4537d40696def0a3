//! Waiting for nothing but the passing of time.

use crate::{Aborted, Deadline, WaitKind, Waiter};

/// Blocks the calling thread until `deadline`.
///
/// # Errors
/// [`Aborted`] if a signal handler raised during the sleep; one that returned does not shorten
/// it (PEP 475).
pub fn sleep(deadline: Deadline) -> Result<(), Aborted> {
    Waiter::new(false)
        .wait(Some(deadline), WaitKind::Sleep, 0, None)
        .map(|_| ())
}
