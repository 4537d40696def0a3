//! The library as a Rust program uses it: several runtimes in one process, each on any thread.
//!
//! One binary, since each that holds the interpreter takes a while to link. A test that hangs is
//! ended by its deadline, which says what it was waiting for.

mod entering;
mod functions;
mod isolation;
mod output;
mod scratch;
mod settings;
mod support;
mod values;
