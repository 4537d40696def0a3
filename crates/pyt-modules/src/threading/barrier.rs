//! `threading.Barrier`.

#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod barrier {}
