//! `_thread.lock` and `_thread.RLock`, and `threading`'s second RLock.

pub(crate) mod lock;
pub(crate) mod pure;
pub(crate) mod rlock;

use pyt_sched::Aborted;
use pyt_vm::abort::abort_exception;
use rustpython_vm::{PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

/// How reprs show whether a lock is held.
const fn state(held: bool) -> &'static str {
    if held { "locked" } else { "unlocked" }
}

/// Waits again and again until nothing interrupts, then raises what did first.
pub(crate) fn persist<T>(
    mut wait: impl FnMut() -> Result<T, Aborted>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let mut raised: Option<PyBaseExceptionRef> = None;
    while let Err(aborted) = wait() {
        let exception = abort_exception(aborted, vm);
        raised.get_or_insert(exception);
    }
    raised.map_or(Ok(()), Err)
}

/// What the locks add to the module `_thread`.
#[rustpython_vm::pymodule(sub, name = "_thread")]
pub(crate) mod locks {
    use super::{lock::Lock, rlock::RLock};
    use rustpython_vm::{VirtualMachine, builtins::PyTypeRef, class::PyClassImpl};

    #[pyattr(name = "lock")]
    fn lock(_vm: &VirtualMachine) -> PyTypeRef {
        Lock::make_static_type()
    }

    #[pyattr(name = "LockType")]
    fn lock_type(_vm: &VirtualMachine) -> PyTypeRef {
        Lock::make_static_type()
    }

    #[pyattr(name = "RLock")]
    fn rlock(_vm: &VirtualMachine) -> PyTypeRef {
        RLock::make_static_type()
    }
}
