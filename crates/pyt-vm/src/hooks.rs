//! What the crates above have done at fixed moments in the life of an interpreter and of its
//! threads.
//!
//! What a hook does, and for which module, is not known here. Hooks are the process's, since
//! interpreters that Python code makes have them, too. Those of one list run in the order in which
//! they were registered; registering a name again changes nothing.
//!
//! When a thread that Python started exits, on that thread, attached:
//!
//! 1. [`on_thread_exit`]: drops what Python code can reach only through the thread;
//! 2. the thread's `VirtualMachine` is cleared for the next thread;
//! 3. [`on_os_thread_reuse`]: resets what is left in `thread_local!`s.
//!
//! When a thread of the host's detaches, and will not be the same thread for Python again, only the
//! first list runs.
//!
//! When an interpreter ends in a process that goes on, attached, after its modules were emptied:
//!
//! 1. [`on_interpreter_release`]: gives up the objects that are kept for the interpreter;
//! 2. [`on_interpreter_exit`]: drops what Python code could reach through the last thread, and what
//!    is kept for the interpreter beside its modules.

use std::sync::Arc;

use parking_lot::RwLock;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

use super::state::InterpreterState;

/// Prepares an interpreter that is entered for the first time.
pub type FirstEntry = fn(&Arc<InterpreterState>, &VirtualMachine) -> PyResult<()>;

/// Runs attached, and may run Python code.
pub type Exit = fn(&VirtualMachine);

/// Gives up objects, to be dropped where that may run Python code.
pub type Release = fn(&InterpreterState) -> Vec<PyObjectRef>;

/// The hooks of one moment, by name.
struct Hooks<F>(RwLock<Vec<(&'static str, F)>>);

static FIRST_ENTRY: Hooks<FirstEntry> = Hooks::new();
static THREAD_EXIT: Hooks<Exit> = Hooks::new();
static OS_THREAD_REUSE: Hooks<fn()> = Hooks::new();
static INTERPRETER_RELEASE: Hooks<Release> = Hooks::new();
static INTERPRETER_EXIT: Hooks<Exit> = Hooks::new();

impl<F: Copy> Hooks<F> {
    const fn new() -> Self {
        Self(RwLock::new(Vec::new()))
    }

    fn register(&self, name: &'static str, hook: F) {
        let mut hooks = self.0.write();
        if hooks.iter().all(|(known, _)| *known != name) {
            hooks.push((name, hook));
        }
    }

    fn each(&self, mut call: impl FnMut(F)) {
        for index in 0.. {
            // Unlocked before the call, which may run Python code.
            let next = self.0.read().get(index).copied();
            let Some((_, hook)) = next else {
                return;
            };
            call(hook);
        }
    }

    fn names(&self) -> Vec<&'static str> {
        self.0.read().iter().map(|(name, _)| *name).collect()
    }
}

/// Registers what prepares an interpreter that is entered for the first time, before Python code
/// runs in it.
pub fn on_first_entry(name: &'static str, hook: FirstEntry) {
    FIRST_ENTRY.register(name, hook);
}

/// Registers what drops the objects that Python code can reach only through the exiting thread.
pub fn on_thread_exit(name: &'static str, hook: Exit) {
    THREAD_EXIT.register(name, hook);
}

/// Registers what resets an OS thread's `thread_local!`s before the OS thread runs another Python
/// thread. It must not run Python code.
pub fn on_os_thread_reuse(name: &'static str, hook: fn()) {
    OS_THREAD_REUSE.register(name, hook);
}

/// Registers what gives up the objects that are kept for an interpreter, once its modules were
/// emptied.
pub fn on_interpreter_release(name: &'static str, hook: Release) {
    INTERPRETER_RELEASE.register(name, hook);
}

/// Registers what drops the rest of what is kept for an interpreter that has ended but for the
/// calling thread.
pub fn on_interpreter_exit(name: &'static str, hook: Exit) {
    INTERPRETER_EXIT.register(name, hook);
}

pub(super) fn first_entry(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let mut result = Ok(());
    FIRST_ENTRY.each(|hook| {
        if result.is_ok() {
            result = hook(state, vm);
        }
    });
    result
}

pub(super) fn thread_exit(vm: &VirtualMachine) {
    THREAD_EXIT.each(|hook| hook(vm));
}

pub(super) fn os_thread_reuse() {
    OS_THREAD_REUSE.each(|hook| hook());
}

pub(super) fn interpreter_release(state: &InterpreterState) -> Vec<PyObjectRef> {
    let mut released = Vec::new();
    INTERPRETER_RELEASE.each(|hook| released.extend(hook(state)));
    released
}

pub(super) fn interpreter_exit(vm: &VirtualMachine) {
    INTERPRETER_EXIT.each(|hook| hook(vm));
}

/// The names of all hooks, in the order in which they run, for tests that hold the order.
#[derive(Debug, PartialEq, Eq)]
pub struct Registered {
    /// See [`on_first_entry`].
    pub first_entry: Vec<&'static str>,
    /// See [`on_thread_exit`].
    pub thread_exit: Vec<&'static str>,
    /// See [`on_os_thread_reuse`].
    pub os_thread_reuse: Vec<&'static str>,
    /// See [`on_interpreter_release`].
    pub interpreter_release: Vec<&'static str>,
    /// See [`on_interpreter_exit`].
    pub interpreter_exit: Vec<&'static str>,
}

/// All hooks that are registered.
#[must_use]
pub fn registered() -> Registered {
    Registered {
        first_entry: FIRST_ENTRY.names(),
        thread_exit: THREAD_EXIT.names(),
        os_thread_reuse: OS_THREAD_REUSE.names(),
        interpreter_release: INTERPRETER_RELEASE.names(),
        interpreter_exit: INTERPRETER_EXIT.names(),
    }
}
