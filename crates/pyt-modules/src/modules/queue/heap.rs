//! The heap of a `PriorityQueue` on the fast path: `heapq`'s, for items that can be compared
//! without running Python code.
//!
//! It lies within the queue's lock, where no Python code may run: numbers, texts, and tuples as far
//! as such elements decide are compared here. At the first comparison that needs more, nothing has
//! been moved yet, and the queue falls back: `fallback` goes on with the module `heapq`. The items
//! lie as `heapq` would have laid them.

use std::{cmp::Ordering, collections::VecDeque};

use pyt_sched::Undecided;
use rustpython_vm::{
    AsObject, Context, PyObject, PyObjectRef,
    builtins::{PyFloat, PyInt, PyStr, PyTuple},
};

/// How deep tuples are looked into.
const DEPTH: u8 = 4;

/// The largest power of two below which every integer is a float.
const EXACT: i64 = 1 << 53;

const fn parent(place: usize) -> usize {
    (place - 1) / 2
}

fn is_less(left: &PyObject, right: &PyObject) -> Result<bool, Undecided> {
    compare(left, right, DEPTH)
        .map(Ordering::is_lt)
        .ok_or(Undecided)
}

/// Adds `item`; gives it back if its place can't be found.
pub(super) fn push(heap: &mut VecDeque<PyObjectRef>, item: PyObjectRef) -> Result<(), PyObjectRef> {
    let mut place = heap.len();
    while place > 0 {
        match is_less(&item, &heap[parent(place)]) {
            Ok(true) => place = parent(place),
            Ok(false) => break,
            Err(Undecided) => return Err(item),
        }
    }
    let mut at = heap.len();
    heap.push_back(item);
    while at != place {
        heap.swap(at, parent(at));
        at = parent(at);
    }
    Ok(())
}

/// Takes the smallest item.
pub(super) fn pop(heap: &mut VecDeque<PyObjectRef>) -> Result<Option<PyObjectRef>, Undecided> {
    let Some(end) = heap.len().checked_sub(1).filter(|end| *end > 0) else {
        return Ok(heap.pop_back());
    };
    // The hole that the smallest leaves sinks to the bottom, always to the smaller child.
    let mut place = 0;
    while place < end / 2 {
        let left = 2 * place + 1;
        let right = left + 1;
        place = if right < end && !is_less(&heap[left], &heap[right])? {
            right
        } else {
            left
        };
    }
    // The last item rises from there.
    while place > 0 && is_less(&heap[end], &heap[place])? {
        place = parent(place);
    }
    let mut carried = heap.pop_back();
    while let Some(item) = &mut carried {
        std::mem::swap(&mut heap[place], item);
        if place == 0 {
            break;
        }
        place = parent(place);
    }
    Ok(carried)
}

/// How the two compare, if that can be known without Python code.
fn compare(left: &PyObject, right: &PyObject, depth: u8) -> Option<Ordering> {
    let types = &Context::genesis().types;
    let is_int =
        |object: &PyObject| object.class().is(types.int_type) || object.class().is(types.bool_type);
    let float = |object: &PyObject| {
        if object.class().is(types.float_type) {
            return object
                .downcast_ref::<PyFloat>()
                .map(rustpython_vm::Py::to_f64);
        }
        let int = object.downcast_ref::<PyInt>().filter(|_| is_int(object))?;
        let int = i64::try_from(int.as_bigint()).ok()?;
        (-EXACT..=EXACT).contains(&int).then_some(int as f64)
    };
    if is_int(left) && is_int(right) {
        let (left, right) = (
            left.downcast_ref::<PyInt>()?,
            right.downcast_ref::<PyInt>()?,
        );
        return Some(left.as_bigint().cmp(right.as_bigint()));
    }
    if left.class().is(types.str_type) && right.class().is(types.str_type) {
        let (left, right) = (
            left.downcast_ref::<PyStr>()?,
            right.downcast_ref::<PyStr>()?,
        );
        return Some(left.to_str()?.cmp(right.to_str()?));
    }
    if left.class().is(types.tuple_type) && right.class().is(types.tuple_type) {
        let (left, right) = (
            left.downcast_ref::<PyTuple>()?,
            right.downcast_ref::<PyTuple>()?,
        );
        return compare_elements(left.as_slice(), right.as_slice(), depth.checked_sub(1)?);
    }
    // A NaN is neither less nor equal nor greater.
    float(left)?.partial_cmp(&float(right)?)
}

/// The first that differ decide; an object equals itself, whatever it is.
fn compare_elements(left: &[PyObjectRef], right: &[PyObjectRef], depth: u8) -> Option<Ordering> {
    for (left, right) in left.iter().zip(right) {
        if !left.is(right) {
            let order = compare(left, right, depth)?;
            if order.is_ne() {
                return Some(order);
            }
        }
    }
    Some(left.len().cmp(&right.len()))
}
