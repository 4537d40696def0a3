//! `socket.getaddrinfo` gives an empty string for the canonical name where it was not asked for.
//! Upstream gives `None`.
//!
//! Can go when upstream's `getaddrinfo` does so.

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyList, PyModule, PyModuleDef, PyTuple},
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::address_families;
use crate::upstream::{self, derived::derive};

static GETADDRINFO: PyMethodDef = PyMethodDef::new_const(
    "getaddrinfo",
    getaddrinfo,
    PyMethodFlags::empty(),
    ItemDoc::static_text(
        "getaddrinfo(host, port [, family, type, proto, flags])\n    -> list of (family, type, proto, canonname, sockaddr)\n\n\
         Resolve host and port into addrinfo struct.",
    ),
);

/// The module with all its corrections.
pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    Some(derive(address_families::module_def()?, correct_module))
}

fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let function = GETADDRINFO
        .to_function()
        .with_module(vm.ctx.intern_str("_socket"))
        .with_module_object(module.to_owned().into())
        .into_ref(&vm.ctx);
    let module = module.as_object();
    module.set_attr(GETADDRINFO.name, function, vm)
}

fn getaddrinfo(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let found = upstream::call("_socket", GETADDRINFO.name, args, vm)?;
    if let Some(entries) = found.downcast_ref::<PyList>() {
        for entry in entries.borrow_vec_mut().iter_mut() {
            if let Some(named) = with_name(entry, vm) {
                *entry = named;
            }
        }
    }
    Ok(found)
}

/// The entry with an empty name, if it has none.
fn with_name(entry: &PyObjectRef, vm: &VirtualMachine) -> Option<PyObjectRef> {
    let mut values = entry.downcast_ref::<PyTuple>()?.as_slice().to_vec();
    let name = values.get_mut(3).filter(|name| vm.is_none(name))?;
    *name = vm.ctx.empty_str.to_owned().into();
    Some(vm.ctx.new_tuple(values).into())
}
