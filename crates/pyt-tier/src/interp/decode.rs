//! The interpreter's bytecode as the builder reads it, and the loops in it.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyCode, PyFloat, PyInt, PyStr, PyTuple},
    bytecode::{BinaryOperator, ComparisonOperator, Instruction, OpArgState, Opcode},
};

use crate::ir::{
    Cmp,
    code::{Binary, Code, Const, Instr},
};

/// A jump back to the head of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BackEdge {
    /// Where the jump begins: at its prefix, if it has one.
    pub(crate) at: usize,
    /// Where it leads.
    pub(crate) header: usize,
    /// The last byte of its argument.
    pub(crate) arg: u8,
    /// The byte before, if that does not suffice.
    pub(crate) prefix: Option<u8>,
}

impl BackEdge {
    /// The jump itself.
    pub(crate) fn jump(self) -> usize {
        self.at + usize::from(self.prefix.is_some())
    }
}

/// An exact integer that fits into 64 bits.
#[inline]
pub(crate) fn small_int(object: &PyObject, vm: &VirtualMachine) -> Option<i64> {
    i64::try_from(object.downcast_ref_if_exact::<PyInt>(vm)?.as_bigint()).ok()
}

/// Whether there may be anything to patch: most functions neither loop nor name themselves, and
/// need not be decoded.
pub(crate) fn may_have_places(code: &PyCode) -> bool {
    let inner = &code.code;
    let own = inner.obj_name.as_bytes();
    let names_itself = || inner.names.iter().any(|name| name.as_bytes() == own);
    let units = &inner.instructions;
    let mut index = 0;
    while index < units.len() {
        let op = units.read_op(index).deoptimize();
        if matches!(op, Instruction::JumpBackward { .. }) {
            return true;
        }
        index += 1 + op.cache_entries();
    }
    names_itself()
}

/// The name of the instruction at `pc`, behind its prefixes, as `dis` has it.
pub(crate) fn name_at(code: &PyCode, mut pc: usize) -> String {
    let units = &code.code.instructions;
    while pc < units.len() {
        let op = units.read_op(pc).deoptimize();
        if !matches!(op, Instruction::ExtendedArg) {
            let mut name = String::new();
            for letter in format!("{:?}", op.as_opcode()).chars() {
                if letter.is_ascii_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            return name;
        }
        pc += 1;
    }
    String::from("END")
}

/// The instructions of `code`, and the jumps back in it that have room for what enters the tier.
/// To be called before the code has been patched.
pub(crate) fn decode(code: &PyCode, vm: &VirtualMachine) -> (Vec<Instr>, Vec<BackEdge>) {
    let units = &code.code.instructions;
    let mut instrs = Vec::with_capacity(units.len() / 2);
    let mut edges = Vec::new();
    let mut argument = OpArgState::default();
    let mut first = None;
    let mut prefix = 0;
    let mut index = 0;
    while index < units.len() {
        let op = units.read_op(index).deoptimize();
        let own = units.read_arg(index);
        let arg = u32::from(argument.extend(own)) as usize;
        let next = index + 1 + op.cache_entries();
        if matches!(op, Instruction::ExtendedArg) {
            first.get_or_insert(index);
            prefix = u8::from(own);
            index = next;
            continue;
        }
        argument.reset();
        let pc = first.take().unwrap_or(index);
        let code = translate(op.as_opcode(), arg, next, code, vm);
        if let Code::JumpBack { to } = code
            && index - pc < 2
            && next == index + 2
        {
            edges.push(BackEdge {
                at: pc,
                header: to,
                arg: u8::from(own),
                prefix: (pc < index).then_some(prefix),
            });
        }
        let instr = Instr { pc, next, code };
        match instrs.last().and_then(|before| with_names(before, instr)) {
            Some(call) => {
                instrs.pop();
                instrs.push(call);
            }
            None => instrs.push(instr),
        }
        index = next;
    }
    (instrs, edges)
}

/// A call with keywords, and the instruction before it, which loads their names: one instruction.
fn with_names(before: &Instr, call: Instr) -> Option<Instr> {
    let (Code::Names(names), Code::CallKeywords { arguments, .. }) = (before.code, call.code)
    else {
        return None;
    };
    Some(Instr {
        pc: before.pc,
        code: Code::CallKeywords { arguments, names },
        ..call
    })
}

fn translate(op: Opcode, arg: usize, next: usize, code: &PyCode, vm: &VirtualMachine) -> Code {
    let (high, low) = (arg >> 4, arg & 15);
    match op {
        Opcode::Nop | Opcode::Resume | Opcode::NotTaken => Code::Nop,
        Opcode::PopTop => Code::Pop,
        Opcode::LoadSmallInt => Code::Const(Const::Int(arg as i64)),
        Opcode::LoadConst => constant(code, arg, vm).map_or_else(|| names(code, arg), Code::Const),
        Opcode::LoadFast | Opcode::LoadFastBorrow | Opcode::LoadFastCheck => Code::Load(arg),
        Opcode::LoadFastLoadFast | Opcode::LoadFastBorrowLoadFastBorrow => {
            Code::LoadLoad(high, low)
        }
        Opcode::StoreFast => Code::Store(arg),
        Opcode::StoreFastStoreFast => Code::StoreStore(high, low),
        Opcode::StoreFastLoadFast => Code::StoreLoad(high, low),
        Opcode::Copy if arg > 0 => Code::Copy(arg),
        Opcode::Swap if arg > 0 => Code::Swap(arg),
        Opcode::BinaryOp if is_subscript(arg) => Code::Subscript,
        Opcode::StoreSubscr => Code::StoreSubscript,
        Opcode::UnpackSequence => Code::Unpack(arg),
        Opcode::LoadAttr => Code::LoadAttr {
            name: arg >> 1,
            method: arg & 1 != 0,
        },
        Opcode::BinaryOp => binary(arg).map_or(Code::Other, Code::Binary),
        Opcode::CompareOp => compare(arg).map_or(Code::Other, |op| Code::Compare { op }),
        Opcode::UnaryNegative => Code::Negative,
        Opcode::UnaryInvert => Code::Invert,
        Opcode::UnaryNot => Code::Not,
        Opcode::ToBool => Code::ToBool,
        Opcode::PopJumpIfTrue => Code::JumpIf {
            want: true,
            to: next + arg,
        },
        Opcode::PopJumpIfFalse => Code::JumpIf {
            want: false,
            to: next + arg,
        },
        Opcode::PopJumpIfNone => Code::JumpIfNone {
            want: true,
            to: next + arg,
        },
        Opcode::PopJumpIfNotNone => Code::JumpIfNone {
            want: false,
            to: next + arg,
        },
        Opcode::JumpForward => Code::Jump { to: next + arg },
        Opcode::JumpBackward => match next.checked_sub(arg) {
            Some(to) => Code::JumpBack { to },
            None => Code::Other,
        },
        Opcode::ForIter => {
            let end = next + arg;
            let units = &code.code.instructions;
            let is_end =
                end < units.len() && units.read_op(end).deoptimize().as_opcode() == Opcode::EndFor;
            Code::ForIter {
                to: end + usize::from(is_end),
            }
        }
        Opcode::PopIter => Code::Pop,
        Opcode::GetIter => Code::GetIter,
        Opcode::LoadGlobal => Code::LoadGlobal {
            name: arg >> 1,
            null: arg & 1 != 0,
        },
        Opcode::ListAppend if arg > 0 => Code::ListAppend(arg),
        Opcode::LoadDeref => Code::LoadShared(arg),
        Opcode::StoreDeref => Code::StoreShared(arg),
        // Done by the time that a loop is reached, and of no meaning where a call is followed.
        Opcode::CopyFreeVars => Code::Nop,
        Opcode::StoreAttr => Code::StoreAttr { name: arg },
        Opcode::StoreGlobal => Code::StoreGlobal { name: arg },
        Opcode::PushNull => Code::PushNull,
        Opcode::Call => Code::Call { arguments: arg },
        Opcode::CallKw => Code::CallKeywords {
            arguments: arg,
            names: usize::MAX,
        },
        Opcode::ReturnValue => Code::Return,
        _ => Code::Other,
    }
}

fn constant(code: &PyCode, index: usize, vm: &VirtualMachine) -> Option<Const> {
    let constant: PyObjectRef = code.code.constants.get(index)?.clone().into();
    if constant.is(&vm.ctx.none) {
        return Some(Const::None);
    }
    if constant.is(&vm.ctx.true_value) || constant.is(&vm.ctx.false_value) {
        return Some(Const::Bool(constant.is(&vm.ctx.true_value)));
    }
    if let Some(value) = small_int(&constant, vm) {
        return Some(Const::Int(value));
    }
    let float = constant.downcast_ref_if_exact::<PyFloat>(vm)?;
    Some(Const::Float(float.to_f64()))
}

/// A constant that is a tuple may be the names of arguments, and a string a key.
fn names(code: &PyCode, index: usize) -> Code {
    let Some(constant) = code.code.constants.get(index) else {
        return Code::Other;
    };
    let constant: PyObjectRef = constant.clone().into();
    if constant.downcast_ref::<PyTuple>().is_some() {
        Code::Names(index)
    } else if constant.downcast_ref::<PyStr>().is_some() {
        Code::Text(index)
    } else {
        Code::Other
    }
}

fn is_subscript(arg: usize) -> bool {
    u8::try_from(arg)
        .is_ok_and(|arg| BinaryOperator::try_from(arg).is_ok_and(|op| op == BinaryOperator::Subscr))
}

fn binary(arg: usize) -> Option<Binary> {
    let op = BinaryOperator::try_from(u8::try_from(arg).ok()?).ok()?;
    Some(match op {
        BinaryOperator::Add | BinaryOperator::InplaceAdd => Binary::Add,
        BinaryOperator::Subtract | BinaryOperator::InplaceSubtract => Binary::Sub,
        BinaryOperator::Multiply | BinaryOperator::InplaceMultiply => Binary::Mul,
        BinaryOperator::TrueDivide | BinaryOperator::InplaceTrueDivide => Binary::TrueDiv,
        BinaryOperator::FloorDivide | BinaryOperator::InplaceFloorDivide => Binary::FloorDiv,
        BinaryOperator::Remainder | BinaryOperator::InplaceRemainder => Binary::Mod,
        BinaryOperator::Power | BinaryOperator::InplacePower => Binary::Pow,
        BinaryOperator::Lshift | BinaryOperator::InplaceLshift => Binary::Shl,
        BinaryOperator::Rshift | BinaryOperator::InplaceRshift => Binary::Shr,
        BinaryOperator::And | BinaryOperator::InplaceAnd => Binary::And,
        BinaryOperator::Or | BinaryOperator::InplaceOr => Binary::Or,
        BinaryOperator::Xor | BinaryOperator::InplaceXor => Binary::Xor,
        _ => return None,
    })
}

fn compare(arg: usize) -> Option<Cmp> {
    Some(
        match ComparisonOperator::try_from(u32::try_from(arg).ok()?).ok()? {
            ComparisonOperator::Less => Cmp::Lt,
            ComparisonOperator::LessOrEqual => Cmp::Le,
            ComparisonOperator::Equal => Cmp::Eq,
            ComparisonOperator::NotEqual => Cmp::Ne,
            ComparisonOperator::Greater => Cmp::Gt,
            ComparisonOperator::GreaterOrEqual => Cmp::Ge,
        },
    )
}

/// Whether a turn of the loop can get from its head to this jump without an instruction that is
/// the interpreter's in any case.
pub(crate) fn may_turn(instrs: &[Instr], edge: BackEdge) -> bool {
    let find = |pc: usize| instrs.binary_search_by_key(&pc, |one| one.pc).ok();
    let mut seen = vec![false; instrs.len()];
    let mut todo = vec![edge.header];
    while let Some(pc) = todo.pop() {
        let Some(at) = find(pc) else { continue };
        let Instr { next, code, .. } = instrs[at];
        if pc == edge.at {
            return true;
        }
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        match code {
            Code::Other | Code::Names(_) | Code::Return => {}
            Code::ForIter { to } => todo.extend([to, next]),
            Code::Jump { to } | Code::JumpBack { to } => todo.push(to),
            Code::JumpIf { to, .. } | Code::JumpIfNone { to, .. } => todo.extend([to, next]),
            _ => todo.push(next),
        }
    }
    false
}

/// Whether the instruction at `pc` has neither a cache nor a prefix, or is a jump back.
pub(crate) fn is_plain(code: &PyCode, pc: usize) -> bool {
    let units = &code.code.instructions;
    if pc >= units.len() {
        return false;
    }
    let op = units.read_op(pc).deoptimize();
    let is_back = matches!(op, Instruction::JumpBackward { .. });
    is_back || (op.cache_entries() == 0 && !matches!(op, Instruction::ExtendedArg))
}
