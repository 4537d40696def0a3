//! Functions that call themselves: programs of a whole function, which return.
//!
//! All that such a program does is to compute a result: it changes nothing, so that whatever leaves
//! it, however deep, leaves the outermost call undone, and the interpreter makes it.

use super::{Builder, Entry, Flow, Item, Lists, NONE, Refused, Source, Surroundings, attempt};
use crate::ir::{
    Exit, Op, Program, Ty,
    code::{Code, Instr},
};

/// What is known of the function that a program is made of.
pub(super) struct Function {
    /// The type of what it returns, which is guessed.
    pub(super) result: Ty,
    /// The types of its arguments.
    arguments: Vec<Ty>,
    recurs: bool,
    returns: bool,
}

impl Function {
    /// Whether there is both a call of itself and an end without.
    pub(super) fn is_complete(&self) -> Result<(), Refused> {
        if self.recurs && self.returns {
            Ok(())
        } else {
            Err(Refused::NoRecursion)
        }
    }
}

/// The program of a function that calls itself, with so many arguments, and begins at `entry`.
pub(crate) fn build_function(
    code: &[Instr],
    arguments: usize,
    entry: &Entry<'_>,
    surroundings: &mut dyn Surroundings,
) -> Result<Program, Refused> {
    let is_end = |one: &Instr| one.code == Code::Return;
    let types = entry.locals.get(..arguments).ok_or(Refused::Malformed)?;
    if !code.iter().any(is_end) {
        return Err(Refused::NoRecursion);
    }
    for result in [Ty::Int, Ty::Float, Ty::Bool, Ty::None] {
        let function = Function {
            result,
            arguments: types.to_vec(),
            recurs: false,
            returns: false,
        };
        let mut lists = Lists::default();
        match attempt(code, entry, surroundings, &mut lists, Some(function)) {
            Err(Refused::NoRecursion) => {}
            program => return program,
        }
    }
    Err(Refused::NoRecursion)
}

impl Builder<'_, '_> {
    /// Whether lists and variables may be changed now: what is done may not be done again.
    pub(super) fn may_change(&self) -> bool {
        self.calls.is_empty() && self.function.is_none()
    }

    /// Whether a call of this function is one of the program's own.
    pub(super) fn recurs(&self, unit: usize) -> bool {
        self.function.is_some() && self.surroundings.is_own(unit)
    }

    /// The only exit of a function's program: to where it began.
    pub(super) fn function_exit(&mut self) -> Option<u16> {
        self.function.as_ref()?;
        if self.exits.is_empty() {
            self.exits.push(Exit {
                pc: self.entry.pc,
                locals: Vec::new(),
                stack: Vec::new(),
                variables: Vec::new(),
            });
        }
        Some(0)
    }

    /// The program calls itself, with what lies on the stack behind `at` and an object's place.
    pub(super) fn recur(
        &mut self,
        unit: usize,
        at: usize,
        names: Option<usize>,
        pc: usize,
    ) -> Option<Flow> {
        let (_, arguments) = self.arguments(unit, at + 2, names)?;
        self.settle();
        let values: Vec<Item> = (arguments.iter())
            .map(|one| one.value(&self.stack))
            .collect();
        let function = self.function.as_ref()?;
        let result = function.result;
        let types = values.iter().map(|one| one.ty);
        if !types.eq(function.arguments.iter().copied()) {
            return None;
        }
        // They have to lie in registers one behind the other.
        let first = self.temp();
        for (number, value) in values.iter().enumerate() {
            let d = if number == 0 { first } else { self.temp() };
            if value.ty.is_number() {
                let a = self.reg(*value);
                self.push_op(Op::Move { d, a });
            }
        }
        let exit = self.exit(pc);
        let count = values.len() as u8;
        self.stack.truncate(at);
        self.result(result, |d| Op::Recur {
            d,
            at: first,
            count,
            exit,
        });
        self.fresh = false;
        if result == Ty::None {
            self.stack.pop();
            self.stack.push(NONE);
        }
        if let Some(function) = &mut self.function {
            function.recurs = true;
        }
        Some(Flow::Next)
    }

    /// The function returns what is on top.
    pub(super) fn end(&mut self, pc: usize) -> Flow {
        let (Some(value), Some(function)) = (self.top(), &mut self.function) else {
            return self.leave(pc);
        };
        if value.ty != function.result {
            return self.leave(pc);
        }
        function.returns = true;
        let a = if value.source == Source::Nothing {
            0
        } else {
            self.reg(value)
        };
        self.push_op(Op::Return { a });
        Flow::End
    }
}
