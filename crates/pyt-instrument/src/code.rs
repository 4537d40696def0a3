//! Reading code objects: their instructions with whole arguments, and the code inside them.

use std::collections::HashSet;

use rustpython_vm::{
    AsObject, Py, PyRef,
    builtins::PyCode,
    bytecode::{Instruction, OpArgState, Opcode},
};

/// An instruction as the compiler made it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoded {
    pub(super) index: usize,
    pub(super) op: Opcode,
    pub(super) arg: u32,
}

/// The instructions of `code`, without their caches and the prefixes of long arguments. What the
/// interpreter has specialised is seen as it was; what is instrumented, through the tables beside
/// the code.
pub(super) fn instructions(code: &PyCode) -> Vec<Decoded> {
    let units = &code.code.instructions;
    let tables = code.monitoring_data.lock();
    let original = |index: usize, mut found: Instruction| {
        if let Some(tables) = tables.as_ref() {
            if matches!(found, Instruction::InstrumentedLine) {
                found = Instruction::try_from(tables.line_opcodes[index]).unwrap_or(found);
            }
            if matches!(found, Instruction::InstrumentedInstruction) {
                found =
                    Instruction::try_from(tables.per_instruction_opcodes[index]).unwrap_or(found);
            }
        }
        found.deoptimize()
    };
    let mut found = Vec::with_capacity(units.len() / 2);
    let mut argument = OpArgState::default();
    let mut index = 0;
    while index < units.len() {
        let op = original(index, units.read_op(index));
        let arg = argument.extend(units.read_arg(index));
        if !matches!(op, Instruction::ExtendedArg) {
            argument.reset();
            found.push(Decoded {
                index,
                op: op.as_opcode(),
                arg: u32::from(arg),
            });
        }
        index += 1 + op.cache_entries();
    }
    found
}

/// Whether this instruction calls the `__exit__` of a `with` block: for an exception, or with three
/// arguments `None`, which the compiler places where the call is.
pub(super) fn leaves_with_block(code: &PyCode, index: usize) -> bool {
    let all = instructions(code);
    let Ok(at) = all.binary_search_by_key(&index, |one| one.index) else {
        return false;
    };
    let place = |one: &Decoded| code.code.locations.get(one.index).copied();
    match all[at].op {
        Opcode::WithExceptStart => true,
        Opcode::Call => all[..at].last_chunk::<3>().is_some_and(|arguments| {
            all[at].arg == 3
                && arguments
                    .iter()
                    .all(|one| one.op == Opcode::LoadConst && place(one) == place(&all[at]))
        }),
        _ => false,
    }
}

/// The code objects among the constants of `code`.
pub(super) fn inner(code: &Py<PyCode>) -> impl Iterator<Item = PyRef<PyCode>> + '_ {
    let constants: &[_] = &code.code.constants;
    constants.iter().filter_map(|constant| {
        rustpython_vm::PyObjectRef::from(constant.clone())
            .downcast::<PyCode>()
            .ok()
    })
}

/// `code` and all code objects inside it, outermost first, in the order of the source.
pub(super) fn tree(code: &Py<PyCode>) -> Vec<PyRef<PyCode>> {
    let mut all = vec![code.to_owned()];
    let mut next = 0;
    while next < all.len() {
        let found: Vec<_> = inner(&all[next])
            .filter(|one| !all.iter().any(|known| known.is(one)))
            .collect();
        all.extend(found);
        next += 1;
    }
    all
}

/// From where to where each loop of the code goes: the instructions between the target of a
/// backward jump and the jump.
pub(super) fn loops(instructions: &[Decoded]) -> Vec<(usize, usize)> {
    instructions
        .iter()
        .filter_map(|one| {
            let back = match one.op {
                // One cache entry lies between the jump and where its argument counts from.
                Opcode::JumpBackward => 2,
                Opcode::JumpBackwardNoInterrupt => 1,
                _ => return None,
            };
            Some((
                (one.index + back).saturating_sub(one.arg as usize),
                one.index,
            ))
        })
        .collect()
}

/// The places among `instructions` that a jump leads to.
pub(super) fn jump_targets(instructions: &[Decoded]) -> HashSet<usize> {
    let forward = instructions.iter().filter_map(|one| {
        let behind = one.index + 1 + one.op.cache_entries();
        let is_jump = one.op.has_jump() && !is_backward(one.op);
        is_jump.then(|| behind + one.arg as usize)
    });
    let backward = loops(instructions).into_iter().map(|(first, _)| first);
    forward.chain(backward).collect()
}

fn is_backward(op: Opcode) -> bool {
    matches!(
        op,
        Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt | Opcode::EndAsyncFor
    )
}

/// Which instruction has put the value on the stack that is `below` places below its top when
/// instruction number `at` begins: if that is certain, and in the same stretch without jumps.
pub(super) fn producer(
    instructions: &[Decoded],
    targets: &HashSet<usize>,
    at: usize,
    below: usize,
) -> Option<usize> {
    let mut below = below;
    let mut at = at;
    loop {
        if targets.contains(&instructions[at].index) {
            return None;
        }
        at = at.checked_sub(1)?;
        let Decoded { op, arg, .. } = instructions[at];
        if op.is_terminator() {
            return None;
        }
        let effect = op.stack_effect_info(arg);
        let pushed = effect.pushed() as usize;
        if below < pushed {
            return Some(at);
        }
        below = below - pushed + effect.popped() as usize;
    }
}
