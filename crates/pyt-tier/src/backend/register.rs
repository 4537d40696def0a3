//! The back end that interprets programs: no machine code, no dependency.

use std::sync::atomic::Ordering;

use super::{Backend, Machine, Next, NextPair, Objects, Poll, RETURNED, Registers};
use crate::ir::{IntOp, Op, Program, Reg, arithmetic, range};

/// The back end.
#[derive(Debug)]
pub(crate) struct Register;

impl Backend for Register {
    fn compile(&self, program: &Program) -> Option<Box<dyn Machine>> {
        let ops: Box<[Op]> = program.ops.as_slice().into();
        let constants = program.constants.iter().map(|(reg, _)| *reg);
        let fixed = constants.chain(program.reads.iter().map(|(_, _, reg)| *reg));
        let fixed = fixed.collect();
        is_closed(&ops).then(|| Box::new(Interpreted { ops, fixed }) as Box<dyn Machine>)
    }
}

/// Whether control cannot run past the last operation, and no jump leads past it.
fn is_closed(ops: &[Op]) -> bool {
    let ends = matches!(
        ops.last(),
        Some(Op::Jump { .. } | Op::Turn { .. } | Op::Exit { .. } | Op::Return { .. })
    );
    ends && (ops.iter().copied())
        .filter_map(Op::target)
        .all(|to| usize::from(to) < ops.len())
}

struct Interpreted {
    /// [Closed](is_closed).
    ops: Box<[Op]>,
    /// The registers that no operation writes.
    fixed: Box<[Reg]>,
}

impl Machine for Interpreted {
    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    fn run(
        &self,
        registers: &mut [Registers],
        objects: &dyn Objects,
        poll: &mut Poll<'_>,
    ) -> usize {
        let mut calls = Calls::default();
        let mut r = &mut registers[0];
        let mut pc = 0_usize;
        macro_rules! int {
            ($reg:expr) => {
                r[usize::from($reg)] as i64
            };
        }
        macro_rules! float {
            ($reg:expr) => {
                f64::from_bits(r[usize::from($reg)])
            };
        }
        macro_rules! set {
            ($reg:expr, $value:expr) => {
                r[usize::from($reg)] = $value
            };
        }
        macro_rules! or_exit {
            ($d:expr, $result:expr, $exit:expr) => {
                match $result {
                    Some(result) => set!($d, result as u64),
                    None => return usize::from($exit),
                }
            };
        }
        loop {
            // SAFETY: the operations are closed: `pc` was the index of one that does not end the
            // program and is not the last, or comes from a jump, all of which lead to operations.
            let op = unsafe { *self.ops.get_unchecked(pc) };
            pc += 1;
            match op {
                Op::Move { d, a } => set!(d, r[usize::from(a)]),
                Op::Int { op, d, a, b, exit } => {
                    let (a, b) = (int!(a), int!(b));
                    match op {
                        IntOp::Add => or_exit!(d, a.checked_add(b), exit),
                        IntOp::Sub => or_exit!(d, a.checked_sub(b), exit),
                        IntOp::Mul => or_exit!(d, a.checked_mul(b), exit),
                        IntOp::And => set!(d, (a & b) as u64),
                        other => or_exit!(d, arithmetic::int(other, a, b), exit),
                    }
                }
                Op::IntDiv { d, a, b, exit } => {
                    let quotient = arithmetic::int_div(int!(a), int!(b));
                    or_exit!(d, quotient.map(f64::to_bits), exit);
                }
                Op::IntNeg { d, a, exit } => or_exit!(d, int!(a).checked_neg(), exit),
                Op::IntInvert { d, a } => set!(d, !r[usize::from(a)]),
                Op::IntAbs { d, a, exit } => or_exit!(d, int!(a).checked_abs(), exit),
                Op::Float { op, d, a, b, exit } => {
                    let result = arithmetic::float(op, float!(a), float!(b));
                    or_exit!(d, result.map(f64::to_bits), exit);
                }
                Op::FloatNeg { d, a } => set!(d, (-float!(a)).to_bits()),
                Op::FloatAbs { d, a } => set!(d, float!(a).abs().to_bits()),
                Op::FloatToInt { d, a, exit } => {
                    or_exit!(d, arithmetic::to_int(float!(a)), exit);
                }
                Op::IntToFloat { d, a, exit } => {
                    or_exit!(d, arithmetic::to_float(int!(a)).map(f64::to_bits), exit);
                }
                Op::NotNan { a, exit } => {
                    if float!(a).is_nan() {
                        return usize::from(exit);
                    }
                }
                Op::CmpInt { op, d, a, b } => {
                    set!(d, u64::from(arithmetic::compare(op, int!(a), int!(b))));
                }
                Op::CmpFloat { op, d, a, b } => {
                    set!(d, u64::from(arithmetic::compare(op, float!(a), float!(b))));
                }
                Op::IntTruth { d, a } => set!(d, u64::from(r[usize::from(a)] != 0)),
                Op::FloatTruth { d, a } => set!(d, u64::from(float!(a) != 0.0)),
                Op::Not { d, a } => set!(d, r[usize::from(a)] ^ 1),
                Op::Jump { to } => pc = usize::from(to),
                Op::JumpIf { a, want, to } => {
                    if (r[usize::from(a)] != 0) == want {
                        pc = usize::from(to);
                    }
                }
                Op::JumpInt { op, a, b, want, to } => {
                    if arithmetic::compare(op, int!(a), int!(b)) == want {
                        pc = usize::from(to);
                    }
                }
                Op::JumpFloat { op, a, b, want, to } => {
                    if arithmetic::compare(op, float!(a), float!(b)) == want {
                        pc = usize::from(to);
                    }
                }
                Op::Next { d, range, exit } => match next(r, range) {
                    Some(value) => set!(d, value),
                    None => return usize::from(exit),
                },
                Op::NextOr { d, range, to } => match next(r, range) {
                    Some(value) => set!(d, value),
                    None => pc = usize::from(to),
                },
                Op::Range {
                    d,
                    start,
                    stop,
                    step,
                    exit,
                } => {
                    let (start, step) = (int!(start), int!(step));
                    let Some(length) = arithmetic::range_length(start, int!(stop), step) else {
                        return usize::from(exit);
                    };
                    set!(d + range::INDEX, 0);
                    set!(d + range::LENGTH, length);
                    set!(d + range::VALUE, start as u64);
                    set!(d + range::STEP, step as u64);
                }
                Op::NextItem {
                    d,
                    object,
                    ty,
                    other,
                    end,
                } => match objects.next(object, ty.into()) {
                    Next::Number(bits) => set!(d, bits),
                    Next::Other => return usize::from(other),
                    Next::End => return usize::from(end),
                },
                Op::NextPair {
                    d,
                    object,
                    types,
                    other,
                    end,
                } => match objects.next_pair(object, types.types()) {
                    NextPair::Numbers([first, second]) => {
                        set!(d, first);
                        set!(d + 1, second);
                    }
                    NextPair::Other => return usize::from(other),
                    NextPair::End => return usize::from(end),
                },
                Op::Item {
                    d,
                    object,
                    index,
                    ty,
                    exit,
                } => or_exit!(d, objects.item(object, int!(index), ty), exit),
                Op::StoreItem {
                    object,
                    index,
                    a,
                    ty,
                    exit,
                } => {
                    let bits = r[usize::from(a)];
                    if objects.set_item(object, int!(index), ty, bits).is_none() {
                        return usize::from(exit);
                    }
                }
                Op::Append {
                    object,
                    a,
                    ty,
                    exit,
                } => {
                    if objects.append(object, ty, r[usize::from(a)]).is_none() {
                        return usize::from(exit);
                    }
                }
                Op::Pop {
                    d,
                    object,
                    ty,
                    exit,
                } => or_exit!(d, objects.pop(object, ty), exit),
                Op::Native {
                    object,
                    method,
                    exit,
                } => {
                    if !objects.call(object, method) {
                        return usize::from(exit);
                    }
                }
                Op::Length { d, object, exit } => or_exit!(d, objects.length(object), exit),
                Op::Recur { d, at, count, exit } => {
                    poll.turns -= 1;
                    let is_over = poll.turns == 0 || poll.stop.load(Ordering::Relaxed);
                    if is_over || !calls.begin(registers, at, count, &self.fixed) {
                        return usize::from(exit);
                    }
                    calls.returns.push((pc, d));
                    r = &mut registers[calls.returns.len()];
                    pc = 0;
                }
                Op::Return { a } => {
                    let value = r[usize::from(a)];
                    let Some((next, d)) = calls.returns.pop() else {
                        r[0] = value;
                        return RETURNED;
                    };
                    r = &mut registers[calls.returns.len()];
                    set!(d, value);
                    pc = next;
                }
                Op::Turn { exit, to } => {
                    poll.turns -= 1;
                    if poll.turns == 0 || poll.stop.load(Ordering::Relaxed) {
                        return usize::from(exit);
                    }
                    pc = usize::from(to);
                }
                Op::Exit { exit } => return usize::from(exit),
            }
        }
    }
}

/// The calls that a function makes of itself.
#[derive(Default)]
struct Calls {
    /// Where each goes on, and the register of its result.
    returns: Vec<(usize, Reg)>,
    /// So many of the registers after the first have all that is fixed.
    ready: usize,
}

impl Calls {
    /// Fills the next registers with so many arguments from `at` on. False: there are none.
    #[inline]
    fn begin(&mut self, registers: &mut [Registers], at: Reg, count: u8, fixed: &[Reg]) -> bool {
        let level = self.returns.len();
        let Some((now, [next, ..])) = registers.split_at_mut_checked(level + 1) else {
            return false;
        };
        let now = &now[level];
        let (at, count) = (usize::from(at), usize::from(count));
        next[..count].copy_from_slice(&now[at..at + count]);
        if self.ready == level {
            for reg in fixed {
                next[usize::from(*reg)] = now[usize::from(*reg)];
            }
            self.ready += 1;
        }
        true
    }
}

/// The next value of the iterator whose registers begin at `first`.
#[inline(always)]
fn next(r: &mut Registers, first: Reg) -> Option<u64> {
    let first = usize::from(first);
    let index = first + usize::from(range::INDEX);
    let value = first + usize::from(range::VALUE);
    if r[index] >= r[first + usize::from(range::LENGTH)] {
        return None;
    }
    r[index] += 1;
    let next = r[value];
    r[value] = next.wrapping_add(r[first + usize::from(range::STEP)]);
    Some(next)
}
