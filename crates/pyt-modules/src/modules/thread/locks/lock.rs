//! `_thread.lock`: a lock that any thread may release.

use pyt_sched::NotHeld;
use pyt_vm::{abort::OrRaise, naming};
use rustpython_vm::{
    AsObject, Py, PyPayload, PyResult, VirtualMachine,
    builtins::{PyType, PyTypeRef},
    function::FuncArgs,
    pyclass,
    types::{Constructor, Representable},
};

use crate::args::{
    arguments::{self, Signature},
    direct_calls::{DirectCall, DirectMethod},
    fastcall::{HotMethods, hot_methods},
    pickling,
    timeout::{self, Attempt},
};

/// A lock. Only one thread at a time can hold it; the others wait for it in line. Any thread may
/// release it, whichever took it.
///
/// acquire() takes the lock, release() frees it, locked() says whether a thread holds it. A thread
/// that takes the lock twice waits for itself, unless another thread frees it.
#[pyclass(module = "_thread", name = "lock")]
#[derive(Debug, Default, PyPayload)]
pub(crate) struct Lock {
    inner: pyt_sched::Lock,
}

impl Lock {
    /// The lock itself.
    pub(crate) const fn inner(&self) -> &pyt_sched::Lock {
        &self.inner
    }

    /// `acquire` with Python's arguments.
    #[inline]
    pub(crate) fn acquire_with(&self, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        if args.is_empty() {
            return self.acquire_now(vm);
        }
        let [blocking, timeout] =
            Signature::builtin("acquire", ["blocking", "timeout"], 0).bind(args, vm)?;
        match timeout::attempt(blocking.as_deref(), timeout.as_deref(), vm)? {
            Attempt::Try => Ok(self.inner.try_acquire()),
            Attempt::Wait(_) if self.inner.acquire_fast() => Ok(true),
            Attempt::Wait(timeout) => self.inner.acquire(timeout::deadline(timeout)).or_raise(vm),
        }
    }

    /// The methods of locks that compiled code may call without the interpreter: what takes a free
    /// lock, and what frees one. False: nothing was done.
    ///
    /// # Errors
    /// What the import of the module raises.
    pub(crate) fn direct(vm: &VirtualMachine) -> PyResult<Vec<DirectMethod>> {
        let acquire: DirectCall = |lock, _| {
            lock.downcast_ref::<Self>()
                .is_some_and(|lock| lock.inner.acquire_fast())
        };
        let release: DirectCall = |lock, _| {
            lock.downcast_ref::<Self>()
                .is_some_and(|lock| lock.inner.release().is_ok())
        };
        let class = vm.import("_thread", 0)?.get_attr("lock", vm)?;
        let methods = [("acquire", acquire, true), ("release", release, false)];
        (methods.into_iter())
            .map(|(name, call, returns_true)| {
                let method = class.get_attr(vm.ctx.intern_str(name), vm)?;
                Ok((method, call, returns_true))
            })
            .collect()
    }

    /// `acquire` without arguments.
    #[inline]
    pub(crate) fn acquire_now(&self, vm: &VirtualMachine) -> PyResult<bool> {
        self.inner.acquire(None).or_raise(vm)
    }

    /// `release`.
    #[inline]
    pub(crate) fn release_now(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.inner
            .release()
            .map_err(|NotHeld| vm.new_runtime_error("release unlocked lock"))
    }
}

#[pyclass(
    with(Constructor, HotMethods, Representable),
    flags(HAS_WEAKREF, IMMUTABLETYPE)
)]
impl Lock {
    /// Takes the lock, waiting for it if blocking is true, at most timeout seconds if timeout is
    /// not -1. Returns whether the lock was taken.
    #[pymethod]
    #[pymethod(name = "acquire_lock")]
    fn acquire(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        zelf.acquire_with(args, vm)
    }

    /// Frees the lock, which any thread may do, and lets the first thread in line have it.
    #[pymethod]
    #[pymethod(name = "release_lock")]
    fn release(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none_builtin("lock.release", &args, vm)?;
        zelf.release_now(vm)
    }

    /// Whether a thread holds the lock.
    #[pymethod]
    #[pymethod(name = "locked_lock")]
    fn locked(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        arguments::none_builtin("lock.locked", &args, vm)?;
        Ok(zelf.inner.query())
    }

    /// Takes the lock.
    #[pymethod]
    fn __enter__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        if !args.is_empty() {
            return zelf.acquire_with(args, vm);
        }
        let taken = zelf.inner.acquire_scoped();
        taken.map(|()| true).or_raise(vm)
    }

    /// Frees the lock.
    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        zelf.release_now(vm)
    }

    #[pymethod]
    fn _at_fork_reinit(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none_builtin("lock._at_fork_reinit", &args, vm)?;
        zelf.inner.reset_after_fork();
        Ok(())
    }

    #[pymethod]
    fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        pickling::refuse(zelf.as_object(), vm)
    }
}

hot_methods!(Lock: acquire, acquire as "acquire_lock", release, release as "release_lock", locked, __enter__, __exit__);

impl Constructor for Lock {
    type Args = FuncArgs;

    fn slot_new(cls: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let payload = Self::py_new(&cls, args, vm)?;
        let made = payload.into_ref_with_type(vm, cls)?;
        naming::made(made.as_object());
        Ok(made.into())
    }

    fn py_new(_cls: &Py<PyType>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<Self> {
        arguments::unnamed("lock", 0, args, vm).map(|[]| Self::default())
    }
}

impl Representable for Lock {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!(
            "<{} {} object at {:#x}>",
            super::state(zelf.inner.is_held()),
            zelf.class().slot_name(),
            zelf.get_id()
        ))
    }
}
