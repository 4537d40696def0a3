//! What a host holds: the runtime, objects of Python's as Rust values, and Rust code as Python
//! objects.
//!
//! What a program's command line says, and how threads are made to raise or end, is not known here.
//! Only the pool knows how a runtime is built.

mod async_calls;
pub(crate) mod attempt;
pub(crate) mod awaitable;
mod call_threads;
mod cell;
pub(crate) mod class;
pub(crate) mod closure;
pub(crate) mod code;
pub(crate) mod completion;
mod entry_gate;
pub(crate) mod error;
pub(crate) mod function;
mod host_code;
pub(crate) mod main_module;
pub(crate) mod native_module;
pub(crate) mod pool;
pub(crate) mod python;
pub(crate) mod queue;
pub(crate) mod runtime;
pub(crate) mod runtime_core;
pub(crate) mod serde;
mod stub;
pub(crate) mod value;
