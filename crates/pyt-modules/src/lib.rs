//! The native Python modules of pyt, and the bridge between `pyt-sched` and the interpreter.
//!
//! `_thread`, `threading`, `queue`, `_queue` and `time` replace RustPython's own for every
//! importer. Their classes only convert arguments, errors and names: what waits and wakes is in
//! `pyt-sched`, and how the two meet is in `vm::world`.

#![allow(
    clippy::module_inception,
    reason = "a file's Python module or part of one is named as what it defines"
)]

mod args;
pub mod instrument;
mod modules;
mod upstream;
mod vm;

pub use modules::{install, pythonapi, runs};
pub use pyt_sched as sched;
pub use vm::{
    control, deadlock, panics, signal_handlers,
    state::{self, Config, InterpreterState},
    uncaught::{self, Uncaught},
};
