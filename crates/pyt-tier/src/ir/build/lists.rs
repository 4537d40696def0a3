//! Lists that grow and shrink in a program: `append`, `pop`, and comprehensions.
//!
//! A list is changed only outside of calls that are followed, since those may be made again. In a
//! program that changes lists their lengths are no readings, but asked for at their turn.

use std::collections::HashMap;

use super::{Builder, Flow, Known, NONE};
use crate::ir::{Op, Ty};

/// What is known of the lists that a program changes.
#[derive(Default)]
pub(super) struct Lists {
    /// There are such.
    found: bool,
    /// That was known before the program was begun.
    known: bool,
    /// Lengths were read.
    lengths: bool,
    /// The type of what was appended last, by the list's reading.
    appended: HashMap<u8, Ty>,
}

impl Lists {
    /// Whether lengths have to be asked for at their turn.
    pub(super) fn change(&mut self) -> bool {
        self.lengths = true;
        self.known
    }

    /// Whether the program that was made has read lengths that it changes.
    pub(super) fn must_begin_again(&mut self) -> bool {
        let must = self.found && self.lengths && !self.known;
        self.known |= self.found;
        must
    }
}

impl Builder<'_, '_> {
    /// The list that may be changed now, if this is one.
    fn list(&self, ty: Ty) -> Option<(u8, Ty)> {
        let Ty::Read(of) = ty else {
            return None;
        };
        match self.known(of) {
            Some(Known::List(first)) if self.may_change() => Some((of, first)),
            _ => None,
        }
    }

    /// `list.append(value)`, of which the method, the list and the arguments lie on the stack.
    pub(super) fn append(&mut self, at: usize, pc: usize) -> Option<Flow> {
        let [_, list, value] = self.stack[at..] else {
            return None;
        };
        let (object, _) = self.list(list.ty)?;
        if !value.ty.is_number() {
            return None;
        }
        let exit = self.exit(pc);
        self.append_to(object, exit, value);
        self.stack.truncate(at);
        self.stack.push(NONE);
        Some(Flow::Next)
    }

    fn append_to(&mut self, object: u8, exit: u16, value: super::Item) {
        self.lists.found = true;
        self.lists.appended.insert(object, value.ty);
        let a = self.reg(value);
        self.push_op(Op::Append {
            object,
            a,
            ty: value.ty,
            exit,
        });
        self.fresh = false;
    }

    /// `list.pop()`, of which the method and the list lie on the stack.
    pub(super) fn pop_item(&mut self, at: usize, pc: usize) -> Option<Flow> {
        let [_, list] = self.stack[at..] else {
            return None;
        };
        let (object, first) = self.list(list.ty)?;
        let ty = (self.lists.appended.get(&object).copied()).unwrap_or(first);
        if !ty.is_number() {
            return None;
        }
        self.lists.found = true;
        let exit = self.exit(pc);
        self.stack.truncate(at);
        self.result(ty, |d| Op::Pop {
            d,
            object,
            ty,
            exit,
        });
        Some(Flow::Next)
    }

    /// The value on top is appended to a list that lies below what the program knows: that of a
    /// comprehension.
    pub(super) fn list_append(&mut self, depth: usize, pc: usize) -> Flow {
        let Some(value) = self.top().filter(|value| value.ty.is_number()) else {
            return self.leave(pc);
        };
        let above = self.stack.len() - 1;
        let place = (above + self.entry.stack.len()).checked_sub(depth);
        let found = match place {
            Some(place) if depth > above && self.may_change() => self.surroundings.stacked(place),
            _ => None,
        };
        let Some((object, known @ Known::List(_))) = found else {
            return self.leave(pc);
        };
        self.note(object, known);
        let exit = self.exit(pc);
        self.stack.pop();
        self.append_to(object, exit, value);
        Flow::Next
    }

    /// The length of a list at its turn, in the place of a call of `len`.
    pub(super) fn length_of_now(&mut self, object: u8, at: usize, pc: usize) -> Flow {
        let exit = self.exit(pc);
        self.stack.truncate(at);
        self.result(Ty::Int, |d| Op::Length { d, object, exit });
        Flow::Next
    }
}
