//! `b'x' % 'text'` raises a `TypeError`, since the format uses no argument, as `b'x' % 5` does.
//! Upstream takes text and bytes for mappings, all of whose items need not be used.
//!
//! Can go when upstream's formatting of bytes takes neither for a mapping.

use std::sync::OnceLock;

use rustpython_vm::{AsObject, Context, PyObject, PyResult, VirtualMachine};

use super::slots::renew_descriptors;

type Binary = fn(&PyObject, &PyObject, &VirtualMachine) -> PyResult;

/// Upstream's functions of `bytes` and of `bytearray`.
static UPSTREAM: OnceLock<[Option<Binary>; 2]> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let classes = [ctx.types.bytes_type, ctx.types.bytearray_type];
    let slots = classes.map(|class| &class.slots.as_number.remainder);
    if UPSTREAM.set(slots.map(|slot| slot.load())).is_err() {
        return;
    }
    slots[0].store(Some(format::<0>));
    slots[1].store(Some(format::<1>));
    for class in classes {
        renew_descriptors(class, &["__mod__"], ctx);
    }
}

fn format<const WHICH: usize>(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    let types = &vm.ctx.types;
    let classes = [types.str_type, types.bytes_type, types.bytearray_type];
    let Some(upstream) = UPSTREAM.get().and_then(|upstream| upstream[WHICH]) else {
        return Ok(vm.ctx.not_implemented());
    };
    if classes.iter().any(|class| b.fast_isinstance(class)) {
        // As the only argument, which it is.
        let only = vm.ctx.new_tuple(vec![b.to_owned()]);
        return upstream(a, only.as_object(), vm);
    }
    upstream(a, b, vm)
}
