//! Functions that call themselves.

use std::{cell::RefCell, sync::atomic::AtomicBool};

use super::{
    Numbers,
    calls::{World, unit},
    code,
};
use crate::{
    backend::{Backend, Poll, RETURNED, Register},
    ir::{
        Cmp, Program, REGISTERS, Ty,
        build::{Entry, Known, Refused, build_function},
        code::{Binary, Code, Const},
    },
};

const OWN: Code = Code::LoadGlobal {
    name: 0,
    null: true,
};

/// `def f(n): return n if n < 2 else f(n - 1) + f(n - 2)`
fn fib() -> Vec<Code> {
    vec![
        Code::Load(0),
        Code::Const(Const::Int(2)),
        Code::Compare { op: Cmp::Lt },
        Code::JumpIf { want: false, to: 6 },
        Code::Load(0),
        Code::Return,
        OWN,
        Code::Load(0),
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Sub),
        Code::Call { arguments: 1 },
        OWN,
        Code::Load(0),
        Code::Const(Const::Int(2)),
        Code::Binary(Binary::Sub),
        Code::Call { arguments: 1 },
        Code::Binary(Binary::Add),
        Code::Return,
    ]
}

fn made(list: &[Code], argument: Ty) -> Result<Program, Refused> {
    let mut world = World {
        known: vec![Known::Function(1), Known::Value(Ty::Int)],
        units: vec![unit(1, 1, list)],
    };
    let entry = Entry {
        pc: 0,
        locals: &[argument],
        stack: &[],
        max_stack: 6,
        no_exit: None,
    };
    build_function(&code(list), 1, &entry, &mut world)
}

/// What a call returns, with so many registers for calls inside one another.
fn call(program: &Program, argument: u64, depth: usize, turns: u32) -> Option<u64> {
    let mut windows = vec![[0; REGISTERS]; depth];
    windows[0][0] = argument;
    for (reg, bits) in &program.constants {
        windows[0][usize::from(*reg)] = *bits;
    }
    let stop = AtomicBool::new(false);
    let mut poll = Poll { stop: &stop, turns };
    let machine = Register.compile(program).expect("closed");
    let exit = machine.run(&mut windows, &Numbers(RefCell::default()), &mut poll);
    (exit == RETURNED).then(|| windows[0][0])
}

#[test]
fn a_function_calls_itself_and_returns() {
    let program = made(&fib(), Ty::Int).expect("a program");
    assert_eq!(program.result, Some(Ty::Int));
    for (argument, expected) in [(0, 0), (1, 1), (2, 1), (10, 55), (20, 6765)] {
        assert_eq!(call(&program, argument, 30, 1_000_000), Some(expected));
    }
}

#[test]
fn it_is_left_where_it_is_too_deep_or_takes_too_long() {
    let program = made(&fib(), Ty::Int).expect("a program");
    assert_eq!(call(&program, 10, 10, 1000), Some(55));
    assert_eq!(call(&program, 10, 9, 1000), None);
    assert_eq!(call(&program, 10, 10, 100), None);
}

#[test]
fn it_is_left_where_a_result_gets_too_large() {
    // def f(n): return 1 if n < 2 else f(n - 1) * f(n - 1)
    let mut list = fib();
    list[4] = Code::Const(Const::Int(1 << 40));
    list[16] = Code::Binary(Binary::Mul);
    let program = made(&list, Ty::Int).expect("a program");
    assert_eq!(call(&program, 1, 10, 1000), Some(1 << 40));
    assert_eq!(call(&program, 2, 10, 1000), None);
}

#[test]
fn what_never_calls_itself_or_never_ends_is_refused() {
    let never_calls = [Code::Load(0), Code::Return];
    assert_eq!(
        made(&never_calls, Ty::Int).err(),
        Some(Refused::NoRecursion)
    );
    let never_ends = [
        OWN,
        Code::Load(0),
        Code::Call { arguments: 1 },
        Code::Return,
    ];
    let program = made(&never_ends, Ty::Int).expect("a program");
    assert_eq!(call(&program, 1, 100, 1000), None);
    // Its argument has another type than it began with.
    let other_type = [
        OWN,
        Code::Const(Const::Float(0.5)),
        Code::Call { arguments: 1 },
        Code::Return,
    ];
    assert_eq!(made(&other_type, Ty::Int).err(), Some(Refused::NoRecursion));
}

#[test]
fn a_function_changes_nothing() {
    // def f(n): global x; x = n; return f(n)
    let list = [
        Code::Load(0),
        Code::StoreGlobal { name: 1 },
        OWN,
        Code::Load(0),
        Code::Call { arguments: 1 },
        Code::Return,
    ];
    assert_eq!(made(&list, Ty::Int).err(), Some(Refused::NoRecursion));
}
