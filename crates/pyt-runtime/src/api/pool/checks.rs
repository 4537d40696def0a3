//! What a reset looks at natively, since it does so each time: whether the names of modules are
//! those recorded, and whether the collector has anything to look at. Knows nothing of the pool.

use std::sync::atomic::{AtomicIsize, Ordering};

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBytes, PyBytesRef, PyDict, PyDictRef, PyList, PyListRef},
    object::Traverse,
};

use crate::{Error, Python, Value};

/// The generations that a collection goes through: the frozen objects are in none of them.
const GENERATIONS: [i32; 3] = [0, 1, 2];

/// How many objects the resets of all pools have frozen, less those they have unfrozen. The
/// process has one count of frozen objects: what others add to it must not look like a user's.
static FROZEN: AtomicIsize = AtomicIsize::new(0);

/// Gives a namespace these functions:
///
/// - `addresses(names)`: where the keys and the values of a dictionary are, in its order, as bytes.
///   They stay true for as long as these objects are kept.
/// - `is_same(names, addresses)`: whether the dictionary has the objects at these addresses, in
///   this order. No method of the dictionary is called.
/// - `changed(records)`: of a list of lists, those whose first element, a dictionary, is not the
///   same as its second element, its addresses, says.
/// - `has_new()`: whether a collection would look at any object. If not, there is no garbage.
/// - `freeze()`, `unfreeze()`: those of `gc`. What they move is counted; `freeze` returns it.
/// - `frozen()`: how many objects `freeze` has moved, and `unfreeze` has not moved back, in all
///   runtimes of the process.
pub(super) fn add_to(names: &Value, py: Python<'_>) -> Result<(), Error> {
    let vm = py.vm();
    let functions = [
        ("addresses", vm.new_function("addresses", addresses)),
        ("is_same", vm.new_function("is_same", is_same)),
        ("changed", vm.new_function("changed", changed)),
        ("has_new", vm.new_function("has_new", has_new)),
        ("freeze", vm.new_function("freeze", freeze)),
        ("unfreeze", vm.new_function("unfreeze", unfreeze)),
        ("frozen", vm.new_function("frozen", frozen)),
    ];
    for (name, function) in functions {
        names.set_item(name, Value::from_object(py, function))?;
    }
    Ok(())
}

fn addresses(names: PyDictRef) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Of the dictionary; a reference to it has a method of this name, too.
    PyDict::traverse(&names, &mut |object| {
        bytes.extend_from_slice(&of(object));
    });
    bytes
}

fn is_same(names: PyDictRef, recorded: PyBytesRef) -> bool {
    has(&names, recorded.as_bytes())
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

/// Whether the dictionary has the objects at these addresses, in this order. Makes no references
/// to them: there are thousands, and each count would have to be fetched and written.
fn has(now: &PyDict, recorded: &[u8]) -> bool {
    let (recorded, _) = recorded.as_chunks::<{ size_of::<usize>() }>();
    let mut expected = recorded.iter();
    let mut is_same = true;
    // Keys and values in turn. Sees none while another thread writes: then they count as changed.
    now.traverse(&mut |object| is_same &= expected.next() == Some(&of(object)));
    is_same && expected.next().is_none()
}

fn of(object: &PyObject) -> [u8; size_of::<usize>()] {
    object.get_id().to_ne_bytes()
}

fn has_new(vm: &VirtualMachine) -> bool {
    // A collection has the same objects as candidates: those of the interpreter and of none.
    let has = |generation: &i32| !vm.state.gc.get_objects(Some(*generation)).is_empty();
    GENERATIONS.iter().any(has)
}

fn freeze(vm: &VirtualMachine) -> usize {
    let objects = GENERATIONS.map(|generation| vm.state.gc.get_objects(Some(generation)).len());
    let moved = objects.iter().sum();
    vm.state.gc.freeze();
    FROZEN.fetch_add(signed(moved), Ordering::Relaxed);
    moved
}

fn unfreeze(vm: &VirtualMachine) {
    let all = rustpython_vm::gc_state::gc_state();
    let before = all.get_freeze_count();
    vm.state.gc.unfreeze();
    // What another runtime does meanwhile is counted, too: the next check then looks once more.
    let moved = before.saturating_sub(all.get_freeze_count());
    FROZEN.fetch_sub(signed(moved), Ordering::Relaxed);
}

fn frozen() -> isize {
    FROZEN.load(Ordering::Relaxed)
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests {
    use crate::{Runtime, Value};

    #[test]
    fn dictionaries_are_compared_by_their_objects() {
        let runtime = Runtime::builder().build().unwrap();
        let names: Value = runtime.eval("{}").unwrap();
        runtime.enter(|py| super::add_to(&names, py)).unwrap();
        let check = "first = {'a': object(), 'b': 'text'}\n\
             known = addresses(first)\n\
             assert is_same(first, known) and is_same(dict(first), known)\n\
             assert changed([[first, known]]) == []\n\
             b = first.pop('b')\n\
             assert not is_same(first, known) and changed([[first, known]])\n\
             first['b'] = b\n\
             assert is_same(first, known)\n\
             a = first.pop('a')\n\
             first['a'] = a\n\
             assert not is_same(first, known), 'another order'\n\
             assert not is_same({'a': a, 'b': b, 'c': b}, known), 'one more'\n\
             assert not is_same({'a': object(), 'b': b}, known), 'another value'\n\
             assert is_same({}, b'') and not is_same({}, known)\n\
             try: changed([1])\n\
             except TypeError: pass\n\
             else: raise AssertionError";
        let checked = runtime.compile(check).unwrap().eval_in::<()>(&names);
        checked.unwrap();
        runtime.finish();
    }
}
