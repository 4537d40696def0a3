//! From the interpreter into compiled loops and back: the slots that patched code calls.

use std::{
    cell::RefCell,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr},
    bytecode::{CodeUnits, Instruction, Opcode},
    function::PySetterValue,
    protocol::PyNumber,
    vm::thread::current_thread_slot,
};

use super::{
    bound,
    frame::{self, Frame, Layout, RangeState},
    functions,
    items::Items,
    readings::Around,
    recent,
    sites::{CodeSites, Entry, Kind, Site, Version},
    tier::{self, Tier},
    values::{Found, classify, number},
};
use crate::{
    backend::{Poll, Registers},
    ir::{Exit, Reg, StackTy, Ty, Value, build, range},
};

/// How many versions of a loop there may be.
const MAX_VERSIONS: usize = 4;
/// After so many entries with types for which there is no version the loop is given up.
const MAX_MISSES: u32 = 256;
/// How often it is checked whether a loop is worth its entries.
const CHECKED_ENTRIES: u64 = 64;
/// How many turns an entry has to make to be worth it, on average.
const WORTHWHILE_TURNS: u64 = 6;
/// About how many operations are run before the interpreter is given a chance.
const OPERATIONS: usize = 100_000;

type SetAttr = fn(&PyObject, &Py<PyStr>, PySetterValue, &VirtualMachine) -> PyResult<()>;

/// What the slot was before.
static SET_ATTR: OnceLock<Option<SetAttr>> = OnceLock::new();

/// Puts the hooks into the slots of the type of built-in functions. The first call does it for the
/// process.
pub(crate) fn install(vm: &VirtualMachine) {
    let slots = &vm.ctx.types.builtin_function_or_method_type.slots;
    SET_ATTR.get_or_init(|| {
        let before = slots.setattro.load();
        slots.setattro.store(Some(on_attribute));
        slots.as_number.boolean.store(Some(on_truth));
        before
    });
}

/// A built-in function's attribute is set or deleted.
fn on_attribute(
    object: &PyObject,
    name: &Py<PyStr>,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if matches!(value, PySetterValue::Delete)
        && let Some((frame, at)) = patched(Entry::Attribute)
    {
        let target = enter(frame, at, vm)?;
        frame.goto(target);
        return Ok(());
    }
    match SET_ATTR.get().copied().flatten() {
        Some(set_attr) => set_attr(object, name, value, vm).inspect_err(|raised| {
            say_why(object, name, raised, vm);
        }),
        None => Err(vm.new_attribute_error("attributes of built-in functions are read-only")),
    }
}

/// The interpreter says why an attribute cannot be set only if the slot is its own.
fn say_why(object: &PyObject, name: &Py<PyStr>, raised: &PyBaseExceptionRef, vm: &VirtualMachine) {
    let class = object.class().name().to_string();
    let short = format!("'{class}' object has no attribute '{name}'");
    let is_short = raised
        .args()
        .first()
        .and_then(|message| message.downcast_ref::<PyStr>())
        .is_some_and(|message| message.to_string_lossy() == short);
    if is_short {
        let whole = format!("{short} and no __dict__ for setting new attributes");
        let arguments = vm.ctx.new_tuple(vec![vm.ctx.new_str(whole).into()]);
        // Without it the message is only shorter.
        let _result = raised.as_object().set_attr("args", arguments, vm);
    }
}

/// The truth of a built-in function is asked for.
fn on_truth(_: PyNumber<'_>, vm: &VirtualMachine) -> PyResult<bool> {
    if let Some((frame, at)) = patched(Entry::Truth) {
        let target = enter(frame, at, vm)?;
        // The jump that this is for goes over its cache.
        frame.goto(target - 1);
    }
    Ok(true)
}

/// The calling thread's frame and the index of the jump, if it is at a patched place.
fn patched(entry: Entry) -> Option<(Frame, usize)> {
    let layout = tier::layout()?;
    // SAFETY: the frame is used until the slot returns, which its instruction has called.
    let frame = unsafe { Frame::current(layout) }?;
    let at = frame.next().checked_sub(2)?;
    let units = &frame.code().code.instructions;
    let unit = |index: usize| {
        // SAFETY: the frame is at the second of these instructions.
        let unit = unsafe { CodeUnits::read_unit_from(units.units_ptr(), index) };
        u16::from_ne_bytes([u8::from(unit.op), u8::from(unit.arg)])
    };
    let [first, second] = entry.units();
    // The first may just have been put back.
    (at + 1 < units.len() && unit(at + 1) == second)
        .then_some(())
        .filter(|()| unit(at) == first || is_jump_back(unit(at)))?;
    Some((frame, at))
}

fn is_jump_back(unit: u16) -> bool {
    let [op, _] = unit.to_ne_bytes();
    Instruction::try_from(op).is_ok_and(|op| op.deoptimize().as_opcode() == Opcode::JumpBackward)
}

/// At the jump back `at`: where the interpreter goes on.
fn enter(frame: Frame, at: usize, vm: &VirtualMachine) -> PyResult<usize> {
    let Some((tier, code)) = recent::find(frame.code(), vm) else {
        return Err(vm.new_system_error("the fast tier does not know this code"));
    };
    let Some(site) = code.site(at) else {
        return Err(vm.new_system_error("the fast tier does not know a place"));
    };
    if let Kind::Function(start) = &site.kind {
        return functions::enter(&tier, &code, site, start, frame, vm);
    }
    if site.is_restored() {
        return Ok(continue_at(&code, site));
    }
    if let Some(reason) = tier.why_off(vm) {
        code.restore_all(reason, vm);
        return Ok(continue_at(&code, site));
    }
    if site.versions.read().is_empty() {
        let warm = site.warm.fetch_add(1, Ordering::Relaxed);
        if warm < tier.threshold() {
            return Ok(site.edge.header);
        }
    }
    // Close to the limit calls are the interpreter's, which raises what is to be raised.
    if vm.current_recursion_depth() + build::MAX_CALLS + 1 >= vm.recursion_limit.get() {
        return Ok(site.edge.header);
    }
    let mut registers = recent::registers();
    let target = run(&tier, &code, site, frame, &mut registers, vm);
    recent::keep(registers);
    target
}

/// Where a jump that was given back goes on: at itself, unless an event was put in its place, or it
/// could not be put there.
fn continue_at(code: &CodeSites, site: &Site) -> usize {
    let op = code.code.code.instructions.read_op(site.edge.jump());
    if is_jump_back(u16::from_ne_bytes([u8::from(op), 0])) {
        site.edge.at
    } else {
        site.edge.header
    }
}

fn run(
    tier: &Tier,
    code: &CodeSites,
    site: &Site,
    frame: Frame,
    registers: &mut Registers,
    vm: &VirtualMachine,
) -> PyResult<usize> {
    let versions = site.versions.read();
    let mut found = None;
    for version in versions.iter() {
        if let Some(entered) = load(tier, version, frame, registers, vm) {
            found = Some((version.clone(), entered));
            break;
        }
    }
    let count = versions.len();
    drop(versions);
    let (version, entered) = match found {
        Some(found) => found,
        None if count >= MAX_VERSIONS => {
            let misses = site.misses.fetch_add(1, Ordering::Relaxed);
            if misses > MAX_MISSES && !tier.is_eager() {
                code.restore(site, "its variables have many types", vm);
                return Ok(continue_at(code, site));
            }
            return Ok(site.edge.header);
        }
        None => {
            let version = match compile(tier, code, site, frame, vm) {
                Ok(version) => version,
                Err(reason) => {
                    // Other types may be better, but not for ever.
                    let misses = site.misses.fetch_add(1, Ordering::Relaxed);
                    if misses >= attempts(count) || site.refused_again(&types_of(frame, vm)) {
                        code.restore(site, &reason, vm);
                        return Ok(continue_at(code, site));
                    }
                    site.warm.store(0, Ordering::Relaxed);
                    return Ok(site.edge.header);
                }
            };
            let Some(entered) = load(tier, &version, frame, registers, vm) else {
                code.restore(site, "its variables change while it is entered", vm);
                return Ok(continue_at(code, site));
            };
            (version, entered)
        }
    };
    let turns = execute(tier, &version, entered, frame, registers, vm)?;
    let Some((exit, turns)) = turns else {
        return Ok(site.edge.header);
    };
    version.left[exit].fetch_add(1, Ordering::Relaxed);
    let entries = site.entries.fetch_add(1, Ordering::Relaxed) + 1;
    let turns = site.turns.fetch_add(turns, Ordering::Relaxed) + turns;
    let is_worthless = entries.is_multiple_of(CHECKED_ENTRIES)
        && turns < entries * WORTHWHILE_TURNS
        && !tier.is_eager();
    if is_worthless {
        code.restore(site, "it is left after few turns", vm);
    }
    Ok(version.program.exits[exit].pc)
}

/// The types of the variables.
pub(super) fn types_of(frame: Frame, vm: &VirtualMachine) -> Vec<Ty> {
    (0..frame.count())
        .map(|local| classify(frame.local(local), vm).0)
        .collect()
}

/// How often types for which there can be no version may be met, if there are so many for others.
pub(super) fn attempts(versions: usize) -> u32 {
    if versions == 0 { 3 } else { 32 }
}

/// What a run works on beside the registers.
pub(super) struct Entered {
    range: Option<(usize, Reg)>,
    pub(super) found: Found,
}

/// Fills the registers, if the variables and the stack are as the version needs them.
pub(super) fn load(
    tier: &Tier,
    version: &Version,
    frame: Frame,
    registers: &mut Registers,
    vm: &VirtualMachine,
) -> Option<Entered> {
    let layout = tier::layout()?;
    let program = &version.program;
    let found = version.readings.read(frame, tier, vm)?;
    for (reading, ty, reg) in &program.reads {
        let (is, bits) = classify(found.get(usize::from(*reading)).map(|one| &**one), vm);
        if is != *ty {
            return None;
        }
        registers[usize::from(*reg)] = bits;
    }
    for (local, ty) in &program.guards {
        let (found, bits) = classify(frame.local(*local), vm);
        if found != *ty {
            return None;
        }
        registers[*local] = bits;
    }
    if program.stack.len() != frame.depth() {
        return None;
    }
    // Only the innermost loop's is used.
    let range =
        (program.ranges.last().copied()).filter(|(place, _)| place + 1 == program.stack.len());
    if let Some((place, first)) = range {
        let state = frame::range_state(frame.owned(place)?, layout, vm)?;
        load_range(state, first, registers)?;
    }
    for (reg, bits) in &program.constants {
        registers[usize::from(*reg)] = *bits;
    }
    Some(Entered { range, found })
}

fn load_range(state: RangeState, first: Reg, registers: &mut Registers) -> Option<()> {
    let first = usize::from(first);
    let index = i64::try_from(state.index).ok()?;
    registers[first + usize::from(range::INDEX)] = state.index as u64;
    registers[first + usize::from(range::LENGTH)] = state.length as u64;
    // Behind the last value this may be any number: it is not used.
    let value = state.start.wrapping_add(index.wrapping_mul(state.step));
    registers[first + usize::from(range::VALUE)] = value as u64;
    registers[first + usize::from(range::STEP)] = state.step as u64;
    Some(())
}

/// Runs a version and brings the frame to where it was left; how many turns were made. `None`: the
/// thread has no flag.
fn execute(
    tier: &Tier,
    version: &Version,
    entered: Entered,
    frame: Frame,
    registers: &mut Registers,
    vm: &VirtualMachine,
) -> PyResult<Option<(usize, u64)>> {
    let (Some(layout), Some(slot)) = (tier::layout(), current_thread_slot()) else {
        return Ok(None);
    };
    let program = &version.program;
    let limit = (OPERATIONS / program.ops.len().max(1)).max(16) as u32;
    let mut poll = Poll {
        stop: &slot.stop_requested,
        turns: limit,
    };
    let items = Items {
        found: &entered.found,
        pending: RefCell::default(),
        natives: tier.builtins().natives(),
        vm,
    };
    let exit = (version.machine).run(std::slice::from_mut(registers), &items, &mut poll);
    if let Some((place, first)) = entered.range
        && let Some(iterator) = frame.owned(place)
    {
        let index = registers[usize::from(first) + usize::from(range::INDEX)];
        frame::set_range_index(iterator, index as usize, layout);
    }
    let Exit {
        locals,
        stack,
        variables,
        ..
    } = &program.exits[exit];
    for (reading, value) in variables {
        if let Some(object) = object(*value, registers, &entered.found, layout, vm)? {
            bound::write(
                version.readings.all(),
                *reading,
                object,
                frame,
                &entered.found,
                vm,
            );
        }
    }
    for (local, value) in locals {
        frame.set_local(
            *local,
            object(*value, registers, &entered.found, layout, vm)?,
        );
    }
    for value in stack {
        let object = match value.ty {
            Ty::Pending => items.pending.take(),
            _ => object(*value, registers, &entered.found, layout, vm)?,
        };
        // SAFETY: the interpreter's own instructions would have the same values on its stack here.
        unsafe { frame.push(object) };
    }
    Ok(Some((exit, u64::from(limit - poll.turns))))
}

fn object(
    value: Value,
    registers: &Registers,
    found: &Found,
    layout: Layout,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let bits = registers[usize::from(value.reg)];
    Ok(Some(match value.ty {
        Ty::Int | Ty::Float | Ty::Bool => return Ok(number(value.ty, bits, vm)),
        Ty::None => vm.ctx.none(),
        Ty::Read(reading) => match found.get(usize::from(reading)) {
            Some(object) => object.clone(),
            None => return Err(vm.new_system_error("the fast tier lacks an object")),
        },
        Ty::Range(first) => frame::make_range(range_of(first, registers), layout, vm)?,
        // That is pushed by the caller, who has it.
        Ty::Null | Ty::Unbound | Ty::Other | Ty::Pending => return Ok(None),
    }))
}

fn range_of(first: Reg, registers: &Registers) -> RangeState {
    let word = |at: u8| registers[usize::from(first + at)];
    let (index, value) = (word(range::INDEX), word(range::VALUE) as i64);
    let step = word(range::STEP) as i64;
    RangeState {
        index: index as usize,
        start: value.wrapping_sub((index as i64).wrapping_mul(step)),
        step,
        length: word(range::LENGTH) as usize,
    }
}

/// A version for the types that the frame has now.
#[cold]
fn compile(
    tier: &Tier,
    code: &CodeSites,
    site: &Site,
    frame: Frame,
    vm: &VirtualMachine,
) -> Result<Arc<Version>, String> {
    let layout = tier::layout().ok_or("no layout")?;
    let locals = types_of(frame, vm);
    let stack: Vec<StackTy> = (0..frame.depth())
        .map(|place| match frame.owned(place) {
            Some(object) if frame::range_state(object, layout, vm).is_some() => StackTy::Range,
            _ => StackTy::Other,
        })
        .collect();
    let entry = build::Entry {
        pc: site.edge.header,
        locals: &locals,
        stack: &stack,
        max_stack: code.code.code.max_stackdepth as usize,
        no_exit: site.no_exit(),
    };
    let mut around = Around::new(tier, frame, &code.code, vm);
    let program = build::build(&code.instrs, &entry, &mut around)
        .map_err(|refused| format!("{refused}{}", around.readings.describe()))?;
    let machine = tier
        .backend()
        .compile(&program)
        .ok_or("the back end refuses it")?;
    let version = Arc::new(Version {
        readings: around.readings,
        left: program.exits.iter().map(|_| AtomicU64::new(0)).collect(),
        program,
        machine,
    });
    site.versions.write().push(version.clone());
    Ok(version)
}
