//! Variables, the stack, and the registers of both.

use super::{Builder, Item, NONE, REGISTERS, Refused, Source, TEMPS, item};
use crate::ir::{Op, Reg, Ty};

impl Builder<'_, '_> {
    /// Whether these variables hold values that programs know.
    pub(super) fn can_load(&mut self, locals: &[usize]) -> Result<bool, Refused> {
        let mut can = true;
        for local in locals {
            let (ty, bound) = *self.locals.get(*local).ok_or(Refused::Malformed)?;
            if !bound {
                self.consulted.insert(*local);
            }
            can &= match ty {
                Ty::None | Ty::Read(_) => true,
                Ty::Other => self.is_known(*local),
                ty => ty.is_number(),
            };
        }
        Ok(can)
    }

    pub(super) fn load(&mut self, local: usize) {
        let (ty, _) = self.locals[local];
        let value = match ty {
            Ty::None => NONE,
            Ty::Other => match self.read_local(local) {
                Some(value) => value,
                None => return,
            },
            ty if ty.is_number() => Item {
                ty,
                source: Source::Reg(self.local_reg(local)),
            },
            ty => Item {
                ty,
                source: Source::Nothing,
            },
        };
        self.stack.push(value);
    }

    /// Whether this variable can be bound to what lies this deep on the stack, and the end of
    /// what it held runs nothing: that of an object could run a finalizer.
    pub(super) fn can_store(&mut self, local: usize, depth: usize) -> Result<bool, Refused> {
        let (ty, bound) = *self.locals.get(local).ok_or(Refused::Malformed)?;
        if !bound {
            self.consulted.insert(local);
        }
        let value = self.stack.len().checked_sub(depth);
        let value = value.map_or(Ty::Other, |at| self.stack[at].ty);
        Ok(ty != Ty::Other && (value.is_number() || value == Ty::None))
    }

    pub(super) fn store(&mut self, local: usize) {
        let Some(value) = self.stack.pop() else {
            return;
        };
        let reg = self.local_reg(local);
        self.save(reg);
        self.locals[local] = (value.ty, true);
        self.assign(reg, value);
    }

    /// What still has to be read from a register that is about to be written is saved.
    pub(super) fn save(&mut self, reg: Reg) {
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
    }

    /// Puts a value that was popped into the register of a variable.
    pub(super) fn assign(&mut self, reg: Reg, value: Item) {
        match value.source {
            Source::Reg(from) if from == reg => {}
            Source::Reg(from) => {
                let is_used = (self.stack.iter()).any(|one| one.source == Source::Reg(from));
                if self.fresh
                    && !is_used
                    && usize::from(from) >= self.temps
                    && let Some(op) = self.ops.last_mut()
                    && let Some(d) = op.destination_mut()
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

    pub(super) fn top(&self) -> Option<Item> {
        self.stack.last().copied()
    }

    pub(super) fn reg(&mut self, item: Item) -> Reg {
        match item.source {
            Source::Reg(reg) => reg,
            Source::Const(bits) => self.constant(bits),
            Source::Nothing => 0,
        }
    }

    /// Pops a value that has a register.
    pub(super) fn pop_reg(&mut self) -> Reg {
        match self.stack.pop() {
            Some(value) => self.reg(value),
            None => 0,
        }
    }

    pub(super) fn temp(&mut self) -> Reg {
        let temp = self.next_temp;
        if temp >= self.temps + TEMPS {
            self.full = true;
            return 0;
        }
        self.next_temp += 1;
        temp as Reg
    }

    /// A register that the program does not write.
    pub(super) fn fixed(&mut self) -> Reg {
        if self.next_const <= self.calls_end {
            self.full = true;
            return (REGISTERS - 1) as Reg;
        }
        self.next_const -= 1;
        self.next_const as Reg
    }

    pub(super) fn constant(&mut self, bits: u64) -> Reg {
        if let Some((reg, _)) = self.constants.iter().find(|(_, known)| *known == bits) {
            return *reg;
        }
        let reg = self.fixed();
        self.constants.push((reg, bits));
        reg
    }

    pub(super) fn push_op(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// Makes an operation whose result is on top of the stack.
    pub(super) fn result(&mut self, ty: Ty, op: impl FnOnce(Reg) -> Op) {
        let d = self.temp();
        self.push_op(op(d));
        self.fresh = true;
        self.stack.push(Item {
            ty,
            source: Source::Reg(d),
        });
    }

    /// Replaces the value on top by its truth. False: it is unknown.
    pub(super) fn truth(&mut self) -> bool {
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
}
