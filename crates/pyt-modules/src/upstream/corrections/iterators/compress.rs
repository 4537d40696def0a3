//! `itertools.compress` asks for the next item before the next selector, as CPython does.
//!
//! Upstream asks for the selector first. Where the two share an iterator, results differ: slices of
//! more-itertools do. Can go when upstream's order is CPython's.

use rustpython_vm::{
    Py, PyPayload, PyResult, VirtualMachine,
    builtins::{PyType, PyTypeRef},
    class::PyClassImpl,
    object::{Traverse, TraverseFn},
    protocol::{PyIter, PyIterReturn},
    pyclass,
    types::{Constructor, IterNext, Iterable, SelfIter},
};

/// The class that takes the place of upstream's.
pub(super) fn class() -> PyTypeRef {
    Compress::make_static_type()
}

#[pyclass(module = "itertools", name = "compress", traverse = "manual")]
#[derive(Debug, PyPayload)]
struct Compress {
    items: PyIter,
    selectors: PyIter,
}

// SAFETY: exactly the two references that an instance owns are visited.
unsafe impl Traverse for Compress {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.items.traverse(visit);
        self.selectors.traverse(visit);
    }
}

#[derive(rustpython_vm::FromArgs)]
struct CompressArgs {
    #[pyarg(any)]
    data: PyIter,
    #[pyarg(any)]
    selectors: PyIter,
}

impl Constructor for Compress {
    type Args = CompressArgs;

    fn py_new(_class: &Py<PyType>, args: Self::Args, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            items: args.data,
            selectors: args.selectors,
        })
    }
}

/// Return the items of the data whose selectors are true, in their order.
#[pyclass(with(IterNext, Iterable, Constructor), flags(BASETYPE))]
impl Compress {}

impl SelfIter for Compress {}

impl IterNext for Compress {
    fn next(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        loop {
            let PyIterReturn::Return(item) = zelf.items.next(vm)? else {
                return Ok(PyIterReturn::StopIteration(None));
            };
            let PyIterReturn::Return(selector) = zelf.selectors.next(vm)? else {
                return Ok(PyIterReturn::StopIteration(None));
            };
            if selector.try_to_bool(vm)? {
                return Ok(PyIterReturn::Return(item));
            }
        }
    }
}
