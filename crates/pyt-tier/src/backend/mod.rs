//! What runs programs. A back end makes a [`Machine`] of a [`Program`] once, and machines run
//! without the interpreter: they see registers, items of sequences, a flag, and nothing else.

mod register;

use std::sync::atomic::AtomicBool;

use crate::ir::{Program, REGISTERS, Ty};

pub(crate) use register::Register;

/// The registers of one run.
pub(crate) type Registers = [u64; REGISTERS];

/// A function returned: its result is in the first register of all.
pub(crate) const RETURNED: usize = usize::MAX;

/// How a program is left in time: see [`Turn`](crate::ir::Op::Turn).
pub(crate) struct Poll<'a> {
    /// Set by other threads to have this one stop at a safe point.
    pub(crate) stop: &'a AtomicBool,
    /// After so many turns the program is left in any case.
    pub(crate) turns: u32,
}

/// What an iterator gave.
pub(crate) enum Next {
    /// A number of the type that was asked for.
    Number(u64),
    /// Something else, which is kept.
    Other,
    /// Nothing: it is over.
    End,
}

/// What two iterators gave.
pub(crate) enum NextPair {
    /// Numbers of the types that were asked for.
    Numbers([u64; 2]),
    /// Something else, which is kept as a tuple.
    Other,
    /// One of them is over.
    End,
}

/// The objects that a program's readings found.
pub(crate) trait Objects {
    /// The next item of an iterator.
    fn next(&self, object: u8, ty: Ty) -> Next;
    /// The next pair of an `enumerate`, or of two iterators, of which the second was read behind
    /// the first.
    fn next_pair(&self, object: u8, types: [Ty; 2]) -> NextPair;
    /// An item of a list or tuple, if it is there and has this type.
    fn item(&self, object: u8, index: i64, ty: Ty) -> Option<u64>;
    /// Sets an item of a list, if it is there and no finalizer can run. `None`: it was not done.
    fn set_item(&self, object: u8, index: i64, ty: Ty, bits: u64) -> Option<()>;
    /// Appends a number to a list.
    fn append(&self, object: u8, ty: Ty, bits: u64) -> Option<()>;
    /// Takes the last item of a list, if it has this type.
    fn pop(&self, object: u8, ty: Ty) -> Option<u64>;
    /// Calls a native method without arguments. False: it has done nothing.
    fn call(&self, object: u8, method: u8) -> bool;
    /// How many items a list has.
    fn length(&self, object: u8) -> Option<usize>;
}

/// Makes machines.
pub(crate) trait Backend: Send + Sync {
    /// What runs `program`; `None` if the back end cannot.
    fn compile(&self, program: &Program) -> Option<Box<dyn Machine>>;
}

/// Runs one program.
pub(crate) trait Machine: Send + Sync {
    /// Runs until an exit, whose index is returned, or [`RETURNED`]. The turns that were left are
    /// in `poll`. The first registers are those of the program; a function takes the others one
    /// after the other where it calls itself, and leaves the program where there are no more.
    fn run(&self, registers: &mut [Registers], objects: &dyn Objects, poll: &mut Poll<'_>)
    -> usize;
}
