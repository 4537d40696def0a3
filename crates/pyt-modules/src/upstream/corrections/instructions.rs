//! Which instruction the compiler put at a place of code that may run.

use rustpython_vm::{
    builtins::PyCode,
    bytecode::{Instruction, Opcode},
};

/// The compiler's instruction at `index`. What stands there may be a faster form of it, or an event
/// of `sys.monitoring`.
pub(super) fn opcode_at(code: &PyCode, index: usize) -> Option<Opcode> {
    let units = &code.code.instructions;
    if index >= units.len() {
        return None;
    }
    let mut found = units.read_op(index);
    if matches!(
        found,
        Instruction::InstrumentedLine | Instruction::InstrumentedInstruction
    ) && let Some(tables) = code.monitoring_data.lock().as_ref()
    {
        let behind = |table: &[u8]| {
            let opcode = table.get(index).copied();
            opcode.and_then(|opcode| Instruction::try_from(opcode).ok())
        };
        if matches!(found, Instruction::InstrumentedLine) {
            found = behind(&tables.line_opcodes).unwrap_or(found);
        }
        if matches!(found, Instruction::InstrumentedInstruction) {
            found = behind(&tables.per_instruction_opcodes).unwrap_or(found);
        }
    }
    Some(found.as_opcode().deoptimize())
}
