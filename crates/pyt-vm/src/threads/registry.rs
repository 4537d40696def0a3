//! Which threads an interpreter has: those that Python code started, and the host's that are
//! attached.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use parking_lot::Mutex;
use pyt_sched::Thread;
use rustpython_vm::{
    PyResult, VirtualMachine, builtins::PyBaseExceptionRef, stdlib::_thread::get_ident,
};

use super::{handle::Handle, shown_ident};
use crate::async_exc::AsyncExceptions;

/// The threads of one interpreter.
pub struct ThreadRegistry {
    started: Mutex<Vec<Started>>,
    /// Threads admitted but not yet in `started`. Changed with the list locked.
    admitted: AtomicUsize,
    /// How many of those that Python code starts may be alive.
    most: AtomicUsize,
    /// Idents of the threads that are attached and were not started by Python code.
    host_threads: Mutex<Vec<u64>>,
    /// What is called on a thread that would start one more than there may be.
    on_refusal: Mutex<Option<Refusal>>,
    /// The process is the child of a fork by one of these threads: it has no main thread that
    /// would end it.
    without_main: AtomicBool,
}

/// Called, attached, on a thread that would start one more than there may be, with how many there
/// may be: what is raised there. `None`: admission is to be asked for again.
pub(crate) type Refusal =
    Arc<dyn Fn(usize, &VirtualMachine) -> Option<PyBaseExceptionRef> + Send + Sync>;

/// A thread that Python code started and that has not exited.
struct Started {
    handle: Arc<Handle>,
    record: Arc<Thread>,
    daemon: bool,
}

impl Default for ThreadRegistry {
    fn default() -> Self {
        Self {
            started: Mutex::default(),
            admitted: AtomicUsize::new(0),
            most: AtomicUsize::new(usize::MAX),
            host_threads: Mutex::default(),
            on_refusal: Mutex::default(),
            without_main: AtomicBool::new(false),
        }
    }
}

impl ThreadRegistry {
    /// Sets how many of the threads that Python code starts may be alive.
    pub(crate) fn set_most(&self, most: usize) {
        self.most.store(most, Ordering::Release);
    }

    /// Sets what is called on a thread that would start one more than there may be.
    pub(crate) fn set_on_refusal(&self, refusal: Refusal) {
        *self.on_refusal.lock() = Some(refusal);
    }

    /// Admits one more thread, which is to be [added](Self::add) then. Two threads that ask at once
    /// cannot both get the last place. May block, detached.
    ///
    /// # Errors
    /// What the host raises where there are as many threads as it allows; if the calling thread is
    /// being unwound by force, what does that.
    pub(super) fn admit(&self, exceptions: &AsyncExceptions, vm: &VirtualMachine) -> PyResult<()> {
        loop {
            let most = self.most.load(Ordering::Acquire);
            {
                let started = self.started.lock();
                // With the list locked: a caller that has a thread unwound and then finds no
                // started thread will find none later, either.
                if exceptions.is_unwinding(get_ident()) {
                    return Err(exceptions.stopped(vm));
                }
                let admitted = self.admitted.load(Ordering::Relaxed);
                // Not counted unless it matters.
                let alive = || {
                    let alive = started.iter().filter(|started| !started.record.is_halted());
                    alive.count() + admitted
                };
                if most == usize::MAX || alive() < most {
                    self.admitted.store(admitted + 1, Ordering::Relaxed);
                    return Ok(());
                }
            }
            let refusal = self.on_refusal.lock().clone();
            let Some(refusal) = refusal else {
                return Err(vm.new_runtime_error("can't start new thread"));
            };
            if let Some(raised) = refusal(most, vm) {
                return Err(raised);
            }
        }
    }

    /// Lists a thread that was admitted and is about to be started.
    pub(super) fn add(&self, handle: &Arc<Handle>, record: &Arc<Thread>, daemon: bool) {
        let mut started = self.started.lock();
        started.push(Started {
            handle: handle.clone(),
            record: record.clone(),
            daemon,
        });
        // None since a fork, if that was in between.
        let admitted = self.admitted.load(Ordering::Relaxed);
        self.admitted
            .store(admitted.saturating_sub(1), Ordering::Relaxed);
    }

    pub(super) fn remove(&self, handle: &Arc<Handle>) {
        self.started
            .lock()
            .retain(|started| !Arc::ptr_eq(&started.handle, handle));
    }

    /// A non-daemon thread that has not exited, other than the calling one, and is `wanted`.
    pub fn first_to_join(&self, wanted: impl Fn(&Thread) -> bool) -> Option<Arc<Handle>> {
        let me = pyt_sched::current_id();
        self.started
            .lock()
            .iter()
            .find(|started| {
                let record = &started.record;
                // A thread that was halted never ends.
                !started.daemon && record.id() != me && !record.is_halted() && wanted(record)
            })
            .map(|started| started.handle.clone())
    }

    /// Lists a thread that Python code did not start as attached: the main thread, or one of the
    /// host's.
    pub(crate) fn host_attached(&self, ident: u64) {
        self.host_threads.lock().push(ident);
    }

    /// Takes such a thread off the list.
    pub(crate) fn host_detached(&self, ident: u64) {
        let mut attached = self.host_threads.lock();
        if let Some(place) = attached.iter().position(|known| *known == ident) {
            attached.swap_remove(place);
        }
    }

    /// Whether it is a daemon thread that Python code started.
    pub(crate) fn is_daemon(&self, thread: &Arc<Thread>) -> bool {
        let started = self.started.lock();
        started
            .iter()
            .any(|started| started.daemon && Arc::ptr_eq(&started.record, thread))
    }

    /// Idents of the daemon threads that have not exited.
    pub(crate) fn daemons(&self) -> Vec<u64> {
        self.started
            .lock()
            .iter()
            .filter(|started| started.daemon && !started.record.is_halted())
            .map(|started| started.handle.ident())
            .collect()
    }

    /// The scheduler's records of the daemon threads with these idents; all others, too, where
    /// `idents` is `None`.
    pub(crate) fn records(&self, idents: Option<&[u64]>) -> Vec<Arc<Thread>> {
        let me = pyt_sched::current_id();
        self.started
            .lock()
            .iter()
            .filter(|started| match idents {
                Some(idents) => started.daemon && idents.contains(&started.handle.ident()),
                None => true,
            })
            .filter(|started| started.record.id() != me && !started.record.is_halted())
            .map(|started| started.record.clone())
            .collect()
    }

    /// Idents of the threads that are attached and were not started by Python code.
    pub(crate) fn host_threads(&self) -> Vec<u64> {
        self.host_threads.lock().clone()
    }

    /// Idents of the threads that Python code started and that have neither exited nor been halted,
    /// and whether each is a daemon. One that has yet to begin has the ident zero.
    pub(crate) fn started(&self) -> Vec<(u64, bool)> {
        let started = self.started.lock();
        let alive = started.iter().filter(|started| !started.record.is_halted());
        alive
            .map(|started| (started.handle.ident(), started.daemon))
            .collect()
    }

    /// Whether Python code started any thread, or is about to, that has neither exited nor been
    /// halted.
    pub(crate) fn has_started(&self) -> bool {
        let started = self.started.lock();
        self.admitted.load(Ordering::Relaxed) > 0
            || started.iter().any(|started| !started.record.is_halted())
    }

    /// Calls `f` while the thread `ident`, which may be running, preempted or yet to have its first
    /// turn, can't exit. `None`: there is no such thread.
    pub fn while_alive<R>(&self, ident: u64, f: impl FnOnce() -> R) -> Option<R> {
        // A thread leaves either list before it exits, and can't while the list is locked.
        let started = self.started.lock();
        if started
            .iter()
            .any(|started| started.handle.ident() == ident && !started.record.is_halted())
        {
            return Some(f());
        }
        drop(started);
        let attached = self.host_threads.lock();
        attached.contains(&ident).then(f)
    }

    /// The operating system's ident of the thread that shows `ident` to programs. One that no
    /// thread shows is returned as it is.
    pub fn real_ident(&self, ident: u64) -> u64 {
        let started = self.started.lock();
        let shows = |started: &&Started| started.handle.shown_ident() == ident;
        if let Some(found) = started.iter().find(shows) {
            return found.handle.ident();
        }
        drop(started);
        let attached = self.host_threads.lock();
        let mut real = attached.iter().copied();
        real.find(|real| shown_ident::of_other(*real) == ident)
            .unwrap_or(ident)
    }

    /// After a `fork`, in the child: forgets all threads but the calling one, whose record is `me`.
    /// Returns whether Python code started that.
    pub(crate) fn reset_after_fork(&self, me: Option<&Arc<Thread>>) -> bool {
        self.admitted.store(0, Ordering::Relaxed);
        self.started.lock().retain(|started| {
            let survives = me.is_some_and(|me| Arc::ptr_eq(me, &started.record));
            started.handle.reset_after_fork(survives);
            survives
        });
        let is_attached = self.host_threads.lock().contains(&get_ident());
        *self.host_threads.lock() = is_attached.then(get_ident).into_iter().collect();
        !self.started.lock().is_empty()
    }

    /// After a `fork`, in the child: whether the forking thread was not the main thread.
    pub(crate) fn set_without_main(&self, without_main: bool) {
        self.without_main.store(without_main, Ordering::Release);
    }

    /// Whether the process has nothing left to do: a thread that Python code started forked it, so
    /// that no main thread will end it, and all threads have exited.
    pub(super) fn is_deserted(&self) -> bool {
        self.without_main.load(Ordering::Acquire) && self.started.lock().is_empty()
    }
}
