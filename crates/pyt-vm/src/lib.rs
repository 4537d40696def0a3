//! The bridge between the scheduler and the interpreter: what one interpreter of the process is to
//! pyt, and its threads. Which Python modules there are is not known here.

pub mod abort;
mod async_exc;
mod attach;
pub mod audit_hooks;
pub mod control;
pub mod cpu_clock;
pub mod deadlock;
pub mod event_loops;
mod finalize;
mod first_entry;
mod fork;
pub mod hooks;
mod monitoring_tool;
pub mod naming;
pub mod number_map;
pub mod panics;
mod pending_exception;
pub mod process_lock;
pub mod recording;
mod safe_point;
pub mod shared_classes;
mod shield;
pub mod signal_handlers;
mod slots;
pub mod state;
pub mod steps;
mod streams;
pub mod threads;
pub mod uncaught;
pub mod world;

pub use state::{Config, InterpreterState};
pub use uncaught::Uncaught;
