//! Names of attributes, methods and modules as Python strings.

use rustpython_vm::{VirtualMachine, builtins::PyStrRef};

/// `name` as a `str`. An interned one is used again; others are not interned, which would keep them
/// for ever.
pub(crate) fn name(vm: &VirtualMachine, name: &str) -> PyStrRef {
    match vm.ctx.interned_str(name) {
        Some(known) => known.to_owned(),
        None => vm.ctx.new_str(name),
    }
}
