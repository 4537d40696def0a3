//! A Python thread's handle: what there is to know about the thread from outside.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use pyt_sched::{
    Aborted, Deadline, Event, Thread, ThreadId, WaitKind,
    controlled::{self, Action},
};
use rustpython_vm::{PyResult, VirtualMachine};

use super::{kernel_attrs::native_id, shown_ident as shown};
use crate::abort::OrRaise;

const NOT_STARTED: u8 = 0;
const STARTING: u8 = 1;
const RUNNING: u8 = 2;
const DONE: u8 = 3;

/// What there is to know about one Python thread from outside.
#[derive(Debug, Default)]
pub struct Handle {
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
    pub fn running(ident: u64) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(RUNNING),
            ident: AtomicU64::new(ident),
            native_id: AtomicU64::new(0),
            shown: AtomicU64::new(0),
            done: Event::new(),
            record: OnceLock::new(),
        })
    }

    pub fn ident(&self) -> u64 {
        self.ident.load(Ordering::Acquire)
    }

    /// The ident that programs see.
    pub fn shown_ident(&self) -> u64 {
        match self.shown.load(Ordering::Acquire) {
            0 => shown::of_other(self.ident()),
            shown => shown,
        }
    }

    /// The kernel's number, as programs see it: see [`native_id`](Self::native_id).
    pub fn shown_native_id(&self) -> u64 {
        match self.shown.load(Ordering::Acquire) {
            0 if shown::of_other(self.ident()) != self.ident() => shown::of_other(self.ident()),
            0 => self.native_id(),
            shown => shown,
        }
    }

    pub fn set_ident(&self, ident: u64) {
        self.ident.store(ident, Ordering::Release);
    }

    /// The kernel's number for the thread. The thread sets it itself before it does anything else,
    /// so a wait for it is short.
    pub fn native_id(&self) -> u64 {
        loop {
            let id = self.native_id.load(Ordering::Acquire);
            if id != 0 || !self.is_started() {
                return id;
            }
            std::thread::yield_now();
        }
    }

    pub(super) fn set_native_id(&self, id: u64) {
        self.native_id.store(id, Ordering::Release);
    }

    pub fn set_native_id_here(&self) {
        self.native_id.store(native_id(), Ordering::Release);
    }

    pub fn is_started(&self) -> bool {
        self.state.load(Ordering::Acquire) >= RUNNING
    }

    pub fn is_done(&self) -> bool {
        self.state.load(Ordering::Acquire) == DONE
    }

    /// As [`is_done`](Self::is_done), for a program that asks.
    pub fn look_done(&self) -> bool {
        let _ = self.done.query();
        self.is_done()
    }

    pub fn set_done(&self) {
        let end = || self.state.store(DONE, Ordering::Release);
        self.done.set_as(Action::End, end);
    }

    /// Waits until the thread has ended. False: the deadline passed first.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raised during the wait.
    pub fn wait(&self, deadline: Option<Deadline>) -> Result<bool, Aborted> {
        // Also if it has ended: that it has is what orders all that follows.
        self.done.wait_from(deadline, WaitKind::Join, self.record())
    }

    fn record(&self) -> Option<ThreadId> {
        self.record.get().copied().or_else(|| {
            let threads = Thread::current()?.scheduler().threads();
            let own = |thread: &&Arc<Thread>| thread.tag() == self.ident();
            threads.iter().find(own).map(|thread| thread.id())
        })
    }

    /// As `_ThreadHandle.join`, with its checks.
    ///
    /// # Errors
    /// As `_ThreadHandle.join`.
    pub fn join(&self, deadline: Option<Deadline>, vm: &VirtualMachine) -> PyResult<()> {
        if !self.is_started() {
            self.look_started();
            return Err(vm.new_runtime_error("thread not started"));
        }
        if !self.is_done() && self.ident() == rustpython_vm::stdlib::_thread::get_ident() {
            return Err(vm.new_runtime_error("Cannot join current thread"));
        }
        if !self.is_done() && vm.state.finalizing.load(Ordering::Acquire) {
            // The remaining threads are stopped, and never go on.
            return Err(vm.new_exception_msg(
                vm.ctx.exceptions.python_finalization_error.to_owned(),
                "cannot join thread at interpreter shutdown".into(),
            ));
        }
        self.wait(deadline).map(drop).or_raise(vm)
    }

    /// Whether the thread was started before, for a program that asks.
    pub fn look_started(&self) -> bool {
        let _ = self.done.query();
        self.is_started()
    }

    /// As [`look_started`](Self::look_started), if it was; no step of the program if it was not.
    pub(super) fn look_begun(&self) -> bool {
        self.state.load(Ordering::Acquire) != NOT_STARTED && {
            let _ = self.done.query();
            true
        }
    }

    /// The decision point before the start.
    pub(super) fn before_start(&self) -> Result<(), Aborted> {
        self.done.point(Action::Start)
    }

    /// Reserves the handle for one start. False: it was started before.
    pub(super) fn begin_start(&self) -> bool {
        self.state
            .compare_exchange(NOT_STARTED, STARTING, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Takes [`begin_start`](Self::begin_start) back.
    pub(super) fn cancel_start(&self) {
        self.state.store(NOT_STARTED, Ordering::Release);
    }

    /// Sets the scheduler's record of the thread, once.
    pub(super) fn set_record(&self, record: ThreadId) {
        let _ = self.record.set(record);
    }

    /// The OS thread has been found. It may have run the thread to its end before this: a later
    /// state stays.
    pub(super) fn end_start(&self) {
        let _ = self
            .state
            .compare_exchange(STARTING, RUNNING, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Sets what the thread shows in the place of its ident and of the kernel's number.
    pub(super) fn show(&self, number: controlled::ThreadNumber) {
        self.shown
            .store(shown::of_number(number), Ordering::Release);
    }

    /// After `fork`: a thread that was not copied counts as ended, and no thread waits for it.
    pub fn reset_after_fork(&self, survives: bool) {
        self.done.reset_after_fork();
        if !survives && self.state.load(Ordering::Acquire) != NOT_STARTED {
            // No step: the run that the parent may be in is not the child's.
            self.state.store(DONE, Ordering::Release);
            self.done.set_now();
        }
    }
}
