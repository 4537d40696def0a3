//! How functions begin that call themselves, and can be entered there.

use std::sync::atomic::Ordering;

use rustpython_vm::{
    Py,
    builtins::PyCode,
    bytecode::{CodeFlags, Opcode},
};

use super::decode::BackEdge;
use crate::ir::code::{Code, Instr};

/// How a function begins.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    /// The two instructions, and what they load.
    pub(crate) units: [u16; 2],
    pub(crate) loads: [Code; 2],
    /// An instruction that returns.
    pub(crate) end: usize,
    pub(crate) arguments: usize,
}

/// Where a function that calls itself is entered, and how it begins, if it begins in this way.
pub(crate) fn of(code: &Py<PyCode>, instrs: &[Instr]) -> Option<(BackEdge, Start)> {
    let inner = &code.code;
    let other = CodeFlags::GENERATOR
        | CodeFlags::COROUTINE
        | CodeFlags::ASYNC_GENERATOR
        | CodeFlags::ITERABLE_COROUTINE
        | CodeFlags::VARARGS
        | CodeFlags::VARKEYWORDS;
    let shares = !inner.cellvars.is_empty() || !inner.freevars.is_empty();
    if inner.flags.intersects(other) || shares || code.quickened.load(Ordering::Acquire) {
        return None;
    }
    let arguments = (inner.arg_count + inner.kwonlyarg_count) as usize;
    let [resume, first, second, rest @ ..] = instrs else {
        return None;
    };
    let is_resume = inner.instructions.read_op(0).as_opcode() == Opcode::Resume;
    let places = [resume, first, second].map(|one| (one.pc, one.next));
    let is_load = |code: Code| match code {
        Code::Load(local) => local < arguments,
        Code::LoadLoad(one, other) => one < arguments && other < arguments,
        Code::Const(_) => true,
        _ => false,
    };
    let loads = [first.code, second.code];
    if !is_resume || places != [(0, 1), (1, 2), (2, 3)] || !loads.iter().all(|one| is_load(*one)) {
        return None;
    }
    let own = |one: &Instr| match one.code {
        Code::LoadGlobal { name, null: true } => {
            (inner.names.get(name)).is_some_and(|name| name.as_bytes() == inner.obj_name.as_bytes())
        }
        _ => false,
    };
    let is_target = |one: &Instr| one.code.target().is_some_and(|to| to < 3);
    if !rest.iter().any(own) || rest.iter().any(is_target) {
        return None;
    }
    let end = instrs.iter().find(|one| one.code == Code::Return)?.pc;
    let unit = |index: usize| {
        let unit = inner.instructions.read_unit(index);
        u16::from_ne_bytes([u8::from(unit.op), u8::from(unit.arg)])
    };
    let start = Start {
        units: [unit(1), unit(2)],
        loads,
        end,
        arguments,
    };
    let edge = BackEdge {
        at: 1,
        header: 3,
        arg: 0,
        prefix: None,
    };
    Some((edge, start))
}
