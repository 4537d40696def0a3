//! The code whose loops a thread has entered last, so that it needs no look-up under locks.
//!
//! What is kept does not keep anything alive: a code object of an interpreter that has ended is
//! gone, and with it what is known here.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Weak},
};

use rustpython_vm::{AsObject, Py, VirtualMachine, builtins::PyCode};

use super::{
    sites::CodeSites,
    tier::{self, Tier},
};
use crate::{backend::Registers, ir::REGISTERS};

/// How many code objects are remembered: a power of two.
const COUNT: usize = 16;

/// How deep a function may call itself without the interpreter.
const WINDOWS: usize = 1000;

#[derive(Default)]
struct Entry {
    code: usize,
    interpreter: i64,
    tier: Weak<Tier>,
    sites: Weak<CodeSites>,
}

thread_local! {
    static RECENT: RefCell<[Entry; COUNT]> = RefCell::default();
    static REGISTERS_KEPT: Cell<Option<Box<Registers>>> = const { Cell::new(None) };
    static WINDOWS_KEPT: Cell<Vec<Registers>> = const { Cell::new(Vec::new()) };
}

/// The tier, and the places of `code`.
pub(crate) fn find(code: &Py<PyCode>, vm: &VirtualMachine) -> Option<(Arc<Tier>, Arc<CodeSites>)> {
    let id = code.get_id();
    let interpreter = vm.state.interpreter_id;
    let place = (id >> 5) % COUNT;
    let known = RECENT.with_borrow(|recent| {
        let entry = &recent[place];
        // While its places are there the code object is, and no other can have its address.
        (entry.code == id && entry.interpreter == interpreter)
            .then(|| Some((entry.tier.upgrade()?, entry.sites.upgrade()?)))
            .flatten()
    });
    if known.is_some() {
        return known;
    }
    let tier = tier::of(vm)?;
    let sites = tier.find(code, vm)?;
    let entry = Entry {
        code: id,
        interpreter,
        tier: Arc::downgrade(&tier),
        sites: Arc::downgrade(&sites),
    };
    let before = RECENT.with_borrow_mut(|recent| std::mem::replace(&mut recent[place], entry));
    drop(before);
    Some((tier, sites))
}

/// Registers for one run, whose contents are those of an earlier one.
pub(crate) fn registers() -> Box<Registers> {
    let kept = REGISTERS_KEPT.take();
    kept.unwrap_or_else(|| Box::new([0; REGISTERS]))
}

/// Registers for the calls of a function inside one another. The memory is the system's until it
/// is written.
pub(crate) fn windows() -> Vec<Registers> {
    let kept = WINDOWS_KEPT.take();
    if kept.is_empty() {
        vec![[0; REGISTERS]; WINDOWS]
    } else {
        kept
    }
}

/// Keeps what [`windows`] gave.
pub(crate) fn keep_windows(windows: Vec<Registers>) {
    WINDOWS_KEPT.set(windows);
}

/// Keeps the registers of a run that is over.
pub(crate) fn keep(registers: Box<Registers>) {
    REGISTERS_KEPT.set(Some(registers));
}
