//! Native classes that a class may derive from, as in CPython: of `_io` and of `itertools`.
//!
//! Upstream refuses some. Can go when its classes have the flag `BASETYPE`.

use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyType},
    types::PyTypeFlags,
};

use crate::upstream::derived::derive_named;

/// Those of `_io`.
const OF_IO: [&str; 2] = ["IncrementalNewlineDecoder", "UnsupportedOperation"];

/// Those of `itertools`.
pub(super) const OF_ITERTOOLS: [&str; 9] = [
    "accumulate",
    "combinations",
    "combinations_with_replacement",
    "count",
    "groupby",
    "pairwise",
    "permutations",
    "product",
    "zip_longest",
];

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_io", correct_io)
}

fn correct_io(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    allow(module, &OF_IO, vm)
}

/// Has the classes of the module with these names be base classes.
pub(super) fn allow(module: &Py<PyModule>, names: &[&str], vm: &VirtualMachine) -> PyResult<()> {
    const BASE: PyTypeFlags = PyTypeFlags::from_slice(&[PyTypeFlags::BASETYPE]);
    for name in names {
        let class = module.as_object().get_attr(vm.ctx.intern_str(*name), vm)?;
        if let Some(class) = class.downcast_ref::<PyType>() {
            class.slots.flags.replace_masked(BASE, BASE);
        }
    }
    Ok(())
}
