//! The engine: threads, their waits, and the scheduler they belong to.
//!
//! What is decided elsewhere is behind two traits: [`Policy`](policy::Policy) and
//! [`World`](world::World). No policy and no primitive is known here.
//!
//! - `thread`: a thread's identity, its turns, and the wait it is in
//! - `wait`: the one way to block
//! - `wait_kind`: the kinds of waits, in words
//! - `scheduler`: a runtime's threads; virtual time, halting, fork
//! - `decision`: decision points
//! - `observer`: what an observer learns of threads
//! - `draw`: what threads take from a source that gives each taker another value
//! - `pick`: what a run leaves open besides which thread goes on
//! - `deadlock`: finds threads that wait for ever
//! - `ticker`, `timers`: used by the scheduler alone

pub(crate) mod deadlock;
pub(crate) mod decision;
pub(crate) mod draw;
pub(crate) mod observer;
pub(crate) mod pick;
pub(crate) mod policy;
pub(crate) mod scheduler;
pub(crate) mod thread;
mod ticker;
mod timers;
pub(crate) mod wait;
pub(crate) mod wait_kind;
pub(crate) mod world;
