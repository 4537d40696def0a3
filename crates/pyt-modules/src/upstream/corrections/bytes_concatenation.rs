//! `b"" + "text"` says what it cannot join to what: `can't concat str to bytes`. Upstream says that
//! a bytes-like object is required.
//!
//! Can go when upstream's `concat` of `bytes` and `bytearray` says so.

use std::sync::OnceLock;

use rustpython_vm::{AsObject, Context, PyObject, PyResult, VirtualMachine, protocol::PySequence};

use super::slots::renew_descriptors;

type Concat = fn(PySequence<'_>, &PyObject, &VirtualMachine) -> PyResult;

/// Upstream's functions: of `bytes`, of `bytearray`, and the latter's for `+=`.
static UPSTREAM: OnceLock<[Option<Concat>; 3]> = OnceLock::new();

const OURS: [Concat; 3] = [concat::<0>, concat::<1>, concat::<2>];

pub(super) fn correct(ctx: &Context) {
    let [bytes, bytearray] = [ctx.types.bytes_type, ctx.types.bytearray_type];
    let slots = [
        &bytes.slots.as_sequence.concat,
        &bytearray.slots.as_sequence.concat,
        &bytearray.slots.as_sequence.inplace_concat,
    ];
    if UPSTREAM.set(slots.map(|slot| slot.load())).is_err() {
        return;
    }
    for (slot, ours) in slots.into_iter().zip(OURS) {
        slot.store(Some(ours));
    }
    renew_descriptors(bytes, &["__add__"], ctx);
    renew_descriptors(bytearray, &["__add__", "__iadd__"], ctx);
}

fn concat<const WHICH: usize>(
    sequence: PySequence<'_>,
    other: &PyObject,
    vm: &VirtualMachine,
) -> PyResult {
    let Some(upstream) = UPSTREAM.get().and_then(|upstream| upstream[WHICH]) else {
        return Err(vm.new_system_error("the interpreter lacks a slot of bytes"));
    };
    upstream(sequence, other, vm).map_err(|error| {
        if error.class().is(vm.ctx.exceptions.type_error) {
            vm.new_type_error(format!(
                "can't concat {} to {}",
                other.class().name(),
                sequence.obj.class().name()
            ))
        } else {
            error
        }
    })
}
