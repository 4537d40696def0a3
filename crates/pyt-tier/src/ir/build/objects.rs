//! What is read around a loop: global variables, attributes, items.
//!
//! A reading is made when a program begins, and holds for the whole run: nothing that a program
//! does changes variables, attributes or lengths. Items of lists are read and set at their turn.

use super::{Builder, Call, Flow, Item, Known, NONE, NULL, Source, item};
use crate::ir::{
    Op, Reg, Ty,
    code::{Builtin, Instr},
};

impl Builder<'_, '_> {
    pub(super) fn note(&mut self, reading: u8, known: Known) {
        let at = usize::from(reading);
        if self.readings.len() <= at {
            self.readings.resize(at + 1, None);
        }
        self.readings[at] = Some(known);
    }

    /// Puts on the stack what a reading found.
    fn push_known(&mut self, reading: u8, known: Known) {
        self.note(reading, known);
        let value = match known {
            Known::Value(_) if self.variables.is_bound(reading) => self.bound(reading),
            Known::Value(ty) => {
                let reg = self.read_reg(reading, ty);
                if ty == Ty::None {
                    NONE
                } else {
                    Item {
                        ty,
                        source: Source::Reg(reg),
                    }
                }
            }
            _ => Item {
                ty: Ty::Read(reading),
                source: Source::Nothing,
            },
        };
        self.stack.push(value);
    }

    /// The register that holds a number which was read.
    fn read_reg(&mut self, reading: u8, ty: Ty) -> Reg {
        if let Some((_, _, reg)) = self.reads.iter().find(|(at, ..)| *at == reading) {
            return *reg;
        }
        let reg = if ty.is_number() { self.fixed() } else { 0 };
        self.reads.push((reading, ty, reg));
        reg
    }

    /// Whether one of the loop's variables holds an object that programs know.
    pub(super) fn is_known(&mut self, local: usize) -> bool {
        self.read_local(local).is_some()
    }

    pub(super) fn read_local(&mut self, local: usize) -> Option<Item> {
        let (reading, known) = self.surroundings.local(local)?;
        if matches!(known, Known::Value(_)) {
            return None;
        }
        self.note(reading, known);
        Some(Item {
            ty: Ty::Read(reading),
            source: Source::Nothing,
        })
    }

    pub(super) fn unit_number(&self) -> usize {
        self.calls.last().map_or(0, Call::unit)
    }

    /// False: it is unknown.
    pub(super) fn load_global(&mut self, name: usize, null: bool) -> bool {
        let unit = self.unit_number();
        match self.surroundings.global(unit, name) {
            // To call it raises an exception.
            Some((_, Known::Value(_))) if null => false,
            Some((reading, known)) => {
                self.push_known(reading, known);
                if null {
                    self.stack.push(NULL);
                }
                true
            }
            None => false,
        }
    }

    /// False: it cannot be a key.
    pub(super) fn load_text(&mut self, constant: usize) -> bool {
        let unit = self.unit_number();
        match self.surroundings.text(unit, constant) {
            Some((reading, known)) => {
                self.push_known(reading, known);
                true
            }
            None => false,
        }
    }

    /// What a dict has under a key, if the two are a dict and a constant that is a string.
    pub(super) fn entry(&mut self, object: Item, key: Item) -> Option<(u8, Known)> {
        let (Ty::Read(of), Ty::Read(key)) = (object.ty, key.ty) else {
            return None;
        };
        let are_known = (self.known(of), self.known(key)) == (Some(Known::Dict), Some(Known::Text));
        are_known
            .then(|| self.surroundings.entry(of, key))
            .flatten()
    }

    /// False: it is unknown.
    pub(super) fn load_shared(&mut self, at: usize) -> bool {
        match self.shared(at) {
            Some((reading, known)) => {
                self.push_known(reading, known);
                true
            }
            None => false,
        }
    }

    pub(super) fn shared(&mut self, at: usize) -> Option<(u8, Known)> {
        let unit = self.unit_number();
        let function = self.calls.last().map(Call::function);
        self.surroundings.shared(function, unit, at)
    }

    pub(super) fn load_attr(&mut self, name: usize, method: bool, instr: Instr) -> Flow {
        let Some(Item {
            ty: Ty::Read(of), ..
        }) = self.top()
        else {
            return self.leave(instr.pc);
        };
        let unit = self.unit_number();
        let Some((reading, known)) = self.surroundings.attribute(of, unit, name) else {
            return self.leave(instr.pc);
        };
        match known {
            Known::Getter(unit) if !method => {
                self.note(reading, known);
                let at = self.stack.len() - 1;
                let followed = self.follow((reading, unit), at, 1, None, instr);
                return followed.unwrap_or_else(|| self.leave(instr.pc));
            }
            Known::Method(_)
            | Known::Builtin(Builtin::ListAppend | Builtin::ListPop | Builtin::Native(_))
                if method =>
            {
                let object = self.stack.pop();
                self.push_known(reading, known);
                self.stack.extend(object);
            }
            Known::Builtin(Builtin::ListAppend | Builtin::ListPop | Builtin::Native(_))
            | Known::Getter(_)
            | Known::Method(_) => return self.leave(instr.pc),
            Known::Value(_) if method => return self.leave(instr.pc),
            _ => {
                self.stack.pop();
                self.push_known(reading, known);
                if method {
                    self.stack.push(NULL);
                }
            }
        }
        Flow::Next
    }

    /// `len(...)` of what was read.
    pub(super) fn length(&mut self, ty: Ty, others: usize, at: usize, pc: usize) -> Option<Flow> {
        let Ty::Read(of) = ty else {
            return None;
        };
        if others > 0 {
            return None;
        }
        if self.lists.change() && matches!(self.known(of), Some(Known::List(_))) {
            return Some(self.length_of_now(of, at, pc));
        }
        let (reading, known) = self.surroundings.length(of)?;
        self.stack.truncate(at);
        self.push_known(reading, known);
        Some(Flow::Next)
    }

    pub(super) fn known(&self, reading: u8) -> Option<Known> {
        self.readings.get(usize::from(reading)).copied().flatten()
    }

    pub(super) fn subscript(&mut self, pc: usize) -> Flow {
        let [.., object, index] = self.stack[..] else {
            return self.leave(pc);
        };
        if let Some((reading, known)) = self.entry(object, index) {
            self.stack.truncate(self.stack.len() - 2);
            self.push_known(reading, known);
            return Flow::Next;
        }
        let (Ty::Read(of), Ty::Int | Ty::Bool) = (object.ty, index.ty) else {
            return self.leave(pc);
        };
        let number = match index.source {
            Source::Const(bits) => bits as usize,
            _ => 0,
        };
        // That of a tuple is always the same.
        if let (Some(Known::Tuple(_)), Source::Const(_)) = (self.known(of), index.source)
            && let Some((reading, known)) = self.surroundings.tuple_item(of, number)
        {
            self.stack.truncate(self.stack.len() - 2);
            self.push_known(reading, known);
            return Flow::Next;
        }
        let ty = match self.known(of) {
            Some(Known::List(ty) | Known::Array(ty)) => Some(ty),
            Some(Known::Tuple(_)) => self.surroundings.item(of, number),
            _ => None,
        };
        let Some(ty) = ty.filter(|ty| ty.is_number()) else {
            return self.leave(pc);
        };
        let exit = self.exit(pc);
        let index = self.reg(index);
        self.stack.truncate(self.stack.len() - 2);
        self.result(ty, |d| Op::Item {
            d,
            object: of,
            index,
            ty,
            exit,
        });
        Flow::Next
    }

    pub(super) fn store_subscript(&mut self, pc: usize) -> Flow {
        let [.., value, object, index] = self.stack[..] else {
            return self.leave(pc);
        };
        if let Some(found) = self.entry(object, index) {
            return self.store_entry(found, value, pc);
        }
        let (Ty::Read(of), Ty::Int | Ty::Bool) = (object.ty, index.ty) else {
            return self.leave(pc);
        };
        // A call that is followed may be made again, and must not have changed anything.
        let can = self.may_change() && {
            matches!(self.known(of), Some(Known::List(_) | Known::Array(_)))
        };
        if !can || !value.ty.is_number() {
            return self.leave(pc);
        }
        let exit = self.exit(pc);
        let (index, a) = (self.reg(index), self.reg(value));
        self.stack.truncate(self.stack.len() - 3);
        self.push_op(Op::StoreItem {
            object: of,
            index,
            a,
            ty: value.ty,
            exit,
        });
        self.fresh = false;
        Flow::Next
    }

    pub(super) fn unpack(&mut self, count: usize, pc: usize) -> Flow {
        let Some(Item {
            ty: Ty::Read(of), ..
        }) = self.top()
        else {
            return self.leave(pc);
        };
        let items: Option<Vec<_>> = match self.known(of) {
            Some(Known::Tuple(length)) if length == count => {
                let items = (0..count).map(|at| self.surroundings.tuple_item(of, at));
                items.collect()
            }
            _ => None,
        };
        if let Some(items) = items {
            self.stack.pop();
            // The first is on top in the end.
            for (reading, known) in items.into_iter().rev() {
                self.push_known(reading, known);
            }
            return Flow::Next;
        }
        let types: Option<Vec<_>> = match self.known(of) {
            Some(Known::Tuple(length)) if length == count => {
                let types = (0..count).map(|at| self.surroundings.item(of, at));
                types.map(|ty| ty.filter(|ty| ty.is_number())).collect()
            }
            _ => None,
        };
        let Some(types) = types else {
            return self.leave(pc);
        };
        let exit = self.exit(pc);
        self.stack.pop();
        // The first is on top in the end.
        for (at, ty) in types.into_iter().enumerate().rev() {
            let index = self.reg(item(Ty::Int, at as u64));
            self.result(ty, |d| Op::Item {
                d,
                object: of,
                index,
                ty,
                exit,
            });
        }
        Flow::Next
    }
}
