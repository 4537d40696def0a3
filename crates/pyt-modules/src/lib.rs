//! The native Python modules of pyt, and the bridge between `pyt-sched` and the interpreter.
//!
//! `_thread`, `threading`, `queue`, `_queue` and `time` replace RustPython's own for every
//! importer. Their classes only convert arguments, errors and names: what waits and wakes is in
//! `pyt-sched`, and how the two meet is in [`world`].

#![allow(
    clippy::module_inception,
    reason = "a file's Python module or part of one is named as what it defines"
)]

mod arguments;
mod async_exc;
pub mod control;
pub mod deadlock;
mod end;
mod futures;
mod hot;
mod interpreters;
mod numbers;
mod operator;
mod originals;
pub mod panics;
mod pickling;
mod points;
pub mod pythonapi;
mod queue;
pub mod runs;
mod safe_point;
mod seconds;
mod session;
mod signal;
pub mod sites;
mod stay;
mod sys;
mod thread;
mod threading;
mod time;
mod timeout;
mod uncaught;
mod upstream;
mod whole;
mod world;

pub use pyt_sched as sched;
pub use session::{Config, Session, install};
pub use uncaught::Uncaught;
