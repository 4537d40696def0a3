//! Which signals a program handles: the scheduler must know, since a handler can end a wait.

use std::sync::atomic::{AtomicU64, Ordering};

use rustpython_vm::VirtualMachine;

use super::state::{self, InterpreterState};

/// Which signals the program of one interpreter handles with functions of its own.
#[derive(Debug, Default)]
pub struct SignalHandlers {
    handled: AtomicU64,
    changes: AtomicU64,
}

impl SignalHandlers {
    /// Those of this interpreter.
    #[must_use]
    pub fn of(state: &InterpreterState) -> &Self {
        state.slot()
    }

    /// Whether there are any.
    #[must_use]
    pub fn any(&self) -> bool {
        self.handled.load(Ordering::Relaxed) != 0
    }

    /// Notes that `signal` is handled, or no longer.
    pub fn note(&self, signal: u32, handled: bool) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        let Some(bit) = 1_u64.checked_shl(signal) else {
            return;
        };
        if handled {
            self.handled.fetch_or(bit, Ordering::Relaxed);
        } else {
            self.handled.fetch_and(!bit, Ordering::Relaxed);
        }
    }
}

/// How often signal handlers were set in the interpreter of `vm`.
#[must_use]
pub fn handlers_set(vm: &VirtualMachine) -> u64 {
    let state = state::of(vm);
    SignalHandlers::of(&state).changes.load(Ordering::Relaxed)
}
