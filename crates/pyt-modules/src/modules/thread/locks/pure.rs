//! `threading._RLock`, the reentrant lock that CPython writes in Python: for code that asks for
//! it by name (`threading._PyRLock`). The same lock as [`super::rlock`]; arguments, attributes
//! and repr are those of the Python class.

use pyt_sched::NotHeld;
use pyt_vm::{abort::OrRaise, naming};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyType, PyTypeRef},
    function::FuncArgs,
    pyclass,
    types::{Constructor, Initializer, Representable},
};

use super::rlock;
use crate::args::{
    arguments::{self, Signature},
    pickling,
};

/// A lock that the thread which holds it may take again, and must free as often as it has taken it.
#[pyclass(module = "threading", name = "_RLock")]
#[derive(Debug, Default, PyPayload)]
pub(crate) struct PyRLock {
    inner: pyt_sched::RLock,
}

impl PyRLock {
    /// The lock itself.
    pub(crate) const fn inner(&self) -> &pyt_sched::RLock {
        &self.inner
    }

    fn acquire_as(
        &self,
        name: &'static str,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<bool> {
        if args.is_empty() {
            return self.inner.acquire(None).or_raise(vm);
        }
        let bound = Signature::python(name, ["blocking", "timeout"], 0).bind(args, vm)?;
        if self.inner.is_mine() {
            // The arguments are not looked at.
            return Ok(self.inner.try_acquire());
        }
        rlock::acquire(&self.inner, bound, vm)
    }

    fn release_now(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.inner.release().map_err(|NotHeld| rlock::not_held(vm))
    }
}

#[pyclass(
    with(Constructor, Initializer, Representable),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl PyRLock {
    /// Takes the lock, at once if the calling thread holds it already, else waiting for it if
    /// blocking is true, at most timeout seconds if timeout is not -1. Returns whether the lock
    /// was taken.
    #[pymethod]
    fn acquire(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        zelf.acquire_as("_RLock.acquire", args, vm)
    }

    #[pymethod]
    fn __enter__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        zelf.acquire_as("_RLock.acquire", args, vm)
    }

    /// Takes back one acquire of the calling thread; the last one frees the lock.
    #[pymethod]
    fn release(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("_RLock.release", &args, vm)?;
        zelf.release_now(vm)
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::exit("_RLock.__exit__", args, vm)?;
        if zelf.class().is(Self::class(&vm.ctx)) {
            return zelf.release_now(vm);
        }
        vm.call_method(zelf.as_object(), "release", ()).map(drop)
    }

    /// Whether a thread holds the lock.
    #[pymethod]
    fn locked(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        arguments::none("_RLock.locked", &args, vm)?;
        Ok(zelf.inner.query())
    }

    #[pymethod]
    fn _is_owned(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        arguments::none("_RLock._is_owned", &args, vm)?;
        Ok(zelf.inner.is_mine())
    }

    #[pymethod]
    fn _recursion_count(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<usize> {
        arguments::none("_RLock._recursion_count", &args, vm)?;
        Ok(rlock::count_of_mine(&zelf.inner))
    }

    #[pymethod]
    fn _release_save(
        zelf: &Py<Self>,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<(usize, u64)> {
        arguments::none("_RLock._release_save", &args, vm)?;
        rlock::release_save(&zelf.inner, vm)
    }

    #[pymethod]
    fn _acquire_restore(zelf: &Py<Self>, state: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        rlock::restore(&zelf.inner, &state, vm)
    }

    #[pymethod]
    fn _at_fork_reinit(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("_RLock._at_fork_reinit", &args, vm)?;
        zelf.inner.reset_after_fork();
        Ok(())
    }

    #[pygetset]
    fn _owner(zelf: &Py<Self>) -> Option<u64> {
        zelf.inner.holder().map(rlock::ident)
    }

    #[pygetset]
    fn _count(zelf: &Py<Self>) -> usize {
        zelf.inner.count()
    }

    #[pymethod]
    fn __getstate__(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        pickling::refuse_for("_thread.lock", vm)
    }
}

impl Constructor for PyRLock {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::default())
    }

    fn slot_new(cls: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let payload = Self::py_new(&cls, args, vm)?;
        let made = payload.into_ref_with_type(vm, cls)?;
        naming::made(made.as_object());
        Ok(made.into())
    }
}

impl Initializer for PyRLock {
    type Args = FuncArgs;

    fn init(_zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("_RLock.__init__", &args, vm)
    }
}

/// How the owner is shown: by name if `threading` knows the thread.
fn owner_shown(owner: Option<u64>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
    let owner: PyObjectRef = match owner {
        Some(ident) => vm.ctx.new_int(ident).into(),
        None => return Ok(vm.ctx.none()),
    };
    let active = vm.import("threading", 0)?.get_attr("_active", vm)?;
    match active.get_item(&*owner, vm) {
        Ok(thread) => thread.get_attr("name", vm),
        Err(error) if error.fast_isinstance(vm.ctx.exceptions.key_error) => Ok(owner),
        Err(error) => Err(error),
    }
}

impl Representable for PyRLock {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let holder = zelf.inner.holder();
        let owner = owner_shown(holder.map(rlock::ident), vm)?.repr(vm)?;
        Ok(format!(
            "<{} {} object owner={owner} count={} at {:#x}>",
            super::state(holder.is_some()),
            arguments::class_shown(zelf.as_object(), vm)?,
            zelf.inner.count(),
            zelf.get_id()
        ))
    }
}
