//! A thread's stay inside an interpreter, from outside.

use std::sync::Arc;

use pyt_sched::Thread;
use rustpython_vm::{VirtualMachine, stdlib::_thread::get_ident, vm::thread};

use crate::vm::interpreters::Threads;

/// How a stay ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The thread may come again as the one that it is: the main thread.
    Pause,
    /// All that Python knows of the thread ends with the stay.
    Good,
}

/// From the thread's turn until it is given up, also in a panic.
pub(crate) struct Stay<'a> {
    thread: &'a Arc<Thread>,
    threads: &'a Threads,
    vm: &'a VirtualMachine,
    end: End,
}

impl<'a> Stay<'a> {
    pub(crate) fn begin(
        thread: &'a Arc<Thread>,
        threads: &'a Threads,
        vm: &'a VirtualMachine,
        end: End,
    ) -> Self {
        thread.set_tag(get_ident());
        thread.entered();
        Self {
            thread,
            threads,
            vm,
            end,
        }
    }
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        let (ident, vm) = (get_ident(), self.vm);
        if self.end == End::Good {
            crate::modules::threading::thread_ends(vm);
            crate::modules::thread::local::drop_all_of_this_thread();
        }
        // In this order: one that is not inside is not interrupted, and what comes too late is not
        // for the next stay.
        self.threads.goes_out(ident);
        self.threads.world.async_exceptions.forget(ident, &vm.state);
        match self.end {
            End::Pause => {
                self.thread.forget_interrupt();
                self.thread.pause();
            }
            End::Good => {
                // The turn is given up while still attached; what follows touches no Python object.
                self.thread.end();
                thread::cleanup_current_thread_frames(vm);
            }
        }
    }
}
