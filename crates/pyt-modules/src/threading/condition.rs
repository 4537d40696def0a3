//! `threading.Condition`.

#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod condition {}
