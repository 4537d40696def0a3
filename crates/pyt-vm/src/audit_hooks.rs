//! How many audit hooks programs have added: they stay until the interpreter ends. A host that runs
//! several programs in one interpreter must know.

use std::sync::atomic::{AtomicU64, Ordering};

use rustpython_vm::VirtualMachine;

use super::state::{self, InterpreterState};

/// The audit hooks of one interpreter.
#[derive(Debug, Default)]
pub struct AuditHooks {
    added: AtomicU64,
}

impl AuditHooks {
    /// Those of this interpreter.
    #[must_use]
    pub fn of(state: &InterpreterState) -> &Self {
        state.slot()
    }

    /// Notes that the program adds one.
    pub fn note(&self) {
        self.added.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many audit hooks programs have added in the interpreter of `vm`.
#[must_use]
pub fn audit_hooks_added(vm: &VirtualMachine) -> u64 {
    let state = state::of(vm);
    AuditHooks::of(&state).added.load(Ordering::Relaxed)
}
