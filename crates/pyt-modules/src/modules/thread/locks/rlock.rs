//! `_thread.RLock`: a lock that its holder may take again.

use pyt_sched::{NotHeld, ThreadId};
use pyt_vm::{abort::OrRaise, naming};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyTuple, PyType, PyTypeRef},
    function::FuncArgs,
    pyclass,
    stdlib::_thread::get_ident,
    types::{Constructor, Representable},
};

use crate::args::{
    arguments::{self, Signature},
    fastcall::{HotMethods, hot_methods},
    pickling,
    timeout::{self, Attempt},
};

/// A lock that the thread which holds it may take again, and must free as often as it has taken it.
#[pyclass(module = "_thread", name = "RLock")]
#[derive(Debug, Default, PyPayload)]
pub(crate) struct RLock {
    inner: pyt_sched::RLock,
}

/// Python's ident of a thread, zero if it has gone or never had one.
pub(crate) fn ident(thread: ThreadId) -> u64 {
    if thread == pyt_sched::current_id() {
        get_ident()
    } else {
        pyt_sched::tag_of(thread).unwrap_or(0)
    }
}

/// Takes `lock` with the arguments `blocking` and `timeout`, as bound.
pub(crate) fn acquire(
    lock: &pyt_sched::RLock,
    [blocking, timeout]: [Option<PyObjectRef>; 2],
    vm: &VirtualMachine,
) -> PyResult<bool> {
    match timeout::attempt(blocking.as_deref(), timeout.as_deref(), vm)? {
        Attempt::Try => Ok(lock.try_acquire()),
        Attempt::Wait(_) if lock.acquire_fast() => Ok(true),
        Attempt::Wait(timeout) => lock.acquire(timeout::deadline(timeout)).or_raise(vm),
    }
}

/// How often the calling thread has taken `lock`.
pub(crate) fn count_of_mine(lock: &pyt_sched::RLock) -> usize {
    if lock.is_mine() { lock.count() } else { 0 }
}

/// Frees `lock` however often it was taken, and returns what [`restore`] needs.
pub(crate) fn release_save(lock: &pyt_sched::RLock, vm: &VirtualMachine) -> PyResult<(usize, u64)> {
    let count = lock.release_all().map_err(|NotHeld| not_held(vm))?;
    Ok((count, get_ident()))
}

/// Takes `lock` again as often as the pair that `_release_save` gave says.
pub(crate) fn restore(
    lock: &pyt_sched::RLock,
    state: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let Some(pair) = state.downcast_ref::<PyTuple>() else {
        return Err(vm.new_type_error(format!(
            "_acquire_restore() argument 1 must be 2-item tuple, not {}",
            state.class().slot_name()
        )));
    };
    let [count, owner] = pair.as_slice() else {
        return Err(vm.new_type_error(format!(
            "_acquire_restore() argument 1 must be tuple of length 2, not {}",
            pair.as_slice().len()
        )));
    };
    let count: usize = count.try_index(vm)?.try_to_primitive(vm)?;
    // The caller becomes the owner.
    owner.try_index(vm)?;
    super::persist(|| lock.acquire_again(count), vm)
}

/// The error for a lock that the caller does not hold.
pub(crate) fn not_held(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_runtime_error("cannot release un-acquired lock")
}

impl RLock {
    /// The lock itself.
    pub(crate) const fn inner(&self) -> &pyt_sched::RLock {
        &self.inner
    }

    /// `acquire` with Python's arguments.
    #[inline]
    pub(crate) fn acquire_with(&self, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        if args.is_empty() {
            return self.acquire_now(vm);
        }
        let bound = Signature::builtin("acquire", ["blocking", "timeout"], 0).bind(args, vm)?;
        acquire(&self.inner, bound, vm)
    }

    /// `acquire` without arguments.
    #[inline]
    pub(crate) fn acquire_now(&self, vm: &VirtualMachine) -> PyResult<bool> {
        self.inner.acquire(None).or_raise(vm)
    }

    /// `release`.
    #[inline]
    pub(crate) fn release_now(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.inner.release().map_err(|NotHeld| not_held(vm))
    }
}

#[pyclass(
    with(Constructor, HotMethods, Representable),
    flags(BASETYPE, HAS_WEAKREF, IMMUTABLETYPE)
)]
impl RLock {
    /// Takes the lock, at once if the calling thread holds it already, else waiting for it if
    /// blocking is true, at most timeout seconds if timeout is not -1. Returns whether the lock
    /// was taken.
    #[pymethod]
    fn acquire(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        zelf.acquire_with(args, vm)
    }

    /// Takes back one acquire of the calling thread; the last one frees the lock.
    #[pymethod]
    fn release(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none_builtin("RLock.release", &args, vm)?;
        zelf.release_now(vm)
    }

    /// Whether a thread holds the lock.
    #[pymethod]
    fn locked(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        arguments::none_builtin("RLock.locked", &args, vm)?;
        Ok(zelf.inner.query())
    }

    /// Takes the lock.
    #[pymethod]
    fn __enter__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        zelf.acquire_with(args, vm)
    }

    /// Frees the lock.
    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        zelf.release_now(vm)
    }

    /// Whether the calling thread holds the lock; for condition variables.
    #[pymethod]
    fn _is_owned(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        arguments::none_builtin("RLock._is_owned", &args, vm)?;
        Ok(zelf.inner.is_mine())
    }

    /// How often the calling thread has taken the lock; for checks of reentrancy.
    #[pymethod]
    fn _recursion_count(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<usize> {
        arguments::none_builtin("RLock._recursion_count", &args, vm)?;
        Ok(count_of_mine(&zelf.inner))
    }

    /// Frees the lock however often it was taken, and returns what _acquire_restore needs.
    #[pymethod]
    fn _release_save(
        zelf: &Py<Self>,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<(usize, u64)> {
        arguments::none_builtin("RLock._release_save", &args, vm)?;
        release_save(&zelf.inner, vm)
    }

    /// Takes the lock as often as _release_save has freed it.
    #[pymethod]
    fn _acquire_restore(zelf: &Py<Self>, state: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        restore(&zelf.inner, &state, vm)
    }

    #[pymethod]
    fn _at_fork_reinit(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none_builtin("RLock._at_fork_reinit", &args, vm)?;
        zelf.inner.reset_after_fork();
        Ok(())
    }

    #[pymethod]
    fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        pickling::refuse(zelf.as_object(), vm)
    }
}

hot_methods!(RLock: acquire, release, locked, __enter__, __exit__);

impl Constructor for RLock {
    type Args = FuncArgs;

    fn slot_new(cls: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let payload = Self::py_new(&cls, args, vm)?;
        let made = payload.into_ref_with_type(vm, cls)?;
        naming::made(made.as_object());
        Ok(made.into())
    }

    /// Arguments are ignored, as in CPython.
    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::default())
    }
}

impl Representable for RLock {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        let holder = zelf.inner.holder();
        let (class, owner) = (zelf.class().slot_name(), holder.map_or(0, ident));
        Ok(format!(
            "<{} {class} object owner={owner} count={} at {:#x}>",
            super::state(holder.is_some()),
            zelf.inner.count(),
            zelf.get_id()
        ))
    }
}
