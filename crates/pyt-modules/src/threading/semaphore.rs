//! `threading.Semaphore`.

#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod semaphore {}
