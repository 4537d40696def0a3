//! Replacing what a native class does for an operator.
//!
//! Upstream's classes have it twice: in a slot, which operators use, and in a descriptor of the
//! class's dictionary, from which classes that derive from it take theirs.

use pyt_vm::shared_classes;
use rustpython_vm::{Context, Py, builtins::PyType, class::add_operators, types::SLOT_DEFS};

/// Has the descriptors `names` of `class` made anew from the slots, which the caller has changed.
pub(crate) fn renew_descriptors(class: &'static Py<PyType>, names: &[&'static str], ctx: &Context) {
    // Upstream adds a descriptor for each slot, those that the class has only inherited, too. With
    // an own `__str__`, for example, `int.__str__ is object.__str__` would be false, on which
    // `enum.IntEnum` relies.
    let inherited: Vec<_> = SLOT_DEFS
        .iter()
        .filter(|slot| !names.contains(&slot.name))
        .map(|slot| ctx.intern_str(slot.name))
        .filter(|name| !class.attributes.contains(name))
        .collect();
    let renewed: Vec<_> = names.iter().map(|name| ctx.intern_str(*name)).collect();
    shared_classes::remove_attributes(class, &renewed);
    add_operators(class, ctx, &[]);
    shared_classes::remove_attributes(class, &inherited);
    class.modified();
}
