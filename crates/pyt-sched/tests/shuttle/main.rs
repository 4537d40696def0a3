//! Every primitive under shuttle, which controls each interleaving of the crate's own atomics,
//! locks and parks, and reports a deadlock as a failure.
//!
//! Each check runs under both policies and on a virtual clock, so timeouts come exactly when no
//! thread can run. Nothing here may depend on real time.

mod barrier;
mod condition;
mod event;
mod fixture;
mod halt;
mod interrupt;
mod lock;
mod queue;
mod rlock;
mod semaphore;
mod simple_queue;
mod sleep;
