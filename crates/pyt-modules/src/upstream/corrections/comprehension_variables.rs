//! A variable of a comprehension is its own, also in a module with a function that declares a
//! global variable of that name. There, upstream's compiler has list, set and dict comprehensions
//! of the module's body bind and read the global variable: its value is lost, and where two such
//! comprehensions stand one inside the other, the values of the outer one are.
//!
//! So the code of a module is changed once it is compiled and before it runs. Upstream keeps a
//! place for the variable from `LOAD_FAST_AND_CLEAR` to the `STORE_FAST` that gives it back.
//! Between the two, `LOAD_GLOBAL` and `STORE_GLOBAL` of the same name become `LOAD_FAST_CHECK`
//! and `STORE_FAST`: the body of a comprehension cannot mean the global variable.
//!
//! Code that comes from elsewhere is as it was: from `.pyc` files of other programs, and from
//! `marshal`.
//!
//! Can go when upstream's `compile_name` asks `fast_hidden` before
//! `module_name_declared_global_in_nested_scope`.

use std::ops::Range;

use rustpython_vm::{
    builtins::PyCode,
    bytecode::{CodeFlags, CodeUnits, OpArgState, Opcode},
};

/// The largest number that fits the argument of one instruction.
const ONE_ARGUMENT: usize = u8::MAX as usize;

/// A variable that upstream keeps a place for while a comprehension runs.
struct Kept {
    variable: usize,
    /// Whether the comprehension binds it. One that an assignment expression binds is kept too,
    /// and is global.
    is_bound: bool,
}

/// An access to a global variable of the name of a kept one.
struct Access {
    units: Range<usize>,
    opcode: Opcode,
    is_called: bool,
    kept: usize,
}

/// Changes code that was just compiled. Code that has run may not be passed.
pub(super) fn mend(code: &PyCode) {
    let code = &code.code;
    if code.flags.contains(CodeFlags::OPTIMIZED) || code.varnames.is_empty() {
        return;
    }
    let units = &code.instructions;
    let (mut all_kept, mut accesses): (Vec<Kept>, Vec<Access>) = (Vec::new(), Vec::new());
    // Those that are kept at an instruction, the innermost last.
    let mut around: Vec<usize> = Vec::new();
    let mut argument = OpArgState::default();
    let mut before = Opcode::Nop;
    let (mut index, mut begin) = (0, 0);
    while index < units.len() {
        let instruction = units.read_op(index);
        let arg = u32::from(argument.extend(units.read_arg(index))) as usize;
        index += 1 + instruction.cache_entries();
        let opcode = instruction.as_opcode();
        if opcode == Opcode::ExtendedArg {
            continue;
        }
        let mut ends = |variable| {
            let kept = |kept: &usize| all_kept[*kept].variable == variable;
            if let Some(innermost) = around.iter().rposition(kept) {
                around.remove(innermost);
            }
        };
        let name = match opcode {
            Opcode::LoadFastAndClear => {
                around.push(all_kept.len());
                all_kept.push(Kept {
                    variable: arg,
                    is_bound: false,
                });
                None
            }
            Opcode::StoreFast => {
                ends(arg);
                None
            }
            Opcode::StoreFastLoadFast => {
                ends(arg >> 4);
                None
            }
            Opcode::StoreFastStoreFast => {
                ends(arg >> 4);
                ends(arg & 15);
                None
            }
            Opcode::LoadGlobal => code.names.get(arg >> 1),
            Opcode::StoreGlobal => code.names.get(arg),
            _ => None,
        };
        let kept = name.and_then(|name| {
            let variable = |kept: usize| code.varnames.get(all_kept[kept].variable);
            let mut around = around.iter().rev().copied();
            around.find(|kept| variable(*kept) == Some(name))
        });
        if let Some(kept) = kept {
            // The value of an assignment expression is used: it is copied before.
            if opcode == Opcode::StoreGlobal && before != Opcode::Copy {
                all_kept[kept].is_bound = true;
            }
            accesses.push(Access {
                units: begin..index,
                opcode,
                is_called: opcode == Opcode::LoadGlobal && arg & 1 == 1,
                kept,
            });
        }
        argument.reset();
        before = opcode;
        begin = index;
    }
    for (number, kept) in all_kept.iter().enumerate() {
        let own = || accesses.iter().filter(|access| access.kept == number);
        let instead: Option<Vec<_>> = own().map(|access| access.instead(kept.variable)).collect();
        // All of them are changed, or none.
        if let Some(instead) = instead.filter(|_| kept.is_bound) {
            for (access, instructions) in own().zip(instead) {
                replace(units, access.units.clone(), instructions);
            }
        }
    }
}

impl Access {
    /// The instructions that access the variable instead, if they fit: a store does not, where the
    /// number of the variable has two bytes and that of the global name has one.
    fn instead(&self, variable: usize) -> Option<Vec<(Opcode, u8)>> {
        let [high, low] = u16::try_from(variable).ok()?.to_be_bytes();
        let mut instructions = Vec::new();
        if variable > ONE_ARGUMENT {
            instructions.push((Opcode::ExtendedArg, high));
        }
        let opcode = match self.opcode {
            Opcode::StoreGlobal => Opcode::StoreFast,
            _ => Opcode::LoadFastCheck,
        };
        instructions.push((opcode, low));
        if self.is_called {
            instructions.push((Opcode::PushNull, 0));
        }
        let rest = self.units.len().checked_sub(instructions.len())?;
        instructions.extend(std::iter::repeat_n((Opcode::Nop, 0), rest));
        Some(instructions)
    }
}

/// Puts instructions in the place of one that has as many units.
fn replace(units: &CodeUnits, place: Range<usize>, instructions: Vec<(Opcode, u8)>) {
    for (index, (opcode, arg)) in place.zip(instructions) {
        // SAFETY: the units are within bounds, and of one instruction: all are written. Nothing
        // has run the code.
        unsafe { units.write_cache_u16(index, u16::from_ne_bytes([opcode.as_u8(), arg])) };
    }
}
