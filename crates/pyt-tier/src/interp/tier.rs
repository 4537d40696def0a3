//! The tier of one interpreter: which code it has patched, whether it is on, and what it reports.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use pyt_vm::{hooks, state};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyStr, PyTuple},
    bytecode::CodeFlags,
    function::FuncArgs,
};

use super::{
    decode,
    frame::{self, Layout},
    hook,
    natives::{Builtins, Direct},
    originals, self_test,
    sites::{self, CodeSites},
};
use crate::{
    backend::{Backend, Register},
    ir::code::Instr,
};

/// How often a jump back is reached before its loop is compiled.
const THRESHOLD: u32 = 100;
/// How many code objects are patched at most: they are kept until the interpreter ends.
const MAX_CODES: usize = 4096;

/// How the tier is to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing is compiled, and nothing of the tier is there.
    #[default]
    Off,
    /// Loops are compiled once they are hot.
    On,
    /// All loops are compiled when they first go back, and none is given up: for tests.
    Eager,
}

/// The tier of an interpreter, if it has one.
#[derive(Default)]
struct TierSlot(RwLock<Option<Arc<Tier>>>);

static LAYOUT: OnceLock<Option<Layout>> = OnceLock::new();

/// Where things are in frames, once a tier has been installed.
#[inline]
pub(crate) fn layout() -> Option<Layout> {
    LAYOUT.get().copied().flatten()
}

/// The tier of `vm`'s interpreter.
pub(crate) fn of(vm: &VirtualMachine) -> Option<Arc<Tier>> {
    state::of(vm).slot::<TierSlot>().0.read().clone()
}

/// What compiles the hot loops of one interpreter.
pub(crate) struct Tier {
    mode: Mode,
    threshold: AtomicU32,
    off: AtomicBool,
    /// Why it is off.
    reason: OnceLock<&'static str>,
    codes: RwLock<HashMap<usize, Arc<CodeSites>>>,
    refused: AtomicU64,
    /// The code of the self-test, which lives as long as this.
    own: OnceLock<Vec<usize>>,
    /// The functions that are wrapped, by name.
    originals: Mutex<HashMap<&'static str, PyObjectRef>>,
    wrappers: Mutex<HashMap<&'static str, PyObjectRef>>,
    builtins: Builtins,
    /// One thread at a time runs Python.
    exclusive: bool,
    backend: Box<dyn Backend>,
}

/// Makes the tier of `vm`'s interpreter. To be called once, attached, before user code is compiled.
/// If the interpreter is not as the tier expects it, there is none, and [`report`] says why.
///
/// # Errors
/// What the interpreter raises.
pub fn install(mode: Mode, natives: Vec<Direct>, vm: &VirtualMachine) -> PyResult<()> {
    if mode == Mode::Off || of(vm).is_some() {
        return Ok(());
    }
    let layout = frame::layout(vm)?;
    let layout = *LAYOUT.get_or_init(|| layout);
    let tier = Arc::new(Tier {
        mode,
        threshold: AtomicU32::new(0),
        off: AtomicBool::new(false),
        reason: OnceLock::new(),
        codes: RwLock::default(),
        refused: AtomicU64::new(0),
        own: OnceLock::new(),
        originals: Mutex::default(),
        wrappers: Mutex::default(),
        builtins: Builtins::of(natives, vm)?,
        exclusive: state::of(vm).scheduler.policy().is_exclusive(),
        backend: Box::new(Register),
    });
    *state::of(vm).slot::<TierSlot>().0.write() = Some(tier.clone());
    hooks::on_interpreter_release("fast tier", release);
    if layout.is_none() {
        tier.turn_off("the interpreter's frames are not as expected", vm);
        return Ok(());
    }
    hook::install(vm);
    originals::install(&tier, vm)?;
    if !self_test::passes(|code| tier.prepare(code, vm), || tier.entries(), vm)? {
        tier.turn_off("the self-test failed", vm);
        return Ok(());
    }
    let _first = tier.own.set(tier.codes.read().keys().copied().collect());
    let threshold = if mode == Mode::Eager { 0 } else { THRESHOLD };
    tier.threshold.store(threshold, Ordering::Relaxed);
    let hook = vm.new_function(
        "prepare_code",
        |arguments: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
            if let [event, values, ..] = &arguments.args[..]
                && (event.downcast_ref::<PyStr>()).is_some_and(|event| event.as_bytes() == b"exec")
                && let Some(values) = values.downcast_ref::<PyTuple>()
                && let Some(code) = values.as_slice().first()
                && let Some(code) = code.downcast_ref::<PyCode>()
            {
                prepare(code, vm);
            }
            Ok(())
        },
    );
    vm.sys_module
        .get_attr("addaudithook", vm)?
        .call((hook,), vm)
        .map(drop)
}

/// Has the loops in `code`, and in all code inside it, counted and compiled. Does nothing if the
/// interpreter has no tier, or the code was prepared before.
pub fn prepare(code: &Py<PyCode>, vm: &VirtualMachine) {
    if let Some(tier) = of(vm)
        && tier.why_off(vm).is_none()
        && !code.source_path().as_str().starts_with("<frozen")
    {
        tier.prepare(code, vm);
    }
}

/// Turns the tier of `vm`'s interpreter off: nothing is patched any more.
pub fn turn_off(vm: &VirtualMachine) {
    if let Some(tier) = of(vm) {
        tier.turn_off("a run under a schedule", vm);
    }
}

/// What was compiled, and what was not, as lines of text, with the operations if that is wanted;
/// `None` if there is no tier.
#[must_use]
pub fn report(operations: bool, vm: &VirtualMachine) -> Option<String> {
    of(vm).map(|tier| tier.report(operations))
}

/// How often compiled loops were entered.
#[must_use]
pub fn entries(vm: &VirtualMachine) -> u64 {
    of(vm).map_or(0, |tier| tier.entries())
}

fn release(state: &state::InterpreterState) -> Vec<PyObjectRef> {
    let Some(tier) = state.slot::<TierSlot>().0.write().take() else {
        return Vec::new();
    };
    let codes = std::mem::take(&mut *tier.codes.write());
    let originals = std::mem::take(&mut *tier.originals.lock());
    let mut objects: Vec<_> = codes
        .into_values()
        .flat_map(|code| code.objects())
        .collect();
    objects.extend(originals.into_values());
    objects.extend(std::mem::take(&mut *tier.wrappers.lock()).into_values());
    objects.extend(tier.builtins.objects());
    objects
}

impl Tier {
    /// The places of all code that was seen.
    pub(super) fn all_codes(&self) -> Vec<Arc<CodeSites>> {
        self.codes.read().values().cloned().collect()
    }

    /// Whether the code is the self-test's.
    pub(super) fn is_own(&self, code: &CodeSites) -> bool {
        let own = self.own.get();
        own.is_some_and(|own| own.contains(&code.code.get_id()))
    }

    /// How many functions were not looked at, since too many were seen.
    pub(super) fn not_seen(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn threshold(&self) -> u32 {
        self.threshold.load(Ordering::Relaxed)
    }

    pub(crate) fn is_eager(&self) -> bool {
        self.mode == Mode::Eager
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.backend
    }

    pub(crate) fn builtins(&self) -> &Builtins {
        &self.builtins
    }

    pub(crate) fn is_exclusive(&self) -> bool {
        self.exclusive
    }

    /// The instructions of `code` as the compiler made them; `None` if it cannot be known.
    pub(crate) fn instructions(
        &self,
        code: &Py<PyCode>,
        vm: &VirtualMachine,
    ) -> Option<Vec<Instr>> {
        if let Some(known) = self.codes.read().get(&code.get_id()) {
            return Some(known.instrs.clone());
        }
        (!sites::may_be_patched(code)).then(|| decode::decode(code, vm).0)
    }

    /// Keeps a function that is wrapped.
    pub(crate) fn keep(&self, name: &'static str, original: PyObjectRef) {
        self.originals.lock().insert(name, original);
    }

    /// Keeps what stands in the place of such a function.
    pub(crate) fn keep_wrapper(&self, name: &'static str, wrapper: PyObjectRef) {
        self.wrappers.lock().insert(name, wrapper);
    }

    pub(crate) fn wrapper(&self, name: &str) -> Option<PyObjectRef> {
        self.wrappers.lock().get(name).cloned()
    }

    pub(crate) fn kept(&self, name: &str) -> Option<PyObjectRef> {
        self.originals.lock().get(name).cloned()
    }

    /// Why nothing compiled may run now, if so.
    pub(crate) fn why_off(&self, vm: &VirtualMachine) -> Option<&'static str> {
        if self.off.load(Ordering::Acquire) {
            return Some(self.reason.get().copied().unwrap_or("the tier is off"));
        }
        if vm.use_tracing.get() {
            return Some("the program is traced");
        }
        (vm.state.monitoring_events.load() != 0).then_some("the program is watched")
    }

    pub(crate) fn turn_off(&self, reason: &'static str, vm: &VirtualMachine) {
        let _first = self.reason.set(reason);
        if !self.off.swap(true, Ordering::AcqRel) {
            self.give_back_all(reason, vm);
        }
    }

    pub(crate) fn give_back_all(&self, reason: &str, vm: &VirtualMachine) {
        // Other threads may run before a jump was put back, and must find no lock held.
        let codes: Vec<_> = self.codes.read().values().cloned().collect();
        for code in codes {
            code.restore_all(reason, vm);
        }
    }

    /// Gives back the jumps in `code`, and those in the code inside it.
    pub(crate) fn give_back(
        &self,
        code: &Py<PyCode>,
        inner: bool,
        reason: &str,
        vm: &VirtualMachine,
    ) {
        let known = self.codes.read().get(&code.get_id()).cloned();
        if let Some(code) = known {
            code.restore_all(reason, vm);
        }
        if inner {
            each_inner(code, |one| self.give_back(one, true, reason, vm));
        }
    }

    pub(crate) fn prepare(&self, code: &Py<PyCode>, vm: &VirtualMachine) {
        self.prepare_one(code, vm);
        each_inner(code, |one| self.prepare(one, vm));
    }

    fn prepare_one(&self, code: &Py<PyCode>, vm: &VirtualMachine) {
        if !code.code.flags.contains(CodeFlags::OPTIMIZED)
            || code.monitoring_data.lock().is_some()
            || self.codes.read().contains_key(&code.get_id())
        {
            return;
        }
        let Some(found) = CodeSites::of(code.to_owned(), vm) else {
            return;
        };
        let mut codes = self.codes.write();
        if codes.len() >= MAX_CODES {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if let std::collections::hash_map::Entry::Vacant(place) = codes.entry(code.get_id()) {
            place.insert(Arc::new(found)).patch();
        }
    }

    /// The places of `code`. A copy that was made unseen gets those of what it was copied from.
    pub(crate) fn find(&self, code: &Py<PyCode>, vm: &VirtualMachine) -> Option<Arc<CodeSites>> {
        if let Some(found) = self.codes.read().get(&code.get_id()) {
            return Some(found.clone());
        }
        self.adopt(code, vm)
    }

    #[cold]
    fn adopt(&self, code: &Py<PyCode>, vm: &VirtualMachine) -> Option<Arc<CodeSites>> {
        let mut codes = self.codes.write();
        let length = code.code.instructions.len();
        let same = codes.values().find(|known| {
            let known = &known.code.code;
            known.instructions.len() == length
                && known.qualname == code.code.qualname
                && known.first_line_number == code.code.first_line_number
                && known.linetable == code.code.linetable
        })?;
        let copy = Arc::new(same.copy_for(code.to_owned()));
        codes.insert(code.get_id(), copy.clone());
        drop(codes);
        copy.restore_all("it is a copy", vm);
        Some(copy)
    }

    pub(crate) fn entries(&self) -> u64 {
        let codes = self.codes.read();
        let sites = codes.values().flat_map(|code| &code.sites);
        sites.map(|site| site.entries.load(Ordering::Relaxed)).sum()
    }

    fn report(&self, operations: bool) -> String {
        let mut lines = Vec::new();
        for code in self.codes.read().values() {
            let object = &code.code.code;
            for site in &code.sites {
                let line = code.line(site.edge.header);
                let mut text = format!("{}:{line}: {}: ", code.code.source_path(), object.qualname);
                let versions = site.versions.read();
                let entries = site.entries.load(Ordering::Relaxed);
                if versions.is_empty() && site.warm.load(Ordering::Relaxed) == 0 {
                    if site.reason().is_none() {
                        continue;
                    }
                    text.push_str("not compiled");
                } else if versions.is_empty() {
                    text.push_str("not compiled");
                } else {
                    let turns = site.turns.load(Ordering::Relaxed);
                    let operations: Vec<_> = versions
                        .iter()
                        .map(|version| version.program.ops.len().to_string())
                        .collect();
                    let _infallible = write!(
                        text,
                        "compiled ({} operations), entered {entries} times, {turns} turns",
                        operations.join(" + ")
                    );
                    for version in &*versions {
                        text.push_str(&version.readings.describe());
                    }
                    if let Some((line, times)) = code.left_most(site, &versions) {
                        let _infallible = write!(text, "; left {times} times in line {line}");
                    }
                }
                if let Some(reason) = site.reason() {
                    let _infallible = write!(text, "; given back: {reason}");
                }
                for version in versions.iter().filter(|_| operations) {
                    let _infallible = write!(text, "\n{}", version.program);
                }
                lines.push(text);
            }
        }
        lines.sort();
        let head = match (self.off.load(Ordering::Acquire), self.reason.get()) {
            (true, Some(reason)) => format!("tier: off: {reason}"),
            _ => "tier: on".to_owned(),
        };
        lines.insert(0, head);
        let refused = self.refused.load(Ordering::Relaxed);
        if refused > 0 {
            lines.push(format!("{refused} more functions: too many were seen"));
        }
        lines.join("\n")
    }
}

fn each_inner(code: &Py<PyCode>, mut call: impl FnMut(&Py<PyCode>)) {
    let constants: &[_] = &code.code.constants;
    for constant in constants {
        let constant = PyObjectRef::from(constant.clone());
        if let Some(inner) = constant.downcast_ref::<PyCode>() {
            call(inner);
        }
    }
}
