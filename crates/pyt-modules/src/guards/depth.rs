//! Native functions that call one another as deeply as a program nests its objects raise
//! `RecursionError` before the thread's stack ends.
//!
//! Upstream checks the stack where it calls Python functions, and in some operations (`repr`,
//! comparisons, hashes). A chain of native objects calls none of them: `next(map(f, map(f, ...)))`,
//! a `staticmethod` of a `staticmethod`, a proxy of a proxy. Here the slots by which such objects
//! call one another check it, too. Classes of Python code inherit them.

use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyType},
    function::{FuncArgs, PySetterValue},
    protocol::{PyIterReturn, PyMapping, PyNumber, PySequence},
};

use super::slots::{wrap, wrappers};

const WHERE: &str = "while calling a Python object";

wrappers!(
    next = |original, iterator: &PyObject, vm: &VirtualMachine| -> PyResult<PyIterReturn> {
        vm.with_recursion(WHERE, || original(iterator, vm))
    }
);
wrappers!(
    call = |original, callee: &PyObject, args: FuncArgs, vm: &VirtualMachine| -> PyResult {
        vm.with_recursion(WHERE, || original(callee, args, vm))
    }
);
wrappers!(
    vectorcall = |original,
                  callee: &PyObject,
                  args: Vec<PyObjectRef>,
                  positional: usize,
                  names: Option<&[PyObjectRef]>,
                  vm: &VirtualMachine|
     -> PyResult {
        vm.with_recursion(WHERE, || original(callee, args, positional, names, vm))
    }
);
wrappers!(
    get_attribute =
        |original, object: &PyObject, name: &Py<PyStr>, vm: &VirtualMachine| -> PyResult {
            vm.with_recursion("while getting an attribute", || original(object, name, vm))
        }
);
wrappers!(
    set_attribute = |original,
                     object: &PyObject,
                     name: &Py<PyStr>,
                     value: PySetterValue,
                     vm: &VirtualMachine|
     -> PyResult<()> {
        vm.with_recursion("while setting an attribute", || {
            original(object, name, value, vm)
        })
    }
);
wrappers!(
    descriptor_get = |original,
                      descriptor: &PyObject,
                      object: Option<&PyObject>,
                      class: Option<&PyObject>,
                      vm: &VirtualMachine|
     -> PyResult {
        vm.with_recursion("while getting an attribute", || {
            original(descriptor, object, class, vm)
        })
    }
);
wrappers!(
    iterate = |original, object: PyObjectRef, vm: &VirtualMachine| -> PyResult {
        vm.with_recursion("while making an iterator", || original(object, vm))
    }
);
wrappers!(
    text = |original,
            object: &PyObject,
            vm: &VirtualMachine|
     -> PyResult<rustpython_vm::PyRef<PyStr>> {
        vm.with_recursion("while getting the str of an object", || {
            original(object, vm)
        })
    }
);
wrappers!(
    truth = |original, number: PyNumber<'_>, vm: &VirtualMachine| -> PyResult<bool> {
        vm.with_recursion("while getting the truth of an object", || {
            original(number, vm)
        })
    }
);
wrappers!(
    mapping_length = |original, mapping: PyMapping<'_>, vm: &VirtualMachine| -> PyResult<usize> {
        vm.with_recursion("while getting a length", || original(mapping, vm))
    }
);
wrappers!(
    mapping_item =
        |original, mapping: PyMapping<'_>, key: &PyObject, vm: &VirtualMachine| -> PyResult {
            vm.with_recursion("while getting an item", || original(mapping, key, vm))
        }
);
wrappers!(
    mapping_set_item = |original,
                        mapping: PyMapping<'_>,
                        key: &PyObject,
                        value: Option<PyObjectRef>,
                        vm: &VirtualMachine|
     -> PyResult<()> {
        vm.with_recursion("while setting an item", || {
            original(mapping, key, value, vm)
        })
    }
);
wrappers!(
    sequence_length =
        |original, sequence: PySequence<'_>, vm: &VirtualMachine| -> PyResult<usize> {
            vm.with_recursion("while getting a length", || original(sequence, vm))
        }
);
wrappers!(
    contains = |original,
                sequence: PySequence<'_>,
                item: &PyObject,
                vm: &VirtualMachine|
     -> PyResult<bool> {
        vm.with_recursion("in comparison", || original(sequence, item, vm))
    }
);

/// Iterators that call nothing when they go on. `for` calls them at each turn, so they are left as
/// they are; generators check the stack themselves.
const PLAIN_ITERATORS: [&str; 30] = [
    "arrayiterator",
    "bytearray_iterator",
    "bytes_iterator",
    "_deque_iterator",
    "_deque_reverse_iterator",
    "coroutine",
    "dict_itemiterator",
    "dict_keyiterator",
    "dict_reverseitemiterator",
    "dict_reversekeyiterator",
    "dict_reversevalueiterator",
    "dict_valueiterator",
    "generator",
    "combinations",
    "combinations_with_replacement",
    "count",
    "permutations",
    "product",
    "repeat",
    "list_iterator",
    "list_reverseiterator",
    "longrange_iterator",
    "memory_iterator",
    "odict_iterator",
    "range_iterator",
    "set_iterator",
    "str_ascii_iterator",
    "str_iterator",
    "tuple_iterator",
    "unpack_iterator",
];

/// Callables of which calls end in a Python function, whose stack is checked, or are made at each
/// turn of most loops.
const PLAIN_CALLABLES: [&str; 2] = ["function", "type"];

/// Classes whose instances have attributes, items and so on of another object, which may be of the
/// same class.
const STAND_INS: [&str; 8] = [
    "GenericAlias",
    "classmethod",
    "mappingproxy",
    "method",
    "property",
    "staticmethod",
    "super",
    "weakproxy",
];

/// Has the class's slots check the stack, as far as its instances may be nested in one another.
pub(super) fn guard(class: &PyType) {
    let slots = &class.slots;
    let name = class.name();
    let name = &*name;
    if !PLAIN_ITERATORS.contains(&name) {
        wrap!(slots.iternext, next);
    }
    if !PLAIN_CALLABLES.contains(&name) {
        wrap!(slots.call, call);
        wrap!(slots.vectorcall, vectorcall);
    }
    if STAND_INS.contains(&name) {
        wrap!(slots.getattro, get_attribute);
        if name == "weakproxy" {
            wrap!(slots.setattro, set_attribute);
        }
        wrap!(slots.descr_get, descriptor_get);
        wrap!(slots.iter, iterate);
        wrap!(slots.str, text);
        wrap!(slots.as_number.boolean, truth);
        wrap!(slots.as_mapping.length, mapping_length);
        wrap!(slots.as_mapping.subscript, mapping_item);
        wrap!(slots.as_mapping.ass_subscript, mapping_set_item);
        wrap!(slots.as_sequence.length, sequence_length);
        wrap!(slots.as_sequence.contains, contains);
    }
}
