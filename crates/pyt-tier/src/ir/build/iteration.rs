//! Loops over iterators: a `range` of the program's own, or what lies on the stack where the
//! program begins.

use super::{Builder, Flow, Item, Known, Source};
use crate::ir::{Exit, Op, Ty, Value, code::Instr};

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
            return self.next_item(place, instr);
        };
        let exit = self.exit(instr.pc);
        self.result(Ty::Int, |d| Op::Next { d, range, exit });
        Flow::Next
    }

    /// The next item of a list or another sequence of the interpreter's.
    fn next_item(&mut self, place: usize, instr: Instr) -> Flow {
        let found = self.surroundings.stacked(place);
        let Some((object, known @ Known::Iterator(ty))) = found else {
            return self.leave(instr.pc);
        };
        let Some(number) = ty.number() else {
            return self.leave(instr.pc);
        };
        self.note(object, known);
        let end = self.exit(instr.pc);
        // The item was taken: the interpreter goes on behind, with the item on the stack.
        let mut exit: Exit = self.exits[usize::from(end)].clone();
        exit.pc = instr.next;
        exit.stack.push(Value {
            ty: Ty::Pending,
            reg: 0,
        });
        self.exits.push(exit);
        let other = (self.exits.len() - 1) as u16;
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
