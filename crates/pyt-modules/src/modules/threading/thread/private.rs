//! The private attributes of CPython's `Thread`, for code that uses them anyway.

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyStrRef,
    function::{OptionalArg, PySetterValue},
    pyclass,
    stdlib::_thread::get_ident,
};

use super::fields::{Fields, Guarded};
use crate::{
    args::arguments,
    modules::{
        thread::PyThreadHandle,
        threading::{excepthook, registry},
    },
};

/// The value of the attribute `name`, which may have been deleted.
fn get<T: PrivateAttributes>(
    zelf: &Py<T>,
    name: &'static str,
    field: fn(&Fields) -> &Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult {
    let value = field(&zelf.fields().lock()).clone();
    value.ok_or_else(|| arguments::no_attribute(zelf.as_object(), name, vm))
}

/// Sets or deletes an attribute.
fn set<T: PrivateAttributes>(
    zelf: &Py<T>,
    field: fn(&mut Fields) -> &mut Option<PyObjectRef>,
    value: PySetterValue,
) {
    let new = match value {
        PySetterValue::Assign(value) => Some(value),
        PySetterValue::Delete => None,
    };
    // Dropped once the lock is free: dropping objects may run Python code.
    let old = std::mem::replace(field(&mut zelf.fields().lock()), new);
    drop(old);
}

/// The attributes. A trait, since a Python class's methods stand in one `impl` and in traits.
#[pyclass]
pub(crate) trait PrivateAttributes: PyPayload {
    /// What the object holds.
    fn fields(&self) -> &Guarded;

    /// In the child of a fork. Without an ident, the thread was not copied.
    #[pymethod]
    fn _after_fork(
        zelf: &Py<Self>,
        new_ident: OptionalArg<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let handle = zelf.fields().handle();
        let survives = new_ident
            .into_option()
            .is_some_and(|ident| !vm.is_none(&ident));
        handle.reset_after_fork(survives);
        if survives {
            handle.set_ident(get_ident());
            handle.set_native_id_here();
        }
        Ok(())
    }

    #[pygetset]
    fn _initialized(zelf: &Py<Self>) -> bool {
        zelf.fields().lock().initialized
    }

    #[pygetset]
    fn _os_thread_handle(zelf: &Py<Self>) -> PyThreadHandle {
        PyThreadHandle {
            handle: zelf.fields().handle(),
        }
    }

    #[pygetset(name = "_started")]
    fn started(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        if let Some(started) = zelf.fields().lock().started.clone() {
            return Ok(started);
        }
        let event = registry::module(vm)?.get_attr("Event", vm)?.call((), vm)?;
        let event = zelf.fields().lock().started.get_or_insert(event).clone();
        if zelf.fields().handle().is_started() {
            vm.call_method(&event, "set", ())?;
        }
        Ok(event)
    }

    #[pygetset]
    fn _ident(zelf: &Py<Self>) -> Option<u64> {
        Some(zelf.fields().handle().shown_ident()).filter(|ident| *ident != 0)
    }

    #[pygetset]
    fn _native_id(zelf: &Py<Self>) -> Option<u64> {
        Some(zelf.fields().handle().shown_native_id()).filter(|id| *id != 0)
    }

    #[pygetset]
    fn _name(zelf: &Py<Self>) -> Option<PyStrRef> {
        zelf.fields().lock().name.clone()
    }

    #[pygetset(setter)]
    fn set__name(zelf: &Py<Self>, value: PyStrRef) {
        let old = zelf.fields().lock().name.replace(value);
        drop(old);
    }

    #[pygetset]
    fn _daemonic(zelf: &Py<Self>) -> bool {
        zelf.fields().lock().daemon
    }

    #[pygetset(setter)]
    fn set__daemonic(zelf: &Py<Self>, value: bool) {
        zelf.fields().lock().daemon = value;
    }

    #[pygetset]
    fn _context(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        zelf.fields()
            .lock()
            .context
            .clone()
            .unwrap_or_else(|| vm.ctx.none())
    }

    #[pygetset]
    fn _stderr(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let stderr = zelf.fields().lock().stderr.clone();
        stderr.unwrap_or_else(|| vm.ctx.none())
    }

    #[pygetset(setter)]
    fn set__stderr(zelf: &Py<Self>, value: PySetterValue) {
        set(zelf, |fields| &mut fields.stderr, value);
    }

    #[pygetset]
    fn _invoke_excepthook(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        excepthook::make(vm)
    }

    #[pygetset]
    fn _target(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        get(zelf, "_target", |fields| &fields.target, vm)
    }

    #[pygetset(setter)]
    fn set__target(zelf: &Py<Self>, value: PySetterValue) {
        set(zelf, |fields| &mut fields.target, value);
    }

    #[pygetset]
    fn _args(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        get(zelf, "_args", |fields| &fields.args, vm)
    }

    #[pygetset(setter)]
    fn set__args(zelf: &Py<Self>, value: PySetterValue) {
        set(zelf, |fields| &mut fields.args, value);
    }

    #[pygetset]
    fn _kwargs(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        get(zelf, "_kwargs", |fields| &fields.kwargs, vm)
    }

    #[pygetset(setter)]
    fn set__kwargs(zelf: &Py<Self>, value: PySetterValue) {
        set(zelf, |fields| &mut fields.kwargs, value);
    }
}
