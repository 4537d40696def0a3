//! From bytecode to a register program, by abstract execution from the head of a loop.
//!
//! A block of the program is an instruction together with the types that the variables and the
//! stack have there: where the same instruction is reached with other types, another block is made.
//! So no operation asks for a type, and no types have to be merged. Values on the stack are no
//! operations either: the builder knows in which register each lies.
//!
//! Each local variable has a register, and each place of the stack has one for the ends of blocks;
//! between them, results are in temporary registers.
//!
//! - `values`: variables, the stack, registers; `operators`: what is computed
//! - `control`: jumps, ends of blocks, exits; `calls`: what is called, and loops over a `range`;
//!   `arguments`: with what
//! - `iteration`: loops over iterators
//! - `recursion`: functions that call themselves; `lists`: lists that grow and shrink
//! - `objects`: what is read around a loop, attributes and items; `variables`: what is bound there

mod arguments;
mod calls;
mod control;
mod iteration;
mod lists;
mod objects;
mod operators;
mod recursion;
mod values;
mod variables;

use std::collections::{BTreeSet, HashMap};

use super::{
    Exit, Op, Program, REGISTERS, Reg, StackTy, Ty,
    code::{Builtin, Code, Instr, Unit},
    range,
};
pub(crate) use calls::MAX_CALLS;
use calls::{Call, Followed};
use lists::Lists;
use recursion::Function;
pub(crate) use recursion::build_function;
use variables::{Variable, Variables};

/// How many registers there are for results between two ends of blocks.
const TEMPS: usize = 64;
/// More blocks than that are left to the interpreter.
const MAX_BLOCKS: usize = 200;
/// More operations than that are left to the interpreter.
const MAX_OPS: usize = 4000;

/// How many loops over a `range` that begin inside a program can have registers.
const MAX_ITERATORS: usize = 6;

/// What is known about the world around a loop. What a program relies on of it is read again each
/// time that the program begins: a reading has a number.
pub(crate) trait Surroundings {
    /// What a global variable is that code of this unit names. Unit 0 is the loop's.
    fn global(&mut self, unit: usize, name: usize) -> Option<(u8, Known)>;
    /// What a variable is that functions share, which code of this unit names; of the function
    /// that this reading found, unless it is the loop's.
    fn shared(&mut self, function: Option<u8>, unit: usize, at: usize) -> Option<(u8, Known)>;
    /// What the object is that one of the loop's variables holds.
    fn local(&mut self, local: usize) -> Option<(u8, Known)>;
    /// What the object is that lies there on the stack where the program begins.
    fn stacked(&mut self, place: usize) -> Option<(u8, Known)>;
    /// What an attribute is of the object that a reading found, which code of this unit names.
    fn attribute(&mut self, of: u8, unit: usize, name: usize) -> Option<(u8, Known)>;
    /// How many items the object has that a reading found.
    fn length(&mut self, of: u8) -> Option<(u8, Known)>;
    /// A constant of this unit that is a string, if it can be a key.
    fn text(&mut self, unit: usize, constant: usize) -> Option<(u8, Known)>;
    /// What the dict that a reading found has under the key that another found.
    fn entry(&mut self, of: u8, key: u8) -> Option<(u8, Known)>;
    /// One of the two iterators of the `zip` that a reading found.
    fn inner(&mut self, of: u8, index: usize) -> Option<(u8, Known)>;
    /// What this item is of the tuple that a reading found.
    fn tuple_item(&mut self, of: u8, index: usize) -> Option<(u8, Known)>;
    /// Whether a native method returns `True`, and not `None`.
    fn returns_true(&self, method: u8) -> bool;
    /// The type that an item has of the sequence that a reading found: of this one, or of the
    /// first.
    fn item(&self, of: u8, index: usize) -> Option<Ty>;
    /// Whether the function with this number has the code that the program is made of.
    fn is_own(&self, unit: usize) -> bool;
    /// Whether a program may bind the place of a reading that found a number, and nothing but the
    /// program reads or binds it meanwhile. No two readings have the same place then.
    fn can_bind(&mut self, reading: u8) -> bool;
    /// Which arguments of the function with this number the names are that a constant of this unit
    /// holds; `None` if one is none of them.
    fn keywords(&self, unit: usize, names: usize, function: usize) -> Option<Vec<usize>>;
    /// A function's code, by the number that [`Known::Function`] has.
    fn unit(&self, unit: usize) -> &Unit;
}

/// An object that was found around a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// A number or `None`, of which the type is relied on.
    Value(Ty),
    /// A function with code that can be followed.
    Function(usize),
    /// A function that an object's class has: called with the object.
    Method(usize),
    /// What a property of an object's class calls with the object.
    Getter(usize),
    Builtin(Builtin),
    /// A list whose first item has this type.
    List(Ty),
    /// An array or bytes, whose first item has this type.
    Array(Ty),
    /// A tuple of so many items.
    Tuple(usize),
    /// An iterator of items, of which the next has this type.
    Iterator(Ty),
    Dict,
    /// An `enumerate` of an iterator whose next item has this type.
    Enumerate(Ty),
    /// A `zip` of two iterators.
    Zip,
    /// A constant that is a string.
    Text,
    /// Anything else that is no number.
    Object,
}

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
    /// The function does not call itself, or not with values that programs know.
    NoRecursion,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Registers => "too many variables",
            Self::NoTurn => "no turn without an instruction that is left to the interpreter",
            Self::Malformed => "instructions that are not understood",
            Self::NoRecursion => "no call of itself and end that programs can make",
        })
    }
}

/// The types at the beginning of a block.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Shape {
    /// The calls that are being followed, the innermost last.
    calls: Vec<Call>,
    pc: usize,
    /// The type, and whether the variable was bound since the program began.
    locals: Vec<(Ty, bool)>,
    /// What lies on the stack above what lay there at the beginning of the program or the call.
    stack: Vec<Ty>,
    /// What was bound around the loop.
    variables: Vec<Variable>,
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
    /// The block goes on there.
    At(usize),
    End,
}

struct Builder<'a, 'b> {
    /// The code of each unit that is followed.
    units: HashMap<usize, Followed>,
    entry: &'a Entry<'a>,
    surroundings: &'a mut dyn Surroundings,
    /// What each reading found.
    readings: Vec<Option<Known>>,
    /// The registers of numbers that were read.
    reads: Vec<(u8, Ty, Reg)>,
    ops: Vec<Op>,
    exits: Vec<Exit>,
    consulted: BTreeSet<usize>,
    blocks: HashMap<Shape, u16>,
    /// By label: the operation with which the block begins.
    begins: Vec<Option<u16>>,
    todo: Vec<(u16, Shape)>,
    constants: Vec<(Reg, u64)>,
    range_regs: Vec<(usize, Reg)>,
    /// The first register of the loops over a `range` that begin inside the loop.
    iterators: usize,
    temps: usize,
    next_temp: usize,
    /// Registers from here on are those of constants; those of calls end before.
    next_const: usize,
    calls_end: usize,
    full: bool,
    turned: bool,
    variables: Variables,
    lists: &'b mut Lists,
    function: Option<Function>,
    // The block that is being made.
    calls: Vec<Call>,
    locals: Vec<(Ty, bool)>,
    stack: Vec<Item>,
    /// The operation that was made last, if the block has made any.
    fresh: bool,
}

/// The program of the loop that begins at `entry`.
pub(crate) fn build(
    code: &[Instr],
    entry: &Entry<'_>,
    surroundings: &mut dyn Surroundings,
) -> Result<Program, Refused> {
    let mut lists = Lists::default();
    let program = attempt(code, entry, surroundings, &mut lists, None);
    if lists.must_begin_again() {
        return attempt(code, entry, surroundings, &mut lists, None);
    }
    program
}

fn attempt(
    code: &[Instr],
    entry: &Entry<'_>,
    surroundings: &mut dyn Surroundings,
    lists: &mut Lists,
    function: Option<Function>,
) -> Result<Program, Refused> {
    let ranges = (entry.stack.iter().enumerate()).filter(|(_, ty)| **ty == StackTy::Range);
    let mut next = entry.locals.len() + entry.max_stack;
    let mut range_regs = Vec::new();
    for (at, _) in ranges {
        let first = Reg::try_from(next).map_err(|_| Refused::Registers)?;
        range_regs.push((at, first));
        next += range::COUNT;
    }
    let followed = Followed::new(code.to_vec(), entry.locals.len(), entry.max_stack);
    let iterators = next;
    let room = REGISTERS.saturating_sub(next + TEMPS + 16) / range::COUNT;
    next += range::COUNT * followed.iterators().min(MAX_ITERATORS).min(room);
    if next + TEMPS + 16 > REGISTERS {
        return Err(Refused::Registers);
    }
    let mut builder = Builder {
        units: HashMap::from([(0, followed)]),
        entry,
        surroundings,
        readings: Vec::new(),
        reads: Vec::new(),
        ops: Vec::new(),
        exits: Vec::new(),
        consulted: BTreeSet::new(),
        blocks: HashMap::new(),
        begins: Vec::new(),
        todo: Vec::new(),
        constants: Vec::new(),
        range_regs,
        iterators,
        temps: next,
        next_temp: next,
        next_const: REGISTERS,
        calls_end: next + TEMPS,
        full: false,
        turned: false,
        variables: Variables::default(),
        lists,
        function,
        calls: Vec::new(),
        locals: Vec::new(),
        stack: Vec::new(),
        fresh: false,
    };
    let first = Shape {
        calls: Vec::new(),
        pc: entry.pc,
        locals: entry.locals.iter().map(|ty| (*ty, false)).collect(),
        stack: Vec::new(),
        variables: Vec::new(),
    };
    builder.label(first);
    while let Some((label, shape)) = builder.todo.pop() {
        builder.block(label, shape)?;
        if builder.full {
            return Err(Refused::Registers);
        }
    }
    match &builder.function {
        Some(function) => function.is_complete()?,
        None if builder.turned => {}
        None => return Err(Refused::NoTurn),
    }
    builder.finish()
}

impl Builder<'_, '_> {
    fn finish(mut self) -> Result<Program, Refused> {
        for op in &mut self.ops {
            if let Some(to) = op.target_mut() {
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
            reads: self.reads,
            result: self.function.map(|function| function.result),
        })
    }

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
        self.calls = shape.calls;
        self.locals = shape.locals;
        self.stack = self.settled(&shape.stack);
        self.variables.bound = shape.variables;
        let mut pc = shape.pc;
        if self.begins.len() > MAX_BLOCKS || self.ops.len() > MAX_OPS {
            let _end = self.leave(pc);
            return Ok(());
        }
        let mut is_first = true;
        loop {
            let unit = self.unit();
            let instr = *unit.code.get(&pc).ok_or(Refused::Malformed)?;
            if !is_first && unit.targets.contains(&pc) {
                self.goto(pc);
                return Ok(());
            }
            is_first = false;
            match self.step(instr)? {
                Flow::Next => pc = instr.next,
                Flow::At(at) => pc = at,
                Flow::End => return Ok(()),
            }
            if self.stack.is_empty() {
                self.next_temp = self.temps;
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each instruction")]
    fn step(&mut self, instr: Instr) -> Result<Flow, Refused> {
        let Instr { pc, next, code } = instr;
        match code {
            Code::Nop => {}
            Code::Pop => {
                if self.stack.pop().is_none() {
                    return Ok(self.leave(pc));
                }
            }
            Code::Const(value) => self.stack.push(calls::constant(value)),
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
                if !self.can_store(local, 1)? {
                    return Ok(self.leave(pc));
                }
                self.store(local);
            }
            Code::StoreStore(first, second) => {
                if !self.can_store(first, 1)? || !self.can_store(second, 2)? {
                    return Ok(self.leave(pc));
                }
                self.store(first);
                self.store(second);
            }
            Code::StoreLoad(stored, loaded) => {
                let can =
                    self.can_store(stored, 1)? && (stored == loaded || self.can_load(&[loaded])?);
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
                if Some(target) == self.no_exit() {
                    return Ok(self.leave(pc));
                }
                self.stack.pop();
                self.goto(target);
                return Ok(Flow::End);
            }
            Code::Jump { to } => {
                if Some(to) == self.no_exit() {
                    return Ok(self.leave(pc));
                }
                self.goto(to);
                return Ok(Flow::End);
            }
            Code::JumpBack { to } => {
                // The interpreter goes on here, where it looks for what is asked of the thread.
                self.settle();
                let exit = self.exit(pc);
                self.turned |= to == self.entry.pc && self.calls.is_empty();
                let to = self.target(to);
                self.push_op(Op::Turn { exit, to });
                return Ok(Flow::End);
            }
            Code::ForIter { to } => return Ok(self.for_iter(to, instr)),
            Code::LoadGlobal { name, null } => {
                if !self.load_global(name, null) {
                    return Ok(self.leave(pc));
                }
            }
            Code::PushNull => self.stack.push(NULL),
            Code::LoadAttr { name, method } => return Ok(self.load_attr(name, method, instr)),
            Code::StoreAttr { name } => return Ok(self.store_attr(name, pc)),
            Code::LoadShared(at) => {
                if !self.load_shared(at) {
                    return Ok(self.leave(pc));
                }
            }
            Code::StoreShared(at) => return Ok(self.store_shared(at, pc)),
            Code::StoreGlobal { name } => return Ok(self.store_global(name, pc)),
            Code::Subscript => return Ok(self.subscript(pc)),
            Code::StoreSubscript => return Ok(self.store_subscript(pc)),
            Code::ListAppend(depth) => return Ok(self.list_append(depth, pc)),
            Code::Unpack(count) => return Ok(self.unpack(count, pc)),
            Code::Call { arguments } => return Ok(self.call(arguments, None, instr)),
            Code::CallKeywords { arguments, names } => {
                return Ok(self.call(arguments, Some(names), instr));
            }
            Code::Return if !self.calls.is_empty() => return Ok(self.return_value(pc)),
            Code::Return if self.function.is_some() => return Ok(self.end(pc)),
            Code::Return | Code::GetIter => return Ok(self.leave(pc)),
            Code::Text(constant) => {
                if !self.load_text(constant) {
                    return Ok(self.leave(pc));
                }
            }
            Code::Names(_) | Code::Other => return Ok(self.leave(pc)),
        }
        Ok(Flow::Next)
    }
}

const NONE: Item = Item {
    ty: Ty::None,
    source: Source::Nothing,
};

const NULL: Item = Item {
    ty: Ty::Null,
    source: Source::Nothing,
};

fn item(ty: Ty, bits: u64) -> Item {
    Item {
        ty,
        source: Source::Const(bits),
    }
}
