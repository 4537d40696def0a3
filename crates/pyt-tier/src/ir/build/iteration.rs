//! Loops over iterators: a `range` of the program's own, or what lies on the stack where the
//! program begins.

use super::{Builder, Flow, Item, Known, Source};
use crate::ir::{
    Exit, Op, Pair, Ty, Value,
    code::{Code, Instr},
};

impl Builder<'_, '_> {
    /// The next value of the iterator on top.
    pub(super) fn for_iter(&mut self, to: usize, instr: Instr) -> Flow {
        if let Some(Item {
            ty: Ty::Range(range),
            ..
        }) = self.top()
        {
            self.settle();
            let to = self.target(to);
            self.result(Ty::Int, |d| Op::NextOr { d, range, to });
            return Flow::Next;
        }
        // It can only be the iterator that lies below all values.
        let Some(place) = self.entry.stack.len().checked_sub(1) else {
            return self.leave(instr.pc);
        };
        if !self.stack.is_empty() || !self.may_change() {
            return self.leave(instr.pc);
        }
        let range = self.range_regs.last().copied();
        let Some((_, range)) = range.filter(|(at, _)| *at == place) else {
            return self.next_of(place, to, instr);
        };
        let exit = self.exit(instr.pc);
        self.result(Ty::Int, |d| Op::Next { d, range, exit });
        Flow::Next
    }

    /// The next of what is the interpreter's: an item of a sequence, or a pair.
    fn next_of(&mut self, place: usize, to: usize, instr: Instr) -> Flow {
        match self.surroundings.stacked(place) {
            Some((object, known @ Known::Iterator(ty))) => {
                self.next_item((object, known), ty, instr)
            }
            Some((object, known @ Known::Enumerate(second))) => {
                self.note(object, known);
                self.next_pair(object, [Ty::Int, second], to, instr)
            }
            Some((zip, known @ Known::Zip)) => {
                self.note(zip, known);
                let first = self.surroundings.inner(zip, 0);
                let second = self.surroundings.inner(zip, 1);
                match (first, second) {
                    (
                        Some((one, Known::Iterator(first))),
                        Some((other, Known::Iterator(second))),
                    ) if other == one + 1 => self.next_pair(one, [first, second], to, instr),
                    _ => self.leave(instr.pc),
                }
            }
            _ => self.leave(instr.pc),
        }
    }

    /// The next pair, which the instruction behind takes apart.
    fn next_pair(&mut self, object: u8, types: [Ty; 2], to: usize, instr: Instr) -> Flow {
        let behind = self.unit().code.get(&instr.next).copied();
        let behind = behind.filter(|one| one.code == Code::Unpack(2));
        let is_target = self.unit().targets.contains(&instr.next);
        let (Some(behind), [Some(first), Some(second)], false) =
            (behind, types.map(Ty::number), is_target)
        else {
            return self.leave(instr.pc);
        };
        // A `zip` must not be asked again once it is over: the interpreter goes on behind the loop.
        if self.no_exit() == Some(to) {
            return self.leave(instr.pc);
        }
        let end = self.exit(to);
        let other = self.exit_with_pending(end, instr);
        let (d, next) = (self.temp(), self.temp());
        if next != d + 1 {
            return self.leave(instr.pc);
        }
        self.push_op(Op::NextPair {
            d,
            object,
            types: Pair::new(first, second),
            other,
            end,
        });
        self.fresh = false;
        // The first is on top.
        for (ty, reg) in [(types[1], next), (types[0], d)] {
            self.stack.push(Item {
                ty,
                source: Source::Reg(reg),
            });
        }
        Flow::At(behind.next)
    }

    /// Something was taken: the interpreter goes on behind, with that on the stack.
    fn exit_with_pending(&mut self, before: u16, instr: Instr) -> u16 {
        let mut exit: Exit = self.exits[usize::from(before)].clone();
        exit.pc = instr.next;
        exit.stack.push(Value {
            ty: Ty::Pending,
            reg: 0,
        });
        self.exits.push(exit);
        (self.exits.len() - 1) as u16
    }

    /// The next item of a list or another sequence.
    fn next_item(&mut self, found: (u8, Known), ty: Ty, instr: Instr) -> Flow {
        let (object, known) = found;
        let Some(number) = ty.number() else {
            return self.leave(instr.pc);
        };
        self.note(object, known);
        let end = self.exit(instr.pc);
        let other = self.exit_with_pending(end, instr);
        let d = self.temp();
        self.push_op(Op::NextItem {
            d,
            object,
            ty: number,
            other,
            end,
        });
        self.fresh = true;
        self.stack.push(Item {
            ty,
            source: Source::Reg(d),
        });
        Flow::Next
    }
}
