//! `sqlite3.Row`: a row whose columns have names.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, atomic_func,
    builtins::{PyInt, PySlice, PyStr, PyTuple, PyTupleRef, PyType},
    common::hash::PyHash,
    function::PyComparisonValue,
    object::{Traverse, TraverseFn},
    protocol::{PyMappingMethods, PySequenceMethods},
    pyclass,
    types::{AsMapping, AsSequence, Comparable, Constructor, Hashable, Iterable, PyComparisonOp},
};

use super::cursor::Cursor;

/// A row of a query: a sequence whose items can be had by their columns' names, too.
#[pyclass(module = "sqlite3", name = "Row", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(super) struct Row {
    values: PyTupleRef,
    description: Option<PyTupleRef>,
}

// SAFETY: each object is visited once.
unsafe impl Traverse for Row {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.values.traverse(visit);
        self.description.traverse(visit);
    }
}

#[pyclass(
    with(Constructor, Hashable, Comparable, Iterable, AsMapping, AsSequence),
    flags(BASETYPE)
)]
impl Row {
    /// Return the column names as a list of strings.
    #[pymethod]
    fn keys(zelf: &Py<Self>) -> Vec<PyObjectRef> {
        zelf.names().cloned().collect()
    }

    fn names(&self) -> impl Iterator<Item = &PyObjectRef> {
        let columns = self.description.iter().flat_map(|names| names.as_slice());
        columns.filter_map(|column| column.downcast_ref::<PyTuple>()?.as_slice().first())
    }

    fn at(&self, index: isize, vm: &VirtualMachine) -> PyResult {
        let values = self.values.as_slice();
        let length = isize::try_from(values.len()).unwrap_or(isize::MAX);
        let index = if index < 0 { index + length } else { index };
        let value = usize::try_from(index)
            .ok()
            .and_then(|index| values.get(index));
        let missing = || vm.new_index_error("tuple index out of range");
        value.cloned().ok_or_else(missing)
    }

    fn item(&self, key: &PyObject, vm: &VirtualMachine) -> PyResult {
        if let Some(index) = key.downcast_ref::<PyInt>() {
            let index = index.try_to_primitive::<isize>(vm);
            let index = index
                .map_err(|_| vm.new_index_error("cannot fit 'int' into an index-sized integer"))?;
            return self.at(index, vm);
        }
        if let Some(name) = key.downcast_ref::<PyStr>() {
            let wanted = name.to_string_lossy();
            for (index, column) in self.names().enumerate() {
                let column = column
                    .downcast_ref::<PyStr>()
                    .map(|name| name.to_string_lossy());
                let same = column
                    .is_some_and(|column| column == wanted || column.eq_ignore_ascii_case(&wanted));
                if same {
                    return self.at(isize::try_from(index).unwrap_or(isize::MAX), vm);
                }
            }
            return Err(vm.new_index_error("No item with that key"));
        }
        if key.downcast_ref::<PySlice>().is_some() {
            return self.values.as_object().get_item(key, vm);
        }
        Err(vm.new_index_error("Index must be int or string"))
    }
}

impl Constructor for Row {
    type Args = (PyRef<Cursor>, PyTupleRef);

    fn py_new(
        _cls: &Py<PyType>,
        (cursor, values): Self::Args,
        _vm: &VirtualMachine,
    ) -> PyResult<Self> {
        Ok(Self {
            values,
            description: cursor.description_now(),
        })
    }
}

impl Hashable for Row {
    fn hash(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyHash> {
        let names = match &zelf.description {
            Some(names) => names.as_object().hash(vm)?,
            None => 0,
        };
        Ok(names ^ zelf.values.as_object().hash(vm)?)
    }
}

impl Comparable for Row {
    fn cmp(
        zelf: &Py<Self>,
        other: &PyObject,
        op: PyComparisonOp,
        vm: &VirtualMachine,
    ) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let Some(other) = other.downcast_ref::<Self>() else {
                return Ok(PyComparisonValue::NotImplemented);
            };
            let names = match (&zelf.description, &other.description) {
                (Some(mine), Some(its)) => vm.bool_eq(mine.as_object(), its.as_object())?,
                (None, None) => true,
                _ => false,
            };
            let equal = names && vm.bool_eq(zelf.values.as_object(), other.values.as_object())?;
            Ok(equal.into())
        })
    }
}

impl Iterable for Row {
    fn iter(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        let iter = zelf.values.as_object().to_owned().get_iter(vm)?;
        Ok(iter.into())
    }
}

impl AsMapping for Row {
    fn as_mapping() -> &'static PyMappingMethods {
        static METHODS: std::sync::LazyLock<PyMappingMethods> =
            std::sync::LazyLock::new(|| PyMappingMethods {
                length: atomic_func!(|row, _vm| Ok(Row::mapping_downcast(row).values.len())),
                subscript: atomic_func!(|row, key, vm| Row::mapping_downcast(row).item(key, vm)),
                ..PyMappingMethods::NOT_IMPLEMENTED
            });
        &METHODS
    }
}

impl AsSequence for Row {
    fn as_sequence() -> &'static PySequenceMethods {
        static METHODS: std::sync::LazyLock<PySequenceMethods> =
            std::sync::LazyLock::new(|| PySequenceMethods {
                length: atomic_func!(|row, _vm| Ok(Row::sequence_downcast(row).values.len())),
                item: atomic_func!(|row, index, vm| Row::sequence_downcast(row).at(index, vm)),
                ..PySequenceMethods::NOT_IMPLEMENTED
            });
        &METHODS
    }
}
