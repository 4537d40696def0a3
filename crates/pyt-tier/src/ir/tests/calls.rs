//! Calls that are followed, what is read around a loop, and loops over a `range` inside it.

use std::cell::RefCell;

use super::{Left, Numbers, code, entry, run, run_with};
use crate::ir::{
    Cmp, Program, Reg, Ty,
    build::{Known, Refused, Surroundings, build},
    code::{Binary, Builtin, Code, Const, Instr, Unit},
};

/// Global variables by number, and what they are.
pub(super) struct World {
    pub(super) known: Vec<Known>,
    pub(super) units: Vec<Unit>,
}

impl Surroundings for World {
    fn global(&mut self, _: usize, name: usize) -> Option<(u8, Known)> {
        Some((name as u8, *self.known.get(name)?))
    }

    fn local(&mut self, local: usize) -> Option<(u8, Known)> {
        self.global(0, local)
    }

    fn shared(&mut self, _: Option<u8>, _: usize, at: usize) -> Option<(u8, Known)> {
        self.global(0, at)
    }

    fn stacked(&mut self, place: usize) -> Option<(u8, Known)> {
        self.global(0, place)
    }

    fn attribute(&mut self, of: u8, unit: usize, name: usize) -> Option<(u8, Known)> {
        // The attributes of the first object are those that come after it.
        (of == 0).then_some(())?;
        self.global(unit, name)
    }

    fn length(&mut self, _: u8) -> Option<(u8, Known)> {
        None
    }

    fn text(&mut self, unit: usize, constant: usize) -> Option<(u8, Known)> {
        self.global(unit, constant)
    }

    /// What a dict has comes after its key.
    fn entry(&mut self, _: u8, key: u8) -> Option<(u8, Known)> {
        self.global(0, usize::from(key) + 1)
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
        Some(Ty::Int)
    }

    /// The code of a program of a function is that of the first unit.
    fn is_own(&self, unit: usize) -> bool {
        unit == 1
    }

    fn can_bind(&mut self, _: u8) -> bool {
        true
    }

    /// The constants are the arguments' numbers.
    fn keywords(&self, _: usize, names: usize, _: usize) -> Option<Vec<usize>> {
        Some(vec![names])
    }

    fn unit(&self, unit: usize) -> &Unit {
        &self.units[unit - 1]
    }
}

pub(super) fn unit(arguments: usize, locals: usize, list: &[Code]) -> Unit {
    Unit {
        instrs: code(list),
        positional: arguments,
        defaults: (1..=arguments)
            .map(|argument| (argument == arguments).then_some(Const::Int(100)))
            .collect(),
        locals,
        max_stack: 4,
    }
}

/// `def f(x, y=100): return x // y`
fn divides() -> World {
    let list = [
        Code::LoadLoad(0, 1),
        Code::Binary(Binary::FloorDiv),
        Code::Return,
    ];
    World {
        known: vec![Known::Function(1)],
        units: vec![unit(2, 2, &list)],
    }
}

/// `s = f(7 + s, i) + s; i -= 1`, with s, i.
fn calls() -> Vec<Instr> {
    code(&[
        Code::LoadGlobal {
            name: 0,
            null: true,
        },
        Code::Const(Const::Int(7)),
        Code::Load(0),
        Code::Binary(Binary::Add),
        Code::Load(1),
        Code::Call { arguments: 2 },
        Code::Load(0),
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::Load(1),
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Sub),
        Code::Store(1),
        Code::JumpBack { to: 0 },
    ])
}

pub(super) fn program(list: &[Instr], locals: &[Ty], world: &mut World) -> Program {
    build(list, &entry(0, locals, &[]), world).expect("a program")
}

#[test]
fn a_call_is_followed_and_gives_its_result() {
    let program = program(&calls(), &[Ty::Int; 2], &mut divides());
    let left = run(&program, &[3, 4], 1, None);
    assert_eq!(left.locals, [(0, Ty::Int, 5), (1, Ty::Int, 3)]);
}

#[test]
fn what_fails_inside_a_call_leaves_the_program_before_the_call() {
    let program = program(&calls(), &[Ty::Int; 2], &mut divides());
    let Left {
        pc, locals, stack, ..
    } = run(&program, &[3, 2], 100, None);
    // In the third turn the divisor is 0: s was 3, 3 + 5, 8 + 15.
    assert_eq!(pc, 5);
    assert_eq!(locals, [(0, Ty::Int, 23), (1, Ty::Int, 0)]);
    assert_eq!(
        stack,
        [(Ty::Read(0), 0), (Ty::Null, 0), (Ty::Int, 30), (Ty::Int, 0)]
    );
}

#[test]
fn an_argument_that_is_not_given_has_its_default() {
    let list = code(&[
        Code::LoadGlobal {
            name: 0,
            null: true,
        },
        Code::Load(0),
        Code::Call { arguments: 1 },
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Int], &mut divides());
    let left = run(&program, &[12_345], 1, None);
    assert_eq!(left.locals, [(0, Ty::Int, 123)]);
}

#[test]
fn the_end_of_a_turn_inside_a_call_is_left_before_the_call() {
    // def f(x): while x: x -= 1 -- and its result is None.
    let list = [
        Code::Load(0),
        Code::ToBool,
        Code::JumpIf { want: false, to: 8 },
        Code::Load(0),
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Sub),
        Code::Store(0),
        Code::JumpBack { to: 0 },
        Code::Const(Const::None),
        Code::Return,
    ];
    let mut world = World {
        known: vec![Known::Function(1)],
        units: vec![unit(1, 1, &list)],
    };
    let list = code(&[
        Code::LoadGlobal {
            name: 0,
            null: true,
        },
        Code::Load(0),
        Code::Call { arguments: 1 },
        Code::Pop,
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Int], &mut world);
    let left = run(&program, &[9], 4, None);
    assert_eq!((left.pc, left.turns), (2, 4));
    assert_eq!(left.stack, [(Ty::Read(0), 0), (Ty::Null, 0), (Ty::Int, 9)]);
    let left = run(&program, &[2], 3, None);
    assert_eq!((left.pc, left.turns), (4, 3));
}

#[test]
fn a_function_that_calls_itself_is_left_to_the_interpreter() {
    let list = [
        Code::LoadGlobal {
            name: 0,
            null: true,
        },
        Code::Load(0),
        Code::Call { arguments: 1 },
        Code::Return,
    ];
    let mut world = World {
        known: vec![Known::Function(1)],
        units: vec![unit(1, 1, &list)],
    };
    let refused = build(&calls(), &entry(0, &[Ty::Int; 2], &[]), &mut world);
    assert_eq!(refused.unwrap_err(), Refused::NoTurn);
}

#[test]
fn a_global_number_has_a_register() {
    let mut world = World {
        known: vec![Known::Value(Ty::Float)],
        units: Vec::new(),
    };
    let list = code(&[
        Code::LoadGlobal {
            name: 0,
            null: false,
        },
        Code::Load(0),
        Code::Binary(Binary::Add),
        Code::LoadGlobal {
            name: 0,
            null: false,
        },
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Float], &mut world);
    let [(0, Ty::Float, reg)] = program.reads[..] else {
        panic!("{:?}", program.reads);
    };
    assert!(program.ops.iter().all(|op| {
        let mut op = *op;
        op.destination_mut().is_none_or(|d| *d != reg)
    }));
}

/// `for i in range(...): s += i` of these arguments again and again, for eight turns, with s, i.
fn sum_of(arguments: &[i64]) -> Left {
    let mut world = World {
        known: vec![Known::Builtin(Builtin::Range)],
        units: Vec::new(),
    };
    let mut list = vec![Code::LoadGlobal {
        name: 0,
        null: true,
    }];
    list.extend((0..arguments.len()).map(|local| Code::Load(local + 2)));
    let head = list.len() + 2;
    list.extend([
        Code::Call {
            arguments: arguments.len(),
        },
        Code::GetIter,
        Code::ForIter { to: head + 6 },
        Code::Store(1),
        Code::LoadLoad(0, 1),
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: head },
        Code::Pop,
        Code::JumpBack { to: 0 },
    ]);
    let locals = vec![Ty::Int; 2 + arguments.len()];
    let program = program(&code(&list), &locals, &mut world);
    let mut bits = vec![0, 0];
    bits.extend(arguments.iter().map(|value| *value as u64));
    run(&program, &bits, 8, None)
}

#[test]
fn a_loop_over_a_range_begins_inside_a_program() {
    // Of eight turns the last is that of the outer loop, or the fourth of the inner one.
    let Left {
        pc, stack, locals, ..
    } = sum_of(&[7]);
    assert_eq!((pc, stack.len()), (11, 0));
    assert_eq!(locals[..2], [(0, Ty::Int, 21), (1, Ty::Int, 6)]);
    let Left {
        pc, stack, locals, ..
    } = sum_of(&[10, -2, -3]);
    // 10 + 7 + 4 + 1, the turn of the outer loop, and three more.
    assert_eq!(pc, 11);
    assert!(matches!(stack[..], [(Ty::Range(_), 0)]), "{stack:?}");
    assert_eq!(locals[..2], [(0, Ty::Int, 22 + 21), (1, Ty::Int, 4)]);
}

#[test]
fn a_range_that_is_not_one_of_machine_integers_is_left_before_the_call() {
    for arguments in [[1, 5, 0], [i64::MAX, i64::MIN, 1], [0, 9, i64::MAX]] {
        let Left { pc, stack, .. } = sum_of(&arguments);
        let goes_on = arguments == [0, 9, i64::MAX];
        assert_eq!(pc == 4 && stack.len() == 5, !goes_on, "{arguments:?}");
    }
}

#[test]
fn built_in_functions_compute() {
    // x = min(abs(x), 5)
    let mut world = World {
        known: vec![Known::Builtin(Builtin::Min), Known::Builtin(Builtin::Abs)],
        units: Vec::new(),
    };
    let list = code(&[
        Code::LoadGlobal {
            name: 0,
            null: true,
        },
        Code::LoadGlobal {
            name: 1,
            null: true,
        },
        Code::Load(0),
        Code::Call { arguments: 1 },
        Code::Const(Const::Int(5)),
        Code::Call { arguments: 2 },
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Int], &mut world);
    for (before, after) in [(-3_i64, 3), (70, 5), (0, 0)] {
        let left = run(&program, &[before as u64], 1, None);
        assert_eq!(left.locals, [(0, Ty::Int, after)]);
    }
    let left = run(&program, &[i64::MIN as u64], 1, None);
    let types: Vec<_> = left.stack.iter().map(|(ty, _)| *ty).collect();
    let expected = [Ty::Read(0), Ty::Null, Ty::Read(1), Ty::Null, Ty::Int];
    assert_eq!((left.pc, &types[..]), (3, &expected[..]));
}

#[test]
fn several_ends_of_a_function_go_on_in_the_caller() {
    // def f(x): return 1 if x < 3 else x
    let list = [
        Code::Load(0),
        Code::Const(Const::Int(3)),
        Code::Compare { op: Cmp::Lt },
        Code::JumpIf { want: false, to: 6 },
        Code::Const(Const::Int(1)),
        Code::Return,
        Code::Load(0),
        Code::Return,
    ];
    let mut world = World {
        known: vec![Known::Function(1)],
        units: vec![unit(1, 1, &list)],
    };
    let list = code(&[
        Code::Const(Const::Int(10)),
        Code::LoadGlobal {
            name: 0,
            null: true,
        },
        Code::Load(0),
        Code::Call { arguments: 1 },
        Code::Binary(Binary::Sub),
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Int], &mut world);
    for (before, after) in [(2, 9), (8, 2)] {
        let left = run(&program, &[before], 1, None);
        assert_eq!(left.locals, [(0, Ty::Int, after)]);
    }
}

#[test]
fn items_are_read_and_set_at_their_turn() {
    // numbers[i] = numbers[i] + i; i = i + 1, with i.
    let mut world = World {
        known: vec![Known::List(Ty::Int)],
        units: Vec::new(),
    };
    let numbers = Code::LoadGlobal {
        name: 0,
        null: false,
    };
    let list = code(&[
        numbers,
        Code::Load(0),
        Code::Subscript,
        Code::Load(0),
        Code::Binary(Binary::Add),
        numbers,
        Code::Load(0),
        Code::StoreSubscript,
        Code::Load(0),
        Code::Const(Const::Int(1)),
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Int], &mut world);
    let objects = Numbers(RefCell::new(vec![7, 8, 9]));
    let left = run_with(&objects, &program, &[1], 100, None);
    assert_eq!(objects.0.into_inner(), [7, 9, 11]);
    // The fourth item is not there.
    assert_eq!((left.pc, left.turns), (2, 2));
    assert_eq!(left.stack, [(Ty::Read(0), 0), (Ty::Int, 3)]);
}

#[test]
fn a_method_gets_its_object_and_a_getter_is_left_before_the_attribute() {
    // object.method(5) + object.property: x is an object that is never looked at.
    let method = [
        Code::Load(1),
        Code::Load(1),
        Code::Binary(Binary::Mul),
        Code::Return,
    ];
    let getter = [
        Code::Const(Const::Int(6)),
        Code::Const(Const::Int(0)),
        Code::Binary(Binary::FloorDiv),
        Code::Return,
    ];
    let mut world = World {
        known: vec![Known::Object, Known::Method(1), Known::Getter(2)],
        units: vec![unit(2, 2, &method), unit(1, 1, &getter)],
    };
    let list = code(&[
        Code::LoadGlobal {
            name: 0,
            null: false,
        },
        Code::LoadAttr {
            name: 1,
            method: true,
        },
        Code::Const(Const::Int(5)),
        Code::Call { arguments: 1 },
        Code::Store(0),
        Code::Load(0),
        Code::Const(Const::Int(25)),
        Code::Compare { op: Cmp::Eq },
        Code::JumpIf {
            want: false,
            to: 14,
        },
        Code::Load(0),
        Code::LoadGlobal {
            name: 0,
            null: false,
        },
        Code::LoadAttr {
            name: 2,
            method: false,
        },
        Code::Binary(Binary::Add),
        Code::Store(0),
        Code::JumpBack { to: 0 },
    ]);
    let program = program(&list, &[Ty::Int], &mut world);
    let left = run(&program, &[1], 100, None);
    assert_eq!(left.pc, 11);
    assert_eq!(left.locals, [(0, Ty::Int, 25)]);
    assert_eq!(left.stack, [(Ty::Int, 25), (Ty::Read(0), 0)]);
}

#[test]
fn a_call_that_is_followed_sets_no_items() {
    let list = [
        Code::Const(Const::Int(1)),
        Code::LoadGlobal {
            name: 1,
            null: false,
        },
        Code::Const(Const::Int(0)),
        Code::StoreSubscript,
        Code::Const(Const::None),
        Code::Return,
    ];
    let mut world = World {
        known: vec![Known::Function(1), Known::List(Ty::Int)],
        units: vec![unit(2, 2, &list)],
    };
    let refused = build(&calls(), &entry(0, &[Ty::Int; 2], &[]), &mut world);
    assert_eq!(refused.unwrap_err(), Refused::NoTurn);
}

#[test]
fn registers_are_enough_or_there_is_no_program() {
    let locals = vec![Ty::Int; usize::from(Reg::MAX)];
    let refused = build(&calls(), &entry(0, &locals, &[]), &mut divides());
    assert_eq!(refused.unwrap_err(), Refused::Registers);
}
