//! `combinations`, `combinations_with_replacement` and `enumerate` take any object that has an
//! `__index__` as their number, as CPython's do: NumPy's integers, for one.
//!
//! Upstream's take integers only. Can go when their arguments are `ArgIndex`.

use rustpython_vm::{
    Context, PyResult, VirtualMachine,
    builtins::{PyInt, PyType, PyTypeRef},
    common::wtf8::Wtf8,
    function::FuncArgs,
};

use super::{super::replaced_new::UpstreamNew, Correct};

/// The classes of `itertools`, and what corrects each.
pub(super) const CLASSES: [(&str, Correct); 2] = [
    ("combinations", correct::<0>),
    ("combinations_with_replacement", correct::<1>),
];

/// The name of the number in the place of the second argument, in the order of the classes.
const NAMES: [&str; 3] = ["r", "r", "start"];

/// How upstream makes instances, in the order of the classes.
static UPSTREAM: [UpstreamNew; 3] = [const { UpstreamNew::unknown() }; 3];

pub(super) fn correct_enumerate(ctx: &Context) {
    correct::<2>(ctx.types.enumerate_type);
}

fn correct<const NUMBER: usize>(class: &PyType) {
    UPSTREAM[NUMBER].replace(class, create::<NUMBER>);
}

fn create<const NUMBER: usize>(
    class: PyTypeRef,
    mut args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult {
    let FuncArgs {
        args: values,
        kwargs,
    } = &mut args;
    let number = values
        .get_mut(1)
        .or_else(|| kwargs.get_mut(Wtf8::new(NAMES[NUMBER])));
    if let Some(number) = number
        && !number.downcastable::<PyInt>()
    {
        *number = number.try_index(vm)?.into();
    }
    UPSTREAM[NUMBER].call(class, args, vm)
}
