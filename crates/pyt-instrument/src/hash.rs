//! Numbers for the names of attributes and the keys of items: the same in every run, on every
//! machine, and the same for a global as for its key in the module's dictionary.

use pyt_sched::controlled::Op;
use rustpython_vm::{
    AsObject, PyObject, VirtualMachine,
    builtins::{PyInt, PyStr, PyTuple},
};

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a without the bit that says that a step adds a part, and never zero: zero means all parts.
fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(seed, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(PRIME)
    });
    (hash & !Op::ADDS).max(1)
}

/// Of a name, or of a string as a key.
pub(super) fn name(name: &str) -> u64 {
    fnv(BASIS, name.as_bytes())
}

/// Of an index.
pub(super) fn index(index: i64) -> u64 {
    fnv(BASIS ^ 1, &index.to_le_bytes())
}

/// Of a key, if that needs no Python code: integers, strings and tuples of
/// these. Zero otherwise.
pub(super) fn key(key: &PyObject, vm: &VirtualMachine) -> u64 {
    let class = key.class();
    let types = &vm.ctx.types;
    if class.is(types.str_type) {
        let text = key.downcast_ref::<PyStr>();
        text.map_or(0, |text| fnv(BASIS, text.as_bytes()))
    } else if class.is(types.int_type) || class.is(types.bool_type) {
        // Larger ones are rare enough to share the number of the whole.
        small_int(key, vm).map_or(0, index)
    } else if class.is(types.tuple_type) {
        let Some(items) = key.downcast_ref::<PyTuple>() else {
            return 0;
        };
        let mut hash = BASIS ^ 2;
        for item in items.as_slice() {
            match self::key(item, vm) {
                0 => return 0,
                part => hash = fnv(hash, &part.to_le_bytes()),
            }
        }
        hash
    } else {
        0
    }
}

/// An integer that fits, without running Python code.
pub(super) fn small_int(object: &PyObject, vm: &VirtualMachine) -> Option<i64> {
    object
        .downcast_ref::<PyInt>()
        .and_then(|int| int.try_to_primitive::<i64>(vm).ok())
}
