//! The lock of a condition: a native one, or any object that has a lock's methods.

use pyt_sched::NotHeld;
use rustpython_vm::{Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine};

use crate::modules::thread::locks::{self, lock::Lock, rlock, rlock::RLock};

/// The lock of a condition: a native one, which takes no Python call, or any other object.
pub(super) enum Held<'a> {
    Lock(&'a Py<Lock>),
    RLock(&'a Py<RLock>),
    Foreign(&'a PyObject),
}

/// What a wait keeps to take its lock again.
pub(super) enum Released {
    Lock(PyRef<Lock>),
    RLock(PyRef<RLock>, usize),
    Foreign(PyObjectRef, Option<PyObjectRef>),
}

/// Calls a method that a foreign lock need not have. `None`: it has not.
pub(super) fn call_optional(
    lock: &PyObject,
    method: &'static str,
    args: Vec<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let method = vm.get_attribute_opt(lock, vm.ctx.intern_str(method))?;
    method.map(|method| method.call(args, vm)).transpose()
}

impl<'a> Held<'a> {
    #[inline]
    pub(super) fn of(lock: &'a PyObject, vm: &VirtualMachine) -> Self {
        // Subclasses may override what we would skip.
        if let Some(lock) = lock.downcast_ref_if_exact::<RLock>(vm) {
            Self::RLock(lock)
        } else if let Some(lock) = lock.downcast_ref_if_exact::<Lock>(vm) {
            Self::Lock(lock)
        } else {
            Self::Foreign(lock)
        }
    }

    /// Whether the calling thread holds the lock; for locks that do not know, whether any thread
    /// does.
    pub(super) fn is_owned(&self, vm: &VirtualMachine) -> PyResult<bool> {
        match self {
            Self::Lock(lock) => Ok(lock.inner().is_held()),
            Self::RLock(lock) => Ok(lock.inner().is_mine()),
            Self::Foreign(lock) => {
                if let Some(owned) = call_optional(lock, "_is_owned", vec![], vm)? {
                    return owned.try_to_bool(vm);
                }
                if vm.call_method(lock, "acquire", (false,))?.try_to_bool(vm)? {
                    vm.call_method(lock, "release", ())?;
                    return Ok(false);
                }
                Ok(true)
            }
        }
    }

    /// Frees the lock, however often it was taken.
    pub(super) fn release_save(&self, vm: &VirtualMachine) -> PyResult<Released> {
        match self {
            Self::Lock(lock) => {
                lock.release_now(vm)?;
                Ok(Released::Lock((*lock).to_owned()))
            }
            Self::RLock(lock) => {
                let count = lock
                    .inner()
                    .release_all()
                    .map_err(|NotHeld| rlock::not_held(vm))?;
                Ok(Released::RLock((*lock).to_owned(), count))
            }
            Self::Foreign(lock) => {
                let state = call_optional(lock, "_release_save", vec![], vm)?;
                if state.is_none() {
                    vm.call_method(lock, "release", ())?;
                }
                Ok(Released::Foreign((*lock).to_owned(), state))
            }
        }
    }
}

impl Released {
    /// Takes the lock again, whatever signal handlers raise meanwhile; what they raised comes
    /// out afterwards.
    pub(super) fn take_again(self, vm: &VirtualMachine) -> PyResult<()> {
        match self {
            Self::Lock(lock) => locks::persist(|| lock.inner().acquire(None), vm),
            Self::RLock(lock, count) => locks::persist(|| lock.inner().acquire_again(count), vm),
            Self::Foreign(lock, state) => {
                let args: Vec<_> = vec![state.unwrap_or_else(|| vm.ctx.none())];
                if call_optional(&lock, "_acquire_restore", args, vm)?.is_none() {
                    vm.call_method(&lock, "acquire", ())?;
                }
                Ok(())
            }
        }
    }
}
