//! The module `_sqlite3`: upstream's, with what it shares between the interpreters of a process
//! made each interpreter's own.

mod registry;

use rustpython_vm::{
    Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
};

use crate::upstream::derived;

pub(crate) use registry::interpreter_exits;

/// The definition of `_sqlite3`. `None` if upstream was built without it.
pub(crate) fn definition() -> Option<&'static PyModuleDef> {
    derived::derive_named("_sqlite3", change)
}

fn change(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    registry::replace(module, vm)
}
