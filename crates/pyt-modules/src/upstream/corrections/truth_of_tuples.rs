//! A class that derives from `tuple` and defines `__len__` is true or false by that. Upstream's
//! `tuple` has a `__bool__`, which CPython's has not, and that comes first.
//!
//! Can go when upstream's `tuple` has no `boolean` among its number methods.

use pyt_vm::shared_classes;
use rustpython_vm::Context;

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.tuple_type;
    class.slots.as_number.boolean.store(None);
    shared_classes::remove_attributes(class, &[ctx.intern_str("__bool__")]);
}
