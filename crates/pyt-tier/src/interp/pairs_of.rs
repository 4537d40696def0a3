//! `enumerate` and `zip` of two, as far as what they go over runs nothing of the program's.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine, builtins::PyTuple, protocol::PyIterReturn,
};

use super::{
    items,
    values::{self, Found},
};
use crate::{backend::NextPair, ir::Ty};

/// Whether an iterator inside gives its items without running anything of the program's.
pub(super) fn is_inner(object: &PyObject, vm: &VirtualMachine) -> bool {
    items::is_iterator(object, vm) || object.class().is(vm.ctx.types.range_iterator_type)
}

/// The type of what an iterator inside gives next.
pub(super) fn next_type(iterator: &PyObject, vm: &VirtualMachine) -> Ty {
    if iterator.class().is(vm.ctx.types.range_iterator_type) {
        Ty::Int
    } else {
        items::next_type(iterator, vm)
    }
}

/// What an object is made of again: the class, and the arguments if that is all.
fn arguments(object: &PyObject, vm: &VirtualMachine) -> Option<PyObjectRef> {
    let state = vm.call_method(object, "__reduce__", ()).ok()?;
    match state.downcast_ref::<PyTuple>()?.as_slice() {
        [_, arguments] => Some(arguments.clone()),
        // A `zip` that is strict.
        _ => None,
    }
}

/// What an `enumerate` goes over.
pub(super) fn enumerated(object: &PyObject, vm: &VirtualMachine) -> Option<PyObjectRef> {
    if !object.class().is(vm.ctx.types.enumerate_type) {
        return None;
    }
    let arguments = arguments(object, vm)?;
    let inner = (arguments.downcast_ref::<PyTuple>()?.as_slice()).first()?;
    is_inner(inner, vm).then(|| inner.clone())
}

/// The two iterators of a `zip`.
pub(super) fn zipped(object: &PyObject, vm: &VirtualMachine) -> Option<[PyObjectRef; 2]> {
    if !object.class().is(vm.ctx.types.zip_type) {
        return None;
    }
    let arguments = arguments(object, vm)?;
    match arguments.downcast_ref::<PyTuple>()?.as_slice() {
        [first, second] if is_inner(first, vm) && is_inner(second, vm) => {
            Some([first.clone(), second.clone()])
        }
        _ => None,
    }
}

/// The next item of an iterator that raises nothing.
fn next(iterator: &PyObject, vm: &VirtualMachine) -> Option<PyObjectRef> {
    let next = iterator.class().slots.iternext.load()?;
    match next(iterator, vm) {
        Ok(PyIterReturn::Return(item)) => Some(item),
        _ => None,
    }
}

/// The next pair of the object that this reading found, or of the two iterators that this one and
/// the next found. What is no pair of numbers of these types is kept as a tuple.
pub(super) fn next_pair(
    found: &Found,
    object: u8,
    types: [Ty; 2],
    vm: &VirtualMachine,
) -> (NextPair, Option<PyObjectRef>) {
    let at = usize::from(object);
    let Some(first) = found.get(at) else {
        return (NextPair::End, None);
    };
    let of = |first: &PyObject, second: &PyObject| {
        let [one, other] = [first, second].map(|item| values::classify(Some(item), vm));
        ([one.0, other.0] == types).then_some(NextPair::Numbers([one.1, other.1]))
    };
    if first.class().is(vm.ctx.types.enumerate_type) {
        let Some(pair) = next(first, vm) else {
            return (NextPair::End, None);
        };
        let items = pair
            .downcast_ref::<PyTuple>()
            .map(rustpython_vm::Py::as_slice);
        if let Some([first, second]) = items
            && let Some(numbers) = of(first, second)
        {
            return (numbers, None);
        }
        return (NextPair::Other, Some(pair));
    }
    // The second is not asked once the first is over.
    let pair = next(first, vm).and_then(|first| Some((first, next(found.get(at + 1)?, vm)?)));
    let Some((first, second)) = pair else {
        return (NextPair::End, None);
    };
    match of(&first, &second) {
        Some(numbers) => (numbers, None),
        None => {
            let pair = vm.ctx.new_tuple(vec![first, second]).into();
            (NextPair::Other, Some(pair))
        }
    }
}
