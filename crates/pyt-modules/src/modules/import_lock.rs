//! The lock that `importlib` holds for moments, which all interpreters of a process share.
//!
//! An exception that another thread raises may come between taking and giving it back, and a
//! program may take it by `_imp.acquire_lock`. A thread that ends, or leaves the interpreter, gives
//! it back: else no interpreter of the process could import anything again.

use std::sync::{Arc, OnceLock};

use pyt_vm::state::{self, InterpreterState};
use rustpython_vm::{AsObject, PyResult, VirtualMachine};

use crate::upstream::wrapped::Wrapped;

/// So often a thread may have taken it.
const MAX_HOLDS: usize = 10_000;

struct ImportLock {
    is_held: Wrapped,
    release: Wrapped,
}

/// Upstream's functions, as they were before the program began.
#[derive(Default)]
struct ImportLockSlot(OnceLock<ImportLock>);

pub(super) fn install(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("_imp", 0)?;
    let [is_held, release] = [
        module.get_attr("lock_held", vm)?,
        module.get_attr("release_lock", vm)?,
    ]
    .map(|function| Wrapped::keep(state, function));
    let slot = state.slot::<ImportLockSlot>();
    slot.0.get_or_init(|| ImportLock { is_held, release });
    Ok(())
}

/// Gives the lock back if the calling thread has it. The thread must not be within an import.
pub fn give_back_import_lock(vm: &VirtualMachine) {
    let state = state::of(vm);
    let Some(lock) = state.slot::<ImportLockSlot>().0.get() else {
        return;
    };
    let (Ok(is_held), Ok(release)) = (lock.is_held.get(vm), lock.release.get(vm)) else {
        return;
    };
    let held = is_held.call((), vm);
    if !held.is_ok_and(|held| held.is(&vm.ctx.true_value)) {
        return;
    }
    // Another thread may have it: then this fails.
    let _ = (0..MAX_HOLDS).find(|_| release.call((), vm).is_err());
}
