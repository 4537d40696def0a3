//! What pyt keeps for each interpreter of the process: its scheduler and its threads.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
};

use once_cell::sync::Lazy;
use parking_lot::RwLock;
use pyt_sched::{Gil, Scheduler, Thread, controlled::Controlled};
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, stdlib::_thread::get_ident,
};

use crate::{
    modules::signal::Handlers,
    upstream::{Broom, wrapped::Originals},
    vm::{
        deadlock::Reporter,
        number_map::NumberMap,
        threads::{Handle, os_thread_cache::Workers, vm_pool::Spares},
        uncaught::UncaughtExceptions,
        world::Interpreter,
    },
};

/// One interpreter's threads.
pub(crate) struct Threads {
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) world: Arc<Interpreter>,
    /// The scheduler's policy, if it can obey a strategy.
    pub(crate) controlled: Option<Arc<Controlled>>,
    started: parking_lot::Mutex<Vec<Started>>,
    /// How many threads have leave to start and are not in that list yet. Changed with the list
    /// locked.
    coming: AtomicUsize,
    /// How many may be alive of those that are started here.
    pub(crate) most: AtomicUsize,
    /// Idents of the threads that are inside and were not started here.
    visitors: parking_lot::Mutex<Vec<u64>>,
    pub(crate) hooks: parking_lot::Mutex<Hooks>,
    pub(crate) spares: Spares,
    pub(crate) workers: Workers,
    pub(crate) broom: Broom,
    pub(crate) uncaught: UncaughtExceptions,
    pub(crate) handlers: Handlers,
    pub(crate) originals: Originals,
    /// What happens to whoever would start one more.
    pub(crate) on_refusal: parking_lot::Mutex<Option<Refusal>>,
    /// Who tells about threads that wait for ever, if anybody wants to know.
    pub(crate) reporter: OnceLock<Arc<Reporter>>,
    /// The process that all this is about: another one after a fork.
    process: AtomicU32,
    /// The process is the child of a fork by one of these threads: it has no main thread that
    /// would end it.
    without_main: AtomicBool,
}

/// Called, attached, on a thread that would start one more than there may be, with how many there may
/// be: what is raised there. `None`: it is to ask for leave again.
pub(crate) type Refusal =
    Arc<dyn Fn(usize, &VirtualMachine) -> Option<PyBaseExceptionRef> + Send + Sync>;

/// A thread that was started here and has not ended.
struct Started {
    handle: Arc<Handle>,
    record: Arc<Thread>,
    daemon: bool,
}

/// What `threading.settrace` and `threading.setprofile` set for threads to come.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) trace: Option<PyObjectRef>,
    pub(crate) profile: Option<PyObjectRef>,
}

impl Threads {
    pub(crate) fn new(
        scheduler: Arc<Scheduler>,
        world: Arc<Interpreter>,
        controlled: Option<Arc<Controlled>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            scheduler,
            world,
            controlled,
            started: parking_lot::Mutex::default(),
            coming: AtomicUsize::new(0),
            most: AtomicUsize::new(usize::MAX),
            visitors: parking_lot::Mutex::default(),
            hooks: parking_lot::Mutex::default(),
            spares: Spares::default(),
            workers: Workers::default(),
            broom: Broom::default(),
            uncaught: UncaughtExceptions::default(),
            handlers: Handlers::default(),
            originals: Originals::default(),
            on_refusal: parking_lot::Mutex::default(),
            reporter: OnceLock::new(),
            process: AtomicU32::new(std::process::id()),
            without_main: AtomicBool::new(false),
        })
    }

    /// Leave to start one more thread, which is to be [added](Self::add) then. Two threads that ask
    /// at once cannot both get the last one's. May block, outside of the interpreter.
    ///
    /// # Errors
    /// What the host has to say to that; what ends the calling thread, if that is condemned.
    pub(crate) fn admit(&self, vm: &VirtualMachine) -> PyResult<()> {
        loop {
            let most = self.most.load(Ordering::Acquire);
            {
                let started = self.started.lock();
                // With the list locked: whoever condemns a thread and then finds nobody started will
                // find nobody later, either.
                if self.world.async_exceptions.is_condemned(get_ident()) {
                    return Err(self.world.async_exceptions.stopped(vm));
                }
                let coming = self.coming.load(Ordering::Relaxed);
                // Not counted unless it matters.
                let alive = || {
                    let alive = started.iter().filter(|started| !started.record.is_halted());
                    alive.count() + coming
                };
                if most == usize::MAX || alive() < most {
                    self.coming.store(coming + 1, Ordering::Relaxed);
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

    /// One more thread, which has leave, is about to be started.
    pub(crate) fn add(&self, handle: &Arc<Handle>, record: &Arc<Thread>, daemon: bool) {
        let mut started = self.started.lock();
        started.push(Started {
            handle: handle.clone(),
            record: record.clone(),
            daemon,
        });
        // None since a fork, if that was in between.
        let coming = self.coming.load(Ordering::Relaxed);
        self.coming
            .store(coming.saturating_sub(1), Ordering::Relaxed);
    }

    pub(crate) fn remove(&self, handle: &Arc<Handle>) {
        self.started
            .lock()
            .retain(|started| !Arc::ptr_eq(&started.handle, handle));
    }

    /// A non-daemon thread that has not ended, other than the calling one, and is `wanted`.
    pub(crate) fn first_to_join(&self, wanted: impl Fn(&Thread) -> bool) -> Option<Arc<Handle>> {
        let me = pyt_sched::current_id();
        self.started
            .lock()
            .iter()
            .find(|started| !started.daemon && started.record.id() != me && wanted(&started.record))
            .map(|started| started.handle.clone())
    }

    /// A thread that was not started here comes in: the main thread, or one of the host's.
    pub(crate) fn comes_in(&self, ident: u64) {
        self.visitors.lock().push(ident);
    }

    /// It goes out again.
    pub(crate) fn goes_out(&self, ident: u64) {
        let mut visitors = self.visitors.lock();
        if let Some(place) = visitors.iter().position(|visitor| *visitor == ident) {
            visitors.swap_remove(place);
        }
    }

    /// Whether it is a daemon thread that was started here.
    pub(crate) fn is_daemon(&self, thread: &Arc<Thread>) -> bool {
        let started = self.started.lock();
        started
            .iter()
            .any(|started| started.daemon && Arc::ptr_eq(&started.record, thread))
    }

    /// Idents of the daemon threads that have not ended.
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

    /// Idents of the threads that are inside and were not started here.
    pub(crate) fn visitors(&self) -> Vec<u64> {
        self.visitors.lock().clone()
    }

    /// Idents of the threads that were started here and have neither ended nor been halted, and
    /// whether each is a daemon. One that has yet to begin has none.
    pub(crate) fn started(&self) -> Vec<(u64, bool)> {
        let started = self.started.lock();
        let alive = started.iter().filter(|started| !started.record.is_halted());
        alive
            .map(|started| (started.handle.ident(), started.daemon))
            .collect()
    }

    /// Whether any thread was started here, or is about to be, and has neither ended nor been halted.
    pub(crate) fn has_started(&self) -> bool {
        let started = self.started.lock();
        self.coming.load(Ordering::Relaxed) > 0
            || started.iter().any(|started| !started.record.is_halted())
    }

    /// Calls `f` while the thread `ident` can't end, be it running, preempted or yet to have its
    /// first turn. `None`: there is no such thread.
    pub(crate) fn while_alive<R>(&self, ident: u64, f: impl FnOnce() -> R) -> Option<R> {
        // A thread leaves either list before it ends, and can't while the list is locked.
        let started = self.started.lock();
        if started
            .iter()
            .any(|started| started.handle.ident() == ident && !started.record.is_halted())
        {
            return Some(f());
        }
        drop(started);
        let visitors = self.visitors.lock();
        visitors.contains(&ident).then(f)
    }

    /// After `fork`: only the calling thread is left. Does nothing unless the process has changed
    /// since the last time. To be called in the child before it starts a thread.
    pub(crate) fn reset_after_fork(&self) {
        let process = std::process::id();
        if self.process.swap(process, Ordering::AcqRel) == process {
            return;
        }
        let me = Thread::current();
        self.coming.store(0, Ordering::Relaxed);
        self.started.lock().retain(|started| {
            let survives = me
                .as_ref()
                .is_some_and(|me| Arc::ptr_eq(me, &started.record));
            started.handle.reset_after_fork(survives);
            survives
        });
        let visits = self.visitors.lock().contains(&get_ident());
        *self.visitors.lock() = visits.then(get_ident).into_iter().collect();
        // SAFETY: a process that has just been forked has one thread.
        unsafe { self.world.reset_after_fork() };
        // SAFETY: as above; whoever runs Python is in none of its functions.
        unsafe { self.workers.reset_after_fork() };
        // SAFETY: as above.
        unsafe { self.spares.reset_after_fork() };
        if let Some(me) = me {
            let forked_by_started = !self.started.lock().is_empty();
            self.without_main
                .store(forked_by_started, Ordering::Release);
            me.set_takes_signals(true);
            // SAFETY: as above.
            unsafe { self.scheduler.reset_after_fork(&me) };
        }
    }

    /// Whether the process has nothing left to do: a thread that was started here forked it, so
    /// that no main thread will end it, and all threads have ended.
    pub(crate) fn is_deserted(&self) -> bool {
        self.without_main.load(Ordering::Acquire) && self.started.lock().is_empty()
    }
}

static INTERPRETERS: Lazy<RwLock<NumberMap<i64, Arc<Threads>>>> = Lazy::new(RwLock::default);

/// Whether the interpreter with this number is there.
pub(crate) fn is_known(id: i64) -> bool {
    INTERPRETERS.read().contains_key(&id)
}

/// Makes `threads` those of the interpreter with this number.
pub(crate) fn set(id: i64, threads: Arc<Threads>) {
    INTERPRETERS.write().insert(id, threads);
}

/// Forgets the interpreter with this number.
pub(crate) fn forget(id: i64) {
    INTERPRETERS.write().remove(&id);
}

/// The threads of `vm`'s interpreter. One that no [`Session`](crate::Session) has entered (a
/// subinterpreter, or a host that uses the modules alone) gets the calling thread's scheduler,
/// or else a GIL of its own.
pub(crate) fn of(vm: &VirtualMachine) -> Arc<Threads> {
    let id = vm.state.interpreter_id;
    if let Some(threads) = INTERPRETERS.read().get(&id) {
        return threads.clone();
    }
    let threads = match Thread::current() {
        Some(me) => Threads::new(me.scheduler().clone(), Arc::default(), None),
        None => {
            let world: Arc<Interpreter> = Arc::default();
            world.bind(&vm.state);
            let scheduler = Scheduler::builder()
                .policy(Gil::new(world.clone()))
                .world(world.clone())
                .build();
            Threads::new(scheduler, world, None)
        }
    };
    INTERPRETERS.write().entry(id).or_insert(threads).clone()
}
