//! What was compiled, what was not and why, and where compiled code was left: the native module
//! `_pyt_tier`, on which `pyt.tier` is built. It gives plain values; the sums are the package's.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use rustpython_vm::{PyObjectRef, VirtualMachine, builtins::PyModuleDef};

use super::{
    decode,
    sites::{CodeSites, Kind, Site},
    tier::{self, Tier},
};
use crate::ir::Op;

/// The definition of the native module `_pyt_tier`.
#[must_use]
pub fn module_def(context: &rustpython_vm::Context) -> &'static PyModuleDef {
    _pyt_tier::module_def(context)
}

#[rustpython_vm::pymodule]
mod _pyt_tier {
    use rustpython_vm::{PyObjectRef, VirtualMachine};

    /// Why the tier is off, or `None`; how many functions were not looked at; and a tuple for each
    /// place that was compiled or refused.
    #[pyfunction]
    fn state(vm: &VirtualMachine) -> PyObjectRef {
        super::state(vm)
    }
}

fn state(vm: &VirtualMachine) -> PyObjectRef {
    let Some(tier) = tier::of(vm) else {
        let reason = vm.ctx.new_str("the program runs without -X tier=1").into();
        let nothing = vm.ctx.new_list(Vec::new()).into();
        return vm
            .ctx
            .new_tuple(vec![reason, vm.ctx.new_int(0).into(), nothing])
            .into();
    };
    let reason = match tier.why_off(vm) {
        Some(reason) => vm.ctx.new_str(reason).into(),
        None => vm.ctx.none(),
    };
    let not_seen = vm.ctx.new_int(tier.not_seen()).into();
    let places = vm.ctx.new_list(places(&tier, vm)).into();
    vm.ctx.new_tuple(vec![reason, not_seen, places]).into()
}

fn places(tier: &Tier, vm: &VirtualMachine) -> Vec<PyObjectRef> {
    let codes = tier.all_codes();
    let is_off = tier.why_off(vm).is_some();
    let of_programs = codes.iter().filter(|code| !tier.is_own(code));
    of_programs
        .flat_map(|code| {
            code.sites
                .iter()
                .filter_map(|site| place(code, site, is_off, vm))
        })
        .collect()
}

/// A place, unless nothing is to be said of it: it was not reached often enough, before the tier
/// was turned off.
fn place(code: &CodeSites, site: &Site, is_off: bool, vm: &VirtualMachine) -> Option<PyObjectRef> {
    let versions = site.versions.read();
    let reason = site.reason();
    let was_tried = !versions.is_empty() || site.misses.load(Ordering::Relaxed) > 0;
    if !was_tried && (is_off || reason.is_none()) {
        return None;
    }
    let object = &code.code.code;
    let mut operations = 0;
    let mut exits: BTreeMap<(usize, String), u64> = BTreeMap::new();
    for version in &*versions {
        operations += version.program.ops.len();
        for (exit, times) in version.program.exits.iter().zip(&version.left) {
            let times = times.load(Ordering::Relaxed);
            if times > 0 {
                let name = instruction(code, exit.pc);
                *exits.entry((code.line(exit.pc), name)).or_default() += times;
            }
        }
    }
    let text = |text: &str| -> PyObjectRef { vm.ctx.new_str(text).into() };
    let number = |number: u64| -> PyObjectRef { vm.ctx.new_int(number).into() };
    let exits = exits.into_iter().map(|((line, name), times)| {
        let exit = vec![number(line as u64), text(&name), number(times)];
        vm.ctx.new_tuple(exit).into()
    });
    let fields = vec![
        text(code.code.source_path().as_str()),
        number(code.line(site.edge.header) as u64),
        text(object.qualname.as_str()),
        text(match site.kind {
            Kind::Loop => "loop",
            Kind::Function(_) => "function",
        }),
        number(versions.len() as u64),
        number(operations as u64),
        number((operations * size_of::<Op>()) as u64),
        number(site.entries.load(Ordering::Relaxed)),
        number(site.turns.load(Ordering::Relaxed)),
        vm.ctx.new_list(exits.collect()).into(),
        reason.map_or_else(|| vm.ctx.none(), |reason| text(&reason)),
    ];
    Some(vm.ctx.new_tuple(fields).into())
}

/// The name of an instruction, which a jump back has even where it is patched.
fn instruction(code: &CodeSites, pc: usize) -> String {
    let is_jump = |site: &Site| site.edge.at == pc && matches!(site.kind, Kind::Loop);
    if code.sites.iter().any(is_jump) {
        String::from("JUMP_BACKWARD")
    } else {
        decode::name_at(&code.code, pc)
    }
}
