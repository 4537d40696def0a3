//! Patched code: what is put in the place of a jump back, and taken out again.
//!
//! A jump back and its cache are two units, room for two instructions that call native code of
//! ours: one pushes the built-in function `all`, the other asks something of it, and a slot of its
//! type is ours ([`hook`](super::hook)). The interpreter goes on wherever the frame's index says
//! afterwards.
//!
//! - `LOAD_COMMON_CONSTANT all; DELETE_ATTR 0` needs a name in the code.
//! - `LOAD_COMMON_CONSTANT all; POP_JUMP_IF_TRUE 0` is for code without names. The interpreter
//!   takes the unit behind it for its cache, so nothing can be continued there, and what lies there
//!   has to have no cache of its own.
//!
//! Only the first unit is put back: a thread may stand between the two. A jump over more than 255
//! units has a prefix, in whose place the first instruction is put: [`pairs`](super::pairs).

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use rustpython_vm::{
    PyObjectRef, PyRef, VirtualMachine,
    builtins::PyCode,
    bytecode::{CommonConstant, Instruction, Opcode},
};

use super::{
    decode::{self, BackEdge},
    pairs::Pair,
    readings::Readings,
    starts::{self, Start},
};
use crate::{
    backend::Machine,
    ir::{Program, Ty, code::Instr},
};

/// What calls native code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// By deleting an attribute.
    Attribute,
    /// By asking for a truth value.
    Truth,
}

impl Entry {
    /// The two units of a patched place.
    pub(crate) fn units(self) -> [u16; 2] {
        let load = [
            u8::from(Opcode::LoadCommonConstant),
            u8::from(CommonConstant::BuiltinAll),
        ];
        let call = match self {
            Self::Attribute => Opcode::DeleteAttr,
            Self::Truth => Opcode::PopJumpIfTrue,
        };
        [
            u16::from_ne_bytes(load),
            u16::from_ne_bytes([u8::from(call), 0]),
        ]
    }
}

/// A compiled loop, for the types that it was compiled for.
pub(crate) struct Version {
    pub(crate) program: Program,
    pub(crate) readings: Readings,
    /// How often each exit was taken.
    pub(crate) left: Box<[AtomicU64]>,
    pub(crate) machine: Box<dyn Machine>,
}

/// What is entered at a place.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Loop,
    Function(Start),
}

/// A jump back that is patched, or was, or the beginning of a function.
pub(crate) struct Site {
    pub(crate) edge: BackEdge,
    pub(crate) entry: Entry,
    pub(crate) kind: Kind,
    /// The interpreter has the jump again, for the rest of the code's life.
    restored: AtomicBool,
    /// How often the jump was reached before it was compiled.
    pub(crate) warm: AtomicU32,
    /// How often compiled code was entered, and how many turns it made in all.
    pub(crate) entries: AtomicU64,
    pub(crate) turns: AtomicU64,
    /// How often no version had the types that were found.
    pub(crate) misses: AtomicU32,
    pub(crate) versions: RwLock<Vec<Arc<Version>>>,
    /// Why the jump was given back.
    reason: Mutex<Option<String>>,
    /// The types with which it could not be compiled last.
    refused: Mutex<Option<Vec<Ty>>>,
}

/// The patched places of one code object.
pub(crate) struct CodeSites {
    pub(crate) code: PyRef<PyCode>,
    pub(crate) instrs: Vec<Instr>,
    pub(crate) sites: Vec<Site>,
}

impl CodeSites {
    /// The places of `code` that can be patched, if there are any. Nothing is patched yet.
    pub(crate) fn of(code: PyRef<PyCode>, vm: &VirtualMachine) -> Option<Self> {
        if !decode::may_have_places(&code) {
            return None;
        }
        let (instrs, edges) = decode::decode(&code, vm);
        let sites: Vec<_> = (edges.into_iter())
            .filter(|edge| decode::may_turn(&instrs, *edge) && is_settled(&code, edge.jump()))
            .filter_map(|edge| {
                let entry = if !code.code.names.is_empty() {
                    Entry::Attribute
                } else if edge.prefix.is_some() || decode::is_plain(&code, edge.at + 2) {
                    Entry::Truth
                } else {
                    return None;
                };
                Some(Site::new(edge, entry, Kind::Loop))
            })
            .chain(starts::of(&code, &instrs).map(|(edge, start)| {
                // It names itself, so there is a name.
                Site::new(edge, Entry::Attribute, Kind::Function(start))
            }))
            .collect();
        (!sites.is_empty()).then_some(Self {
            code,
            instrs,
            sites,
        })
    }

    /// The same places in a copy of the code, which is patched as this is.
    pub(crate) fn copy_for(&self, copy: PyRef<PyCode>) -> Self {
        Self {
            code: copy,
            instrs: self.instrs.clone(),
            sites: (self.sites.iter())
                .map(|site| Site::new(site.edge, site.entry, site.kind))
                .collect(),
        }
    }

    /// What is kept alive.
    pub(crate) fn objects(&self) -> Vec<PyObjectRef> {
        let mut objects = vec![self.code.clone().into()];
        for site in &self.sites {
            for version in &*site.versions.read() {
                objects.extend(version.readings.codes());
            }
        }
        objects
    }

    /// Where in its turns a loop was left most often, and how often: the ends of turns and of the
    /// loop do not count.
    pub(crate) fn left_most(&self, site: &Site, versions: &[Arc<Version>]) -> Option<(usize, u64)> {
        let mut lines: HashMap<usize, u64> = HashMap::new();
        let same = self
            .sites
            .iter()
            .filter(|one| one.edge.header == site.edge.header);
        let end = same.map(|one| one.edge.at).max().unwrap_or(0);
        for version in versions {
            for (exit, times) in version.program.exits.iter().zip(&version.left) {
                let times = times.load(Ordering::Relaxed);
                let is_in_turn = site.edge.header < exit.pc && exit.pc < end;
                let is_end = self.sites.iter().any(|one| one.edge.at == exit.pc);
                if is_in_turn && !is_end && times > 0 {
                    let line = self.line(exit.pc);
                    *lines.entry(line).or_default() += times;
                }
            }
        }
        lines
            .into_iter()
            .max_by_key(|(line, times)| (*times, *line))
    }

    /// The line of an instruction.
    pub(crate) fn line(&self, pc: usize) -> usize {
        let locations = &self.code.code.locations;
        locations.get(pc).map_or(0, |(start, _)| start.line.get())
    }

    /// Puts the entries in the places of the jumps.
    pub(crate) fn patch(&self) {
        for site in &self.sites {
            let [first, second] = site.entry.units();
            // The second first: a thread that sees the first sees both.
            self.unit(site.edge.at + 1).store(second, Ordering::Release);
            self.unit(site.edge.at).store(first, Ordering::Release);
        }
    }

    /// Gives the jump back to the interpreter: from now on it is what it was.
    pub(crate) fn restore(&self, site: &Site, reason: &str, vm: &VirtualMachine) {
        if site.restored.swap(true, Ordering::AcqRel) {
            return;
        }
        *site.reason.lock() = Some(reason.to_owned());
        let at = site.edge.at;
        if let Some(original) = site.pair(vm) {
            let pair = Pair {
                code: &self.code,
                at,
                places: [self.unit(at), self.unit(at + 1)],
                patched: site.entry.units(),
                original,
            };
            pair.put_back(vm);
            return;
        }
        let [patched, _] = site.entry.units();
        let _other_than_patched = self.unit(at).compare_exchange(
            patched,
            site.jump_unit(vm),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
    }

    /// Gives all jumps back.
    pub(crate) fn restore_all(&self, reason: &str, vm: &VirtualMachine) {
        for site in &self.sites {
            self.restore(site, reason, vm);
        }
    }

    pub(crate) fn site(&self, at: usize) -> Option<&Site> {
        self.sites.iter().find(|site| site.edge.at == at)
    }

    fn unit(&self, index: usize) -> &AtomicU16 {
        let units = &self.code.code.instructions;
        assert!(index < units.len(), "a place inside the code");
        // SAFETY: inside the code, which lives as long as `self`; the interpreter reads and writes
        // units atomically, too.
        unsafe { AtomicU16::from_ptr(units.units_ptr().cast::<u16>().cast_mut().add(index)) }
    }
}

impl Site {
    fn new(edge: BackEdge, entry: Entry, kind: Kind) -> Self {
        Self {
            edge,
            entry,
            kind,
            restored: AtomicBool::new(false),
            warm: AtomicU32::new(0),
            entries: AtomicU64::new(0),
            turns: AtomicU64::new(0),
            misses: AtomicU32::new(0),
            versions: RwLock::default(),
            reason: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    pub(crate) fn is_restored(&self) -> bool {
        self.restored.load(Ordering::Acquire)
    }

    /// Whether the types with which it could not be compiled now are those of the last time: then
    /// another attempt is not worth its time.
    pub(super) fn refused_again(&self, types: &[Ty]) -> bool {
        let mut last = self.refused.lock();
        let again = last.as_deref() == Some(types);
        *last = Some(types.to_vec());
        again
    }

    /// Where no program may end: see [`Entry::Truth`].
    pub(crate) fn no_exit(&self) -> Option<usize> {
        let is_short = self.edge.prefix.is_none();
        (self.entry == Entry::Truth && is_short).then_some(self.edge.at + 2)
    }

    /// What was in both places, if both have to be put back.
    fn pair(&self, vm: &VirtualMachine) -> Option<[u16; 2]> {
        match self.kind {
            Kind::Function(start) => Some(start.units),
            Kind::Loop => {
                let prefix = [u8::from(Opcode::ExtendedArg), self.edge.prefix?];
                Some([u16::from_ne_bytes(prefix), self.jump_unit(vm)])
            }
        }
    }

    /// The jump's own unit, as the interpreter has it once the jump was taken.
    fn jump_unit(&self, vm: &VirtualMachine) -> u16 {
        // What watches jumps back just now must see this one, too. The interpreter takes the
        // event out again when the function begins anew.
        let jump = if vm.state.monitoring_events.load() == 0 {
            Opcode::JumpBackwardNoJit
        } else {
            Opcode::InstrumentedJumpBackward
        };
        u16::from_ne_bytes([u8::from(jump), self.edge.arg])
    }

    /// Why the jump was given back, if it was.
    pub(crate) fn reason(&self) -> Option<String> {
        self.reason.lock().clone()
    }
}

/// Whether there is anything in the code that is put in the place of a jump back.
pub(crate) fn may_be_patched(code: &PyCode) -> bool {
    let units = &code.code.instructions;
    let unit = |index| {
        let unit = units.read_unit(index);
        u16::from_ne_bytes([u8::from(unit.op), u8::from(unit.arg)])
    };
    (1..units.len()).any(|index| {
        [Entry::Attribute, Entry::Truth]
            .iter()
            .any(|entry| [unit(index - 1), unit(index)] == entry.units())
    })
}

/// Whether the interpreter writes nothing in the place of the jump any more: it does so when the
/// jump is first taken, which it cannot have been while the code has never run.
fn is_settled(code: &PyCode, at: usize) -> bool {
    match code.code.instructions.read_op(at) {
        Instruction::JumpBackward { .. } => !code.quickened.load(Ordering::Acquire),
        Instruction::JumpBackwardNoJit => true,
        _ => false,
    }
}
