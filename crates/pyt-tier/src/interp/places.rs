//! Places around a loop, and what is read there.

use rustpython_vm::builtins::PyStrInterned;

use super::attributes::How;
use crate::ir::build::Known;

/// Where an object is found.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// In the global variables of the loop's module, or else among the built-in objects.
    Global(&'static PyStrInterned),
    /// In a local variable of the loop's function.
    Local(usize),
    /// In the cell that lies in the place of a local variable of the loop's function.
    Cell(usize),
    /// In a cell that the function has which another reading found.
    CellOf(u8, usize),
    /// On the stack where the program begins.
    Stack(usize),
    /// As an attribute of what another reading found.
    Attribute(u8, &'static PyStrInterned),
    /// How many items there are in what another reading found.
    Length(u8),
    /// As an item of the tuple that another reading found.
    Item(u8, usize),
    /// Under this key in the dict that another reading found.
    Entry(u8, &'static PyStrInterned),
    /// As one of the two iterators of the `zip` that another reading found.
    Inner(u8, usize),
    /// It is this constant.
    Text(&'static PyStrInterned),
}

pub(crate) struct Reading {
    pub(super) place: Place,
    pub(super) how: How,
    pub(super) known: Known,
    /// Programs bind the place: see [`bound`].
    pub(super) is_bound: bool,
}
