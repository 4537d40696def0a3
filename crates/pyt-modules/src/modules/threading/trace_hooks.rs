//! What `threading.settrace` and `threading.setprofile` set for threads to come.

use parking_lot::Mutex;
use pyt_vm::state;
use rustpython_vm::{PyObjectRef, VirtualMachine};

/// The functions of one interpreter.
#[derive(Clone, Default)]
pub(crate) struct TraceHooks {
    pub(crate) trace: Option<PyObjectRef>,
    pub(crate) profile: Option<PyObjectRef>,
}

#[derive(Default)]
struct Slot(Mutex<TraceHooks>);

/// Calls `f` with the functions of `vm`'s interpreter. What it takes out is to be dropped later.
pub(crate) fn with<R>(vm: &VirtualMachine, f: impl FnOnce(&mut TraceHooks) -> R) -> R {
    f(&mut state::of(vm).slot::<Slot>().0.lock())
}

/// Drops the functions of `vm`'s interpreter, which has ended but for the calling thread.
pub(crate) fn interpreter_exits(vm: &VirtualMachine) {
    let hooks = with(vm, std::mem::take);
    drop(hooks);
}
