//! The library as a Rust program uses it: several runtimes in one process, each on any thread.
//!
//! One binary, since each that holds the interpreter takes a while to link. A test that hangs is
//! ended by its deadline, which says what it was waiting for.
#![expect(clippy::float_cmp, reason = "numbers that pass through unchanged")]
#![expect(
    clippy::zero_sized_map_values,
    reason = "a map of nothing is what is tested"
)]

mod annotations;
mod async_hosts;
mod attacks;
mod awaitables;
mod buffers;
mod classes;
mod control;
mod databases;
mod derived;
mod entering;
mod errors;
mod exploring;
mod functions;
mod hostile;
mod isolation;
mod leftovers;
mod limits;
mod neighbours;
mod notebooks;
mod output;
mod pool;
mod queues;
#[cfg(all(feature = "sandbox", target_os = "linux"))]
mod sandbox;
mod serde;
mod settings;
mod shared_state;
mod shutdown;
mod steps;
mod support;
mod threads;
mod tier;
mod timelines;
mod values;
