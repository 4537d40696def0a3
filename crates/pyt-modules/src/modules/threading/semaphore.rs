//! `threading.Semaphore` and `threading.BoundedSemaphore`.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use pyt_sched::OverRelease;
use pyt_vm::{abort::OrRaise, naming};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyFloat, PyInt, PyType},
    function::FuncArgs,
    pyclass,
    types::{Constructor, Initializer, PyComparisonOp, Representable},
};

use super::condition::Condition;
use crate::args::{
    arguments::{self, Signature},
    fastcall::{HotMethods, hot_methods},
    pickling, timeout,
};

/// A number of permits, one if not given. acquire() takes one and waits while there is none;
/// release() gives one back. The number has no upper limit.
#[pyclass(module = "threading", name = "Semaphore")]
#[derive(Debug, PyPayload)]
pub(crate) struct Semaphore {
    inner: pyt_sched::Semaphore,
    /// What a bounded semaphore began with.
    initial: AtomicUsize,
    /// `__init__` has run: a subclass may have forgotten it.
    made: AtomicBool,
    /// Made when Python code asks for it; no native code does.
    condition: OnceLock<PyObjectRef>,
}

/// A semaphore that never has more permits than it began with: releasing too often is an error.
#[pyclass(module = "threading", name = "BoundedSemaphore", base = Semaphore)]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct BoundedSemaphore(Semaphore);

/// A number of permits that must be at least `least`; the largest there is if it is larger.
fn permits(
    number: &PyObject,
    least: usize,
    complaint: &'static str,
    vm: &VirtualMachine,
) -> PyResult<usize> {
    let (number, too_few) = if let Some(int) = number.downcast_ref::<PyInt>() {
        let too_few = int.as_bigint() < &least.into();
        (int.try_to_primitive(vm).unwrap_or(usize::MAX), too_few)
    } else if let Some(float) = number.downcast_ref::<PyFloat>() {
        let float = float.to_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "too few is refused, and more than a usize is without limit"
        )]
        (float.ceil() as usize, float < least as f64)
    } else {
        let least = vm.ctx.new_int(least);
        let too_few = number.rich_compare_bool(least.as_object(), PyComparisonOp::Lt, vm)?;
        let number = number.try_index(vm)?;
        (number.try_to_primitive(vm).unwrap_or(usize::MAX), too_few)
    };
    if too_few {
        return Err(vm.new_value_error(complaint));
    }
    Ok(number)
}

#[inline]
fn check_made(zelf: &Py<Semaphore>, vm: &VirtualMachine) -> PyResult<()> {
    if zelf.made.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(arguments::no_attribute(zelf.as_object(), "_cond", vm))
}

impl Semaphore {
    /// The semaphore itself.
    pub(crate) const fn inner(&self) -> &pyt_sched::Semaphore {
        &self.inner
    }

    fn empty() -> Self {
        Self {
            inner: pyt_sched::Semaphore::new(0),
            initial: AtomicUsize::new(usize::MAX),
            made: AtomicBool::new(false),
            condition: OnceLock::new(),
        }
    }

    fn fill(&self, value: usize) {
        self.inner.set_permits(value);
        self.made.store(true, Ordering::Relaxed);
    }

    fn release_bounded(&self, n: usize, vm: &VirtualMachine) -> PyResult<()> {
        self.inner
            .release_within(n, self.initial.load(Ordering::Relaxed))
            .map_err(|OverRelease| vm.new_value_error("Semaphore released too many times"))
    }
}

/// The argument of `__init__`.
fn initial(name: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult<usize> {
    match Signature::python(name, ["value"], 0).bind(args, vm)? {
        [Some(value)] => permits(&value, 0, "semaphore initial value must be >= 0", vm),
        [None] => Ok(1),
    }
}

/// The argument of `release`.
#[inline]
fn released(name: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult<usize> {
    match Signature::python(name, ["n"], 0).bind(args, vm)? {
        [Some(n)] => permits(&n, 1, "n must be one or more", vm),
        [None] => Ok(1),
    }
}

/// `acquire`, unless it was fast.
fn acquire(zelf: &Py<Semaphore>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
    let [blocking, timeout] =
        Signature::python("Semaphore.acquire", ["blocking", "timeout"], 0).bind(args, vm)?;
    let blocking = blocking.map_or(Ok(true), |blocking| blocking.try_to_bool(vm))?;
    let timeout = arguments::given(timeout, vm);
    if !blocking && timeout.is_some() {
        return Err(vm.new_value_error("can't specify timeout for non-blocking acquire"));
    }
    check_made(zelf, vm)?;
    if !blocking {
        return Ok(zelf.inner.try_acquire());
    }
    if zelf.inner.acquire_fast() {
        return Ok(true);
    }
    let timeout = timeout::addable(timeout.as_deref(), vm)
        .and_then(|()| timeout::wait(timeout.as_deref(), vm));
    let timeout = match timeout {
        Ok(timeout) => timeout,
        // What is wrong with a timeout counts only if there is no permit.
        Err(_) if zelf.inner.try_acquire() => return Ok(true),
        Err(error) => return Err(error),
    };
    zelf.inner.acquire(timeout::deadline(timeout)).or_raise(vm)
}

#[pyclass(
    with(Constructor, HotMethods, Initializer, Representable),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl Semaphore {
    /// Takes a permit, waiting for one if blocking is true, at most timeout seconds. Returns
    /// whether it got one.
    #[pymethod]
    fn acquire(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        if args.is_empty() && zelf.inner.acquire_fast() {
            return Ok(true);
        }
        acquire(zelf, args, vm)
    }

    #[pymethod]
    fn __enter__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        Self::acquire(zelf, args, vm)
    }

    /// Adds n permits and wakes as many threads that wait for one.
    #[pymethod]
    fn release(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let n = released("Semaphore.release", args, vm)?;
        check_made(zelf, vm)?;
        zelf.inner.release(n);
        Ok(())
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::exit("Semaphore.__exit__", args, vm)?;
        let class = zelf.class();
        if class.is(Self::class(&vm.ctx)) {
            check_made(zelf, vm)?;
            zelf.inner.release(1);
            Ok(())
        } else if class.is(BoundedSemaphore::class(&vm.ctx)) {
            check_made(zelf, vm)?;
            zelf.release_bounded(1, vm)
        } else {
            vm.call_method(zelf.as_object(), "release", ()).map(drop)
        }
    }

    #[pygetset]
    fn _value(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        if zelf.made.load(Ordering::Relaxed) {
            return Ok(zelf.inner.query());
        }
        Err(arguments::no_attribute(zelf.as_object(), "_value", vm))
    }

    #[pygetset(setter)]
    fn set__value(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let value = permits(&value, 0, "semaphore value must be >= 0", vm)?;
        zelf.inner.set_permits(value);
        Ok(())
    }

    #[pygetset]
    fn _cond(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        check_made(zelf, vm)?;
        Ok(zelf.condition.get_or_init(|| Condition::inside(vm)).clone())
    }

    #[pymethod]
    fn __getstate__(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        pickling::refuse_for("_thread.lock", vm)
    }
}

hot_methods!(Semaphore: acquire, release, __enter__, __exit__);

impl Constructor for Semaphore {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::empty())
    }
}

impl Initializer for Semaphore {
    type Args = FuncArgs;

    fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let value = initial("Semaphore.__init__", args, vm)?;
        zelf.fill(value);
        naming::made(zelf.as_object());
        Ok(())
    }
}

impl Representable for Semaphore {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let value = Self::_value(zelf, vm)?;
        let class = arguments::class_shown(zelf.as_object(), vm)?;
        Ok(format!("<{class} at {:#x}: value={value}>", zelf.get_id()))
    }
}

#[pyclass(
    with(Constructor, Initializer, Representable),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl BoundedSemaphore {
    /// Adds n permits, if there are then at most as many as at first, and wakes as many threads
    /// that wait for one.
    #[pymethod]
    fn release(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let n = released("BoundedSemaphore.release", args, vm)?;
        if !zelf.0.made.load(Ordering::Relaxed) {
            return Err(arguments::no_attribute(zelf.as_object(), "_cond", vm));
        }
        zelf.0.release_bounded(n, vm)
    }

    #[pygetset]
    fn _initial_value(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<usize> {
        if zelf.0.made.load(Ordering::Relaxed) {
            return Ok(zelf.0.initial.load(Ordering::Relaxed));
        }
        Err(arguments::no_attribute(
            zelf.as_object(),
            "_initial_value",
            vm,
        ))
    }
}

impl Constructor for BoundedSemaphore {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self(Semaphore::empty()))
    }
}

impl Initializer for BoundedSemaphore {
    type Args = FuncArgs;

    fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let value = initial("BoundedSemaphore.__init__", args, vm)?;
        zelf.0.initial.store(value, Ordering::Relaxed);
        zelf.0.fill(value);
        naming::made(zelf.as_object());
        Ok(())
    }
}

impl Representable for BoundedSemaphore {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        if !zelf.0.made.load(Ordering::Relaxed) {
            return Err(arguments::no_attribute(zelf.as_object(), "_value", vm));
        }
        let bound = zelf.0.initial.load(Ordering::Relaxed);
        let class = arguments::class_shown(zelf.as_object(), vm)?;
        Ok(format!(
            "<{class} at {:#x}: value={}/{bound}>",
            zelf.get_id(),
            zelf.0.inner.permits()
        ))
    }
}

/// What this file adds to the module `threading`.
#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod semaphore {
    use rustpython_vm::{VirtualMachine, builtins::PyTypeRef, class::PyClassImpl};

    #[pyattr(name = "Semaphore")]
    fn semaphore_type(_vm: &VirtualMachine) -> PyTypeRef {
        super::Semaphore::make_static_type()
    }

    #[pyattr(name = "BoundedSemaphore")]
    fn bounded_semaphore_type(_vm: &VirtualMachine) -> PyTypeRef {
        let _base = super::Semaphore::make_static_type();
        super::BoundedSemaphore::make_static_type()
    }
}
