//! Event loops of the program, as far as reports of deadlocks need them.
//!
//! Which modules have event loops, and what their tasks are, is not known here: what describes them
//! is registered.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use rustpython_vm::VirtualMachine;

use super::state::InterpreterState;

/// Describes the tasks of the event loop that runs on the calling thread, if there is one.
pub type Describe = dyn Fn(&VirtualMachine) + Send + Sync;

/// A task of an event loop that waits.
#[derive(Clone, Debug, Default)]
pub struct AwaitingTask {
    /// Its name.
    pub name: String,
    /// What it awaits, in words.
    pub awaits: String,
    /// The coroutines that it is in, innermost first.
    pub stack: Vec<CoroutineFrame>,
}

/// Where a coroutine stands.
#[derive(Clone, Debug, Default)]
pub struct CoroutineFrame {
    /// The file, as tracebacks name it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The function's qualified name.
    pub function: String,
    /// It is code of the library.
    pub is_library: bool,
}

/// The event loop that runs on a thread.
#[derive(Clone, Debug, Default)]
pub struct LoopOfThread {
    /// Its tasks.
    pub tasks: Vec<AwaitingTask>,
    /// It may be there for Ctrl-C to come, rather than wait for ever by mistake.
    pub is_parked: bool,
}

/// What describes the event loops of one interpreter.
#[derive(Default)]
pub struct LoopDescriber {
    describe: OnceLock<Box<Describe>>,
    has_loops: AtomicBool,
    requested: Mutex<HashSet<u64>>,
    described: Mutex<HashMap<u64, LoopOfThread>>,
}

thread_local! {
    /// It is describing: what it waits for meanwhile is not described.
    static DESCRIBES: Cell<bool> = const { Cell::new(false) };
}

impl LoopDescriber {
    /// That of this interpreter.
    #[must_use]
    pub fn of(state: &InterpreterState) -> &Self {
        state.slot()
    }

    /// From now on `describe` is called on a thread that waits, attached, before its wait is given
    /// up or reported. Only the first one counts.
    pub fn describe_with(&self, describe: Box<Describe>) {
        self.describe.get_or_init(|| describe);
    }

    /// Describes the event loop that runs on the calling thread.
    pub(super) fn describe(&self, vm: &VirtualMachine) {
        if let Some(describe) = self.describe.get()
            && !DESCRIBES.replace(true)
        {
            describe(vm);
            DESCRIBES.set(false);
        }
    }

    /// The program may have event loops: from now on reports ask for descriptions.
    pub fn has_loop(&self) {
        self.has_loops.store(true, Ordering::Relaxed);
    }

    /// Whether there may be event loops to describe.
    pub(super) fn has_loops(&self) -> bool {
        self.has_loops.load(Ordering::Relaxed)
    }

    /// Asks the threads with these tags to describe their loops, once they are interrupted.
    pub(super) fn request(&self, tags: impl IntoIterator<Item = u64>) {
        self.described.lock().clear();
        *self.requested.lock() = tags.into_iter().collect();
    }

    /// Whether all have done so that were asked.
    pub(super) fn is_answered(&self) -> bool {
        self.requested.lock().is_empty()
    }

    /// Describes the loop of the calling thread, which has this tag, if it was asked to.
    pub(super) fn answer(&self, tag: u64, vm: &VirtualMachine) {
        if self.has_loops() && self.requested.lock().contains(&tag) {
            self.describe(vm);
            self.requested.lock().remove(&tag);
        }
    }

    /// What the calling thread, which has this tag, says of its loop.
    pub fn note(&self, tag: u64, of_thread: LoopOfThread) {
        self.described.lock().insert(tag, of_thread);
    }

    /// What the thread with this tag has said of its loop.
    pub(super) fn of_thread(&self, tag: u64) -> Option<LoopOfThread> {
        self.described.lock().get(&tag).cloned()
    }
}
