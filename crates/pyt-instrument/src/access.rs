//! An access to something that threads can share, on its way to becoming a step.

use pyt_sched::controlled::{Action, Op};
use rustpython_vm::{
    Py, PyObject,
    builtins::{PyDict, PyStrInterned},
};

/// What is read or changed. Lent by the function that is about to do it.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    /// A key of a module's dictionary.
    Global(&'a Py<PyDict>, &'static PyStrInterned),
    /// The variable of a closure.
    Cell(&'a PyObject),
    /// An attribute.
    Attribute(&'a PyObject, &'static PyStrInterned),
    /// An item of a container.
    Item(&'a PyObject, &'a PyObject),
    /// All of an object.
    Whole(&'a PyObject),
    /// Unknown.
    Unknown,
}

/// An access, and its step.
#[derive(Clone, Copy)]
pub(super) struct Access<'a> {
    pub(super) op: Op,
    pub(super) target: Target<'a>,
}

impl<'a> Access<'a> {
    pub(super) fn new(change: bool, object: usize, part: u64, target: Target<'a>) -> Self {
        let action = if change { Action::Write } else { Action::Read };
        Self {
            op: Op::on_part(action, object, part),
            target,
        }
    }

    pub(super) const fn step() -> Self {
        Self {
            op: Op::alone(Action::Step),
            target: Target::Unknown,
        }
    }
}
