//! The library as a Rust program uses it: several runtimes in one process, each on any thread.
//!
//! One binary, since each that holds the interpreter takes a while to link. A test that hangs is
//! ended by its deadline, which says what it was waiting for.

mod classes;
mod entering;
mod errors;
mod functions;
mod serde;
mod support;
mod values;
