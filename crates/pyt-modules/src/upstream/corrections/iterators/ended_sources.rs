//! `cycle`, `pairwise` and `zip_longest` ask an iterator that has ended no more, as CPython's do.
//!
//! Upstream's ask it again at each turn: an iterator that goes on after its end gives other results
//! then, and one that is a file or a queue is read once more. The classes are given iterators that
//! stay ended. Can go when upstream's classes remember the end.

use rustpython_vm::{
    Py, PyPayload, PyResult, VirtualMachine,
    builtins::{PyType, PyTypeRef},
    class::PyClassImpl,
    common::lock::PyRwLock,
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    protocol::{PyIter, PyIterReturn},
    pyclass,
    types::{IterNext, Iterable, SelfIter},
};

use super::{super::replaced_new::UpstreamNew, Correct};

/// The classes, and what corrects each.
pub(super) const CLASSES: [(&str, Correct); 3] = [
    ("cycle", correct::<0>),
    ("pairwise", correct::<1>),
    ("zip_longest", correct::<2>),
];

/// How upstream makes instances, in the order of the classes.
static UPSTREAM: [UpstreamNew; 3] = [const { UpstreamNew::unknown() }; 3];

/// To be called before an instance is made.
pub(super) fn begin() {
    let _ = Source::make_static_type();
}

fn correct<const NUMBER: usize>(class: &PyType) {
    UPSTREAM[NUMBER].replace(class, create::<NUMBER>);
}

fn create<const NUMBER: usize>(
    class: PyTypeRef,
    mut args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult {
    for source in &mut args.args {
        let iterator = source.get_iter(vm)?;
        *source = Source(PyRwLock::new(Some(iterator)))
            .into_ref(&vm.ctx)
            .into();
    }
    UPSTREAM[NUMBER].call(class, args, vm)
}

/// An iterator that stays ended.
#[pyclass(module = "itertools", name = "_source", traverse = "manual")]
#[derive(Debug, PyPayload)]
struct Source(PyRwLock<Option<PyIter>>);

// SAFETY: exactly the reference that an instance owns is visited.
unsafe impl Traverse for Source {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.0.traverse(visit);
    }
}

#[pyclass(with(IterNext, Iterable), flags(DISALLOW_INSTANTIATION))]
impl Source {}

impl SelfIter for Source {}

impl IterNext for Source {
    fn next(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        let Some(iterator) = zelf.0.read().clone() else {
            return Ok(PyIterReturn::StopIteration(None));
        };
        let next = iterator.next(vm)?;
        if matches!(next, PyIterReturn::StopIteration(_)) {
            let _dropped_unlocked = zelf.0.write().take();
        }
        Ok(next)
    }
}
