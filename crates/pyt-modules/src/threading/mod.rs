//! The module `threading`.

mod barrier;
mod condition;
mod event;
mod semaphore;

pub(crate) use threading::module_def;

#[rustpython_vm::pymodule(with(
    barrier::barrier,
    condition::condition,
    event::event,
    semaphore::semaphore
))]
mod threading {}
