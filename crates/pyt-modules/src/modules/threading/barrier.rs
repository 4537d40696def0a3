//! `threading.Barrier` and `threading.BrokenBarrierError`.

use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;
use pyt_sched::BarrierError;
use pyt_vm::{abort::abort_exception, naming};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyType, PyTypeRef},
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    pyclass,
    types::{Constructor, Initializer, PyComparisonOp, Representable},
};

use crate::args::{
    arguments::{self, Signature},
    pickling, timeout,
};

/// A point at which a fixed number of threads wait for each other before any goes on, over and
/// over.
#[pyclass(module = "threading", name = "Barrier", traverse = "manual")]
#[derive(Debug, Default, PyPayload)]
pub(crate) struct Barrier {
    /// Empty until `__init__`.
    inner: RwLock<Option<Arc<Inner>>>,
}

#[derive(Debug)]
struct Inner {
    barrier: pyt_sched::Barrier,
    action: PyObjectRef,
    timeout: PyObjectRef,
}

// SAFETY: every object the payload holds is visited, none twice.
unsafe impl Traverse for Barrier {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        if let Some(inner) = self.inner.read().as_ref() {
            inner.action.traverse(visit);
            inner.timeout.traverse(visit);
        }
    }
}

/// The address by which the scheduler knows the barrier, if `object` is one.
pub(crate) fn address_in(object: &PyObject) -> Option<usize> {
    let barrier = object.downcast_ref::<Barrier>()?;
    let inner = barrier.inner.try_read()?;
    Some(std::ptr::from_ref(&inner.as_ref()?.barrier).addr())
}

/// `threading.BrokenBarrierError`.
pub(crate) fn broken_barrier_error(vm: &VirtualMachine) -> PyTypeRef {
    static CLASS: OnceLock<PyTypeRef> = OnceLock::new();
    CLASS
        .get_or_init(|| {
            vm.ctx.new_exception_type(
                "threading",
                "BrokenBarrierError",
                Some(vec![vm.ctx.exceptions.runtime_error.to_owned()]),
            )
        })
        .clone()
}

fn broken(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_exception_empty(broken_barrier_error(vm))
}

fn inner(zelf: &Py<Barrier>, missing: &'static str, vm: &VirtualMachine) -> PyResult<Arc<Inner>> {
    let inner = zelf.inner.read().clone();
    inner.ok_or_else(|| arguments::no_attribute(zelf.as_object(), missing, vm))
}

#[pyclass(
    with(Constructor, Initializer, Representable),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl Barrier {
    /// Waits until all parties have arrived; the last one runs the action first. Returns a
    /// number from 0 to parties - 1 that no other thread of this round gets.
    #[pymethod]
    fn wait(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<usize> {
        let [timeout] = Signature::python("Barrier.wait", ["timeout"], 0).bind(args, vm)?;
        let given = arguments::given(timeout, vm);
        let missing = if given.is_some() { "_cond" } else { "_timeout" };
        let inner = inner(zelf, missing, vm)?;
        let barrier = &inner.barrier;
        let timeout = given.unwrap_or_else(|| inner.timeout.clone());
        let parsed =
            timeout::addable(Some(&timeout), vm).and_then(|()| timeout::wait(Some(&timeout), vm));
        let timeout = match parsed {
            Ok(timeout) => timeout,
            // The last thread to arrive does not wait, and a broken barrier raises first.
            Err(_) if barrier.is_broken() || barrier.waiting() + 1 == barrier.parties() => None,
            Err(error) => return Err(error),
        };
        let action = || {
            if inner.action.clone().try_to_bool(vm)? {
                inner.action.call((), vm)?;
            }
            Ok(())
        };
        barrier
            .wait(timeout::deadline(timeout), action)
            .map_err(|error| match error {
                BarrierError::Broken => broken(vm),
                BarrierError::Action(error) => error,
                BarrierError::Aborted(aborted) => abort_exception(aborted, vm),
            })
    }

    /// Puts the barrier into its first state. Threads that wait at it get a BrokenBarrierError.
    #[pymethod]
    fn reset(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Barrier.reset", &args, vm)?;
        inner(zelf, "_cond", vm)?.barrier.reset();
        Ok(())
    }

    /// Breaks the barrier: threads that wait at it, now or later, get a BrokenBarrierError.
    #[pymethod]
    fn abort(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Barrier.abort", &args, vm)?;
        inner(zelf, "_cond", vm)?.barrier.abort();
        Ok(())
    }

    /// How many threads it takes to pass.
    #[pygetset]
    fn parties(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        Ok(inner(zelf, "_parties", vm)?.barrier.parties())
    }

    /// How many threads wait at the barrier.
    #[pygetset]
    fn n_waiting(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        Ok(inner(zelf, "_state", vm)?.barrier.query().waiting())
    }

    /// Whether the barrier is broken.
    #[pygetset]
    fn broken(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Ok(inner(zelf, "_state", vm)?.barrier.query().is_broken())
    }

    #[pymethod]
    fn __getstate__(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        pickling::refuse_for("_thread.lock", vm)
    }
}

impl Constructor for Barrier {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::default())
    }
}

impl Initializer for Barrier {
    type Args = FuncArgs;

    fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let [parties, action, timeout] =
            Signature::python("Barrier.__init__", ["parties", "action", "timeout"], 1)
                .bind(args, vm)?;
        let parties = parties.unwrap_or_else(|| vm.ctx.none());
        let one = vm.ctx.new_int(1);
        if parties.rich_compare_bool(one.as_object(), PyComparisonOp::Lt, vm)? {
            return Err(vm.new_value_error("parties must be >= 1"));
        }
        let parties = parties.try_index(vm)?.try_to_primitive(vm)?;
        let made = Inner {
            barrier: pyt_sched::Barrier::new(parties),
            action: action.unwrap_or_else(|| vm.ctx.none()),
            timeout: timeout.unwrap_or_else(|| vm.ctx.none()),
        };
        // Dropped once the lock is free: dropping objects may run Python code.
        let before = zelf.inner.write().replace(Arc::new(made));
        drop(before);
        naming::made(zelf.as_object());
        Ok(())
    }
}

impl Representable for Barrier {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let inner = inner(zelf, "_state", vm)?;
        let (barrier, id) = (&inner.barrier, zelf.get_id());
        let class = arguments::class_shown(zelf.as_object(), vm)?;
        Ok(if barrier.is_broken() {
            format!("<{class} at {id:#x}: broken>")
        } else {
            let (waiting, parties) = (barrier.waiting(), barrier.parties());
            format!("<{class} at {id:#x}: waiters={waiting}/{parties}>")
        })
    }
}

/// What this file adds to the module `threading`.
#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod barrier {
    use rustpython_vm::{VirtualMachine, builtins::PyTypeRef, class::PyClassImpl};

    #[pyattr(name = "Barrier")]
    fn barrier_type(_vm: &VirtualMachine) -> PyTypeRef {
        super::Barrier::make_static_type()
    }

    #[pyattr(name = "BrokenBarrierError")]
    fn broken_barrier_error(vm: &VirtualMachine) -> PyTypeRef {
        super::broken_barrier_error(vm)
    }
}
