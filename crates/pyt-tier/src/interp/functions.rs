//! Functions that call themselves, entered where they begin.
//!
//! The two instructions behind `RESUME` are replaced if they only load variables and constants,
//! which is done here instead. A function that returned goes on at one of its own instructions that
//! return, with the result on the stack. One that was left goes on as if it had not been entered:
//! what its program did is gone.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustpython_vm::{PyResult, VirtualMachine, vm::thread::current_thread_slot};

use super::{
    frame::Frame,
    hook,
    items::Items,
    readings::Around,
    recent,
    sites::{CodeSites, Site, Version},
    starts::Start,
    tier::Tier,
    values::number,
};
use crate::{
    backend::{Poll, RETURNED},
    ir::{
        Ty, build,
        code::{Code, Const},
    },
};

/// So many calls are made before the interpreter is given a chance.
const CALLS: u32 = 1_000_000;
/// How many versions of a function there may be.
const MAX_VERSIONS: usize = 4;
/// After so many entries for which there is no version the function is given back.
const MAX_MISSES: u32 = 64;
/// How often it is checked whether a function is worth its entries.
const CHECKED_ENTRIES: u64 = 64;

/// At the beginning of a function: where the interpreter goes on.
pub(super) fn enter(
    tier: &Tier,
    code: &CodeSites,
    site: &Site,
    start: &Start,
    frame: Frame,
    vm: &VirtualMachine,
) -> PyResult<usize> {
    if !site.is_restored()
        && let Some(target) = run(tier, code, site, start, frame, vm)?
    {
        return Ok(target);
    }
    for load in start.loads {
        let values = match load {
            Code::Load(local) => [Some(local), None],
            Code::LoadLoad(first, second) => [Some(first), Some(second)],
            _ => [None, None],
        };
        for local in values.into_iter().flatten() {
            let value = frame.local(local).map(ToOwned::to_owned);
            // SAFETY: the instruction that was here would have pushed the same.
            unsafe { frame.push(value) };
        }
        if let Code::Const(value) = load {
            let value = match value {
                Const::Int(value) => number(Ty::Int, value as u64, vm),
                Const::Float(value) => number(Ty::Float, value.to_bits(), vm),
                Const::Bool(value) => number(Ty::Bool, u64::from(value), vm),
                Const::None => Some(vm.ctx.none()),
            };
            // SAFETY: as above.
            unsafe { frame.push(value) };
        }
    }
    Ok(site.edge.header)
}

fn run(
    tier: &Tier,
    code: &CodeSites,
    site: &Site,
    start: &Start,
    frame: Frame,
    vm: &VirtualMachine,
) -> PyResult<Option<usize>> {
    if let Some(reason) = tier.why_off(vm) {
        code.restore_all(reason, vm);
        return Ok(None);
    }
    if site.versions.read().is_empty() {
        let warm = site.warm.fetch_add(1, Ordering::Relaxed);
        if warm < tier.threshold() {
            return Ok(None);
        }
    }
    // What is too deep for the interpreter is left to it.
    let depth = vm.current_recursion_depth() + build::MAX_CALLS + 1;
    let room = vm.recursion_limit.get().saturating_sub(depth);
    if room < 2 {
        return Ok(None);
    }
    let Some(slot) = current_thread_slot() else {
        return Ok(None);
    };
    let mut windows = recent::windows();
    let count = room.min(windows.len());
    let registers = &mut windows[..count];
    let versions: Vec<_> = site.versions.read().clone();
    let loaded = versions.iter().find_map(|version| {
        let entered = hook::load(tier, version, frame, &mut registers[0], vm)?;
        Some((version.clone(), entered))
    });
    let loaded = match loaded {
        Some(loaded) => Some(loaded),
        None if versions.len() >= MAX_VERSIONS => None,
        None => match compile(tier, code, site, start, frame, vm) {
            Ok(version) => hook::load(tier, &version, frame, &mut registers[0], vm)
                .map(|entered| (version, entered)),
            Err(reason) => {
                let misses = site.misses.fetch_add(1, Ordering::Relaxed);
                let is_last = misses >= hook::attempts(versions.len());
                if is_last || site.refused_again(&hook::types_of(frame, vm)) {
                    code.restore(site, &reason, vm);
                }
                site.warm.store(0, Ordering::Relaxed);
                return Ok(None);
            }
        },
    };
    let Some((version, entered)) = loaded else {
        let misses = site.misses.fetch_add(1, Ordering::Relaxed);
        if misses > MAX_MISSES && !tier.is_eager() {
            code.restore(site, "its arguments have many types", vm);
        }
        return Ok(None);
    };
    let mut poll = Poll {
        stop: &slot.stop_requested,
        turns: CALLS,
    };
    let items = Items {
        found: &entered.found,
        pending: RefCell::default(),
        natives: tier.builtins().natives(),
        vm,
    };
    let exit = version.machine.run(registers, &items, &mut poll);
    let bits = registers[0][0];
    let is_asked = poll.turns == 0 || poll.stop.load(Ordering::Relaxed);
    recent::keep_windows(windows);
    let entries = site.entries.fetch_add(1, Ordering::Relaxed) + 1;
    site.turns
        .fetch_add(u64::from(CALLS - poll.turns), Ordering::Relaxed);
    if exit == RETURNED {
        let value = match version.program.result {
            Some(Ty::None) | None => Some(vm.ctx.none()),
            Some(ty) => number(ty, bits, vm),
        };
        // SAFETY: the stack is empty here, and a function that returns has room for a value.
        unsafe { frame.push(value) };
        return Ok(Some(start.end));
    }
    if !is_asked {
        let left = version.left[0].fetch_add(1, Ordering::Relaxed) + 1;
        if entries.is_multiple_of(CHECKED_ENTRIES) && left * 2 > entries && !tier.is_eager() {
            code.restore(site, "most calls are left", vm);
        }
    }
    Ok(None)
}

/// A version for the types that the arguments have now.
#[cold]
fn compile(
    tier: &Tier,
    code: &CodeSites,
    site: &Site,
    start: &Start,
    frame: Frame,
    vm: &VirtualMachine,
) -> Result<Arc<Version>, String> {
    let locals = hook::types_of(frame, vm);
    let entry = build::Entry {
        pc: site.edge.at,
        locals: &locals,
        stack: &[],
        max_stack: code.code.code.max_stackdepth as usize,
        no_exit: None,
    };
    let mut around = Around::new(tier, frame, &code.code, vm);
    let program = build::build_function(&code.instrs, start.arguments, &entry, &mut around)
        .map_err(|refused| format!("{refused}{}", around.readings.describe()))?;
    let machine = (tier.backend().compile(&program)).ok_or("the back end refuses it")?;
    let version = Arc::new(Version {
        readings: around.readings,
        left: program.exits.iter().map(|_| AtomicU64::new(0)).collect(),
        program,
        machine,
    });
    site.versions.write().push(version.clone());
    Ok(version)
}
