//! Compares the names of modules with those recorded: some thousand in every reset, so natively,
//! and as addresses. Knows nothing of the pool.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBytes, PyDict, PyDictRef, PyList, PyListRef},
};

use crate::{Error, Python, Value};

/// Gives a namespace these two functions:
///
/// - `addresses(names)`: where the keys and the values of a dictionary are, in its order, as bytes.
///   They stay true for as long as these objects are kept.
/// - `changed(records)`: of a list of lists, those whose first element, a dictionary, no longer has
///   the objects that its second element has the addresses of. No method of the dictionary is
///   called.
pub(super) fn add_to(names: &Value, py: Python<'_>) -> Result<(), Error> {
    let vm = py.vm();
    let addresses = Value::from_object(py, vm.new_function("addresses", addresses));
    names.set_item("addresses", addresses)?;
    let changed = Value::from_object(py, vm.new_function("changed", changed));
    names.set_item("changed", changed)
}

fn addresses(names: PyDictRef) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in names.items_vec() {
        bytes.extend_from_slice(&of(&key));
        bytes.extend_from_slice(&of(&value));
    }
    bytes
}

fn changed(records: PyListRef, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let records: Vec<PyObjectRef> = records.borrow_vec().to_vec();
    let mut changed = Vec::new();
    for record in records {
        let is_same = |record: &PyObject| {
            let record = record.downcast_ref::<PyList>()?.borrow_vec();
            let [now, recorded, ..] = &record[..] else {
                return None;
            };
            let now = now.downcast_ref::<PyDict>()?;
            Some(has(now, recorded.downcast_ref::<PyBytes>()?.as_bytes()))
        };
        match is_same(&record) {
            Some(true) => {}
            Some(false) => changed.push(record),
            None => return Err(vm.new_type_error("a list of dictionaries and addresses")),
        }
    }
    Ok(changed)
}

/// Whether the dictionary has the objects at these addresses, in this order.
fn has(now: &Py<PyDict>, recorded: &[u8]) -> bool {
    let now = now.items_vec();
    let (recorded, _) = recorded.as_chunks::<{ size_of::<usize>() }>();
    let (recorded, _) = recorded.as_chunks::<2>();
    now.len() == recorded.len()
        && now
            .iter()
            .zip(recorded)
            .all(|((key, value), [known, object])| of(key) == *known && of(value) == *object)
}

fn of(object: &PyObject) -> [u8; size_of::<usize>()] {
    object.get_id().to_ne_bytes()
}
