//! The module `queue`.

pub(crate) mod simple;

pub(crate) use queue::module_def;

#[rustpython_vm::pymodule]
mod queue {}
