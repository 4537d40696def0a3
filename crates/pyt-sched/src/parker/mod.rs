//! Parking one thread: it sleeps until another thread hands over a token.
//!
//! Tokens and parks pair exactly: each [`Parker::unpark`] lets one [`Parker::park`] return
//! [`Parked::Token`]. The files beside this one are the platforms; a parker knows nothing of
//! queues or policies.

#[cfg(all(target_os = "linux", not(feature = "shuttle")))]
mod futex;
#[cfg(all(target_os = "linux", not(feature = "shuttle")))]
pub(crate) use futex::{Parker, reset_after_fork};

#[cfg(any(not(target_os = "linux"), feature = "shuttle"))]
mod condvar;
#[cfg(any(not(target_os = "linux"), feature = "shuttle"))]
pub(crate) use condvar::{Parker, reset_after_fork};

/// Why [`Parker::park`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// The token was handed over, and is now used up.
    Token,
    /// The time given has passed.
    Elapsed,
    /// A signal handler ran on this thread (only where the platform reports that), or nothing at
    /// all happened: the caller must check.
    Interrupted,
}
