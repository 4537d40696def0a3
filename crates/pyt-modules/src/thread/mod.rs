//! The module `_thread`.

pub(crate) mod locks;

pub(crate) use _thread::module_def;

#[rustpython_vm::pymodule(with(locks::locks))]
mod _thread {}
