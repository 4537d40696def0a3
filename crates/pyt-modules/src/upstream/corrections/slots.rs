//! Replacing what a native class does for an operator.
//!
//! Upstream's classes have it twice: in a slot, which operators use, and in a descriptor of the
//! class's dictionary, from which classes that derive from it take theirs.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    Context, Py,
    builtins::{PyStrInterned, PyType},
    class::add_operators,
    types::SLOT_DEFS,
};

/// The names of all slots, in the order of [`SLOT_DEFS`].
static SLOT_NAMES: OnceLock<Vec<&'static PyStrInterned>> = OnceLock::new();

/// Has the descriptors `names` of `class` made anew from the slots, which the caller has changed.
pub(crate) fn renew_descriptors(class: &'static Py<PyType>, names: &[&'static str], ctx: &Context) {
    // Upstream adds a descriptor for each slot, those that the class has only inherited, too. With
    // an own `__str__`, for example, `int.__str__ is object.__str__` would be false, on which
    // `enum.IntEnum` relies.
    let all = SLOT_NAMES.get_or_init(|| {
        let names = SLOT_DEFS.iter().map(|slot| ctx.intern_str(slot.name));
        names.collect()
    });
    let missing = all.iter().copied().filter(|name| {
        let is_renewed = name.to_str().is_some_and(|name| names.contains(&name));
        !is_renewed && !class.attributes.contains(name)
    });
    let mut inherited: Vec<_> = missing.collect();
    let renewed: Vec<_> = names.iter().map(|name| ctx.intern_str(*name)).collect();
    shared_classes::remove_attributes(class, &renewed);
    add_operators(class, ctx, &[]);
    inherited.retain(|name| class.attributes.contains(name));
    shared_classes::remove_attributes(class, &inherited);
    class.modified();
}
