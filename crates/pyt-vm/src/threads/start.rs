//! Starting a Python thread, and what its OS thread does from its first turn to its exit.

use std::{
    ffi::CString,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use pyt_sched::{SignalMask, Thread, controlled};
use rustpython_vm::{
    PyResult, VirtualMachine,
    stdlib::_thread::get_ident,
    vm::thread::{self, ThreadedVirtualMachine},
};

use super::{
    handle::Handle,
    os_name,
    os_thread_cache::ThreadPlace,
    start_watch::StartWatch,
    vm_pool::{self, Inherited},
};
use crate::{
    abort::abort_exception,
    hooks, panics, pending_exception,
    state::{self, InterpreterState},
};

/// The stack of a thread that no other size was asked for, in bytes: what Linux gives a main thread
/// and CPython's threads. The 2 MiB of `std` end recursion before the interpreter's limit does.
/// Only what is used of it takes memory.
const DEFAULT_STACK: usize = 8 << 20;

/// The least stack of threads, in bytes, whatever size the program asks for: the default, unless
/// the host has set another one.
#[derive(Default)]
pub struct LeastStack(AtomicUsize);

impl LeastStack {
    /// Sets it.
    pub fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    fn get(&self) -> usize {
        match self.0.load(Ordering::Relaxed) {
            0 => DEFAULT_STACK,
            bytes => bytes,
        }
    }
}

/// How to start a thread.
pub struct Start {
    /// The thread's handle, which has not been started.
    pub handle: Arc<Handle>,
    /// The scheduler's name for the thread.
    pub name: String,
    /// The interpreter does not wait for it at its end.
    pub daemon: bool,
    /// The body gives the OS thread its name. If not, it has its starter's, as the kernel has it.
    pub names_itself: bool,
}

impl Start {
    /// Starts an OS thread that runs `body` in the interpreter. When this returns, the thread is
    /// started; under the GIL it has had its first turn.
    ///
    /// # Errors
    /// `RuntimeError` if the handle's thread was started before, the system refuses or the
    /// interpreter is one without threads; `PythonFinalizationError` once the interpreter ends;
    /// what the host has said if there are as many threads as it allows.
    pub fn run(
        self,
        vm: &VirtualMachine,
        body: impl FnOnce(&VirtualMachine) + Send + 'static,
    ) -> PyResult<()> {
        let Self {
            handle,
            name,
            daemon,
            names_itself,
        } = self;
        if !vm.state.allow_threads() {
            return Err(
                vm.new_runtime_error("thread is not supported for isolated subinterpreters")
            );
        }
        if vm.state.finalizing.load(Ordering::Acquire) {
            return Err(vm.new_exception_msg(
                vm.ctx.exceptions.python_finalization_error.to_owned(),
                "can't create new thread at interpreter shutdown".into(),
            ));
        }
        let already = || Err(vm.new_runtime_error("thread already started"));
        if handle.look_begun() {
            return already();
        }
        state::of(vm).slot::<StartWatch>().ask(&name, vm)?;
        if let Err(aborted) = handle.before_start() {
            return Err(abort_exception(aborted, vm));
        }
        if !handle.begin_start() {
            return already();
        }
        let state = state::of(vm);
        let threads = state.threads();
        if let Err(refused) = threads.admit(&state.world.async_exceptions, vm) {
            handle.cancel_start();
            return Err(refused);
        }
        let scheduler = &state.scheduler;
        // A smaller one would end where objects in one another are freed: what is not used of it
        // takes no memory.
        let least = state::of(vm).slot::<LeastStack>().get();
        let stack_size = vm.state.stacksize.load().max(least);
        let cache = state.thread_cache();
        let place = cache.place(stack_size);
        let record = scheduler.register_at(&name, place.park_slot());
        handle.set_record(record.id());
        threads.add(&handle, &record, daemon);

        let thread = ThreadBody {
            machine: state.vm_pool().take(vm),
            inherited: Inherited::of(vm),
            state: state.clone(),
            handle: handle.clone(),
            record: record.clone(),
            os_name: match place {
                ThreadPlace::Idle(_) if !names_itself => os_name::of_caller(),
                _ => None,
            },
        };
        let sent = cache.send(place, Box::new(move || thread.run(body)));
        let ident = match sent {
            Ok(found) => {
                if let Some(id) = found.native_id {
                    handle.set_native_id(id);
                }
                found.ident
            }
            Err(_) => {
                scheduler.unregister(&record);
                threads.remove(&handle);
                handle.set_done();
                return Err(vm.new_runtime_error("can't start new thread"));
            }
        };
        handle.set_ident(ident);
        handle.end_start();
        scheduler.policy().ready(&record);
        if let Some(number) = controlled::number_of(&record) {
            handle.show(number);
        }
        if let Some(me) = Thread::current() {
            scheduler.yield_now(&me);
        }
        Ok(())
    }
}

/// What a thread brings with it to the OS thread that it runs on.
struct ThreadBody {
    machine: ThreadedVirtualMachine,
    inherited: Inherited,
    state: Arc<InterpreterState>,
    handle: Arc<Handle>,
    record: Arc<Thread>,
    /// The OS thread's name, if it is not the right one already and the body sets none.
    os_name: Option<CString>,
}

impl ThreadBody {
    /// Runs the thread on an OS thread that has just been woken by the thread's first turn. All
    /// that belongs to a thread is gone afterwards, so that the OS thread can run another.
    fn run(self, body: impl FnOnce(&VirtualMachine)) {
        let Self {
            machine,
            inherited,
            state,
            handle,
            record,
            os_name,
        } = self;
        handle.set_native_id_here();
        if let Some(name) = os_name {
            os_name::set_bytes(&name);
        }
        record.adopt();
        record.accept_turn();
        let is_clear = machine.run(|vm| {
            let ident = get_ident();
            record.set_tag(ident);
            handle.set_ident(ident);
            record.entered();
            inherited.apply(vm);
            state.vm_pool().fill(vm);
            vm.state.thread_count.fetch_add(1);
            body(vm);
            hooks::thread_exit(vm);
            let is_clear = vm_pool::clear(vm) && !panics::take();
            pending_exception::clear();
            hooks::os_thread_reuse();
            state.slot_reclaimer().thread_exits(vm);
            state.world.async_exceptions.forget(ident, &vm.state);
            vm.state.thread_count.fetch_sub(1);
            state.threads().remove(&handle);
            // Before any thread can see that this one has ended: from here on, no signal is for it.
            SignalMask::FULL.set();
            handle.set_done();
            // The turn is given up while still attached, as the scheduler asks; what
            // follows touches no Python object.
            record.end();
            thread::cleanup_current_thread_frames(vm);
            is_clear
        });
        if is_clear {
            state.vm_pool().put_back(machine);
        }
        // As a C program ends with its last thread when the main thread has not ended it.
        if state.threads().is_deserted() {
            if let Some(recording) = state.recording() {
                recording.process_ends();
            }
            std::process::exit(0);
        }
    }
}
