//! `_thread.lock` and `_thread.RLock`.

#[rustpython_vm::pymodule(sub, name = "_thread")]
pub(crate) mod locks {}
