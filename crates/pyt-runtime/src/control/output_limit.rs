//! Counting what programs write while their output is limited.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustpython_vm::VirtualMachine;

use super::state::Control;

/// How many calls of the process have a limit on output. Streams check it first.
static OUTPUT_LIMITED_CALLS: AtomicUsize = AtomicUsize::new(0);

/// A program of `vm`'s interpreter has written so many bytes to a standard stream that leads to the
/// host.
pub(crate) fn note_output(vm: &VirtualMachine, bytes: usize) {
    if OUTPUT_LIMITED_CALLS.load(Ordering::Acquire) == 0 {
        return;
    }
    if let Some(state) = pyt_vm::state::find(vm.state.interpreter_id) {
        state.slot::<Control>().calls.note_output(bytes);
    }
}

/// A call under a limit on output, for as long as this lives.
pub(super) struct OutputLimited(());

impl OutputLimited {
    pub(super) fn begin() -> Self {
        OUTPUT_LIMITED_CALLS.fetch_add(1, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for OutputLimited {
    fn drop(&mut self) {
        OUTPUT_LIMITED_CALLS.fetch_sub(1, Ordering::AcqRel);
    }
}
