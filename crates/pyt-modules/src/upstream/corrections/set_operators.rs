//! `set |= other`, `&=`, `-=` and `^=` leave it to `other` if that is no set: a
//! `collections.abc.Set` then answers with its `__ror__`. Upstream raises a `TypeError` at once.
//!
//! Can go when upstream's in-place operators of `set` return `NotImplemented` for what is neither a
//! set nor a frozenset.

use std::sync::OnceLock;

use rustpython_vm::{AsObject, Context, PyObject, PyResult, VirtualMachine};

use super::slots::renew_descriptors;

type Binary = fn(&PyObject, &PyObject, &VirtualMachine) -> PyResult;

/// Upstream's functions, in the order of [`correct`].
static UPSTREAM: OnceLock<[Option<Binary>; 4]> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let set = ctx.types.set_type;
    let number = &set.slots.as_number;
    let slots = [
        &number.inplace_or,
        &number.inplace_and,
        &number.inplace_subtract,
        &number.inplace_xor,
    ];
    if UPSTREAM.set(slots.map(|slot| slot.load())).is_err() {
        return;
    }
    let ours: [Binary; 4] = [update::<0>, update::<1>, update::<2>, update::<3>];
    for (slot, ours) in slots.into_iter().zip(ours) {
        slot.store(Some(ours));
    }
    renew_descriptors(set, &["__ior__", "__iand__", "__isub__", "__ixor__"], ctx);
}

fn update<const WHICH: usize>(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    let types = &vm.ctx.types;
    let is_set = |class| b.fast_isinstance(class);
    let upstream = UPSTREAM.get().and_then(|upstream| upstream[WHICH]);
    match upstream {
        Some(upstream) if is_set(types.set_type) || is_set(types.frozenset_type) => {
            upstream(a, b, vm)
        }
        _ => Ok(vm.ctx.not_implemented()),
    }
}
