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
//! - `deadlock`: finds threads that wait for ever
//! - `ticker`, `timers`: used by the scheduler alone

pub mod deadlock;
pub mod decision;
pub mod policy;
pub mod scheduler;
pub mod thread;
mod ticker;
mod timers;
pub mod wait;
pub mod wait_kind;
pub mod world;
