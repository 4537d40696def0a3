//! The synchronisation primitives: small state machines over [`WaitQueue`](crate::WaitQueue).
//!
//! Each is written once and is the same under every policy. An operation that need not wait makes
//! no call into the policy. How they block is in `blocking`. Timeouts are
//! [`Deadline`](crate::Deadline)s on the calling thread's clock, `None` for ever; a wait that a
//! signal handler's exception ends returns [`Aborted`](crate::Aborted) and leaves the primitive as
//! if the wait had never begun.

pub(crate) mod barrier;
mod blocking;
pub(crate) mod condition;
pub(crate) mod event;
pub(crate) mod lock;
pub(crate) mod queue;
pub(crate) mod rlock;
pub(crate) mod semaphore;
pub(crate) mod simple_queue;
pub(crate) mod sleep;

/// The address of a primitive, to tell it from others in reports.
pub(crate) fn address<T>(primitive: &T) -> usize {
    std::ptr::from_ref(primitive) as usize
}
