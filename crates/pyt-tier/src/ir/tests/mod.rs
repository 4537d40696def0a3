//! Programs of small loops: built, run, and compared with what Python gives. No interpreter runs.

mod calls;
mod recursion;
mod sequences;
mod variables;

use std::{cell::RefCell, sync::atomic::AtomicBool};

use super::{
    Cmp, Exit, FloatOp, IntOp, Op, Program, REGISTERS, StackTy, Ty, arithmetic,
    build::{Entry, Known, Refused, Surroundings, build},
    code::{Binary, Code, Const, Instr, Unit},
    range,
};
use crate::backend::{Backend, Next, NextPair, Objects, Poll, Register};

/// Instructions at 0, 1, 2, ..., as all take one unit.
fn code(list: &[Code]) -> Vec<Instr> {
    (list.iter().enumerate())
        .map(|(pc, code)| Instr {
            pc,
            next: pc + 1,
            code: *code,
        })
        .collect()
}

fn entry<'a>(pc: usize, locals: &'a [Ty], stack: &'a [StackTy]) -> Entry<'a> {
    Entry {
        pc,
        locals,
        stack,
        max_stack: 6,
        no_exit: None,
    }
}

/// Nothing is known around a loop.
struct Nowhere;

impl Surroundings for Nowhere {
    fn global(&mut self, _: usize, _: usize) -> Option<(u8, Known)> {
        None
    }

    fn local(&mut self, _: usize) -> Option<(u8, Known)> {
        None
    }

    fn shared(&mut self, _: Option<u8>, _: usize, at: usize) -> Option<(u8, Known)> {
        self.global(0, at)
    }

    fn stacked(&mut self, _: usize) -> Option<(u8, Known)> {
        None
    }

    fn attribute(&mut self, _: u8, _: usize, _: usize) -> Option<(u8, Known)> {
        None
    }

    fn length(&mut self, _: u8) -> Option<(u8, Known)> {
        None
    }

    fn text(&mut self, _: usize, _: usize) -> Option<(u8, Known)> {
        None
    }

    fn entry(&mut self, _: u8, _: u8) -> Option<(u8, Known)> {
        None
    }

    fn returns_true(&self, _: u8) -> bool {
        true
    }

    fn inner(&mut self, _: u8, _: usize) -> Option<(u8, Known)> {
        None
    }

    fn tuple_item(&mut self, _: u8, _: usize) -> Option<(u8, Known)> {
        None
    }

    fn item(&self, _: u8, _: usize) -> Option<Ty> {
        None
    }

    fn is_own(&self, _: usize) -> bool {
        false
    }

    fn can_bind(&mut self, _: u8) -> bool {
        false
    }

    fn keywords(&self, _: usize, _: usize, _: usize) -> Option<Vec<usize>> {
        None
    }

    fn unit(&self, _: usize) -> &Unit {
        unreachable!("there is no function")
    }
}

/// A list of integers, for all readings.
struct Numbers(RefCell<Vec<i64>>);

impl Objects for Numbers {
    /// The last number is taken; one above 1000 is not as expected.
    fn next(&self, _: u8, _: Ty) -> Next {
        match self.0.borrow_mut().pop() {
            Some(number) if number > 1000 => Next::Other,
            Some(number) => Next::Number(number as u64),
            None => Next::End,
        }
    }

    /// The same, each with its half.
    fn next_pair(&self, object: u8, types: [Ty; 2]) -> NextPair {
        match self.next(object, types[0]) {
            Next::Number(number) => NextPair::Numbers([number, number / 2]),
            Next::Other => NextPair::Other,
            Next::End => NextPair::End,
        }
    }

    fn item(&self, _: u8, index: i64, ty: Ty) -> Option<u64> {
        let item = self.0.borrow().get(usize::try_from(index).ok()?).copied();
        (ty == Ty::Int).then_some(item? as u64)
    }

    fn set_item(&self, _: u8, index: i64, _: Ty, bits: u64) -> Option<()> {
        *self.0.borrow_mut().get_mut(usize::try_from(index).ok()?)? = bits as i64;
        Some(())
    }

    fn append(&self, _: u8, _: Ty, bits: u64) -> Option<()> {
        self.0.borrow_mut().push(bits as i64);
        Some(())
    }

    /// Takes a number, if there is one.
    fn call(&self, _: u8, _: u8) -> bool {
        self.0.borrow_mut().pop().is_some()
    }

    fn pop(&self, _: u8, _: Ty) -> Option<u64> {
        self.0.borrow_mut().pop().map(|bits| bits as u64)
    }

    fn length(&self, _: u8) -> Option<usize> {
        Some(self.0.borrow().len())
    }
}

/// Where a program was left, and with what.
#[derive(Debug, PartialEq)]
struct Left {
    pc: usize,
    locals: Vec<(usize, Ty, u64)>,
    stack: Vec<(Ty, u64)>,
    variables: Vec<(u8, Ty, u64)>,
    turns: u32,
}

/// Runs a program with these bits in the variables' registers, for at most `turns` turns.
fn run(program: &Program, locals: &[u64], turns: u32, range: Option<[u64; 4]>) -> Left {
    run_with(&Numbers(RefCell::default()), program, locals, turns, range)
}

fn run_with(
    objects: &Numbers,
    program: &Program,
    locals: &[u64],
    turns: u32,
    range: Option<[u64; 4]>,
) -> Left {
    let mut windows = [[0; REGISTERS]];
    let registers = &mut windows[0];
    registers[..locals.len()].copy_from_slice(locals);
    // What was read are the numbers of the readings.
    for (reading, _, reg) in &program.reads {
        registers[usize::from(*reg)] = u64::from(*reading);
    }
    for (reg, bits) in &program.constants {
        registers[usize::from(*reg)] = *bits;
    }
    if let (Some(range), Some((_, first))) = (range, program.ranges.last()) {
        registers[usize::from(*first)..][..range::COUNT].copy_from_slice(&range);
    }
    let stop = AtomicBool::new(false);
    let mut poll = Poll { stop: &stop, turns };
    let machine = Register.compile(program).expect("closed");
    let exit = machine.run(&mut windows, objects, &mut poll);
    let registers = &windows[0];
    let Exit {
        pc,
        locals,
        stack,
        variables,
    } = &program.exits[exit];
    let bits = |reg: u8| registers[usize::from(reg)];
    Left {
        pc: *pc,
        locals: (locals.iter())
            .map(|(local, value)| (*local, value.ty, bits(value.reg)))
            .collect(),
        stack: (stack.iter())
            .map(|value| {
                (
                    value.ty,
                    if value.ty.is_number() {
                        bits(value.reg)
                    } else {
                        0
                    },
                )
            })
            .collect(),
        variables: (variables.iter())
            .map(|(reading, value)| (*reading, value.ty, bits(value.reg)))
            .collect(),
        turns: turns - poll.turns,
    }
}

/// `while i < n: s += i; i += 1`, with n, s, i.
fn sum() -> Vec<Instr> {
    code(&[
        Code::LoadLoad(2, 0),
        Code::Compare { op: Cmp::Lt },
        Code::JumpIf { want: false, to: 9 },
        Code::LoadLoad(1, 2),
        Code::Binary(Binary::Add),
        Code::StoreLoad(1, 2),
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Add),
        Code::Store(2),
        // The jump back is never reached by falling through from above.
        Code::Jump { to: 10 },
        Code::JumpBack { to: 0 },
    ])
}

#[test]
fn a_loop_is_left_where_its_condition_fails() {
    let list = code(&[
        Code::LoadLoad(2, 0),
        Code::Compare { op: Cmp::Lt },
        Code::JumpIf {
            want: false,
            to: 10,
        },
        Code::LoadLoad(1, 2),
        Code::Binary(Binary::Add),
        Code::StoreLoad(1, 2),
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Add),
        Code::Store(2),
        Code::JumpBack { to: 0 },
        Code::Load(1),
        Code::Other,
    ]);
    let program = build(&list, &entry(0, &[Ty::Int; 3], &[]), &mut Nowhere).expect("a program");
    let left = run(&program, &[10, 0, 0], 1000, None);
    assert_eq!(left.pc, 11);
    assert_eq!(left.locals, [(1, Ty::Int, 45), (2, Ty::Int, 10)]);
    assert_eq!(left.stack, [(Ty::Int, 45)]);
    assert_eq!(left.turns, 10);
}

#[test]
fn comparisons_and_jumps_are_one_operation_and_results_go_to_variables() {
    let program = build(&sum(), &entry(0, &[Ty::Int; 3], &[]), &mut Nowhere).expect("a program");
    let moves = program
        .ops
        .iter()
        .filter(|op| matches!(op, Op::Move { .. }));
    assert_eq!(moves.count(), 0, "{:?}", program.ops);
    let jumps = (program.ops.iter()).filter(|op| matches!(op, Op::JumpInt { .. }));
    // One before the variables were bound by the program, and one since.
    assert_eq!(jumps.count(), 2, "{:?}", program.ops);
}

#[test]
fn a_program_is_left_before_an_overflow() {
    let list = code(&[
        Code::Load(0),
        Code::Const(Const::Int(3)),
        Code::Binary(Binary::Mul),
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = build(&list, &entry(0, &[Ty::Int], &[]), &mut Nowhere).expect("a program");
    let left = run(&program, &[1], 1000, None);
    assert_eq!(left.pc, 2);
    let last = 3_u64.pow(39);
    assert_eq!(left.locals, [(0, Ty::Int, last)]);
    assert_eq!(left.stack, [(Ty::Int, last), (Ty::Int, 3)]);
}

#[test]
fn turns_and_the_flag_end_a_program_at_the_jump_back() {
    let list = code(&[Code::Nop, Code::JumpBack { to: 0 }]);
    let program = build(&list, &entry(0, &[], &[]), &mut Nowhere).expect("a program");
    let left = run(&program, &[], 5, None);
    assert_eq!((left.pc, left.turns), (1, 5));
    let stop = AtomicBool::new(true);
    let mut poll = Poll {
        stop: &stop,
        turns: 100,
    };
    let machine = Register.compile(&program).expect("closed");
    machine.run(
        &mut [[0; REGISTERS]],
        &Numbers(RefCell::default()),
        &mut poll,
    );
    assert_eq!(poll.turns, 99);
}

#[test]
fn a_range_gives_its_values_and_says_how_many_were_taken() {
    // for i in range(...): s += i, with s, i.
    let list = code(&[
        Code::ForIter { to: 6 },
        Code::Store(1),
        Code::LoadLoad(0, 1),
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: 0 },
        Code::Pop,
    ]);
    let locals = [Ty::Int, Ty::Unbound];
    let program =
        build(&list, &entry(0, &locals, &[StackTy::Range]), &mut Nowhere).expect("a program");
    let left = run(&program, &[0, 0], 1000, Some([1, 4, 7, -3_i64 as u64]));
    assert_eq!(left.pc, 0);
    assert_eq!(left.turns, 3);
    assert_eq!(left.locals, [(0, Ty::Int, 12), (1, Ty::Int, 1)]);
    assert_eq!(left.stack, []);
}

#[test]
fn a_variable_whose_type_changes_gets_another_block() {
    // x = x + 0.5, with an integer at first.
    let list = code(&[
        Code::Load(0),
        Code::Const(Const::Float(0.5)),
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = build(&list, &entry(0, &[Ty::Int], &[]), &mut Nowhere).expect("a program");
    let left = run(&program, &[2], 3, None);
    assert_eq!(left.locals, [(0, Ty::Float, 3.5_f64.to_bits())]);
}

#[test]
fn what_is_not_a_number_is_left_alone() {
    // x = 1 would drop what x holds.
    let list = code(&[
        Code::Const(Const::Int(1)),
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let refused = build(&list, &entry(0, &[Ty::Other], &[]), &mut Nowhere).unwrap_err();
    assert_eq!(refused, Refused::NoTurn);
    let list = code(&[Code::Load(0), Code::Pop, Code::JumpBack { to: 0 }]);
    for ty in [Ty::Other, Ty::Unbound] {
        let refused = build(&list, &entry(0, &[ty], &[]), &mut Nowhere).unwrap_err();
        assert_eq!(refused, Refused::NoTurn, "{ty:?}");
    }
}

#[test]
fn only_variables_that_matter_are_guarded() {
    let program = build(&sum(), &entry(0, &[Ty::Int; 4], &[]), &mut Nowhere).expect("a program");
    let guarded: Vec<_> = program.guards.iter().map(|(local, _)| *local).collect();
    assert_eq!(guarded, [0, 1, 2]);
}

#[test]
fn values_on_the_stack_survive_a_store_and_a_branch() {
    // (x, y) with: push x; x = 5; push (y and 7 or 8 by branch); add; y = that.
    let list = code(&[
        Code::Load(0),
        Code::Const(Const::Int(5)),
        Code::Store(0),
        Code::Load(1),
        Code::ToBool,
        Code::JumpIf { want: false, to: 8 },
        Code::Const(Const::Int(7)),
        Code::Jump { to: 9 },
        Code::Const(Const::Int(8)),
        Code::Binary(Binary::Add),
        Code::Store(1),
        Code::JumpBack { to: 0 },
    ]);
    let program = build(&list, &entry(0, &[Ty::Int; 2], &[]), &mut Nowhere).expect("a program");
    let left = run(&program, &[100, 0], 1, None);
    assert_eq!(left.locals, [(0, Ty::Int, 5), (1, Ty::Int, 108)]);
    let left = run(&program, &[100, 3], 2, None);
    assert_eq!(left.locals, [(0, Ty::Int, 5), (1, Ty::Int, 12)]);
}

#[test]
fn swapped_values_keep_apart() {
    // x, y = y, x % y, and a branch with both on the stack.
    let list = code(&[
        Code::LoadLoad(0, 1),
        Code::Swap(2),
        Code::Load(0),
        Code::ToBool,
        Code::JumpIf { want: true, to: 5 },
        Code::StoreStore(1, 0),
        Code::JumpBack { to: 0 },
    ]);
    let program = build(&list, &entry(0, &[Ty::Int; 2], &[]), &mut Nowhere).expect("a program");
    let left = run(&program, &[1, 2], 1, None);
    assert_eq!(left.locals, [(0, Ty::Int, 2), (1, Ty::Int, 1)]);
    let left = run(&program, &[1, 2], 2, None);
    assert_eq!(left.locals, [(0, Ty::Int, 1), (1, Ty::Int, 2)]);
}

#[test]
fn a_place_where_no_program_may_end_is_left_at_the_jump_before() {
    let list = code(&[
        Code::LoadLoad(0, 1),
        Code::Compare { op: Cmp::Lt },
        Code::JumpIf { want: false, to: 8 },
        Code::Load(0),
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: 0 },
        Code::Other,
    ]);
    let locals = [Ty::Int; 2];
    let mut entry = entry(0, &locals, &[]);
    entry.no_exit = Some(8);
    let program = build(&list, &entry, &mut Nowhere).expect("a program");
    let left = run(&program, &[0, 3], 100, None);
    assert_eq!(left.pc, 2);
    assert_eq!(left.stack, [(Ty::Bool, 0)]);
    assert!(program.exits.iter().all(|exit| exit.pc != 8));
}

#[test]
fn division_rounds_down_and_the_rest_has_the_divisors_sign() {
    for a in -20..=20 {
        for b in (-6..=6).filter(|b| *b != 0) {
            let floor = (a as f64 / b as f64).floor() as i64;
            assert_eq!(arithmetic::floor_div(a, b), Some(floor), "{a} // {b}");
            assert_eq!(arithmetic::modulo(a, b), Some(a - floor * b), "{a} % {b}");
        }
    }
    assert_eq!(arithmetic::floor_div(i64::MIN, -1), None);
    assert_eq!(arithmetic::modulo(i64::MIN, -1), None);
    assert_eq!(arithmetic::floor_div(1, 0), None);
    assert_eq!(arithmetic::floor_div(i64::MIN, 2), Some(i64::MIN / 2));
    assert_eq!(arithmetic::modulo(i64::MIN, 3), Some(1));
}

#[test]
fn shifts_and_powers_stay_in_64_bits() {
    assert_eq!(arithmetic::shift_left(1, 62), Some(1 << 62));
    assert_eq!(arithmetic::shift_left(1, 63), None);
    assert_eq!(arithmetic::shift_left(-1, 63), Some(i64::MIN));
    assert_eq!(arithmetic::shift_left(0, 64), None);
    assert_eq!(arithmetic::shift_left(1, -1), None);
    assert_eq!(arithmetic::shift_right(-1, 1000), Some(-1));
    assert_eq!(arithmetic::shift_right(5, 1), Some(2));
    assert_eq!(arithmetic::shift_right(5, -1), None);
    assert_eq!(arithmetic::int(IntOp::Pow, 3, 39), Some(3_i64.pow(39)));
    assert_eq!(arithmetic::int(IntOp::Pow, 3, 40), None);
    assert_eq!(arithmetic::int(IntOp::Pow, 2, -1), None);
    assert_eq!(arithmetic::int(IntOp::Pow, -1, 1 << 31), Some(1));
}

#[test]
fn floats_are_left_where_python_raises() {
    assert_eq!(arithmetic::float(FloatOp::Div, 1.0, 0.0), None);
    assert_eq!(arithmetic::float(FloatOp::Mod, 1.0, -0.0), None);
    assert_eq!(arithmetic::float(FloatOp::FloorDiv, -7.5, 2.0), Some(-4.0));
    assert_eq!(arithmetic::float(FloatOp::Mod, -7.5, 2.0), Some(0.5));
    assert_eq!(arithmetic::float(FloatOp::Pow, 10.0, 400.0), None);
    assert_eq!(arithmetic::int_div(1, 0), None);
    assert_eq!(arithmetic::int_div(1 << 54, 3), None);
    assert_eq!(arithmetic::int_div(0, -7), None);
    assert_eq!(arithmetic::int_div(7, 2), Some(3.5));
}
