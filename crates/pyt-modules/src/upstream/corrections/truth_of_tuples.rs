//! A class that derives from `tuple` and defines `__len__` is true or false by that. Upstream's
//! `tuple` has a `__bool__`, which CPython's has not, and that comes first.
//!
//! Can go when upstream's `tuple` has no `boolean` among its number methods.

use rustpython_vm::Context;

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.tuple_type;
    class.slots.as_number.boolean.store(None);
    class.attributes.remove(ctx.intern_str("__bool__"));
    class.modified();
}
