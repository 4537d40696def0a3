//! After a `fork`, in the child: one thread is left.

use std::sync::atomic::Ordering;

use pyt_sched::Thread;

use super::state::InterpreterState;

impl InterpreterState {
    /// Forgets all threads but the calling one. Does nothing unless the process has changed since
    /// the last time. To be called in the child before it starts a thread.
    pub fn reset_after_fork(&self) {
        let process = std::process::id();
        if self.process.swap(process, Ordering::AcqRel) == process {
            return;
        }
        let me = Thread::current();
        let forked_by_started = self.threads().reset_after_fork(me.as_ref());
        // SAFETY: a process that has just been forked has one thread.
        unsafe { self.world.reset_after_fork() };
        // SAFETY: as above; a thread that runs Python is in none of its functions.
        unsafe { self.thread_cache().reset_after_fork() };
        // SAFETY: as above.
        unsafe { self.vm_pool().reset_after_fork() };
        if let Some(me) = me {
            self.threads().set_without_main(forked_by_started);
            me.set_takes_signals(true);
            // SAFETY: as above.
            unsafe { self.scheduler.reset_after_fork(&me) };
        }
    }
}
