//! Bytecode as the builder reads it: what concerns numbers and control, and nothing of the
//! interpreter's.

use super::{Cmp, FloatOp, IntOp};

/// A constant that a register can hold, or `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Const {
    Int(i64),
    Float(f64),
    Bool(bool),
    None,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    TrueDiv,
    FloorDiv,
    Mod,
    Pow,
    Shl,
    Shr,
    And,
    Or,
    Xor,
}

impl Binary {
    /// The operation on two integers; `None` for true division.
    pub(crate) fn on_ints(self) -> Option<IntOp> {
        Some(match self {
            Self::Add => IntOp::Add,
            Self::Sub => IntOp::Sub,
            Self::Mul => IntOp::Mul,
            Self::FloorDiv => IntOp::FloorDiv,
            Self::Mod => IntOp::Mod,
            Self::Pow => IntOp::Pow,
            Self::Shl => IntOp::Shl,
            Self::Shr => IntOp::Shr,
            Self::And => IntOp::And,
            Self::Or => IntOp::Or,
            Self::Xor => IntOp::Xor,
            Self::TrueDiv => return None,
        })
    }

    /// The operation on two floats, if there is one.
    pub(crate) fn on_floats(self) -> Option<FloatOp> {
        Some(match self {
            Self::Add => FloatOp::Add,
            Self::Sub => FloatOp::Sub,
            Self::Mul => FloatOp::Mul,
            Self::TrueDiv => FloatOp::Div,
            Self::FloorDiv => FloatOp::FloorDiv,
            Self::Mod => FloatOp::Mod,
            Self::Pow => FloatOp::Pow,
            Self::Shl | Self::Shr | Self::And | Self::Or | Self::Xor => return None,
        })
    }

    /// Whether two truth values give a truth value.
    pub(crate) fn keeps_bool(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Xor)
    }
}

/// What an instruction does. Variables are indices, jumps lead to indices of instructions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Code {
    Nop,
    Pop,
    Const(Const),
    Load(usize),
    /// Loads one, then the other.
    LoadLoad(usize, usize),
    Store(usize),
    /// Stores into one, then into the other.
    StoreStore(usize, usize),
    StoreLoad(usize, usize),
    /// Pushes what lies this deep; 1 is the top.
    Copy(usize),
    /// Exchanges the top and what lies this deep.
    Swap(usize),
    Binary(Binary),
    Compare {
        op: Cmp,
    },
    Negative,
    Invert,
    Not,
    ToBool,
    /// Pops a truth value and jumps if it is `want`.
    JumpIf {
        want: bool,
        to: usize,
    },
    /// Pops a value and jumps if whether it is `None` is `want`.
    JumpIfNone {
        want: bool,
        to: usize,
    },
    Jump {
        to: usize,
    },
    /// To the head of a loop.
    JumpBack {
        to: usize,
    },
    /// The next value of the iterator on top, or a jump to where the loop is over.
    ForIter {
        to: usize,
    },
    /// The value of a global variable, and nothing above it if that is wanted.
    LoadGlobal {
        name: usize,
        null: bool,
    },
    PushNull,
    /// Calls what lies below so many arguments and a place that is empty for functions.
    Call {
        arguments: usize,
    },
    /// The same, with the last arguments given by keyword. The instruction begins where their names
    /// are loaded, which are a constant.
    CallKeywords {
        arguments: usize,
        names: usize,
    },
    /// Loads a constant that may be names of arguments: what calls with them includes it.
    Names(usize),
    /// Loads a constant that is a string.
    Text(usize),
    Return,
    /// Replaces the object on top by its attribute; for a method that is to be called by the
    /// function and the object.
    LoadAttr {
        name: usize,
        method: bool,
    },
    /// Sets an attribute: value, object.
    StoreAttr {
        name: usize,
    },
    /// The value of a variable that functions share.
    LoadShared(usize),
    /// Binds a variable that functions share.
    StoreShared(usize),
    /// Binds a global variable.
    StoreGlobal {
        name: usize,
    },
    /// The item of an object.
    Subscript,
    /// Sets the item of an object: value, object, index.
    StoreSubscript,
    /// Pops a value and appends it to the list that then lies this deep; 1 is the top.
    ListAppend(usize),
    /// Replaces what is on top by so many items of it.
    Unpack(usize),
    /// Replaces the object on top by its iterator.
    GetIter,
    /// Anything else: the interpreter's.
    Other,
}

/// A built-in function or class that programs can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Builtin {
    Abs,
    Bool,
    Float,
    Int,
    Len,
    /// The method of lists.
    ListAppend,
    /// The method of lists.
    ListPop,
    Max,
    Min,
    /// A method that the host of the tier has named, without arguments: see
    /// [`Direct`](crate::Direct).
    Native(u8),
    Range,
}

/// The code of a function that programs can follow.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) instrs: Vec<Instr>,
    /// How many arguments it takes by position.
    pub(crate) positional: usize,
    /// The value of each argument if it is not given, those by keyword only included.
    pub(crate) defaults: Vec<Option<Const>>,
    pub(crate) locals: usize,
    /// How deep its stack can be.
    pub(crate) max_stack: usize,
}

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Instr {
    /// Where it begins, with the prefixes of its argument.
    pub(crate) pc: usize,
    /// Where the following instruction begins.
    pub(crate) next: usize,
    pub(crate) code: Code,
}

impl Code {
    /// Where the instruction can jump.
    pub(crate) fn target(self) -> Option<usize> {
        match self {
            Self::JumpIf { to, .. }
            | Self::JumpIfNone { to, .. }
            | Self::Jump { to }
            | Self::JumpBack { to }
            | Self::ForIter { to } => Some(to),
            _ => None,
        }
    }
}
