//! The parts that `split` and `subgroup` make of an exception group, and those that `except*`
//! names, hide its context: their `__suppress_context__` is true, as after `raise part from
//! group.__cause__`. Upstream leaves it false.
//!
//! Not corrected: what `except*` raises again, which upstream makes otherwise.
//!
//! Can go when upstream's `split` and `subgroup` set it with the cause.

use rustpython_vm::{
    AsObject, Context, PyObject, VirtualMachine,
    builtins::{PyBaseException, PyTuple},
    function::{Callee, FuncArgs},
};

use super::replaced_methods::replace;

pub(super) fn correct(ctx: &Context) {
    for name in ["split", "subgroup"] {
        replace(ctx.exceptions.base_exception_group, name, ctx, |upstream| {
            move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
                let group = args.args.first().cloned();
                let made = upstream(vm, args, callee)?;
                match made.downcast_ref::<PyTuple>() {
                    Some(parts) => parts
                        .as_slice()
                        .iter()
                        .for_each(|part| hide_context(part, group.as_deref())),
                    None => hide_context(&made, group.as_deref()),
                }
                Ok(made)
            }
        });
    }
}

/// Unless the whole group is the part.
fn hide_context(part: &PyObject, group: Option<&PyObject>) {
    if group.is_some_and(|group| part.is(group)) {
        return;
    }
    if let Some(part) = part.downcast_ref::<PyBaseException>() {
        // As CPython does; it hides the context.
        part.set_cause(part.__cause__());
    }
}
