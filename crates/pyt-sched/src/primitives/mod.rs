//! The synchronisation primitives: small state machines over [`WaitQueue`](crate::WaitQueue).
//!
//! Each is written once and is the same under every policy. An operation that need not wait makes
//! no call into the policy. How they block is in `blocking`. Timeouts are
//! [`Deadline`](crate::Deadline)s on the calling thread's clock, `None` for ever; a wait that a
//! signal handler's exception ends returns [`Aborted`](crate::Aborted) and leaves the primitive as
//! if the wait had never begun.

pub mod barrier;
mod blocking;
pub mod condition;
pub mod event;
pub mod lock;
pub mod queue;
pub mod rlock;
pub mod semaphore;
pub mod simple_queue;
pub mod sleep;

/// The address of a primitive, to tell it from others in reports.
pub(crate) fn address<T>(primitive: &T) -> usize {
    std::ptr::from_ref(primitive) as usize
}
