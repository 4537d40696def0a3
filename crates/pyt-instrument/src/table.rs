//! The code objects that have sites, by their address and by number.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rustpython_vm::{AsObject, Py, PyRef, VirtualMachine, builtins::PyCode};

use pyt_explore::Granularity;

use super::{
    place,
    plan::{Kind, Site},
};
use pyt_vm::number_map::NumberMap;

/// What begins with the first site of a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// A module: its globals are user data.
    Module,
    /// `__del__`.
    Finalizer,
    /// Nothing of note.
    Other,
}

/// A code object with sites. Keeps it alive, so that its address stays its own.
pub(super) struct Planned {
    pub(super) code: PyRef<PyCode>,
    /// In which order it came, from 1: the same in every run that makes the same decisions.
    pub(super) number: u64,
    /// By the instruction's index.
    kinds: Box<[Option<Kind>]>,
    pub(super) begins: Begins,
    /// The first site.
    pub(super) first: usize,
    granularity: Granularity,
    /// The interpreter's version of all events for which the code has those of its sites only.
    swept_at: AtomicU64,
}

impl Planned {
    /// Takes out the events that the interpreter has put elsewhere since.
    pub(super) fn keep_to_sites(&self, vm: &VirtualMachine) {
        let version = self.code.instrumentation_version.load(Ordering::Acquire);
        if self.swept_at.swap(version, Ordering::Relaxed) != version {
            place::sweep(&self.code, |index| self.kind(index).is_some(), vm);
        }
    }

    /// All its sites, by ascending index.
    pub(super) fn sites(&self) -> Vec<Site> {
        let all = self.kinds.iter().enumerate();
        all.filter_map(|(index, kind)| kind.map(|kind| Site { index, kind }))
            .collect()
    }

    pub(super) fn has_sites(&self) -> bool {
        self.kinds.iter().any(Option::is_some)
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.kinds.get(index).copied().flatten()
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Table {
    by_address: NumberMap<usize, Arc<Planned>>,
    in_order: Vec<Arc<Planned>>,
}

impl Table {
    pub(super) fn has(&self, code: usize) -> bool {
        self.by_address.contains_key(&code)
    }

    /// Whether it has the sites of this granularity.
    pub(super) fn has_as(&self, code: usize, granularity: Granularity) -> bool {
        let planned = self.by_address.get(&code);
        planned.is_some_and(|planned| planned.granularity == granularity)
    }

    pub(super) fn get(&self, code: usize) -> Option<&Arc<Planned>> {
        self.by_address.get(&code)
    }

    pub(super) fn all(&self) -> &[Arc<Planned>] {
        &self.in_order
    }

    pub(super) fn numbered(&self, number: u64) -> Option<&Arc<Planned>> {
        self.in_order
            .get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    pub(super) fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Adds a code object, or gives one that is known other sites.
    pub(super) fn add(
        &mut self,
        code: &Py<PyCode>,
        sites: &[Site],
        begins: Begins,
        granularity: Granularity,
    ) {
        let mut kinds = vec![None; code.code.instructions.len()].into_boxed_slice();
        for site in sites {
            kinds[site.index] = Some(site.kind);
        }
        let known = self.by_address.get(&code.get_id());
        let number = known.map_or(self.in_order.len() as u64 + 1, |known| known.number);
        let planned = Arc::new(Planned {
            swept_at: AtomicU64::new(0),
            code: code.to_owned(),
            number,
            kinds,
            begins,
            first: sites.first().map_or(0, |site| site.index),
            granularity,
        });
        let before = self.by_address.insert(code.get_id(), planned.clone());
        match before {
            Some(before) => {
                for known in &mut self.in_order {
                    if Arc::ptr_eq(known, &before) {
                        *known = planned.clone();
                    }
                }
            }
            None => self.in_order.push(planned),
        }
    }

    /// Forgets all but the first `count` code objects, and returns the others.
    pub(super) fn truncate(&mut self, count: usize) -> Vec<Arc<Planned>> {
        let dropped = self.in_order.split_off(count.min(self.in_order.len()));
        for planned in &dropped {
            self.by_address.remove(&planned.code.get_id());
        }
        dropped
    }
}
