//! Jumps, the ends of blocks, and where programs are left.

use super::{Builder, Flow, Item, NONE, Shape, Source, item};
use crate::ir::{Exit, Op, Reg, Ty, Value};

impl Builder<'_, '_> {
    /// An instruction of the loop's code at which the program must not end.
    pub(super) fn no_exit(&self) -> Option<usize> {
        self.entry.no_exit.filter(|_| self.calls.is_empty())
    }

    pub(super) fn jump_if(&mut self, want: bool, to: usize, pc: usize, next: usize) -> Flow {
        let no_exit = self.no_exit();
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
    pub(super) fn condition(&mut self, value: Item) -> Reg {
        let places = self.places();
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
    pub(super) fn branch(&mut self, a: Reg, want: bool, to: u16) {
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

    pub(super) fn is_settled(&self) -> bool {
        (self.stack.iter().enumerate()).all(|(place, one)| {
            one.source == Source::Nothing || one.source == Source::Reg(self.stack_reg(place))
        })
    }

    /// Moves each value on the stack into the register of its place.
    pub(super) fn settle(&mut self) {
        if self.is_settled() {
            return;
        }
        // Registers of places that are still to be read are saved from being overwritten.
        let places = self.places();
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

    pub(super) fn shape(&self, pc: usize) -> Shape {
        Shape {
            calls: self.calls.clone(),
            pc,
            locals: self.locals.clone(),
            stack: self.stack.iter().map(|one| one.ty).collect(),
            variables: self.variables.bound.clone(),
        }
    }

    /// The block at `pc` for the state of now, whose stack is settled.
    pub(super) fn target(&mut self, pc: usize) -> u16 {
        let shape = self.shape(pc);
        self.label(shape)
    }

    pub(super) fn goto_settled(&mut self, pc: usize) {
        let to = self.target(pc);
        // Made next, if it is yet to be made: then the jump to it falls away.
        if let Some(at) = self.todo.iter().position(|(label, _)| *label == to) {
            let one = self.todo.remove(at);
            self.todo.push(one);
        }
        self.push_op(Op::Jump { to });
    }

    pub(super) fn goto(&mut self, pc: usize) {
        self.settle();
        self.goto_settled(pc);
    }

    /// Where the interpreter goes on if the instruction at `pc` is left to it, with the state of
    /// now.
    pub(super) fn exit(&mut self, pc: usize) -> u16 {
        if let Some(exit) = self.call_exit().or_else(|| self.function_exit()) {
            return exit;
        }
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
        let exit = Exit {
            pc,
            locals,
            stack,
            variables: self.variables.at_exit(),
        };
        if let Some(at) = self.exits.iter().position(|known| *known == exit) {
            return at as u16;
        }
        self.exits.push(exit);
        (self.exits.len() - 1) as u16
    }

    pub(super) fn leave(&mut self, pc: usize) -> Flow {
        let exit = self.exit(pc);
        self.push_op(Op::Exit { exit });
        Flow::End
    }
}
