//! The module `__main__`, in which a host's code runs.

use rustpython_vm::{AsObject, PyResult, VirtualMachine, builtins::PyDictRef, scope::Scope};

/// The names of `__main__`.
pub(crate) fn main_dict(vm: &VirtualMachine) -> PyResult<PyDictRef> {
    Ok(vm.ensure_main_module()?.dict())
}

/// The namespace of `__main__`, as globals and locals.
pub(crate) fn main_scope(vm: &VirtualMachine) -> PyResult<Scope> {
    scope_of(main_dict(vm)?, vm)
}

/// A namespace with these globals, in which the built-in functions are found.
pub(crate) fn scope_of(globals: PyDictRef, vm: &VirtualMachine) -> PyResult<Scope> {
    if !globals.contains_key("__builtins__", vm) {
        let builtins = vm.builtins.as_object().to_owned();
        globals.set_item("__builtins__", builtins, vm)?;
    }
    Ok(Scope::with_builtins(None, globals, vm))
}
