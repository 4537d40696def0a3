//! Lists that grow and shrink, and loops over sequences.

use std::cell::RefCell;

use super::{Left, Numbers, calls::World, code, entry, run_with};
use crate::ir::{
    Program, StackTy, Ty,
    build::{Known, build},
    code::{Binary, Builtin, Code, Const},
};

/// The readings: a list, its methods, `len`, an iterator.
fn world() -> World {
    World {
        known: vec![
            Known::List(Ty::Int),
            Known::Builtin(Builtin::ListAppend),
            Known::Builtin(Builtin::ListPop),
            Known::Builtin(Builtin::Len),
            Known::Iterator(Ty::Int),
        ],
        units: Vec::new(),
    }
}

const LIST: Code = Code::LoadGlobal {
    name: 0,
    null: false,
};
const APPEND: Code = Code::LoadAttr {
    name: 1,
    method: true,
};
const POP: Code = Code::LoadAttr {
    name: 2,
    method: true,
};

#[test]
fn what_was_appended_is_popped_and_lengths_are_those_of_now() {
    // list.append(7); s += list.pop() + len(list); list.append(1)
    let list = code(&[
        LIST,
        APPEND,
        Code::Const(Const::Int(7)),
        Code::Call { arguments: 1 },
        Code::Pop,
        Code::Load(0),
        LIST,
        POP,
        Code::Call { arguments: 0 },
        Code::Binary(Binary::Add),
        Code::LoadGlobal {
            name: 3,
            null: true,
        },
        LIST,
        Code::Call { arguments: 1 },
        Code::Binary(Binary::Add),
        Code::Store(0),
        LIST,
        APPEND,
        Code::Const(Const::Int(1)),
        Code::Call { arguments: 1 },
        Code::Pop,
        Code::JumpBack { to: 0 },
    ]);
    let program = build(&list, &entry(0, &[Ty::Int], &[]), &mut world()).expect("a program");
    let numbers = Numbers(RefCell::new(vec![5]));
    let left = run_with(&numbers, &program, &[0], 3, None);
    assert_eq!(*numbers.0.borrow(), [5, 1, 1, 1]);
    // The lengths were 1, 2, 3.
    assert_eq!(left.locals, [(0, Ty::Int, 3 * 7 + 1 + 2 + 3)]);
}

/// `for x in iterator: s += x`, with s and x; the iterator is reading 4, at that place.
fn sum() -> Program {
    let list = code(&[
        Code::ForIter { to: 7 },
        Code::Store(1),
        Code::Load(0),
        Code::Load(1),
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: 0 },
        Code::Other,
    ]);
    let stack = [StackTy::Other; 5];
    build(&list, &entry(0, &[Ty::Int; 2], &stack), &mut world()).expect("a program")
}

#[test]
fn a_loop_over_a_sequence_ends_where_that_is_over() {
    let numbers = Numbers(RefCell::new(vec![3, 2, 1]));
    let Left {
        pc, locals, stack, ..
    } = run_with(&numbers, &sum(), &[10, 0], 100, None);
    assert_eq!((pc, stack), (0, Vec::new()));
    assert_eq!(locals, [(0, Ty::Int, 16), (1, Ty::Int, 3)]);
}

#[test]
fn an_item_of_another_type_lies_on_the_stack_where_the_program_is_left() {
    let numbers = Numbers(RefCell::new(vec![3, 2000, 1]));
    let Left {
        pc, locals, stack, ..
    } = run_with(&numbers, &sum(), &[10, 0], 100, None);
    assert_eq!((pc, stack), (1, vec![(Ty::Pending, 0)]));
    assert_eq!(locals, [(0, Ty::Int, 11), (1, Ty::Int, 1)]);
    assert_eq!(*numbers.0.borrow(), [3]);
}

#[test]
fn a_comprehension_appends_to_the_list_below_its_iterator() {
    // [x for x in iterator]: the list is reading 0, the iterator reading 4.
    let list = code(&[
        Code::ForIter { to: 4 },
        Code::Const(Const::Int(9)),
        Code::Binary(Binary::Add),
        Code::ListAppend(5),
        Code::JumpBack { to: 0 },
    ]);
    let stack = [StackTy::Other; 5];
    let program = build(&list, &entry(0, &[], &stack), &mut world()).expect("a program");
    let numbers = Numbers(RefCell::new(vec![1]));
    // The numbers are both what is taken from and what is appended to.
    let left = run_with(&numbers, &program, &[], 4, None);
    assert_eq!(left.turns, 4);
    assert_eq!(*numbers.0.borrow(), [1 + 4 * 9]);
}
