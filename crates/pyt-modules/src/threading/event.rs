//! `threading.Event`.

#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod event {}
