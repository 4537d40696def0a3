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
    pub(super) lasts: Lasts,
    /// It is to what the library keeps.
    pub(super) of_library: bool,
}

/// How long an operation goes on with an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    /// As long as what is accessed says: an operation on a container goes on after code that it
    /// calls has taken steps.
    Usual,
    /// It goes on after such steps.
    Beyond,
    /// It is over before any.
    AtOnce,
}

impl<'a> Access<'a> {
    pub(super) fn new(change: bool, object: usize, part: u64, target: Target<'a>) -> Self {
        let action = if change { Action::Write } else { Action::Read };
        Self {
            op: Op::on_part(action, object, part),
            target,
            lasts: Lasts::Usual,
            of_library: false,
        }
    }

    /// As this one, which adds the part if `is_added`.
    pub(super) const fn adding_if(self, is_added: bool) -> Self {
        let op = if is_added { self.op.adding() } else { self.op };
        Self { op, ..self }
    }

    /// As this one, by an operation that goes on after steps of code that it calls.
    pub(super) const fn going_on(self) -> Self {
        Self {
            lasts: Lasts::Beyond,
            ..self
        }
    }

    /// As this one, to what the library keeps.
    pub(super) const fn of_library(self) -> Self {
        Self {
            of_library: true,
            ..self
        }
    }

    /// As this one, by a function that only passes on what it is given.
    pub(super) const fn passed_on(self) -> Self {
        Self {
            lasts: Lasts::AtOnce,
            ..self
        }
    }

    /// An access that was announced before.
    pub(super) const fn announced(op: Op) -> Self {
        Self {
            op,
            target: Target::Unknown,
            lasts: Lasts::Usual,
            of_library: false,
        }
    }

    pub(super) const fn step() -> Self {
        Self {
            op: Op::alone(Action::Step),
            target: Target::Unknown,
            lasts: Lasts::Usual,
            of_library: false,
        }
    }
}
