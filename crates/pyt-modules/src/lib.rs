//! The native Python modules of pyt.
//!
//! `_thread`, `threading`, `queue`, `_queue` and `time` replace RustPython's own for every
//! importer. Their classes only convert arguments, errors and names: what waits and wakes is in
//! `pyt-sched`, and how the two meet is in `pyt-vm`.

#![allow(
    clippy::module_inception,
    reason = "a file's Python module or part of one is named as what it defines"
)]

mod args;
pub mod guards;
mod modules;
pub mod upstream;

pub use args::direct_calls::{DirectCall, DirectMethod};
pub use modules::{
    direct_methods, import_lock::give_back_import_lock, install, pythonapi, runs, search_path,
};
pub use upstream::corrections::{
    code_in_pieces::compile_in_pieces,
    executing::mend_code,
    syntax::{Compilation, compile_corrected, plain_text},
    unterminated_literals::corrected as with_ended_lines,
};

/// A native module that only isolated interpreters have: their mark.
pub const ISOLATION_MARK: &str = "_pyt_isolated";
