//! A Python thread's handle, and starting the OS thread behind it.

use std::{
    ffi::CString,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

use pyt_sched::{
    Aborted, Deadline, Event, Kind, SignalMask, Thread, ThreadId,
    controlled::{self, Action, Op},
};
use rustpython_vm::{
    PyResult, VirtualMachine,
    vm::thread::{self, ThreadedVirtualMachine},
};

use super::{
    os_name,
    os_thread_cache::Place,
    shown_ident as shown,
    vm_pool::{self, Heritage},
};
use crate::vm::{
    interpreters::{self, Threads},
    panics, world,
};

const NOT_STARTED: u8 = 0;
const STARTING: u8 = 1;
const RUNNING: u8 = 2;
const DONE: u8 = 3;

/// The stack of a thread that no other size was asked for, in bytes: what Linux gives a main thread
/// and CPython's threads. The 2 MiB of `std` end recursion before the interpreter's limit does.
/// Only what is used of it takes memory.
const DEFAULT_STACK: usize = 8 << 20;

/// What there is to know about one Python thread from outside.
#[derive(Debug, Default)]
pub(crate) struct Handle {
    state: AtomicU8,
    ident: AtomicU64,
    native_id: AtomicU64,
    /// What it shows in the place of both, if it was started in a run; else zero.
    shown: AtomicU64,
    done: Event,
    /// The scheduler's record of the thread, once it was started here.
    record: OnceLock<ThreadId>,
}

impl Handle {
    /// The handle of a thread that runs already: the main thread, or one the host started.
    pub(crate) fn running(ident: u64) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(RUNNING),
            ident: AtomicU64::new(ident),
            native_id: AtomicU64::new(0),
            shown: AtomicU64::new(0),
            done: Event::new(),
            record: OnceLock::new(),
        })
    }

    pub(crate) fn ident(&self) -> u64 {
        self.ident.load(Ordering::Acquire)
    }

    /// The ident that programs see.
    pub(crate) fn shown_ident(&self) -> u64 {
        match self.shown.load(Ordering::Acquire) {
            0 => shown::of_other(self.ident()),
            shown => shown,
        }
    }

    /// The kernel's number, as programs see it: see [`native_id`](Self::native_id).
    pub(crate) fn shown_native_id(&self) -> u64 {
        match self.shown.load(Ordering::Acquire) {
            0 if shown::of_other(self.ident()) != self.ident() => shown::of_other(self.ident()),
            0 => self.native_id(),
            shown => shown,
        }
    }

    pub(crate) fn set_ident(&self, ident: u64) {
        self.ident.store(ident, Ordering::Release);
    }

    /// The kernel's number for the thread. The thread says it itself before it does anything
    /// else, so a wait for it is short.
    pub(crate) fn native_id(&self) -> u64 {
        loop {
            let id = self.native_id.load(Ordering::Acquire);
            if id != 0 || !self.is_started() {
                return id;
            }
            std::thread::yield_now();
        }
    }

    fn set_native_id(&self, id: u64) {
        self.native_id.store(id, Ordering::Release);
    }

    pub(crate) fn set_native_id_here(&self) {
        self.native_id.store(native_id(), Ordering::Release);
    }

    pub(crate) fn is_started(&self) -> bool {
        self.state.load(Ordering::Acquire) >= RUNNING
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state.load(Ordering::Acquire) == DONE
    }

    /// As [`is_done`](Self::is_done), for a program that asks.
    pub(crate) fn look_done(&self) -> bool {
        let _ = self.done.look();
        self.is_done()
    }

    pub(crate) fn set_done(&self) {
        let end = || self.state.store(DONE, Ordering::Release);
        self.done.set_as(Action::End, end);
    }

    /// Waits until the thread has ended. False: the deadline passed first.
    pub(crate) fn wait(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        // Also if it has ended: that it has is what orders all that follows.
        self.done.wait_from(deadline, Kind::Join, self.record())
    }

    fn record(&self) -> Option<ThreadId> {
        self.record.get().copied().or_else(|| {
            let threads = Thread::current()?.scheduler().threads();
            let own = |thread: &&Arc<Thread>| thread.tag() == self.ident();
            threads.iter().find(own).map(|thread| thread.id())
        })
    }

    /// As `_ThreadHandle.join`, with its checks.
    pub(crate) fn join(&self, deadline: Option<Deadline>, vm: &VirtualMachine) -> PyResult<()> {
        if self.state.load(Ordering::Acquire) < RUNNING {
            return Err(vm.new_runtime_error("thread not started"));
        }
        if !self.is_done() && self.ident() == rustpython_vm::stdlib::_thread::get_ident() {
            return Err(vm.new_runtime_error("Cannot join current thread"));
        }
        if !self.is_done() && vm.state.finalizing.load(Ordering::Acquire) {
            // The threads that are left were stopped for good.
            return Err(vm.new_exception_msg(
                vm.ctx.exceptions.python_finalization_error.to_owned(),
                "cannot join thread at interpreter shutdown".into(),
            ));
        }
        self.wait(deadline)
            .map(drop)
            .map_err(|end| world::aborted(end, vm))
    }

    /// After `fork`: a thread that was not copied counts as ended, and nobody waits.
    pub(crate) fn reset_after_fork(&self, survives: bool) {
        self.done.reset_after_fork();
        if !survives && self.state.load(Ordering::Acquire) != NOT_STARTED {
            self.set_done();
        }
    }
}

/// The kernel's number for the calling thread.
pub(crate) fn native_id() -> u64 {
    u64::try_from(rustix::thread::gettid().as_raw_nonzero().get()).unwrap_or(0)
}

/// How to start a thread.
pub(crate) struct Start {
    pub(crate) handle: Arc<Handle>,
    pub(crate) name: String,
    /// The interpreter does not wait for it at its end.
    pub(crate) daemon: bool,
    /// The body gives the OS thread its name. If not, it has its starter's, as the kernel has it.
    pub(crate) names_itself: bool,
}

impl Start {
    /// Starts an OS thread that runs `body` in the interpreter. When this returns, the thread is
    /// started; under the GIL it has had its first turn.
    ///
    /// # Errors
    /// `RuntimeError` if the handle's thread was started before, the system refuses or the
    /// interpreter is one without threads; `PythonFinalizationError` once the interpreter ends; what
    /// the host has said if there are as many threads as it allows.
    pub(crate) fn run(
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
        handle
            .state
            .compare_exchange(NOT_STARTED, STARTING, Ordering::AcqRel, Ordering::Acquire)
            .map_err(|_| vm.new_runtime_error("thread already started"))?;
        if let Err(aborted) = controlled::point(Op::alone(Action::Start)) {
            handle.state.store(NOT_STARTED, Ordering::Release);
            return Err(world::aborted(aborted, vm));
        }
        let threads = interpreters::of(vm);
        if let Err(refused) = threads.admit(vm) {
            handle.state.store(NOT_STARTED, Ordering::Release);
            return Err(refused);
        }
        let scheduler = threads.scheduler.clone();
        let stack_size = match vm.state.stacksize.load() {
            0 => DEFAULT_STACK,
            wanted => wanted,
        };
        let place = threads.workers.place(stack_size);
        let record = scheduler.register_at(&name, place.berth());
        // Started once, as was just made sure.
        let _ = handle.record.set(record.id());
        threads.add(&handle, &record, daemon);

        let life = Life {
            machine: threads.spares.take(vm),
            heritage: Heritage::of(vm),
            threads: threads.clone(),
            handle: handle.clone(),
            record: record.clone(),
            os_name: match place {
                Place::Idle(_) if !names_itself => os_name::of_caller(),
                _ => None,
            },
        };
        let sent = threads
            .workers
            .send(place, Box::new(move || life.live(body)));
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
        // The thread may have run and ended before this: a later state stays.
        let _ =
            handle
                .state
                .compare_exchange(STARTING, RUNNING, Ordering::AcqRel, Ordering::Acquire);
        scheduler.policy().ready(&record);
        if let Some(number) = controlled::number_of(&record) {
            handle
                .shown
                .store(shown::of_number(number), Ordering::Release);
        }
        if let Some(me) = Thread::current() {
            scheduler.yield_now(&me);
        }
        Ok(())
    }
}

/// What a thread brings with it to the OS thread that it runs on.
struct Life {
    machine: ThreadedVirtualMachine,
    heritage: Heritage,
    threads: Arc<Threads>,
    handle: Arc<Handle>,
    record: Arc<Thread>,
    /// The OS thread's name, if it is not the right one already and the body sets none.
    os_name: Option<CString>,
}

impl Life {
    /// The life of the thread, on an OS thread that has just been woken by its first turn. All that
    /// belongs to a thread is gone afterwards, so that the OS thread can run another.
    fn live(self, body: impl FnOnce(&VirtualMachine)) {
        let Self {
            machine,
            heritage,
            threads,
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
        let is_clean = machine.run(|vm| {
            let ident = rustpython_vm::stdlib::_thread::get_ident();
            record.set_tag(ident);
            handle.set_ident(ident);
            record.entered();
            heritage.take_over(vm);
            threads.spares.fill(vm);
            vm.state.thread_count.fetch_add(1);
            body(vm);
            crate::modules::threading::thread_ends(vm);
            crate::modules::thread::local::drop_all_of_this_thread();
            let is_clean = vm_pool::clear(vm) && !panics::take();
            world::thread_ends();
            threads.broom.one_ends(vm);
            threads.world.async_exceptions.forget(ident, &vm.state);
            vm.state.thread_count.fetch_sub(1);
            threads.remove(&handle);
            // Before anybody can know that it has ended: from here on, no signal is for it.
            SignalMask::FULL.set();
            handle.set_done();
            // The turn is given up while still attached, as the scheduler asks; what
            // follows touches no Python object.
            record.end();
            thread::cleanup_current_thread_frames(vm);
            is_clean
        });
        if is_clean {
            threads.spares.put_back(machine);
        }
        // As a C program ends with its last thread when the main thread has not ended it.
        if threads.is_deserted() {
            std::process::exit(0);
        }
    }
}
