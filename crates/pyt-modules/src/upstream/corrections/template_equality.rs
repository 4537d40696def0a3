//! Template strings and their interpolations equal only themselves. Upstream compares what they
//! consist of.
//!
//! Can go when upstream's `PyTemplate` and `PyInterpolation` are not `Comparable`.

use rustpython_vm::Context;

use super::slots::renew_descriptors;

/// Corrects the classes that every interpreter has.
pub(super) fn correct(ctx: &Context) {
    let types = &ctx.types;
    for class in [types.template_type, types.interpolation_type] {
        let object = &types.object_type.slots;
        class.slots.richcompare.store(object.richcompare.load());
        class.slots.hash.store(object.hash.load());
        renew_descriptors(class, &["__eq__", "__ne__", "__hash__"], ctx);
    }
}
