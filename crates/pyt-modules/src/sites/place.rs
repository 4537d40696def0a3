//! Putting the instruction event in the place of chosen instructions, and of no others.
//!
//! `sys.monitoring` has the interpreter do that for whole functions. Here it is done by hand, in
//! the same tables, so that everything else runs as it would; if somebody else uses monitoring, the
//! interpreter goes on from these tables and reports every instruction, which does no harm.

use rustpython_vm::{
    AsObject, Py, VirtualMachine,
    builtins::{PyCode, code::CoMonitoringData},
    bytecode::{CodeUnits, Instruction},
};

use super::plan::Site;

use std::sync::atomic::Ordering;

/// As `sys.monitoring` numbers events and tools.
pub(super) const INSTRUCTION: usize = 6;
/// Debuggers, coverage, profilers and optimisers have numbers of their own; asynchronous exceptions
/// take the first free one from 3 on.
pub(super) const TOOL: usize = 4;

/// A counter at which the interpreter never specialises an instruction.
const NEVER: u16 = 15;

/// Has an instruction event happen before each of `sites`.
pub(super) fn place(code: &Py<PyCode>, sites: &[Site], vm: &VirtualMachine) {
    let units = &code.code.instructions;
    let mut tables = code.monitoring_data.lock();
    let tables = tables.get_or_insert_with(|| CoMonitoringData {
        line_opcodes: vec![0; units.len()],
        per_instruction_opcodes: vec![0; units.len()],
    });
    for &Site { index, .. } in sites {
        wrap(units, tables, index);
    }
    // With the version of today, the interpreter leaves the function as it is when it begins.
    let version = vm.state.instrumentation_version.load(Ordering::Acquire);
    code.instrumentation_version
        .store(version, Ordering::Release);
    // Only for this code: if others have everything instrumented anew, the library stays free.
    vm.state
        .monitoring
        .lock()
        .local_events
        .insert((TOOL, code.get_id()), 1 << INSTRUCTION);
}

/// Takes the events of `code` out of the list. The code itself must not run any more.
pub(super) fn forget(code: &Py<PyCode>, vm: &VirtualMachine) {
    vm.state
        .monitoring
        .lock()
        .local_events
        .remove(&(TOOL, code.get_id()));
}

fn wrap(units: &CodeUnits, tables: &mut CoMonitoringData, index: usize) {
    let found = units.read_op(index);
    if matches!(
        found,
        Instruction::InstrumentedInstruction | Instruction::InstrumentedLine
    ) {
        return;
    }
    let base = found.deoptimize();
    // What these two put in their own place at their first run would displace the event.
    let original = match base {
        Instruction::LoadConst { .. } => Instruction::LoadConstMortal,
        Instruction::JumpBackward { .. } => Instruction::JumpBackwardNoJit,
        other => other,
    };
    let caches = base.cache_entries();
    for cache in index + 1..=index + caches {
        // SAFETY: the entries that follow an instruction of this kind are its cache.
        unsafe {
            units.write_cache_u16(cache, 0);
            units.write_adaptive_counter(cache, NEVER);
        }
    }
    tables.per_instruction_opcodes[index] = u8::from(original);
    // SAFETY: the index is that of an instruction, and the interpreter passes the argument on to
    // the one in the table.
    unsafe { units.replace_op(index, Instruction::InstrumentedInstruction) };
}
