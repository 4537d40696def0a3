//! `threading.Event`.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use pyt_vm::{abort::OrRaise, naming};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyType,
    function::FuncArgs,
    pyclass,
    types::{Constructor, Initializer, Representable},
};

use super::{condition::Condition, deprecated::warn_deprecated};
use crate::args::{
    arguments::{self, Signature},
    fastcall::{HotMethods, hot_methods},
    pickling, timeout,
};

/// A flag that threads can wait for, unset at first.
#[pyclass(module = "threading", name = "Event")]
#[derive(Debug, Default, PyPayload)]
pub(crate) struct Event {
    inner: pyt_sched::Event,
    /// `__init__` has run: a subclass may have forgotten it.
    made: AtomicBool,
    /// Made when Python code asks for it; no native code does.
    condition: OnceLock<PyObjectRef>,
}

impl Event {
    /// The event itself.
    pub(crate) const fn inner(&self) -> &pyt_sched::Event {
        &self.inner
    }
}

#[inline]
fn check_made(zelf: &Py<Event>, vm: &VirtualMachine) -> PyResult<()> {
    if zelf.made.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(arguments::no_attribute(zelf.as_object(), "_cond", vm))
}

#[pyclass(
    with(Constructor, HotMethods, Initializer, Representable),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl Event {
    /// Whether the flag is set.
    #[pymethod]
    fn is_set(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        arguments::none("Event.is_set", &args, vm)?;
        Self::_flag(zelf, vm)
    }

    /// The old name of is_set, which is deprecated.
    #[pymethod(name = "isSet")]
    fn is_set_deprecated(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        arguments::none("Event.isSet", &args, vm)?;
        warn_deprecated("isSet() is deprecated, use is_set() instead", vm)?;
        vm.call_method(zelf.as_object(), "is_set", ())
    }

    /// Sets the flag and wakes all threads that wait for it.
    #[pymethod]
    fn set(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Event.set", &args, vm)?;
        check_made(zelf, vm)?;
        zelf.inner.set();
        Ok(())
    }

    /// Unsets the flag.
    #[pymethod]
    fn clear(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Event.clear", &args, vm)?;
        check_made(zelf, vm)?;
        zelf.inner.clear();
        Ok(())
    }

    /// Waits until the flag is set, or until timeout seconds have passed. Returns whether the
    /// flag was set.
    #[pymethod]
    fn wait(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let [timeout] = Signature::python("Event.wait", ["timeout"], 0).bind(args, vm)?;
        check_made(zelf, vm)?;
        // In a run, that it is set already is what a strategy decides.
        if zelf.inner.is_set() && pyt_sched::controlled::current_number().is_none() {
            return Ok(true);
        }
        let timeout = timeout::wait(timeout.as_deref(), vm)?;
        zelf.inner.wait(timeout::deadline(timeout)).or_raise(vm)
    }

    #[pymethod]
    fn _at_fork_reinit(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Event._at_fork_reinit", &args, vm)?;
        check_made(zelf, vm)?;
        zelf.inner.reset_after_fork();
        if let Some(condition) = zelf.condition.get() {
            vm.call_method(condition, "_at_fork_reinit", ())?;
        }
        Ok(())
    }

    #[pygetset]
    fn _flag(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        if zelf.made.load(Ordering::Relaxed) {
            return Ok(zelf.inner.query());
        }
        Err(arguments::no_attribute(zelf.as_object(), "_flag", vm))
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

hot_methods!(Event: is_set, set, clear, wait);

impl Constructor for Event {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::default())
    }
}

impl Initializer for Event {
    type Args = FuncArgs;

    fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Event.__init__", &args, vm)?;
        zelf.inner.clear();
        zelf.made.store(true, Ordering::Relaxed);
        naming::made(zelf.as_object());
        Ok(())
    }
}

impl Representable for Event {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let status = if Self::_flag(zelf, vm)? {
            "set"
        } else {
            "unset"
        };
        let class = arguments::class_shown(zelf.as_object(), vm)?;
        Ok(format!("<{class} at {:#x}: {status}>", zelf.get_id()))
    }
}

/// What this file adds to the module `threading`.
#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod event {
    use rustpython_vm::{VirtualMachine, builtins::PyTypeRef, class::PyClassImpl};

    #[pyattr(name = "Event")]
    fn event_type(_vm: &VirtualMachine) -> PyTypeRef {
        super::Event::make_static_type()
    }
}
