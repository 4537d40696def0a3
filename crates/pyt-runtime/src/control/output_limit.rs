//! Which interpreters' output is limited: streams report what a program writes to those.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicUsize, Ordering},
};

use parking_lot::Mutex;
use rustpython_vm::VirtualMachine;

use crate::api::runtime_core::RuntimeCore;

/// The runtimes with limits on output, by their interpreters' numbers, once for each call under such.
static OUTPUT_LIMITED: Mutex<Vec<(i64, Weak<RuntimeCore>)>> = Mutex::new(Vec::new());

/// The length of that list, which streams check first.
static OUTPUT_LIMITED_COUNT: AtomicUsize = AtomicUsize::new(0);

/// A program of `vm`'s interpreter has written so many bytes to a standard stream that leads to the
/// host.
pub(crate) fn note_output(vm: &VirtualMachine, bytes: usize) {
    if OUTPUT_LIMITED_COUNT.load(Ordering::Acquire) == 0 {
        return;
    }
    let id = vm.state.interpreter_id;
    let found = {
        let limited = OUTPUT_LIMITED.lock();
        let own = limited.iter().find(|(interpreter, _)| *interpreter == id);
        own.and_then(|(_, core)| core.upgrade())
    };
    if let Some(core) = found {
        core.control.calls.note_output(bytes);
    }
}

/// A call under a limit on output, for as long as this lives.
pub(super) struct OutputLimited(i64);

impl OutputLimited {
    pub(super) fn begin(core: &Arc<RuntimeCore>, vm: &VirtualMachine) -> Self {
        let id = vm.state.interpreter_id;
        OUTPUT_LIMITED.lock().push((id, Arc::downgrade(core)));
        OUTPUT_LIMITED_COUNT.fetch_add(1, Ordering::AcqRel);
        Self(id)
    }
}

impl Drop for OutputLimited {
    fn drop(&mut self) {
        let mut limited = OUTPUT_LIMITED.lock();
        if let Some(place) = limited.iter().position(|(id, _)| *id == self.0) {
            limited.swap_remove(place);
            OUTPUT_LIMITED_COUNT.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
