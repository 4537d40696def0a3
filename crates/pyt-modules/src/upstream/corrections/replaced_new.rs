//! The `__new__` of a native class, in the place of which a function changes the arguments first.

use std::sync::OnceLock;

use rustpython_vm::{
    PyResult, VirtualMachine,
    builtins::{PyType, PyTypeRef},
    function::FuncArgs,
};

pub(super) type New = fn(PyTypeRef, FuncArgs, &VirtualMachine) -> PyResult;

/// How upstream makes instances of a class.
pub(super) struct UpstreamNew(OnceLock<New>);

impl UpstreamNew {
    pub(super) const fn unknown() -> Self {
        Self(OnceLock::new())
    }

    /// Has `create` called in the place of upstream's function. Only the first call counts.
    pub(super) fn replace(&self, class: &PyType, create: New) {
        if let Some(upstream) = class.slots.new.load()
            && self.0.set(upstream).is_ok()
        {
            class.slots.new.store(Some(create));
        }
    }

    /// Calls upstream's function.
    pub(super) fn call(&self, class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        match self.0.get() {
            Some(upstream) => upstream(class, args, vm),
            None => Err(vm.new_system_error("the interpreter cannot make this object")),
        }
    }
}
