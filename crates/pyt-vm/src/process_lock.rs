//! Locks whose holder runs Python. What they protect is not known here.
//!
//! A collection of garbage stops the threads of all interpreters of the process. A thread that
//! waits for such a lock must therefore be detached: the holder may begin a collection, which waits
//! for every thread that is attached.

use parking_lot::{Mutex, MutexGuard};
use rustpython_vm::VirtualMachine;

/// Locks `mutex`. Blocks while another thread holds it, detached. The calling thread must be
/// attached to `vm`'s interpreter.
pub fn lock_detached<'mutex, T>(
    mutex: &'mutex Mutex<T>,
    vm: &VirtualMachine,
) -> MutexGuard<'mutex, T> {
    match mutex.try_lock() {
        Some(guard) => guard,
        None => vm.allow_threads(|| mutex.lock()),
    }
}
