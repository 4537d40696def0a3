//! What an interpreter keeps for its threads, in one slot of its state: starting and exiting
//! threads ask for all of it.

use super::{
    os_thread_cache::OsThreadCache, registry::ThreadRegistry, slot_reclaimer::SlotReclaimer,
    vm_pool::VmPool,
};
use crate::state::InterpreterState;

#[derive(Default)]
struct ThreadResources {
    registry: ThreadRegistry,
    vm_pool: VmPool,
    cache: OsThreadCache,
    reclaimer: SlotReclaimer,
}

impl InterpreterState {
    #[inline]
    fn thread_resources(&self) -> &ThreadResources {
        self.slot()
    }

    /// The interpreter's threads.
    #[inline]
    #[must_use]
    pub fn threads(&self) -> &ThreadRegistry {
        &self.thread_resources().registry
    }

    /// The interpreter's unused machines.
    #[inline]
    pub(crate) fn vm_pool(&self) -> &VmPool {
        &self.thread_resources().vm_pool
    }

    /// The interpreter's idle OS threads.
    #[inline]
    pub(crate) fn thread_cache(&self) -> &OsThreadCache {
        &self.thread_resources().cache
    }

    /// What has upstream reclaim its slots of exited threads.
    #[inline]
    pub(super) fn slot_reclaimer(&self) -> &SlotReclaimer {
        &self.thread_resources().reclaimer
    }
}
