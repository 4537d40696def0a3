//! Native code that goes through an iterator without end can be interrupted.
//!
//! `sum(itertools.repeat(1))` runs no Python code, so it never gets to a place where the
//! interpreter looks for signals, or where a stop of all threads takes effect. The iterators that
//! can go on for long without running Python code look for both here, each few hundred turns.
//!
//! So do containers that are shown, compared or hashed: one that has the same container twice, and
//! so on for some dozen levels, has more elements than there is time for.

use std::cell::Cell;

use pyt_vm::{InterpreterState, state};
use rustpython_vm::{
    PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyType},
    common::hash::PyHash,
    function::{Either, PyComparisonValue},
    protocol::PyIterReturn,
    types::PyComparisonOp,
};

use super::slots::{wrap, wrappers};

/// How many turns of all iterators of a thread there are between two looks. A power of two.
const TURNS: u32 = 512;

thread_local! {
    static TAKEN: Cell<u32> = const { Cell::new(0) };
}

wrappers!(
    next = |original, iterator: &PyObject, vm: &VirtualMachine| -> PyResult<PyIterReturn> {
        take_turn(vm)?;
        original(iterator, vm)
    }
);
wrappers!(
    show = |original, container: &PyObject, vm: &VirtualMachine| -> PyResult<PyRef<PyStr>> {
        take_turn(vm)?;
        original(container, vm)
    }
);
wrappers!(
    hash = |original, container: &PyObject, vm: &VirtualMachine| -> PyResult<PyHash> {
        take_turn(vm)?;
        original(container, vm)
    }
);
wrappers!(
    compare = |original,
               one: &PyObject,
               other: &PyObject,
               operator: PyComparisonOp,
               vm: &VirtualMachine|
     -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
        take_turn(vm)?;
        original(one, other, operator, vm)
    }
);

#[inline]
fn take_turn(vm: &VirtualMachine) -> PyResult<()> {
    let taken = TAKEN.get().wrapping_add(1);
    TAKEN.set(taken);
    if taken & (TURNS - 1) == 0 {
        look(vm)?;
    }
    Ok(())
}

/// Runs signal handlers, stops if all threads are to stop, and raises what another thread or the
/// host has sent to this one.
///
/// # Errors
/// What a signal handler raises, or what was sent.
#[cold]
#[inline(never)]
pub fn look(vm: &VirtualMachine) -> PyResult<()> {
    vm.check_signals()?;
    let world = &state::of(vm).world;
    let sent = world
        .async_exceptions
        .take(InterpreterState::own_ident(), vm);
    sent.map_or(Ok(()), Err)
}

/// Iterators that may go on without end, or for longer than anybody waits.
const LONG_ITERATORS: [&str; 10] = [
    "callable_iterator",
    "combinations",
    "combinations_with_replacement",
    "count",
    "cycle",
    "longrange_iterator",
    "permutations",
    "product",
    "range_iterator",
    "repeat",
];

/// Containers that may have one another as elements.
const CONTAINERS: [&str; 11] = [
    "OrderedDict",
    "deque",
    "dict",
    "dict_items",
    "dict_values",
    "frozenset",
    "list",
    "mappingproxy",
    "set",
    "slice",
    "tuple",
];

/// Has the class's instances look, if they may go on for long.
pub(super) fn guard(class: &PyType) {
    if LONG_ITERATORS.contains(&&*class.name()) {
        wrap!(class.slots.iternext, next);
    }
    if CONTAINERS.contains(&&*class.name()) {
        wrap!(class.slots.repr, show);
        wrap!(class.slots.richcompare, compare);
        if ["frozenset", "slice", "tuple"].contains(&&*class.name()) {
            wrap!(class.slots.hash, hash);
        }
    }
}
