//! Variables around a loop that a program binds: global variables, attributes of objects, and what
//! dicts have under names.
//!
//! They are readings whose places are written when the program is left; until then their values are
//! in registers. A call that is followed may be made again, with the values from before it: what it
//! binds is in a second register of the variable until the outermost call is over.

use super::{Builder, Flow, Item, Known, NONE, Source};
use crate::ir::{Op, Reg, Ty, Value};

/// A variable that was bound since the program began.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Variable {
    reading: u8,
    ty: Ty,
    /// The call that is being followed has bound it.
    in_call: bool,
}

#[derive(Default)]
pub(super) struct Variables {
    /// In the block that is being made, in the order of their readings.
    pub(super) bound: Vec<Variable>,
    /// Both registers of each reading that has any.
    regs: Vec<(u8, [Reg; 2])>,
}

impl Variables {
    pub(super) fn is_bound(&self, reading: u8) -> bool {
        self.bound.iter().any(|one| one.reading == reading)
    }

    fn reg(&self, one: &Variable) -> Reg {
        let regs = self.regs.iter().find(|(at, _)| *at == one.reading);
        regs.map_or(0, |(_, regs)| regs[usize::from(one.in_call)])
    }

    /// What is written where the program is left, outside of calls.
    pub(super) fn at_exit(&self) -> Vec<(u8, Value)> {
        let value = |one: &Variable| Value {
            ty: one.ty,
            reg: if one.ty.is_number() { self.reg(one) } else { 0 },
        };
        (self.bound.iter())
            .map(|one| (one.reading, value(one)))
            .collect()
    }
}

impl Builder<'_, '_> {
    /// The value of a variable that was bound.
    pub(super) fn bound(&self, reading: u8) -> Item {
        let found = (self.variables.bound.iter()).find(|one| one.reading == reading);
        match found {
            Some(one) if one.ty.is_number() => Item {
                ty: one.ty,
                source: Source::Reg(self.variables.reg(one)),
            },
            _ => NONE,
        }
    }

    pub(super) fn store_attr(&mut self, name: usize, pc: usize) -> Flow {
        let [.., value, object] = self.stack[..] else {
            return self.leave(pc);
        };
        let Ty::Read(of) = object.ty else {
            return self.leave(pc);
        };
        let unit = self.unit_number();
        let found = self.surroundings.attribute(of, unit, name);
        if !self.can_bind(found, value) {
            return self.leave(pc);
        }
        self.stack.pop();
        self.bind(found)
    }

    /// Binds what a dict has under a key: value, dict, key.
    pub(super) fn store_entry(&mut self, found: (u8, Known), value: Item, pc: usize) -> Flow {
        if !self.can_bind(Some(found), value) {
            return self.leave(pc);
        }
        self.stack.truncate(self.stack.len() - 2);
        self.bind(Some(found))
    }

    pub(super) fn store_global(&mut self, name: usize, pc: usize) -> Flow {
        let Some(value) = self.top() else {
            return self.leave(pc);
        };
        let unit = self.unit_number();
        let found = self.surroundings.global(unit, name);
        if !self.can_bind(found, value) {
            return self.leave(pc);
        }
        self.bind(found)
    }

    pub(super) fn store_shared(&mut self, at: usize, pc: usize) -> Flow {
        let Some(value) = self.top() else {
            return self.leave(pc);
        };
        let found = self.shared(at);
        if !self.can_bind(found, value) {
            return self.leave(pc);
        }
        self.bind(found)
    }

    fn can_bind(&mut self, found: Option<(u8, Known)>, value: Item) -> bool {
        let Some((reading, known @ Known::Value(_))) = found else {
            return false;
        };
        self.note(reading, known);
        let has_value = value.ty.is_number() || value.ty == Ty::None;
        has_value && self.function.is_none() && self.surroundings.can_bind(reading)
    }

    /// Binds the variable to the value on top.
    fn bind(&mut self, found: Option<(u8, Known)>) -> Flow {
        let (Some((reading, _)), Some(value)) = (found, self.stack.pop()) else {
            return Flow::End;
        };
        if !self.variables.regs.iter().any(|(at, _)| *at == reading) {
            let regs = [self.fixed(), self.fixed()];
            self.variables.regs.push((reading, regs));
        }
        let one = Variable {
            reading,
            ty: value.ty,
            in_call: !self.calls.is_empty(),
        };
        let reg = self.variables.reg(&one);
        let bound = &mut self.variables.bound;
        match bound.binary_search_by_key(&reading, |one| one.reading) {
            Ok(at) => bound[at] = one,
            Err(at) => bound.insert(at, one),
        }
        self.save(reg);
        self.assign(reg, value);
        Flow::Next
    }

    /// The outermost call is over: what it has bound is bound. The value is what it returns.
    pub(super) fn commit(&mut self, mut value: Item) -> Item {
        for at in 0..self.variables.bound.len() {
            let one = self.variables.bound[at].clone();
            if !one.in_call {
                continue;
            }
            let a = self.variables.reg(&one);
            let outer = Variable {
                in_call: false,
                ..one
            };
            let d = self.variables.reg(&outer);
            if value.source == Source::Reg(d) {
                let saved = self.temp();
                self.push_op(Op::Move { d: saved, a: d });
                value.source = Source::Reg(saved);
            }
            if outer.ty.is_number() {
                self.push_op(Op::Move { d, a });
            }
            self.variables.bound[at] = outer;
        }
        self.fresh = false;
        value
    }
}
