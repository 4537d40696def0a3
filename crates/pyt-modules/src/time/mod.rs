//! The module `time`: clocks and sleep on the scheduler's clock, the calendar from upstream.

pub(crate) mod seconds;

pub(crate) use time::module_def;

#[rustpython_vm::pymodule]
mod time {}
