//! Has upstream reclaim what it keeps for threads that have exited.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine};

/// After how many threads it is done.
const RECLAIM_EVERY: u64 = 256;

/// Forces upstream to reclaim its slots of exited threads.
///
/// For each thread upstream keeps a few bytes. It looks through them, and frees those of exited
/// threads, only when it is about to free an object that threads may read without a lock: what was
/// the value of a class's attribute. So such a value is made, read, and replaced.
#[derive(Default)]
pub(super) struct SlotReclaimer {
    class: OnceLock<PyObjectRef>,
    exited: AtomicU64,
}

impl SlotReclaimer {
    /// To be called by an exiting thread, attached.
    pub(super) fn thread_exits(&self, vm: &VirtualMachine) {
        let exited = self.exited.fetch_add(1, Ordering::Relaxed) + 1;
        if exited.is_multiple_of(RECLAIM_EVERY) {
            // A failure costs memory only.
            let _ = self.reclaim(vm);
        }
    }

    fn reclaim(&self, vm: &VirtualMachine) -> PyResult<()> {
        let types = &vm.ctx.types;
        if self.class.get().is_none() {
            let make = types.type_type.as_object();
            let names = vm.ctx.new_dict();
            let class = make.call(("_slot_reclaimer", vm.ctx.new_tuple(Vec::new()), names), vm)?;
            let _ = self.class.set(class);
        }
        if let Some(class) = self.class.get() {
            let value = types.object_type.as_object().call((), vm)?;
            class.set_attr("value", value, vm)?;
            class.get_attr("value", vm)?;
            class.set_attr("value", vm.ctx.none(), vm)?;
        }
        Ok(())
    }
}
