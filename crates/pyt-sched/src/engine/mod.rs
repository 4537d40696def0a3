//! Threads, their waits, and the scheduler they belong to, with the traits [`Policy`](policy::Policy)
//! and [`World`](world::World) for what is decided elsewhere.

pub mod deadlock;
pub mod policy;
pub mod scheduler;
pub mod thread;
mod ticker;
mod timers;
pub mod wait;
pub mod wait_kind;
pub mod world;
