//! The fast tier: hot loops of Python functions, compiled from the interpreter's bytecode.
//!
//! rustpython-vm is used as published. A loop is entered at its jump back, in whose place an
//! instruction is put that calls a slot of ours, and left to any instruction: the frame's local
//! variables, stack and index are then as the interpreter itself would have them. Between the two,
//! numbers are computed without objects.
//!
//! - `ir`: from bytecode to a register program; knows nothing of the interpreter
//! - `backend`: what runs such programs
//! - `interp`: the interpreter's frames, bytecode and slots; the tier of one interpreter
//!
//! Nothing here knows threads, policies or hosts. A thread that is asked to stop leaves its loop at
//! the end of the turn, and the interpreter does the rest.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "registers hold the bits of numbers of any type, and their numbers fit into a byte"
)]
#![allow(
    clippy::inline_always,
    reason = "one arm of the loop over operations is one operation"
)]

mod backend;
mod interp;
mod ir;

pub use interp::{
    natives::Direct,
    stats::module_def,
    tier::{Mode, entries, install, prepare, report, turn_off},
};
