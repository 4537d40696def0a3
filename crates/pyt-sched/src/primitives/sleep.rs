//! Waiting for nothing but the passing of time.

use crate::{Aborted, Awaited, Deadline, WaitKind, Waiter};

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
