//! Operators on numbers.

use super::{Builder, Flow, Item};
use crate::ir::{Cmp, Op, Reg, Ty, code::Binary};

impl Builder<'_, '_> {
    pub(super) fn two(&self) -> Option<(Item, Item)> {
        let [.., a, b] = self.stack[..] else {
            return None;
        };
        (a.ty.is_number() && b.ty.is_number()).then_some((a, b))
    }

    pub(super) fn binary(&mut self, op: Binary, pc: usize) -> Flow {
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

    pub(super) fn compare(&mut self, op: Cmp, pc: usize) -> Flow {
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

    pub(super) fn as_float(&mut self, value: Item, exit: u16) -> Reg {
        let a = self.reg(value);
        if value.ty == Ty::Float {
            return a;
        }
        let d = self.temp();
        self.push_op(Op::IntToFloat { d, a, exit });
        d
    }

    pub(super) fn drop_two(&mut self) {
        self.stack.truncate(self.stack.len() - 2);
    }
}
