//! What is called: functions whose code is followed, and built-in ones; and loops over a `range`
//! that begin inside a program.
//!
//! A call that is followed has no effect but its result: it writes registers of its own only.
//! Whatever leaves the program inside it therefore leaves it *before the call*, and the
//! interpreter makes the whole call again, with frames, tracebacks and limits of its own.

use std::collections::{HashMap, HashSet};

use super::{Builder, Builtin, Flow, Item, Known, NONE, Source, item};
use crate::ir::{
    FloatOp, IntOp, Op, Reg, Ty,
    code::{Code, Const, Instr, Unit},
    range,
};

/// More calls inside one another are left to the interpreter.
pub(crate) const MAX_CALLS: usize = 6;
/// How many registers are kept for constants when a call is followed.
const CONSTANTS: usize = 12;

/// The code of a unit, as the builder reads it.
pub(super) struct Followed {
    pub(super) code: HashMap<usize, Instr>,
    /// Where jumps lead.
    pub(super) targets: HashSet<usize>,
    first: usize,
    pub(super) positional: usize,
    pub(super) defaults: Vec<Option<Const>>,
    locals: usize,
    max_stack: usize,
    /// The variables that are bound by instructions.
    stored: HashSet<usize>,
    returns: usize,
    /// Where iterators are made.
    iterators: Vec<usize>,
}

impl Followed {
    pub(super) fn new(instrs: Vec<Instr>, locals: usize, max_stack: usize) -> Self {
        let of = |wanted: Code| instrs.iter().filter(move |one| one.code == wanted);
        let stored = instrs.iter().flat_map(|one| match one.code {
            Code::Store(local) | Code::StoreLoad(local, _) => vec![local],
            Code::StoreStore(first, second) => vec![first, second],
            _ => Vec::new(),
        });
        Self {
            targets: instrs.iter().filter_map(|one| one.code.target()).collect(),
            first: instrs.first().map_or(0, |one| one.pc),
            positional: 0,
            defaults: Vec::new(),
            locals,
            max_stack,
            stored: stored.collect(),
            returns: of(Code::Return).count(),
            iterators: of(Code::GetIter).map(|one| one.pc).collect(),
            code: instrs.iter().map(|one| (one.pc, *one)).collect(),
        }
    }

    pub(super) fn of(unit: &Unit) -> Self {
        let instrs = unit.instrs.clone();
        Self {
            positional: unit.positional,
            defaults: unit.defaults.clone(),
            ..Self::new(instrs, unit.locals, unit.max_stack)
        }
    }

    pub(super) fn iterators(&self) -> usize {
        self.iterators.len()
    }

    /// How many registers a call takes: variables, places of the stack, iterators.
    fn registers(&self) -> usize {
        self.locals + self.max_stack + range::COUNT * self.iterators()
    }
}

/// A call that is being followed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Call {
    unit: usize,
    /// The reading that found the function.
    function: u8,
    /// Its first register.
    base: usize,
    /// How many arguments were given by position, and the register of the first.
    arguments: usize,
    arguments_at: Reg,
    /// How many values of the caller's stack the call takes.
    takes: usize,
    /// Leaves the program before the outermost call.
    exit: u16,
    /// Where the caller goes on.
    next: usize,
    /// The caller's variables and its stack with callee and arguments, each in its register.
    locals: Vec<(Ty, bool)>,
    stack: Vec<Ty>,
}

impl Call {
    pub(super) fn unit(&self) -> usize {
        self.unit
    }

    pub(super) fn function(&self) -> u8 {
        self.function
    }
}

impl Builder<'_, '_> {
    /// The code that is being followed.
    pub(super) fn unit(&self) -> &Followed {
        let unit = self.calls.last().map_or(0, |call| call.unit);
        &self.units[&unit]
    }

    pub(super) fn local_reg(&self, local: usize) -> Reg {
        let Some(call) = self.calls.last() else {
            return local as Reg;
        };
        // An argument is read where the caller has put it, unless it would be written there.
        if local < call.arguments && !self.unit().stored.contains(&local) {
            call.arguments_at + local as Reg
        } else {
            (call.base + local) as Reg
        }
    }

    pub(super) fn stack_reg(&self, place: usize) -> Reg {
        let first = match self.calls.last() {
            Some(call) => call.base + self.unit().locals,
            None => self.entry.locals.len() + self.entry.stack.len(),
        };
        (first + place) as Reg
    }

    /// The registers of the places of the stack.
    pub(super) fn places(&self) -> std::ops::Range<usize> {
        let first = usize::from(self.stack_reg(0));
        first..first + self.unit().max_stack
    }

    /// Leaves the program before the outermost call that is being followed.
    pub(super) fn call_exit(&self) -> Option<u16> {
        self.calls.first().map(|call| call.exit)
    }

    /// The values of the stack, each in the register of its place.
    pub(super) fn settled(&self, types: &[Ty]) -> Vec<Item> {
        let items = types.iter().enumerate().map(|(place, ty)| Item {
            ty: *ty,
            source: if ty.is_number() {
                Source::Reg(self.stack_reg(place))
            } else {
                Source::Nothing
            },
        });
        items.collect()
    }

    // ---------------------------------------------------------------- calls

    pub(super) fn call(&mut self, arguments: usize, names: Option<usize>, instr: Instr) -> Flow {
        let Some(at) = self.stack.len().checked_sub(arguments + 2) else {
            return self.leave(instr.pc);
        };
        let Ty::Read(reading) = self.stack[at].ty else {
            return self.leave(instr.pc);
        };
        let is_plain = self.stack[at + 1].ty == Ty::Null;
        let takes = arguments + 2;
        let known = self.readings.get(usize::from(reading)).copied().flatten();
        let followed = match known {
            Some(Known::Function(unit)) if is_plain && self.recurs(unit) => {
                self.recur(unit, at, names, instr.pc)
            }
            Some(Known::Function(unit)) if is_plain => {
                self.follow((reading, unit), at + 2, takes, names, instr)
            }
            Some(Known::Method(unit)) if !is_plain => {
                self.follow((reading, unit), at + 1, takes, names, instr)
            }
            _ if names.is_some() => None,
            Some(Known::Builtin(Builtin::ListAppend)) if !is_plain => self.append(at, instr.pc),
            Some(Known::Builtin(Builtin::ListPop)) if !is_plain => self.pop_item(at, instr.pc),
            Some(Known::Builtin(Builtin::Native(method))) if !is_plain && arguments == 0 => {
                self.native(method, at, instr.pc)
            }
            Some(Known::Builtin(Builtin::Range)) if is_plain => self.range(at, instr),
            Some(Known::Builtin(builtin)) if is_plain => self.builtin(builtin, at, instr),
            _ => None,
        };
        followed.unwrap_or_else(|| self.leave(instr.pc))
    }

    /// A native method without arguments, which lies on the stack below its object. It has effects
    /// at its turn, so it is called only where nothing is made again.
    fn native(&mut self, method: u8, at: usize, pc: usize) -> Option<Flow> {
        let Ty::Read(object) = self.stack[at + 1].ty else {
            return None;
        };
        if !self.may_change() {
            return None;
        }
        let exit = self.exit(pc);
        self.push_op(Op::Native {
            object,
            method,
            exit,
        });
        self.fresh = false;
        self.stack.truncate(at);
        self.stack.push(if self.surroundings.returns_true(method) {
            item(Ty::Bool, 1)
        } else {
            NONE
        });
        Some(Flow::Next)
    }

    /// Goes on in a function that is called, by its reading and its unit: its arguments lie on the
    /// stack from `at` on, and the call takes so many values from it. The last have these names.
    pub(super) fn follow(
        &mut self,
        (function, number): (u8, usize),
        at: usize,
        takes: usize,
        names: Option<usize>,
        instr: Instr,
    ) -> Option<Flow> {
        let is_recursive = self.calls.iter().any(|call| call.unit == number);
        if is_recursive || self.calls.len() >= MAX_CALLS {
            return None;
        }
        let (given, arguments) = self.arguments(number, at, names)?;
        let unit = &self.units[&number];
        let (count, first, size) = (unit.locals, unit.first, unit.registers());
        let base = match self.calls.last() {
            Some(call) => call.base + self.unit().registers(),
            None => self.temps + super::TEMPS,
        };
        let can_be_given =
            |one: &Item| one.ty.is_number() || matches!(one.ty, Ty::None | Ty::Read(_));
        if base + size + CONSTANTS > self.next_const || !self.stack[at..].iter().all(can_be_given) {
            return None;
        }
        self.calls_end = self.calls_end.max(base + size);
        self.settle();
        let exit = self.exit(instr.pc);
        let call = Call {
            unit: number,
            function,
            base,
            arguments: given,
            arguments_at: self.stack_reg(at),
            takes,
            exit,
            next: instr.next,
            locals: std::mem::take(&mut self.locals),
            stack: self.stack.iter().map(|one| one.ty).collect(),
        };
        let stack = std::mem::take(&mut self.stack);
        let values: Vec<Item> = arguments.iter().map(|one| one.value(&stack)).collect();
        self.calls.push(call);
        self.locals = vec![(Ty::Unbound, true); count];
        for (local, value) in values.into_iter().enumerate() {
            *self.locals.get_mut(local)? = (value.ty, true);
            if value.ty.is_number() {
                let (d, a) = (self.local_reg(local), self.reg(value));
                if d != a {
                    self.push_op(Op::Move { d, a });
                }
            }
        }
        self.fresh = false;
        Some(Flow::At(first))
    }

    /// Goes on in the caller.
    pub(super) fn return_value(&mut self, pc: usize) -> Flow {
        let can_be_returned =
            |one: &Item| one.ty.is_number() || matches!(one.ty, Ty::None | Ty::Read(_));
        let Some(value) = self.top().filter(can_be_returned) else {
            return self.leave(pc);
        };
        let has_one_end = self.unit().returns == 1;
        let Some(call) = self.calls.pop() else {
            return self.leave(pc);
        };
        let mut value = value;
        if self.calls.is_empty() {
            value = self.commit(value);
        }
        self.locals = call.locals;
        self.stack = self.settled(&call.stack);
        self.stack
            .truncate(call.stack.len().saturating_sub(call.takes));
        self.stack.push(value);
        self.fresh = false;
        if has_one_end {
            Flow::At(call.next)
        } else {
            // Several ends of the function go on in the same block.
            self.goto(call.next);
            Flow::End
        }
    }

    fn builtin(&mut self, builtin: Builtin, at: usize, instr: Instr) -> Option<Flow> {
        let arguments = self.stack[at + 2..].to_vec();
        let (first, others) = arguments.split_first()?;
        if builtin == Builtin::Len {
            return self.length(first.ty, others.len(), at, instr.pc);
        }
        let (first, is_only) = (*first, others.is_empty());
        let is_float = first.ty == Ty::Float;
        if !arguments.iter().all(|one| one.ty.is_number()) {
            return None;
        }
        match builtin {
            Builtin::Max | Builtin::Min => {
                // Of two types the result's would not be known.
                if is_only || others.iter().any(|one| one.ty != first.ty) {
                    return None;
                }
                let exit = self.exit(instr.pc);
                let mut best = self.reg(first);
                let mut ops = Vec::new();
                for other in others {
                    let (a, b, d) = (best, self.reg(*other), self.temp());
                    let is_max = builtin == Builtin::Max;
                    ops.push(if is_float {
                        let op = if is_max { FloatOp::Max } else { FloatOp::Min };
                        Op::Float { op, d, a, b, exit }
                    } else {
                        let op = if is_max { IntOp::Max } else { IntOp::Min };
                        Op::Int { op, d, a, b, exit }
                    });
                    best = d;
                }
                self.stack.truncate(at);
                self.ops.extend(ops);
                self.stack.push(Item {
                    ty: first.ty,
                    source: Source::Reg(best),
                });
                self.fresh = true;
            }
            _ if !is_only => return None,
            Builtin::Abs => {
                let exit = self.exit(instr.pc);
                let a = self.reg(first);
                self.stack.truncate(at);
                if is_float {
                    self.result(Ty::Float, |d| Op::FloatAbs { d, a });
                } else {
                    self.result(Ty::Int, |d| Op::IntAbs { d, a, exit });
                }
            }
            Builtin::Int if is_float => {
                let exit = self.exit(instr.pc);
                let a = self.reg(first);
                self.stack.truncate(at);
                self.result(Ty::Int, |d| Op::FloatToInt { d, a, exit });
            }
            Builtin::Float if !is_float => {
                let exit = self.exit(instr.pc);
                let a = self.reg(first);
                self.stack.truncate(at);
                self.result(Ty::Float, |d| Op::IntToFloat { d, a, exit });
            }
            Builtin::Int | Builtin::Float => {
                self.stack.truncate(at);
                let ty = if is_float { Ty::Float } else { Ty::Int };
                self.stack.push(Item { ty, ..first });
            }
            Builtin::Bool => {
                self.stack.truncate(at);
                self.stack.push(first);
                self.truth();
            }
            Builtin::Len
            | Builtin::Range
            | Builtin::ListAppend
            | Builtin::ListPop
            | Builtin::Native(_) => return None,
        }
        Some(Flow::Next)
    }

    // ---------------------------------------------------------------- loops over a range

    /// `iter(range(...))`: the `range` itself is never seen.
    fn range(&mut self, at: usize, instr: Instr) -> Option<Flow> {
        let unit = self.unit();
        let following = *unit.code.get(&instr.next)?;
        if following.code != Code::GetIter || unit.targets.contains(&following.pc) {
            return None;
        }
        let number = unit.iterators.iter().position(|pc| *pc == following.pc)?;
        let first = match self.calls.last() {
            Some(call) => call.base + unit.locals + unit.max_stack,
            None => self.iterators,
        } + range::COUNT * number;
        if self.calls.is_empty() && first + range::COUNT > self.temps {
            return None;
        }
        let arguments = self.stack[at + 2..].to_vec();
        if !(arguments.iter()).all(|one| matches!(one.ty, Ty::Int | Ty::Bool)) {
            return None;
        }
        let (zero, one) = (item(Ty::Int, 0), item(Ty::Int, 1));
        let [start, stop, step] = match arguments[..] {
            [stop] => [zero, stop, one],
            [start, stop] => [start, stop, one],
            [start, stop, step] => [start, stop, step],
            _ => return None,
        }
        .map(|value| self.reg(value));
        let exit = self.exit(instr.pc);
        self.stack.truncate(at);
        let d = first as Reg;
        self.push_op(Op::Range {
            d,
            start,
            stop,
            step,
            exit,
        });
        self.fresh = false;
        self.stack.push(Item {
            ty: Ty::Range(d),
            source: Source::Nothing,
        });
        Some(Flow::At(following.next))
    }
}

pub(super) fn constant(constant: Const) -> Item {
    match constant {
        Const::Int(value) => item(Ty::Int, value as u64),
        Const::Float(value) => item(Ty::Float, value.to_bits()),
        Const::Bool(value) => item(Ty::Bool, u64::from(value)),
        Const::None => NONE,
    }
}
