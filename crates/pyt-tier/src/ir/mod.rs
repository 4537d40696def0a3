//! What is compiled, and into what: bytecode without its interpreter's types ([`code`]), the
//! register program that is made of it ([`build`]), and the arithmetic of its operations
//! ([`arithmetic`]).
//!
//! A [`Program`] computes with unboxed values in registers whose types were known when it was made.
//! It never raises, never allocates, and calls nothing: before an operation that could, it ends at
//! an [`Exit`], which says how the interpreter's frame looks there. Nothing here knows the
//! interpreter.

pub(crate) mod arithmetic;
pub(crate) mod build;
pub(crate) mod code;

#[cfg(test)]
mod tests;

/// The type of an unboxed value, or what else a local variable can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ty {
    /// An exact `int` that fits into 64 bits.
    Int,
    /// An exact `float`, as its bits.
    Float,
    /// 0 or 1.
    Bool,
    /// `None`, which has no register.
    None,
    /// No value: the variable is not bound.
    Unbound,
    /// Any other object. Programs leave it where it is.
    Other,
    /// The object that this reading found: see [`build::Surroundings`]. It has no register.
    Read(u8),
    /// No reference, as it lies on the stack below the arguments of a call.
    Null,
    /// The iterator of a `range` that the program has made, whose registers begin here.
    Range(Reg),
    /// What an iterator gave last, where that was not as expected. It has no register.
    Pending,
}

/// The type of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Number {
    Int,
    Float,
    Bool,
}

/// The types of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair(u8);

impl Pair {
    const NUMBERS: [Number; 3] = [Number::Int, Number::Float, Number::Bool];

    pub(crate) fn new(first: Number, second: Number) -> Self {
        Self(first as u8 * 3 + second as u8)
    }

    #[inline(always)]
    pub(crate) fn types(self) -> [Ty; 2] {
        let number = |at: u8| Self::NUMBERS[usize::from(at)].into();
        [number(self.0 / 3), number(self.0 % 3)]
    }
}

impl From<Number> for Ty {
    fn from(number: Number) -> Self {
        match number {
            Number::Int => Self::Int,
            Number::Float => Self::Float,
            Number::Bool => Self::Bool,
        }
    }
}

impl Ty {
    /// Whether a register holds values of this type.
    pub(crate) fn is_number(self) -> bool {
        self.number().is_some()
    }

    pub(crate) fn number(self) -> Option<Number> {
        Some(match self {
            Self::Int => Number::Int,
            Self::Float => Number::Float,
            Self::Bool => Number::Bool,
            _ => return None,
        })
    }
}

/// What lies on the value stack where a program begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StackTy {
    /// The iterator of a `range`, to which nothing but the stack refers.
    Range,
    /// Any other object.
    Other,
}

/// A register. Programs have at most [`REGISTERS`].
pub(crate) type Reg = u8;

/// How many registers there are.
pub(crate) const REGISTERS: usize = 256;

/// The registers of a `range` iterator, from its first one on.
pub(crate) mod range {
    /// How many values were taken.
    pub(crate) const INDEX: u8 = 0;
    /// How many values there are.
    pub(crate) const LENGTH: u8 = 1;
    /// The next value.
    pub(crate) const VALUE: u8 = 2;
    /// From each value to the next.
    pub(crate) const STEP: u8 = 3;
    /// How many registers an iterator has.
    pub(crate) const COUNT: usize = 4;
}

/// The comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Cmp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

/// The operators on two integers. Those before `And` can leave the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum IntOp {
    Add,
    Sub,
    Mul,
    FloorDiv,
    Mod,
    Pow,
    Shl,
    Shr,
    And,
    Or,
    Xor,
    Min,
    Max,
}

/// The operators on two floats. Division, rest and power can leave the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FloatOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Min,
    Max,
}

const _: () = assert!(size_of::<Op>() == 8);

/// One operation. `d` is written, `a` and `b` are read; `exit` is the index of an [`Exit`] that is
/// taken instead, with nothing written; `to` is the index of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    Move {
        d: Reg,
        a: Reg,
    },
    Int {
        op: IntOp,
        d: Reg,
        a: Reg,
        b: Reg,
        exit: u16,
    },
    /// True division of integers.
    IntDiv {
        d: Reg,
        a: Reg,
        b: Reg,
        exit: u16,
    },
    /// `-a`.
    IntNeg {
        d: Reg,
        a: Reg,
        exit: u16,
    },
    /// `~a`.
    IntInvert {
        d: Reg,
        a: Reg,
    },
    IntAbs {
        d: Reg,
        a: Reg,
        exit: u16,
    },
    Float {
        op: FloatOp,
        d: Reg,
        a: Reg,
        b: Reg,
        exit: u16,
    },
    FloatAbs {
        d: Reg,
        a: Reg,
    },
    /// A float without its fraction, as an integer.
    FloatToInt {
        d: Reg,
        a: Reg,
        exit: u16,
    },
    FloatNeg {
        d: Reg,
        a: Reg,
    },
    /// An integer as a float, if that is exact.
    IntToFloat {
        d: Reg,
        a: Reg,
        exit: u16,
    },
    /// Leaves the program if `a` is a NaN.
    NotNan {
        a: Reg,
        exit: u16,
    },
    CmpInt {
        op: Cmp,
        d: Reg,
        a: Reg,
        b: Reg,
    },
    CmpFloat {
        op: Cmp,
        d: Reg,
        a: Reg,
        b: Reg,
    },
    /// Whether an integer or a truth value is not 0.
    IntTruth {
        d: Reg,
        a: Reg,
    },
    FloatTruth {
        d: Reg,
        a: Reg,
    },
    /// `not a` of a truth value.
    Not {
        d: Reg,
        a: Reg,
    },
    Jump {
        to: u16,
    },
    /// Jumps if the truth value `a` is `want`.
    JumpIf {
        a: Reg,
        want: bool,
        to: u16,
    },
    /// Jumps if the comparison gives `want`.
    JumpInt {
        op: Cmp,
        a: Reg,
        b: Reg,
        want: bool,
        to: u16,
    },
    JumpFloat {
        op: Cmp,
        a: Reg,
        b: Reg,
        want: bool,
        to: u16,
    },
    /// The next value of the `range` whose registers begin at `range`.
    Next {
        d: Reg,
        range: Reg,
        exit: u16,
    },
    /// The same of an iterator that the program has made: jumps if there is no next value.
    NextOr {
        d: Reg,
        range: Reg,
        to: u16,
    },
    /// Makes the iterator of `range(start, stop, step)` in the registers from `d` on.
    Range {
        d: Reg,
        start: Reg,
        stop: Reg,
        step: Reg,
        exit: u16,
    },
    /// The next item of the iterator that this reading found. It is over: `end`. The item has
    /// another type, and is [pending](Ty::Pending): `other`.
    NextItem {
        d: Reg,
        object: u8,
        ty: Number,
        other: u16,
        end: u16,
    },
    /// The next pair of what this reading found, an `enumerate`, or of the two iterators that this
    /// one and the next found, which are those of a `zip`: in two registers from `d` on. It is
    /// over: `end`. One of the two has another type, and the pair is [pending](Ty::Pending):
    /// `other`.
    NextPair {
        d: Reg,
        object: u8,
        types: Pair,
        other: u16,
        end: u16,
    },
    /// The item of the object that this reading found, if it has the type.
    Item {
        d: Reg,
        object: u8,
        index: Reg,
        ty: Ty,
        exit: u16,
    },
    /// Sets the item of the list that this reading found, if what it was is a number.
    StoreItem {
        object: u8,
        index: Reg,
        a: Reg,
        ty: Ty,
        exit: u16,
    },
    /// Appends a number to the list that this reading found.
    Append {
        object: u8,
        a: Reg,
        ty: Ty,
        exit: u16,
    },
    /// Takes the last item of the list that this reading found, if it has the type.
    Pop {
        d: Reg,
        object: u8,
        ty: Ty,
        exit: u16,
    },
    /// How many items the list has that this reading found.
    Length {
        d: Reg,
        object: u8,
        exit: u16,
    },
    /// Calls a native method on the object that this reading found. It does nothing: `exit`.
    Native {
        object: u8,
        method: u8,
        exit: u16,
    },
    /// Calls the program itself, with so many arguments from register `at` on.
    Recur {
        d: Reg,
        at: Reg,
        count: u8,
        exit: u16,
    },
    /// Returns from the program, which is a function's.
    Return {
        a: Reg,
    },
    /// A turn of a loop is over: jumps, unless something is asked of the thread.
    Turn {
        exit: u16,
        to: u16,
    },
    Exit {
        exit: u16,
    },
}

impl Op {
    /// Where the operation can jump.
    pub(crate) fn target(mut self) -> Option<u16> {
        self.target_mut().map(|to| *to)
    }

    /// The register that is written, if it can be another one.
    pub(crate) fn destination_mut(&mut self) -> Option<&mut Reg> {
        match self {
            Self::Move { d, .. }
            | Self::Int { d, .. }
            | Self::IntDiv { d, .. }
            | Self::IntNeg { d, .. }
            | Self::IntInvert { d, .. }
            | Self::IntAbs { d, .. }
            | Self::Float { d, .. }
            | Self::FloatNeg { d, .. }
            | Self::FloatAbs { d, .. }
            | Self::FloatToInt { d, .. }
            | Self::IntToFloat { d, .. }
            | Self::CmpInt { d, .. }
            | Self::CmpFloat { d, .. }
            | Self::IntTruth { d, .. }
            | Self::FloatTruth { d, .. }
            | Self::Not { d, .. }
            | Self::Next { d, .. }
            | Self::NextOr { d, .. }
            | Self::Item { d, .. }
            | Self::NextItem { d, .. }
            | Self::Pop { d, .. }
            | Self::Length { d, .. } => Some(d),
            Self::NotNan { .. }
            | Self::Jump { .. }
            | Self::JumpIf { .. }
            | Self::JumpInt { .. }
            | Self::JumpFloat { .. }
            | Self::Range { .. }
            | Self::NextPair { .. }
            | Self::StoreItem { .. }
            | Self::Append { .. }
            | Self::Native { .. }
            | Self::Recur { .. }
            | Self::Return { .. }
            | Self::Turn { .. }
            | Self::Exit { .. } => None,
        }
    }

    pub(crate) fn target_mut(&mut self) -> Option<&mut u16> {
        match self {
            Self::Jump { to }
            | Self::Turn { to, .. }
            | Self::NextOr { to, .. }
            | Self::JumpIf { to, .. }
            | Self::JumpInt { to, .. }
            | Self::JumpFloat { to, .. } => Some(to),
            _ => None,
        }
    }
}

/// A value where a program ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) ty: Ty,
    /// Meaningless for what has no register.
    pub(crate) reg: Reg,
}

/// Where the interpreter goes on, and with what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exit {
    /// The index of the instruction that is next.
    pub(crate) pc: usize,
    /// The local variables that were bound since the program began.
    pub(crate) locals: Vec<(usize, Value)>,
    /// What lies on the stack above what lay there when the program began.
    pub(crate) stack: Vec<Value>,
    /// The readings whose places were bound since the program began.
    pub(crate) variables: Vec<(u8, Value)>,
}

/// A loop in registers, or a function that calls itself.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    pub(crate) exits: Vec<Exit>,
    /// What the program relies on: these variables have these types when it begins. Numbers are in
    /// the registers that have the variables' indices.
    pub(crate) guards: Vec<(usize, Ty)>,
    /// What has to lie on the stack when the program begins.
    pub(crate) stack: Vec<StackTy>,
    /// The first register of each `range` on the stack, in the order of [`stack`](Self::stack).
    pub(crate) ranges: Vec<(usize, Reg)>,
    /// Constants, and the registers that have to hold them.
    pub(crate) constants: Vec<(Reg, u64)>,
    /// Readings whose values have these types, and the registers that have to hold the values.
    pub(crate) reads: Vec<(u8, Ty, Reg)>,
    /// The type of what a function returns.
    pub(crate) result: Option<Ty>,
}

impl std::fmt::Display for Program {
    /// What it relies on, its operations, and where it can be left: a line for each.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "    variables {:?}, read {:?}", self.guards, self.reads)?;
        for (reg, bits) in &self.constants {
            write!(f, "\n    register {reg} = {bits:#x}")?;
        }
        for (at, op) in self.ops.iter().enumerate() {
            write!(f, "\n    {at:4} {op:?}")?;
        }
        for (at, exit) in self.exits.iter().enumerate() {
            write!(f, "\n    exit {at}: {exit:?}")?;
        }
        Ok(())
    }
}
