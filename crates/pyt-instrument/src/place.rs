//! Putting the instruction event in the place of chosen instructions, and of no others.
//!
//! `sys.monitoring` has the interpreter do that for whole functions. Here it is done by hand, in
//! the same tables, so that everything else runs as it would; if the program uses monitoring, the
//! interpreter goes on from these tables and reports every instruction, which does no harm.

use rustpython_vm::{
    AsObject, Py, PyRef, PyResult, VirtualMachine,
    builtins::PyCode,
    bytecode::{CodeUnits, Instruction},
    compiler::Mode,
};

use super::plan::Site;

use std::sync::atomic::Ordering;

/// As `sys.monitoring` numbers events and tools.
const PY_START: u32 = 1;
pub(super) const INSTRUCTION: usize = 6;
/// Debuggers, coverage, profilers and optimisers have numbers of their own; asynchronous exceptions
/// take the first free one from 3 on.
pub(super) const TOOL: usize = 4;

const EVENTS: u32 = 1 << INSTRUCTION;

/// A counter at which the interpreter never specialises an instruction.
const NEVER: u16 = 15;

/// A piece of code that has the interpreter make the tables for others: their type has no name
/// outside of it.
pub(super) struct Donor(PyRef<PyCode>);

impl Donor {
    /// Compiles one.
    pub(super) fn new(vm: &VirtualMachine) -> PyResult<Self> {
        let code = vm
            .compile("", Mode::Exec, "<pyt>")
            .map_err(|error| error.into_pyexception(vm, None))?;
        Ok(Self(code))
    }

    /// Gives `code` empty tables, unless it has some.
    fn give_to(&self, code: &PyCode, vm: &VirtualMachine) -> PyResult<()> {
        if code.monitoring_data.lock().is_some() {
            return Ok(());
        }
        self.0
            .instrumentation_version
            .store(u64::MAX, Ordering::Release);
        // The beginning of a function is watched without tables being used, but they are made.
        let key = (TOOL, self.0.get_id());
        let everywhere = {
            let mut monitoring = vm.state.monitoring.lock();
            monitoring.local_events.insert(key, PY_START);
            std::mem::take(&mut monitoring.global_events[TOOL])
        };
        let made = vm.run_code_obj(self.0.clone(), vm.new_scope_with_builtins());
        {
            let mut monitoring = vm.state.monitoring.lock();
            monitoring.local_events.remove(&key);
            monitoring.global_events[TOOL] = everywhere;
        }
        made?;
        let mut tables = self.0.monitoring_data.lock().take();
        if let Some(tables) = &mut tables {
            let length = code.code.instructions.len();
            tables.line_opcodes = vec![0; length];
            tables.per_instruction_opcodes = vec![0; length];
        }
        *code.monitoring_data.lock() = tables;
        Ok(())
    }
}

/// Has an instruction event happen before each of `sites`.
///
/// # Errors
/// What the interpreter raises, and no events.
pub(super) fn insert(
    code: &Py<PyCode>,
    sites: &[Site],
    donor: &Donor,
    vm: &VirtualMachine,
) -> PyResult<()> {
    donor.give_to(code, vm)?;
    let units = &code.code.instructions;
    let mut tables = code.monitoring_data.lock();
    let Some(tables) = tables.as_mut() else {
        return Ok(());
    };
    for &Site { index, .. } in sites {
        wrap(units, &mut tables.per_instruction_opcodes, index);
    }
    // With the version of today, the interpreter leaves the function as it is when it begins.
    let version = vm.state.instrumentation_version.load(Ordering::Acquire);
    code.instrumentation_version
        .store(version, Ordering::Release);
    let mut monitoring = vm.state.monitoring.lock();
    if monitoring.local_events.is_empty() && version == 0 {
        // The events of all code, as long as the interpreter puts none into any: it looks up what
        // is for a single function by hashing, for each tool, at each event.
        monitoring.global_events[TOOL] = EVENTS;
    } else {
        monitoring
            .local_events
            .insert((TOOL, code.get_id()), EVENTS);
    }
    Ok(())
}

/// From here on only `codes`, and those that are [inserted](insert) into later, have events: others
/// have everything instrumented anew, and the library is to stay free. Functions that were given
/// events meanwhile lose them when they begin anew.
pub(super) fn only_for<'a>(codes: impl Iterator<Item = &'a Py<PyCode>>, vm: &VirtualMachine) {
    let mut monitoring = vm.state.monitoring.lock();
    if std::mem::take(&mut monitoring.global_events[TOOL]) == 0 {
        return;
    }
    for code in codes {
        monitoring
            .local_events
            .insert((TOOL, code.get_id()), EVENTS);
    }
    vm.state
        .instrumentation_version
        .fetch_add(1, Ordering::Release);
}

/// Takes the events of `code` out of the list. The code itself must not run any more.
pub(super) fn forget(code: &Py<PyCode>, vm: &VirtualMachine) {
    vm.state
        .monitoring
        .lock()
        .local_events
        .remove(&(TOOL, code.get_id()));
}

/// Takes the events before `sites` out, for a moment in which `code` does not run.
pub(super) fn suspend(code: &PyCode, sites: &[Site]) {
    let units = &code.code.instructions;
    let tables = code.monitoring_data.lock();
    let Some(tables) = tables.as_ref() else {
        return;
    };
    for &Site { index, .. } in sites {
        let is_event = matches!(units.read_op(index), Instruction::InstrumentedInstruction);
        if is_event
            && let Ok(original) = Instruction::try_from(tables.per_instruction_opcodes[index])
        {
            // SAFETY: it is what was there.
            unsafe { units.replace_op(index, original) };
        }
    }
}

/// Puts back what [`suspend`] took out.
pub(super) fn restore(code: &PyCode, sites: &[Site]) {
    let units = &code.code.instructions;
    let mut tables = code.monitoring_data.lock();
    if let Some(tables) = tables.as_mut() {
        for &Site { index, .. } in sites {
            wrap(units, &mut tables.per_instruction_opcodes, index);
        }
    }
}

/// Takes out the events before instructions that are not among `sites`: the interpreter has put
/// them there, since it looks for events anew when some tool changes what it watches. Nothing, if
/// another tool watches instructions, too.
pub(super) fn sweep(code: &PyCode, is_site: impl Fn(usize) -> bool, vm: &VirtualMachine) {
    let tables = code.monitoring_data.lock();
    let Some(tables) = tables.as_ref() else {
        return;
    };
    {
        let monitoring = vm.state.monitoring.lock();
        let global = monitoring.global_events.iter().enumerate();
        let local = monitoring.local_events.iter();
        let mut all = global
            .map(|(tool, events)| (tool, *events))
            .chain(local.map(|((tool, _), events)| (*tool, *events)));
        if all.any(|(tool, events)| tool != TOOL && events & EVENTS != 0) {
            return;
        }
    }
    let units = &code.code.instructions;
    for (index, original) in tables.per_instruction_opcodes.iter().enumerate() {
        if *original == 0 || !matches!(units.read_op(index), Instruction::InstrumentedInstruction) {
            continue;
        }
        if let Ok(original) = Instruction::try_from(*original)
            && (!is_site(index) || raises(original))
        {
            // SAFETY: it is what was there.
            unsafe { units.replace_op(index, original) };
        }
    }
}

/// Whether the interpreter looks at this instruction, as it stands in the code, to see how an
/// exception came about that it has raised: behind an event, the traceback gets an entry too much.
const fn raises(instruction: Instruction) -> bool {
    matches!(
        instruction,
        Instruction::RaiseVarargs { .. }
            | Instruction::Reraise { .. }
            | Instruction::EndAsyncFor
            | Instruction::CleanupThrow
    )
}

fn wrap(units: &CodeUnits, originals: &mut [u8], index: usize) {
    let found = units.read_op(index);
    // These touch nothing that threads share.
    if raises(found) {
        return;
    }
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
    originals[index] = u8::from(original);
    // SAFETY: the index is that of an instruction, and the interpreter passes the argument on to
    // the one in the table.
    unsafe { units.replace_op(index, Instruction::InstrumentedInstruction) };
}
