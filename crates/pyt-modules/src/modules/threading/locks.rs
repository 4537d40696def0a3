//! The locks of `_thread` under the names that `threading` has for them.

#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod locks {
    use pyt_vm::naming;
    use rustpython_vm::{
        AsObject, PyPayload, PyRef, PyResult, VirtualMachine, builtins::PyTypeRef,
        class::PyClassImpl, function::FuncArgs,
    };

    use crate::modules::{
        thread::locks::{lock::Lock, pure::PyRLock, rlock::RLock as NativeRLock},
        threading::deprecated::warn_deprecated,
    };

    #[pyattr(name = "Lock")]
    fn lock_type(_vm: &VirtualMachine) -> PyTypeRef {
        Lock::make_static_type()
    }

    #[pyattr(name = "_LockType")]
    fn private_lock_type(_vm: &VirtualMachine) -> PyTypeRef {
        Lock::make_static_type()
    }

    #[pyattr(name = "_CRLock")]
    fn native_rlock_type(_vm: &VirtualMachine) -> PyTypeRef {
        NativeRLock::make_static_type()
    }

    #[pyattr(name = "_RLock")]
    fn rlock_type(_vm: &VirtualMachine) -> PyTypeRef {
        PyRLock::make_static_type()
    }

    #[pyattr(name = "_PyRLock")]
    fn pure_rlock_type(_vm: &VirtualMachine) -> PyTypeRef {
        PyRLock::make_static_type()
    }

    /// A new lock that its holder may take again, and must free as often as it has taken it.
    #[pyfunction(name = "RLock")]
    fn rlock(args: FuncArgs, vm: &VirtualMachine) -> PyResult<PyRef<NativeRLock>> {
        if !args.is_empty() {
            let message = "Passing arguments to RLock is deprecated and will be removed in 3.15";
            warn_deprecated(message, vm)?;
        }
        let made = NativeRLock::default().into_ref(&vm.ctx);
        naming::made(made.as_object());
        Ok(made)
    }
}
