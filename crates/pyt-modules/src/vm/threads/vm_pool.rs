//! `VirtualMachine`s for threads to come, made by threads for which that is cheap.
//!
//! A new one takes note of the stack bounds of the thread that makes it. On the main thread the C
//! library reads them from the list of the process's memory mappings, which has two more for each
//! thread: a main thread that starts many threads would spend its time there. So each thread
//! leaves some for the next to be started.

use parking_lot::Mutex;
use rustpython_vm::{PyResult, VirtualMachine, common::lock, vm::thread::ThreadedVirtualMachine};

/// Enough for a thread that starts others faster than they begin. Each takes 16 KiB.
const WANTED: usize = 4;

/// How often a thread that ends is given the chance to leave nothing.
const CLEARINGS: usize = 4;

/// No more are taken back.
const MOST: usize = 16;

/// What is in stock for one interpreter.
#[derive(Default)]
pub(crate) struct Spares(Mutex<Stock>);

#[derive(Default)]
struct Stock {
    machines: Vec<ThreadedVirtualMachine>,
    closed: bool,
}

/// What a thread takes over from the one that starts it, and a spare does not know.
pub(crate) struct Heritage {
    recursion_limit: usize,
}

impl Heritage {
    pub(crate) fn of(vm: &VirtualMachine) -> Self {
        Self {
            recursion_limit: vm.recursion_limit.get(),
        }
    }

    /// To be called by the thread, inside, before it runs Python.
    pub(crate) fn take_over(&self, vm: &VirtualMachine) {
        vm.recursion_limit.set(self.recursion_limit);
        let trace = vm.state.global_trace_func.lock().clone();
        let profile = vm.state.global_profile_func.lock().clone();
        vm.use_tracing.set(trace.is_some() || profile.is_some());
        vm.trace_func
            .replace(trace.unwrap_or_else(|| vm.ctx.none()));
        vm.profile_func
            .replace(profile.unwrap_or_else(|| vm.ctx.none()));
    }
}

/// Lets go, inside, of all that the thread that ends leaves in `vm`. What is dropped may run Python
/// code. False: something is left, so that no other thread may have it.
pub(crate) fn clear(vm: &VirtualMachine) -> bool {
    // What is dropped may leave something again.
    for _ in 0..CLEARINGS {
        let none = || vm.ctx.none();
        drop(vm.context_stack.take());
        drop(vm.asyncio_running_loop.take());
        drop(vm.asyncio_running_task.take());
        drop(vm.async_gen_firstiter.take());
        drop(vm.async_gen_finalizer.take());
        vm.use_tracing.set(false);
        drop(vm.trace_func.replace(none()));
        drop(vm.profile_func.replace(none()));
        if is_clear(vm) {
            return stops_tracking_origins(vm).is_ok();
        }
    }
    false
}

/// Takes back what `sys.set_coroutine_origin_tracking_depth` has set, which is the OS thread's.
fn stops_tracking_origins(vm: &VirtualMachine) -> PyResult<()> {
    let sys = &vm.sys_module;
    let depth = sys.get_attr("get_coroutine_origin_tracking_depth", vm)?;
    if depth.call((), vm)?.try_to_bool(vm)? {
        let set = sys.get_attr("set_coroutine_origin_tracking_depth", vm)?;
        set.call((0,), vm)?;
    }
    Ok(())
}

fn is_clear(vm: &VirtualMachine) -> bool {
    vm.context_stack.borrow().is_empty()
        && vm.asyncio_running_loop.borrow().is_none()
        && vm.asyncio_running_task.borrow().is_none()
        && vm.async_gen_firstiter.borrow().is_none()
        && vm.async_gen_finalizer.borrow().is_none()
        && vm.repr_guards.borrow().is_empty()
        && !vm.use_tracing.get()
        && vm.current_exception().is_none()
}

impl Spares {
    /// One for a thread that `vm`'s thread is about to start.
    pub(crate) fn take(&self, vm: &VirtualMachine) -> ThreadedVirtualMachine {
        let spare = self.0.lock().machines.pop();
        spare.unwrap_or_else(|| vm.new_thread())
    }

    /// Takes back one that a thread has left [clear](clear).
    pub(crate) fn put_back(&self, machine: ThreadedVirtualMachine) {
        let mut stock = self.0.lock();
        if !stock.closed && stock.machines.len() < MOST {
            stock.machines.push(machine);
        }
    }

    /// Fills the stock up. Not for the main thread.
    pub(crate) fn fill(&self, vm: &VirtualMachine) {
        let missing = {
            let stock = self.0.lock();
            if stock.closed {
                return;
            }
            WANTED.saturating_sub(stock.machines.len())
        };
        for _ in 0..missing {
            let spare = vm.new_thread();
            let mut stock = self.0.lock();
            if !stock.closed {
                stock.machines.push(spare);
            }
        }
    }

    /// Forgets what is in stock: in the child of a `fork`, where a thread that is gone, and was
    /// outside of the interpreter already, may have been putting something there.
    ///
    /// # Safety
    /// The calling thread is the only one in the process, and not in a function of this type's.
    pub(crate) unsafe fn reset_after_fork(&self) {
        // SAFETY: nobody holds the lock who would give it back.
        unsafe { lock::zero_reinit_after_fork(self.0.raw()) };
        // Not dropped: it may be half written.
        std::mem::forget(std::mem::take(&mut self.0.lock().machines));
    }

    /// Gives up what is in stock: the interpreter is about to end.
    pub(crate) fn close(&self) {
        let dropped = {
            let mut stock = self.0.lock();
            stock.closed = true;
            std::mem::take(&mut stock.machines)
        };
        drop(dropped);
    }
}
