//! Attaching threads to an interpreter: its main thread, and threads of the host's.

use std::sync::{Arc, atomic::Ordering};

use pyt_sched::Thread;
use rustpython_vm::{Interpreter, VirtualMachine, stdlib::_thread::get_ident, vm::thread};

use super::{
    first_entry, hooks,
    state::{self, InterpreterState},
};

/// What becomes of a thread when it detaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDetach {
    /// It may attach again as the thread that it is: the main thread.
    Pause,
    /// All that Python knows of the thread ends.
    Exit,
}

/// A thread's attachment to an interpreter, from its turn until that is given up, also in a panic.
struct Attach<'a> {
    thread: &'a Arc<Thread>,
    state: &'a InterpreterState,
    vm: &'a VirtualMachine,
    on_detach: OnDetach,
}

impl<'a> Attach<'a> {
    fn new(
        thread: &'a Arc<Thread>,
        state: &'a InterpreterState,
        vm: &'a VirtualMachine,
        on_detach: OnDetach,
    ) -> Self {
        thread.set_tag(get_ident());
        thread.entered();
        Self {
            thread,
            state,
            vm,
            on_detach,
        }
    }
}

impl Drop for Attach<'_> {
    fn drop(&mut self) {
        let (ident, vm) = (get_ident(), self.vm);
        if self.on_detach == OnDetach::Exit {
            hooks::thread_exit(vm);
        }
        // In this order: a thread that is not listed is not interrupted, and what was sent too late
        // is not for the next time it attaches.
        self.state.threads().host_detached(ident);
        self.state.world.async_exceptions.forget(ident, &vm.state);
        match self.on_detach {
            OnDetach::Pause => {
                self.thread.forget_interrupt();
                self.thread.pause();
            }
            OnDetach::Exit => {
                // The turn is given up while still attached; what follows touches no Python object.
                self.thread.end();
                thread::cleanup_current_thread_frames(vm);
            }
        }
    }
}

impl InterpreterState {
    /// Attaches the calling thread to `interpreter` as its main thread, runs `f`, and detaches.
    /// Under the GIL it blocks until it is this thread's turn. In an interpreter that Python code
    /// made, only runs `f`.
    pub fn attach_main<R>(
        self: &Arc<Self>,
        interpreter: &Interpreter,
        f: impl FnOnce(&VirtualMachine) -> R,
    ) -> R {
        let Some(main) = &self.main else {
            return interpreter.enter(f);
        };
        if Thread::current().is_some_and(|current| Arc::ptr_eq(&current, main)) {
            // Already attached, further up the stack.
            return interpreter.enter(f);
        }
        self.world.bind(&interpreter.global_state);
        if self.id.get().is_none() {
            state::bind(interpreter.id(), self.clone());
        }
        self.threads().host_attached(get_ident());
        main.begin();
        interpreter.enter(|vm| {
            let _attached = Attach::new(main, self, vm, OnDetach::Pause);
            if !self.was_entered.swap(true, Ordering::AcqRel)
                && let Err(raised) = first_entry::prepare(self, vm)
            {
                vm.print_exception(&raised);
            }
            f(vm)
        })
    }

    /// Whether the calling thread runs Python of this interpreter, or was called by such code and
    /// has not detached for foreign code.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        let current = thread::try_with_current_vm(|vm| vm.state.interpreter_id);
        current.is_some() && current == self.id.get().copied()
    }

    /// Attaches a thread of the host's, which neither is the main thread nor was started by Python
    /// code, runs `f`, and detaches. For Python it is a thread of this name, for as long as `f`
    /// runs. Under the GIL it blocks until it is this thread's turn. `None` before the first
    /// [`attach_main`](Self::attach_main) and after the interpreter's end.
    pub fn attach_host<R>(&self, name: &str, f: impl FnOnce(&VirtualMachine) -> R) -> Option<R> {
        // Before the turn is asked for: making a machine may have to wait for a stop of the world.
        let machine = {
            let template = self.vm_template.lock();
            template.as_ref()?.run(VirtualMachine::new_thread)
        };
        let is_known = Thread::current().is_some_and(|current| {
            let known = self.scheduler.thread(current.id());
            known.is_some_and(|known| Arc::ptr_eq(&known, &current))
        });
        if is_known {
            // Further up the stack it has detached for foreign code.
            return Some(machine.run(f));
        }
        let record = self.scheduler.register(name);
        // From here on it can be interrupted, though it may have to wait for its first turn.
        self.threads().host_attached(get_ident());
        record.begin();
        Some(machine.run(|vm| {
            let _attached = Attach::new(&record, self, vm, OnDetach::Exit);
            f(vm)
        }))
    }
}
