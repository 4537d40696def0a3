//! The library as a Rust program uses it: several runtimes in one process, each on any thread.
//!
//! One binary, since each that holds the interpreter takes a while to link. A test that hangs is
//! ended by its deadline, which says what it was waiting for.

mod async_hosts;
mod classes;
mod control;
mod entering;
mod errors;
mod functions;
mod isolation;
mod limits;
mod output;
mod pool;
mod queues;
mod serde;
mod settings;
mod shared_state;
mod shutdown;
mod support;
mod threads;
mod values;
