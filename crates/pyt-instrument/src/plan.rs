//! Which instructions of a code object are steps, and of what kind: known before it runs.

use std::collections::HashSet;

use pyt_explore::Granularity;
use rustpython_vm::{
    Py,
    builtins::PyCode,
    bytecode::{BorrowedConstant, CodeFlags, Constant, Opcode},
};

use super::{
    code::{self, Decoded},
    shared::Shared,
};

/// What an instruction does that another thread could see. Names are places in the code's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads or changes a global.
    Global { name: u32, change: bool },
    /// Reads or changes a variable of a closure, held by the cell in a slot.
    Cell { slot: u32, change: bool },
    /// Reads an attribute of the top of the stack.
    LoadAttr { name: u32 },
    /// `super().name`: on top is the instance.
    LoadFromAbove { name: u32 },
    /// Changes an attribute of the top of the stack.
    StoreAttr { name: u32, delete: bool },
    /// `container[key]`: two values.
    LoadItem,
    /// `container[start:stop]`: three.
    LoadSlice,
    /// `value; container[key] =`: three.
    StoreItem,
    /// `del container[key]`: two.
    DeleteItem,
    /// `value; container[start:stop] =`: four.
    StoreSlice,
    /// `item in container`: two, the container on top.
    Contains,
    /// An operator with two operands that may be containers; `change` if it works in place.
    Operator { change: bool },
    /// Reads what is on top as a whole, if it is a container.
    Whole,
    /// Makes text of a value.
    Shows { below: u32 },
    /// Looks for keys in a mapping, which is below them.
    MatchKeys,
    /// Takes attributes of the third value.
    MatchClass,
    /// Compares two values.
    Compare,
    /// Raises an exception, if it is one.
    Raise { below: u32 },
    /// Makes an iterator over what is on top.
    Iterate,
    /// Takes the next item of the iterator on top.
    Next,
    /// `yield from` and `await`: sends what is on top to the iterator below it.
    Send,
    /// A generator stops running: at a `yield`, or at its end.
    Suspend,
    /// A function returns: a step only if that goes back to an operation which goes on.
    Return,
    /// Calls a function with this many arguments; `keywords` if their names are on top.
    Call { arguments: u32, keywords: bool },
    /// Calls a function with a tuple and a dictionary of arguments.
    CallSpread,
    /// Calls the `__exit__` of a `with` block that an exception leaves.
    ExitByException,
    /// Goes back to the beginning of a `while` loop: a step only if nothing else was one.
    Turn,
    /// A step, whatever the instruction does.
    Step,
    /// No step: a module begins, whose globals are to be known.
    Begin,
}

impl Kind {
    /// Whether it calls a function.
    pub(super) const fn is_call(self) -> bool {
        matches!(
            self,
            Self::Call { .. } | Self::CallSpread | Self::ExitByException
        )
    }
}

/// An instruction before which another thread may get its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) index: usize,
    pub(super) kind: Kind,
}

/// The sites of `code`, by ascending index.
pub(super) fn sites(code: &Py<PyCode>, shared: &Shared, granularity: Granularity) -> Vec<Site> {
    let instructions = code::instructions(code);
    let first = first_traceable(&instructions);
    let steps = &instructions[first..];
    match granularity {
        Granularity::Sync => Vec::new(),
        Granularity::Access => accesses(code, steps, shared),
        Granularity::Line => lines(code, steps),
        Granularity::Instruction => every(code, steps, shared),
    }
}

/// Adds the first instruction of a module to its sites.
pub(super) fn with_first(code: &Py<PyCode>, sites: &mut Vec<Site>) {
    let instructions = code::instructions(code);
    let first = instructions[first_traceable(&instructions)..]
        .iter()
        .find(|one| may_be_wrapped(**one));
    if let Some(first) = first
        && sites.first().is_none_or(|site| site.index != first.index)
    {
        let site = Site {
            index: first.index,
            kind: Kind::Begin,
        };
        sites.insert(0, site);
    }
}

/// The names of the attributes that `code` sets or deletes.
pub(super) fn stored_attributes(code: &Py<PyCode>) -> impl Iterator<Item = String> + '_ {
    let instructions = code::instructions(code).into_iter();
    let stores =
        instructions.filter(|one| matches!(one.op, Opcode::StoreAttr | Opcode::DeleteAttr));
    stores.map(|one| code.code.names[one.arg as usize].as_str().to_owned())
}

/// What comes before the first `RESUME` makes cells and generators, and is not the function's.
fn first_traceable(instructions: &[Decoded]) -> usize {
    instructions
        .iter()
        .position(|one| one.op == Opcode::Resume)
        .map_or(0, |place| place + 1)
}

fn accesses(code: &Py<PyCode>, instructions: &[Decoded], shared: &Shared) -> Vec<Site> {
    let targets = code::jump_targets(instructions);
    let mut sites: Vec<Site> = (0..instructions.len())
        .filter_map(|at| {
            let kind = access(code, instructions, at, shared)?;
            if !may_be_wrapped(instructions[at]) {
                return None;
            }
            let stretch = Stretch {
                code,
                instructions,
                targets: &targets,
                shared,
            };
            if stretch.is_harmless(at) {
                return None;
            }
            let index = instructions[at].index;
            Some(Site { index, kind })
        })
        .collect();
    if !is_generator(code) {
        let returns = instructions
            .iter()
            .filter(|one| one.op == Opcode::ReturnValue);
        sites.extend(returns.map(|one| Site {
            index: one.index,
            kind: Kind::Return,
        }));
        sites.sort_by_key(|site| site.index);
    }
    sites
}

fn every(code: &Py<PyCode>, instructions: &[Decoded], shared: &Shared) -> Vec<Site> {
    (0..instructions.len())
        .filter(|&at| may_be_wrapped(instructions[at]))
        .map(|at| Site {
            index: instructions[at].index,
            kind: access(code, instructions, at, shared)
                .filter(|kind| *kind != Kind::Turn)
                .unwrap_or(Kind::Step),
        })
        .collect()
}

/// What `sys.monitoring` never reports as an instruction.
fn may_be_wrapped(Decoded { op, arg, .. }: Decoded) -> bool {
    match op {
        Opcode::Resume | Opcode::EndFor | Opcode::Cache | Opcode::ExtendedArg => false,
        // The interpreter knows by this instruction that a generator delegates to another.
        Opcode::YieldValue => arg == 0,
        _ => true,
    }
}

fn lines(code: &Py<PyCode>, instructions: &[Decoded]) -> Vec<Site> {
    let mut before = 0;
    let jumped_to: Vec<usize> = code::loops(instructions)
        .into_iter()
        .map(|(first, _)| first)
        .collect();
    instructions
        .iter()
        .filter_map(|one| {
            let line = line_of(code, one.index)?;
            let begins = line != before || jumped_to.contains(&one.index);
            let site = begins && may_be_wrapped(*one);
            if !begins || site {
                before = line;
            }
            site.then_some(Site {
                index: one.index,
                kind: Kind::Step,
            })
        })
        .collect()
}

/// The line of an instruction, counted from 1.
pub(super) fn line_of(code: &PyCode, index: usize) -> Option<usize> {
    let (start, _) = code.code.locations.get(index)?;
    Some(start.line.get())
}

fn access(code: &Py<PyCode>, instructions: &[Decoded], at: usize, shared: &Shared) -> Option<Kind> {
    let Decoded { op, arg, .. } = instructions[at];
    let global = |name: u32, change: bool| {
        shared
            .global(code.code.names[name as usize].as_str())
            .then_some(Kind::Global { name, change })
    };
    let cell = |slot: u32, change: bool| {
        shared
            .cell(code, slot as usize)
            .then_some(Kind::Cell { slot, change })
    };
    match op {
        Opcode::LoadGlobal => global(arg >> 1, false),
        Opcode::LoadName | Opcode::LoadFromDictOrGlobals => global(arg, false),
        Opcode::StoreGlobal | Opcode::DeleteGlobal => global(arg, true),
        Opcode::StoreName | Opcode::DeleteName if is_module(code) => global(arg, true),
        Opcode::LoadDeref | Opcode::LoadFromDictOrDeref => cell(arg, false),
        Opcode::StoreDeref | Opcode::DeleteDeref => cell(arg, true),
        Opcode::LoadAttr => Some(Kind::LoadAttr { name: arg >> 1 }),
        Opcode::LoadSuperAttr => Some(Kind::LoadFromAbove { name: arg >> 2 }),
        Opcode::StoreAttr => Some(Kind::StoreAttr {
            name: arg,
            delete: false,
        }),
        Opcode::DeleteAttr => Some(Kind::StoreAttr {
            name: arg,
            delete: true,
        }),
        Opcode::BinarySlice => Some(Kind::LoadSlice),
        Opcode::StoreSubscr => Some(Kind::StoreItem),
        // With an argument it records an annotation, as `SET_ADD` did.
        Opcode::DeleteSubscr => (arg == 0).then_some(Kind::DeleteItem),
        Opcode::StoreSlice => Some(Kind::StoreSlice),
        Opcode::ContainsOp => Some(Kind::Contains),
        Opcode::BinaryOp => match arg {
            SUBSCRIPT => Some(Kind::LoadItem),
            // A format string on the left: numbers have nothing inside.
            _ if arg % FIRST_IN_PLACE == REMAINDER => Some(Kind::Shows { below: 0 }),
            _ => CONTAINER_OPERATORS
                .contains(&(arg % FIRST_IN_PLACE))
                .then_some(Kind::Operator {
                    change: arg >= FIRST_IN_PLACE,
                }),
        },
        Opcode::CompareOp => Some(Kind::Compare),
        Opcode::GetIter | Opcode::GetYieldFromIter => Some(Kind::Iterate),
        Opcode::RaiseVarargs if arg > 0 => Some(Kind::Raise { below: arg - 1 }),
        Opcode::Send => Some(Kind::Send),
        Opcode::YieldValue | Opcode::ReturnValue if is_generator(code) => Some(Kind::Suspend),
        Opcode::FormatSimple | Opcode::ConvertValue => Some(Kind::Shows { below: 0 }),
        Opcode::FormatWithSpec => Some(Kind::Shows { below: 1 }),
        Opcode::MatchKeys => Some(Kind::MatchKeys),
        Opcode::MatchClass => Some(Kind::MatchClass),
        Opcode::ImportFrom => Some(Kind::LoadAttr { name: arg }),
        Opcode::ToBool
        | Opcode::GetLen
        | Opcode::UnpackSequence
        | Opcode::UnpackEx
        | Opcode::ListExtend
        | Opcode::SetUpdate
        | Opcode::DictUpdate
        | Opcode::DictMerge => Some(Kind::Whole),
        Opcode::ForIter => Some(Kind::Next),
        Opcode::Call => Some(Kind::Call {
            arguments: arg,
            keywords: false,
        }),
        Opcode::CallKw => Some(Kind::Call {
            arguments: arg,
            keywords: true,
        }),
        Opcode::CallFunctionEx => Some(Kind::CallSpread),
        Opcode::WithExceptStart => Some(Kind::ExitByException),
        Opcode::JumpBackward => Some(Kind::Turn),
        _ => None,
    }
}

/// What is known of instructions from those before them.
struct Stretch<'a> {
    code: &'a Py<PyCode>,
    instructions: &'a [Decoded],
    targets: &'a HashSet<usize>,
    shared: &'a Shared,
}

impl Stretch<'_> {
    /// Whether an instruction that could be an access certainly is none.
    fn is_harmless(&self, at: usize) -> bool {
        let Decoded { op, arg, .. } = self.instructions[at];
        match op {
            Opcode::BinaryOp if arg % FIRST_IN_PLACE == MULTIPLY => false,
            Opcode::BinaryOp if arg % FIRST_IN_PLACE == REMAINDER => self.is_number(at, 0),
            Opcode::BinaryOp if arg == SUBSCRIPT => false,
            Opcode::BinaryOp | Opcode::CompareOp => self.is_number(at, 0) || self.is_number(at, 1),
            Opcode::Call => {
                let function = self.global(at, arg as usize + 1);
                function.is_some_and(|name| {
                    self.shared.is_function(name)
                        // `type(name, bases, namespace)` copies a dictionary.
                        || (HARMLESS.contains(&name) && (name != "type" || arg == 1))
                            && self.shared.is_free(name)
                })
            }
            Opcode::GetIter => self.is_range(at),
            Opcode::ForIter => {
                // The first turn comes right from there, whatever jumps here later.
                at > 0 && self.instructions[at - 1].op == Opcode::GetIter && self.is_range(at - 1)
            }
            // A `for` loop asks its iterator at each turn.
            Opcode::JumpBackward => self.goes_to_for(at),
            _ => false,
        }
    }

    fn producer(&self, at: usize, below: usize) -> Option<Decoded> {
        let found = code::producer(self.instructions, self.targets, at, below)?;
        Some(self.instructions[found])
    }

    fn is_number(&self, at: usize, below: usize) -> bool {
        match self.producer(at, below) {
            Some(one) if one.op == Opcode::LoadSmallInt => true,
            Some(one) if one.op == Opcode::LoadConst => {
                let constants: &[_] = &self.code.code.constants;
                matches!(
                    constants[one.arg as usize].borrow_constant(),
                    BorrowedConstant::Integer { .. }
                        | BorrowedConstant::Float { .. }
                        | BorrowedConstant::Boolean { .. }
                        | BorrowedConstant::None
                )
            }
            _ => false,
        }
    }

    /// The name of the global that was loaded there.
    fn global(&self, at: usize, below: usize) -> Option<&str> {
        let loaded = self.producer(at, below)?;
        let name = match loaded.op {
            Opcode::LoadGlobal => loaded.arg >> 1,
            Opcode::LoadName if is_module(self.code) => loaded.arg,
            _ => return None,
        };
        Some(self.code.code.names[name as usize].as_str())
    }

    /// Whether what is on top is what `range` has returned.
    fn is_range(&self, at: usize) -> bool {
        let Some(call) = code::producer(self.instructions, self.targets, at, 0) else {
            return false;
        };
        let Decoded { op, arg, .. } = self.instructions[call];
        op == Opcode::Call
            && self.global(call, arg as usize + 1) == Some("range")
            && self.shared.is_free("range")
    }

    fn goes_to_for(&self, at: usize) -> bool {
        let jump = &self.instructions[at];
        code::loops(std::slice::from_ref(jump))
            .first()
            .and_then(|(target, _)| {
                self.instructions
                    .binary_search_by_key(target, |one| one.index)
                    .ok()
            })
            .is_some_and(|target| self.instructions[target].op == Opcode::ForIter)
    }
}

/// Built-in functions that read no container.
const HARMLESS: &[&str] = &[
    "range",
    "isinstance",
    "issubclass",
    "callable",
    "abs",
    "ord",
    "chr",
    "round",
    "id",
    "type",
    "super",
    "object",
    "divmod",
    "pow",
    "hex",
    "oct",
    "bin",
    "input",
    "globals",
    "locals",
];

/// As `BINARY_OP` numbers its operators: `+ & * | - ^` can have containers on both sides.
const CONTAINER_OPERATORS: [u32; 6] = [0, 1, MULTIPLY, 7, 10, 12];
const MULTIPLY: u32 = 5;
const REMAINDER: u32 = 6;
const FIRST_IN_PLACE: u32 = 13;
const SUBSCRIPT: u32 = 26;

/// Whether calling a function with this code makes a generator or the like.
fn is_generator(code: &PyCode) -> bool {
    let flags = CodeFlags::GENERATOR | CodeFlags::COROUTINE | CodeFlags::ASYNC_GENERATOR;
    code.code.flags.intersects(flags)
}

/// Whether names are globals in this code: in a module, not in a class or a function.
pub(super) fn is_module(code: &PyCode) -> bool {
    code.code.obj_name.as_str() == "<module>"
}
