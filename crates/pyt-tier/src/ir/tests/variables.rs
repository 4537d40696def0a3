//! Variables around a loop that its program binds.

use super::{
    Left,
    calls::{World, program, unit},
    code, run,
};
use crate::ir::{
    Ty,
    build::Known,
    code::{Binary, Code, Const},
};

const GLOBAL: Code = Code::LoadGlobal {
    name: 1,
    null: false,
};

/// A function, and two variables that are 1 and 2 at first.
fn world(list: &[Code]) -> World {
    World {
        known: vec![
            Known::Function(1),
            Known::Value(Ty::Int),
            Known::Value(Ty::Int),
        ],
        units: vec![unit(1, 1, list)],
    }
}

#[test]
fn a_variable_that_is_bound_is_written_where_the_program_is_left() {
    let list = code(&[
        GLOBAL,
        GLOBAL,
        Code::Binary(Binary::Add),
        Code::StoreGlobal { name: 1 },
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[], &mut world(&[]));
    let left = run(&program, &[], 5, None);
    assert_eq!(left.variables, [(1, Ty::Int, 32)]);
}

#[test]
fn what_was_loaded_before_is_the_value_of_then() {
    // x, x = x + 1, x: the old value is bound last.
    let list = code(&[
        GLOBAL,
        GLOBAL,
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Add),
        Code::StoreGlobal { name: 1 },
        GLOBAL,
        Code::StoreGlobal { name: 2 },
        Code::StoreGlobal { name: 1 },
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[], &mut world(&[]));
    let left = run(&program, &[], 4, None);
    assert_eq!(left.variables, [(1, Ty::Int, 1), (2, Ty::Int, 2)]);
}

#[test]
fn a_call_that_is_left_has_bound_nothing() {
    // def f(a): global x, y; x = x * a; y = 10 // (3 - x); return x
    let callee = [
        GLOBAL,
        Code::Load(0),
        Code::Binary(Binary::Mul),
        Code::StoreGlobal { name: 1 },
        Code::Const(Const::Int(10)),
        Code::Const(Const::Int(8)),
        GLOBAL,
        Code::Binary(Binary::Sub),
        Code::Binary(Binary::FloorDiv),
        Code::StoreGlobal { name: 2 },
        GLOBAL,
        Code::Return,
    ];
    // while True: s = f(2)
    let list = code(&[
        Code::LoadGlobal {
            name: 0,
            null: true,
        },
        Code::Const(Const::Int(2)),
        Code::Call { arguments: 1 },
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Int], &mut world(&callee));
    let Left {
        pc,
        locals,
        variables,
        ..
    } = run(&program, &[0], 100, None);
    // The third call divides by 0: x was 1, 2, 4.
    assert_eq!(pc, 2);
    assert_eq!(locals, [(0, Ty::Int, 4)]);
    assert_eq!(variables, [(1, Ty::Int, 4), (2, Ty::Int, 2)]);
}
