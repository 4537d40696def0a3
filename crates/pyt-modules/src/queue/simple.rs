//! The module `_queue`: `SimpleQueue` and `Empty`.

pub(crate) use _queue::module_def;

#[rustpython_vm::pymodule]
mod _queue {}
