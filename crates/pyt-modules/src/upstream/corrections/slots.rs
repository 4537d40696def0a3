//! Replacing what a native class does for an operator.
//!
//! Upstream's classes have it twice: in a slot, which operators use, and in a descriptor of the
//! class's dictionary, from which classes that derive from it take theirs.

use rustpython_vm::{Context, Py, builtins::PyType, class::add_operators};

/// Has the descriptors `names` of `class` made anew from the slots, which the caller has changed.
pub(super) fn renew_descriptors(class: &'static Py<PyType>, names: &[&'static str], ctx: &Context) {
    for name in names {
        class.attributes.remove(ctx.intern_str(*name));
    }
    add_operators(class, ctx, &[]);
    class.modified();
}
