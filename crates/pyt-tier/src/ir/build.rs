//! From bytecode to a register program, by abstract execution from the head of a loop.
//!
//! A block of the program is an instruction together with the types that the variables and the
//! stack have there: where the same instruction is reached with other types, another block is made.
//! So no operation asks for a type, and no types have to be merged. Values on the stack are no
//! operations either: the builder knows in which register each lies.
//!
//! Each local variable has a register, and each place of the stack has one for the ends of blocks;
//! between them, results are in temporary registers.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    Cmp, Exit, Op, Program, REGISTERS, Reg, StackTy, Ty, Value,
    code::{Binary, Code, Const, Instr},
    range,
};

/// How many registers there are for results between two ends of blocks.
const TEMPS: usize = 96;
/// More blocks than that are left to the interpreter.
const MAX_BLOCKS: usize = 200;
/// More operations than that are left to the interpreter.
const MAX_OPS: usize = 4000;

/// Where a program begins, and what is known there.
pub(crate) struct Entry<'a> {
    /// The head of the loop.
    pub(crate) pc: usize,
    pub(crate) locals: &'a [Ty],
    pub(crate) stack: &'a [StackTy],
    /// How deep the code's stack can be.
    pub(crate) max_stack: usize,
    /// An instruction at which no program may end, if there is one.
    pub(crate) no_exit: Option<usize>,
}

/// Why there is no program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It would take too many registers.
    Registers,
    /// The loop's first turn cannot get back to its head.
    NoTurn,
    /// The instructions are none that a compiler makes.
    Malformed,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Registers => "too many variables",
            Self::NoTurn => "no turn without an instruction that is left to the interpreter",
            Self::Malformed => "instructions that are not understood",
        })
    }
}

/// The types at the beginning of a block.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Shape {
    pc: usize,
    /// The type, and whether the variable was bound since the program began.
    locals: Vec<(Ty, bool)>,
    /// What lies on the stack above what lay there at the beginning.
    stack: Vec<Ty>,
}

/// A register before constants have theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Reg(Reg),
    Const(u64),
    /// The value of a type that has only one.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Item {
    ty: Ty,
    source: Source,
}

/// What becomes of a block.
enum Flow {
    Next,
    End,
}

struct Builder<'a> {
    code: HashMap<usize, Instr>,
    /// Where jumps lead.
    targets: HashSet<usize>,
    entry: &'a Entry<'a>,
    ops: Vec<Op>,
    exits: Vec<Exit>,
    consulted: BTreeSet<usize>,
    blocks: HashMap<Shape, u16>,
    /// By label: the operation with which the block begins.
    begins: Vec<Option<u16>>,
    todo: Vec<(u16, Shape)>,
    constants: Vec<(Reg, u64)>,
    /// The first register of each place of the stack.
    stack_regs: usize,
    range_regs: Vec<(usize, Reg)>,
    temps: usize,
    next_temp: usize,
    next_const: usize,
    full: bool,
    turned: bool,
    // The block that is being made.
    locals: Vec<(Ty, bool)>,
    stack: Vec<Item>,
    /// The operation that was made last, if the block has made any.
    fresh: bool,
}

/// The program of the loop that begins at `entry`.
pub(crate) fn build(code: &[Instr], entry: &Entry<'_>) -> Result<Program, Refused> {
    let ranges = (entry.stack.iter().enumerate()).filter(|(_, ty)| **ty == StackTy::Range);
    let stack_regs = entry.locals.len();
    let mut next = stack_regs + entry.max_stack;
    let mut range_regs = Vec::new();
    for (at, _) in ranges {
        let first = Reg::try_from(next).map_err(|_| Refused::Registers)?;
        range_regs.push((at, first));
        next += range::COUNT;
    }
    if next + TEMPS + 16 > REGISTERS {
        return Err(Refused::Registers);
    }
    let mut builder = Builder {
        code: code.iter().map(|one| (one.pc, *one)).collect(),
        targets: code.iter().filter_map(|one| one.code.target()).collect(),
        entry,
        ops: Vec::new(),
        exits: Vec::new(),
        consulted: BTreeSet::new(),
        blocks: HashMap::new(),
        begins: Vec::new(),
        todo: Vec::new(),
        constants: Vec::new(),
        stack_regs,
        range_regs,
        temps: next,
        next_temp: next,
        next_const: REGISTERS,
        full: false,
        turned: false,
        locals: Vec::new(),
        stack: Vec::new(),
        fresh: false,
    };
    let first = Shape {
        pc: entry.pc,
        locals: entry.locals.iter().map(|ty| (*ty, false)).collect(),
        stack: Vec::new(),
    };
    builder.label(first);
    while let Some((label, shape)) = builder.todo.pop() {
        builder.block(label, shape)?;
        if builder.full {
            return Err(Refused::Registers);
        }
    }
    if !builder.turned {
        return Err(Refused::NoTurn);
    }
    builder.finish()
}

impl Builder<'_> {
    fn finish(mut self) -> Result<Program, Refused> {
        for op in &mut self.ops {
            if let Op::Jump { to }
            | Op::Turn { to, .. }
            | Op::JumpIf { to, .. }
            | Op::JumpInt { to, .. }
            | Op::JumpFloat { to, .. } = op
            {
                *to = self.begins[usize::from(*to)].ok_or(Refused::Malformed)?;
            }
        }
        Ok(Program {
            guards: (self.consulted.iter())
                .map(|local| (*local, self.entry.locals[*local]))
                .collect(),
            stack: self.entry.stack.to_vec(),
            ranges: self.range_regs,
            ops: self.ops,
            exits: self.exits,
            constants: self.constants,
        })
    }

    /// The block of this shape, to be made if there is none.
    fn label(&mut self, shape: Shape) -> u16 {
        if let Some(label) = self.blocks.get(&shape) {
            return *label;
        }
        let label = self.begins.len() as u16;
        self.begins.push(None);
        self.blocks.insert(shape.clone(), label);
        self.todo.push((label, shape));
        label
    }

    fn block(&mut self, label: u16, shape: Shape) -> Result<(), Refused> {
        // A jump to what follows.
        if matches!(self.ops.last(), Some(Op::Jump { to }) if *to == label) {
            self.ops.pop();
            let end = self.ops.len() as u16;
            debug_assert!(self.begins.iter().flatten().all(|at| *at <= end));
        }
        self.begins[usize::from(label)] = Some(self.ops.len() as u16);
        self.next_temp = self.temps;
        self.fresh = false;
        self.locals = shape.locals;
        self.stack = (shape.stack.iter().enumerate())
            .map(|(place, ty)| Item {
                ty: *ty,
                source: if ty.is_number() {
                    Source::Reg(self.stack_reg(place))
                } else {
                    Source::Nothing
                },
            })
            .collect();
        let mut pc = shape.pc;
        if self.begins.len() > MAX_BLOCKS || self.ops.len() > MAX_OPS {
            let _end = self.leave(pc);
            return Ok(());
        }
        let mut is_first = true;
        loop {
            let instr = *self.code.get(&pc).ok_or(Refused::Malformed)?;
            if !is_first && self.targets.contains(&pc) {
                self.goto(pc);
                return Ok(());
            }
            is_first = false;
            match self.step(instr)? {
                Flow::Next => pc = instr.next,
                Flow::End => return Ok(()),
            }
            if self.stack.is_empty() {
                self.next_temp = self.temps;
            }
        }
    }

    fn step(&mut self, instr: Instr) -> Result<Flow, Refused> {
        let Instr { pc, next, code } = instr;
        match code {
            Code::Nop => {}
            Code::Pop => {
                if self.stack.pop().is_none() {
                    return Ok(self.leave(pc));
                }
            }
            Code::Const(constant) => self.stack.push(match constant {
                Const::Int(value) => item(Ty::Int, value as u64),
                Const::Float(value) => item(Ty::Float, value.to_bits()),
                Const::Bool(value) => item(Ty::Bool, u64::from(value)),
                Const::None => NONE,
            }),
            Code::Load(local) => {
                if !self.can_load(&[local])? {
                    return Ok(self.leave(pc));
                }
                self.load(local);
            }
            Code::LoadLoad(first, second) => {
                if !self.can_load(&[first, second])? {
                    return Ok(self.leave(pc));
                }
                self.load(first);
                self.load(second);
            }
            Code::Store(local) => {
                if self.stack.is_empty() || !self.can_store(local)? {
                    return Ok(self.leave(pc));
                }
                self.store(local);
            }
            Code::StoreStore(first, second) => {
                if self.stack.len() < 2 || !self.can_store(first)? || !self.can_store(second)? {
                    return Ok(self.leave(pc));
                }
                self.store(first);
                self.store(second);
            }
            Code::StoreLoad(stored, loaded) => {
                let can = !self.stack.is_empty()
                    && self.can_store(stored)?
                    && (stored == loaded || self.can_load(&[loaded])?);
                if !can {
                    return Ok(self.leave(pc));
                }
                self.store(stored);
                self.load(loaded);
            }
            Code::Copy(depth) => match self.stack.len().checked_sub(depth) {
                Some(at) => self.stack.push(self.stack[at]),
                None => return Ok(self.leave(pc)),
            },
            Code::Swap(depth) => match self.stack.len().checked_sub(depth) {
                Some(at) => {
                    let top = self.stack.len() - 1;
                    self.stack.swap(at, top);
                }
                None => return Ok(self.leave(pc)),
            },
            Code::Binary(op) => return Ok(self.binary(op, pc)),
            Code::Compare { op } => return Ok(self.compare(op, pc)),
            Code::Negative => match self.top() {
                Some(a) if matches!(a.ty, Ty::Int | Ty::Bool) => {
                    let exit = self.exit(pc);
                    let a = self.pop_reg();
                    self.result(Ty::Int, |d| Op::IntNeg { d, a, exit });
                }
                Some(a) if a.ty == Ty::Float => {
                    let a = self.pop_reg();
                    self.result(Ty::Float, |d| Op::FloatNeg { d, a });
                }
                _ => return Ok(self.leave(pc)),
            },
            Code::Invert => match self.top() {
                // That of a truth value warns.
                Some(a) if a.ty == Ty::Int => {
                    let a = self.pop_reg();
                    self.result(Ty::Int, |d| Op::IntInvert { d, a });
                }
                _ => return Ok(self.leave(pc)),
            },
            Code::Not => {
                if !self.truth() {
                    return Ok(self.leave(pc));
                }
                let a = self.pop_reg();
                self.result(Ty::Bool, |d| Op::Not { d, a });
            }
            Code::ToBool => {
                if !self.truth() {
                    return Ok(self.leave(pc));
                }
            }
            Code::JumpIf { want, to } => return Ok(self.jump_if(want, to, pc, next)),
            Code::JumpIfNone { want, to } => {
                let Some(value) = self.top() else {
                    return Ok(self.leave(pc));
                };
                let target = if (value.ty == Ty::None) == want {
                    to
                } else {
                    next
                };
                if Some(target) == self.entry.no_exit {
                    return Ok(self.leave(pc));
                }
                self.stack.pop();
                self.goto(target);
                return Ok(Flow::End);
            }
            Code::Jump { to } => {
                if Some(to) == self.entry.no_exit {
                    return Ok(self.leave(pc));
                }
                self.goto(to);
                return Ok(Flow::End);
            }
            Code::JumpBack { to } => {
                // The interpreter goes on here, where it looks for what is asked of the thread.
                self.settle();
                let exit = self.exit(pc);
                self.turned |= to == self.entry.pc;
                let to = self.target(to);
                self.push_op(Op::Turn { exit, to });
                return Ok(Flow::End);
            }
            Code::ForIter => {
                // It can only be the iterator that lies below all values.
                let range = (self.stack.is_empty())
                    .then(|| self.range_regs.last().copied())
                    .flatten()
                    .filter(|(at, _)| at + 1 == self.entry.stack.len());
                let Some((_, range)) = range else {
                    return Ok(self.leave(pc));
                };
                let exit = self.exit(pc);
                self.result(Ty::Int, |d| Op::Next { d, range, exit });
            }
            Code::Other => return Ok(self.leave(pc)),
        }
        Ok(Flow::Next)
    }

    // ---------------------------------------------------------------- variables

    /// Whether these variables hold values that programs know.
    fn can_load(&mut self, locals: &[usize]) -> Result<bool, Refused> {
        let mut can = true;
        for local in locals {
            let (ty, bound) = *self.locals.get(*local).ok_or(Refused::Malformed)?;
            if !bound {
                self.consulted.insert(*local);
            }
            can &= ty.is_number() || ty == Ty::None;
        }
        Ok(can)
    }

    fn load(&mut self, local: usize) {
        let (ty, _) = self.locals[local];
        self.stack.push(if ty == Ty::None {
            NONE
        } else {
            Item {
                ty,
                source: Source::Reg(local as Reg),
            }
        });
    }

    /// Whether binding this variable anew runs nothing else: the end of the object that it held
    /// could run a finalizer.
    fn can_store(&mut self, local: usize) -> Result<bool, Refused> {
        let (ty, bound) = *self.locals.get(local).ok_or(Refused::Malformed)?;
        if !bound {
            self.consulted.insert(local);
        }
        Ok(ty != Ty::Other)
    }

    fn store(&mut self, local: usize) {
        let Some(value) = self.stack.pop() else {
            return;
        };
        let reg = local as Reg;
        // What still has to be read from the variable's register is saved.
        if self.stack.iter().any(|one| one.source == Source::Reg(reg)) {
            let saved = self.temp();
            self.push_op(Op::Move { d: saved, a: reg });
            for one in &mut self.stack {
                if one.source == Source::Reg(reg) {
                    one.source = Source::Reg(saved);
                }
            }
            self.fresh = false;
        }
        self.locals[local] = (value.ty, true);
        match value.source {
            Source::Reg(from) if from == reg => {}
            Source::Reg(from) => {
                let is_used = (self.stack.iter()).any(|one| one.source == Source::Reg(from));
                if self.fresh
                    && !is_used
                    && usize::from(from) >= self.temps
                    && let Some(op) = self.ops.last_mut()
                    && let Some(d) = destination(op)
                    && *d == from
                {
                    *d = reg;
                    self.fresh = false;
                    return;
                }
                self.push_op(Op::Move { d: reg, a: from });
            }
            Source::Const(bits) => {
                let a = self.constant(bits);
                self.push_op(Op::Move { d: reg, a });
            }
            Source::Nothing => {}
        }
        self.fresh = false;
    }

    // ---------------------------------------------------------------- values

    fn top(&self) -> Option<Item> {
        self.stack.last().copied()
    }

    fn reg(&mut self, item: Item) -> Reg {
        match item.source {
            Source::Reg(reg) => reg,
            Source::Const(bits) => self.constant(bits),
            Source::Nothing => 0,
        }
    }

    /// Pops a value that has a register.
    fn pop_reg(&mut self) -> Reg {
        match self.stack.pop() {
            Some(value) => self.reg(value),
            None => 0,
        }
    }

    fn temp(&mut self) -> Reg {
        let temp = self.next_temp;
        if temp >= self.temps + TEMPS {
            self.full = true;
            return 0;
        }
        self.next_temp += 1;
        temp as Reg
    }

    fn constant(&mut self, bits: u64) -> Reg {
        if let Some((reg, _)) = self.constants.iter().find(|(_, known)| *known == bits) {
            return *reg;
        }
        if self.next_const <= self.temps + TEMPS {
            self.full = true;
            return 0;
        }
        self.next_const -= 1;
        let reg = self.next_const as Reg;
        self.constants.push((reg, bits));
        reg
    }

    fn stack_reg(&self, place: usize) -> Reg {
        (self.stack_regs + self.entry.stack.len() + place) as Reg
    }

    fn push_op(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// Makes an operation whose result is on top of the stack.
    fn result(&mut self, ty: Ty, op: impl FnOnce(Reg) -> Op) {
        let d = self.temp();
        self.push_op(op(d));
        self.fresh = true;
        self.stack.push(Item {
            ty,
            source: Source::Reg(d),
        });
    }

    /// Replaces the value on top by its truth. False: it is unknown.
    fn truth(&mut self) -> bool {
        match self.top().map(|top| top.ty) {
            Some(Ty::Bool) => {}
            Some(Ty::Int) => {
                let a = self.pop_reg();
                self.result(Ty::Bool, |d| Op::IntTruth { d, a });
            }
            Some(Ty::Float) => {
                let a = self.pop_reg();
                self.result(Ty::Bool, |d| Op::FloatTruth { d, a });
            }
            Some(Ty::None) => {
                self.stack.pop();
                self.stack.push(item(Ty::Bool, 0));
            }
            _ => return false,
        }
        true
    }

    // ---------------------------------------------------------------- operators

    fn two(&self) -> Option<(Item, Item)> {
        let [.., a, b] = self.stack[..] else {
            return None;
        };
        (a.ty.is_number() && b.ty.is_number()).then_some((a, b))
    }

    fn binary(&mut self, op: Binary, pc: usize) -> Flow {
        let Some((a, b)) = self.two() else {
            return self.leave(pc);
        };
        if a.ty == Ty::Float || b.ty == Ty::Float {
            let Some(op) = op.on_floats() else {
                return self.leave(pc);
            };
            let exit = self.exit(pc);
            let (a, b) = (self.as_float(a, exit), self.as_float(b, exit));
            self.drop_two();
            self.result(Ty::Float, |d| Op::Float { op, d, a, b, exit });
            return Flow::Next;
        }
        let exit = self.exit(pc);
        let ty = if a.ty == Ty::Bool && b.ty == Ty::Bool && op.keeps_bool() {
            Ty::Bool
        } else {
            Ty::Int
        };
        let (a, b) = (self.reg(a), self.reg(b));
        self.drop_two();
        match op.on_ints() {
            Some(op) => self.result(ty, |d| Op::Int { op, d, a, b, exit }),
            None => self.result(Ty::Float, |d| Op::IntDiv { d, a, b, exit }),
        }
        Flow::Next
    }

    fn compare(&mut self, op: Cmp, pc: usize) -> Flow {
        let Some((a, b)) = self.two() else {
            return self.leave(pc);
        };
        match (a.ty == Ty::Float, b.ty == Ty::Float) {
            (false, false) => {
                let (a, b) = (self.reg(a), self.reg(b));
                self.drop_two();
                self.result(Ty::Bool, |d| Op::CmpInt { op, d, a, b });
            }
            (true, true) => {
                let (a, b) = (self.reg(a), self.reg(b));
                self.drop_two();
                self.result(Ty::Bool, |d| Op::CmpFloat { op, d, a, b });
            }
            (float_first, _) => {
                // Python compares an integer and a float as they are, not as two floats.
                let exit = self.exit(pc);
                let (left, right) = (self.as_float(a, exit), self.as_float(b, exit));
                let float = if float_first { left } else { right };
                self.push_op(Op::NotNan { a: float, exit });
                self.drop_two();
                self.result(Ty::Bool, |d| Op::CmpFloat {
                    op,
                    d,
                    a: left,
                    b: right,
                });
            }
        }
        Flow::Next
    }

    fn as_float(&mut self, value: Item, exit: u16) -> Reg {
        let a = self.reg(value);
        if value.ty == Ty::Float {
            return a;
        }
        let d = self.temp();
        self.push_op(Op::IntToFloat { d, a, exit });
        d
    }

    fn drop_two(&mut self) {
        self.stack.truncate(self.stack.len() - 2);
    }

    // ---------------------------------------------------------------- control

    fn jump_if(&mut self, want: bool, to: usize, pc: usize, next: usize) -> Flow {
        let no_exit = self.entry.no_exit;
        let known = self.top().is_some_and(|top| top.ty == Ty::Bool);
        if !known {
            // The interpreter pops nothing else here.
            return self.leave(pc);
        }
        if no_exit == Some(to) || no_exit == Some(next) {
            // The program ends before the jump, instead of behind it.
            let forbidden_wants = if no_exit == Some(to) { want } else { !want };
            let value = self.stack.pop().unwrap_or(NONE);
            self.stack.push(item(Ty::Bool, u64::from(forbidden_wants)));
            let exit = self.exit(pc);
            self.stack.pop();
            let stay = if no_exit == Some(to) { next } else { to };
            let a = self.condition(value);
            let to = self.target(stay);
            self.branch(a, !forbidden_wants, to);
            self.push_op(Op::Exit { exit });
            return Flow::End;
        }
        let value = self.stack.pop().unwrap_or(NONE);
        if let Source::Const(bits) = value.source {
            self.goto(if (bits != 0) == want { to } else { next });
            return Flow::End;
        }
        let a = self.condition(value);
        let to = self.target(to);
        self.branch(a, want, to);
        self.goto_settled(next);
        Flow::End
    }

    /// Gets the stack into the registers of its places, and returns the register of a truth value
    /// that was popped.
    fn condition(&mut self, value: Item) -> Reg {
        let places = self.stack_regs..self.stack_regs + self.entry.max_stack;
        let mut a = self.reg(value);
        if places.contains(&usize::from(a)) && !self.is_settled() {
            let d = self.temp();
            self.push_op(Op::Move { d, a });
            self.fresh = false;
            a = d;
        }
        self.settle();
        a
    }

    /// Jumps if the truth value is `want`: with the comparison that made it, if that is the last
    /// operation and nothing else needs its result.
    fn branch(&mut self, a: Reg, want: bool, to: u16) {
        let is_used = (self.stack.iter()).any(|one| one.source == Source::Reg(a));
        if self.fresh && !is_used && usize::from(a) >= self.temps {
            let fused = match self.ops.last() {
                Some(Op::CmpInt { op, d, a: x, b }) if *d == a => Some(Op::JumpInt {
                    op: *op,
                    a: *x,
                    b: *b,
                    want,
                    to,
                }),
                Some(Op::CmpFloat { op, d, a: x, b }) if *d == a => Some(Op::JumpFloat {
                    op: *op,
                    a: *x,
                    b: *b,
                    want,
                    to,
                }),
                Some(Op::IntTruth { d, a: x }) if *d == a => Some(Op::JumpIf { a: *x, want, to }),
                Some(Op::Not { d, a: x }) if *d == a => Some(Op::JumpIf {
                    a: *x,
                    want: !want,
                    to,
                }),
                _ => None,
            };
            if let Some(fused) = fused {
                self.ops.pop();
                self.ops.push(fused);
                self.fresh = false;
                return;
            }
        }
        self.push_op(Op::JumpIf { a, want, to });
        self.fresh = false;
    }

    fn is_settled(&self) -> bool {
        (self.stack.iter().enumerate()).all(|(place, one)| {
            one.source == Source::Nothing || one.source == Source::Reg(self.stack_reg(place))
        })
    }

    /// Moves each value on the stack into the register of its place.
    fn settle(&mut self) {
        if self.is_settled() {
            return;
        }
        // Registers of places that are still to be read are saved from being overwritten.
        let places = self.stack_regs..self.stack_regs + self.entry.max_stack;
        for place in 0..self.stack.len() {
            let own = self.stack_reg(place);
            if let Source::Reg(from) = self.stack[place].source
                && from != own
                && places.contains(&usize::from(from))
            {
                let saved = self.temp();
                self.push_op(Op::Move { d: saved, a: from });
                self.stack[place].source = Source::Reg(saved);
            }
        }
        for place in 0..self.stack.len() {
            let own = self.stack_reg(place);
            let value = self.stack[place];
            if value.source == Source::Nothing || value.source == Source::Reg(own) {
                continue;
            }
            let a = self.reg(value);
            self.push_op(Op::Move { d: own, a });
            self.stack[place].source = Source::Reg(own);
        }
        self.fresh = false;
    }

    fn shape(&self, pc: usize) -> Shape {
        Shape {
            pc,
            locals: self.locals.clone(),
            stack: self.stack.iter().map(|one| one.ty).collect(),
        }
    }

    /// The block at `pc` for the state of now, whose stack is settled.
    fn target(&mut self, pc: usize) -> u16 {
        let shape = self.shape(pc);
        self.label(shape)
    }

    fn goto_settled(&mut self, pc: usize) {
        let to = self.target(pc);
        // Made next, if it is yet to be made: then the jump to it falls away.
        if let Some(at) = self.todo.iter().position(|(label, _)| *label == to) {
            let one = self.todo.remove(at);
            self.todo.push(one);
        }
        self.push_op(Op::Jump { to });
    }

    fn goto(&mut self, pc: usize) {
        self.settle();
        self.goto_settled(pc);
    }

    /// Where the interpreter goes on if the instruction at `pc` is left to it, with the state of
    /// now.
    fn exit(&mut self, pc: usize) -> u16 {
        let mut locals = Vec::new();
        for (local, (ty, bound)) in self.locals.iter().enumerate() {
            if *bound {
                locals.push((
                    local,
                    Value {
                        ty: *ty,
                        reg: local as Reg,
                    },
                ));
            }
        }
        let items = self.stack.clone();
        let stack = (items.into_iter())
            .map(|one| Value {
                ty: one.ty,
                reg: self.reg(one),
            })
            .collect();
        let exit = Exit { pc, locals, stack };
        if let Some(at) = self.exits.iter().position(|known| *known == exit) {
            return at as u16;
        }
        self.exits.push(exit);
        (self.exits.len() - 1) as u16
    }

    fn leave(&mut self, pc: usize) -> Flow {
        let exit = self.exit(pc);
        self.push_op(Op::Exit { exit });
        Flow::End
    }
}

const NONE: Item = Item {
    ty: Ty::None,
    source: Source::Nothing,
};

fn item(ty: Ty, bits: u64) -> Item {
    Item {
        ty,
        source: Source::Const(bits),
    }
}

fn destination(op: &mut Op) -> Option<&mut Reg> {
    match op {
        Op::Move { d, .. }
        | Op::Int { d, .. }
        | Op::IntDiv { d, .. }
        | Op::IntNeg { d, .. }
        | Op::IntInvert { d, .. }
        | Op::Float { d, .. }
        | Op::FloatNeg { d, .. }
        | Op::IntToFloat { d, .. }
        | Op::CmpInt { d, .. }
        | Op::CmpFloat { d, .. }
        | Op::IntTruth { d, .. }
        | Op::FloatTruth { d, .. }
        | Op::Not { d, .. }
        | Op::Next { d, .. } => Some(d),
        Op::NotNan { .. }
        | Op::Jump { .. }
        | Op::JumpIf { .. }
        | Op::JumpInt { .. }
        | Op::JumpFloat { .. }
        | Op::Turn { .. }
        | Op::Exit { .. } => None,
    }
}
