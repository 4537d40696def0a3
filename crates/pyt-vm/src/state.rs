//! What pyt keeps for each interpreter of the process.
//!
//! The interpreter has no place of its own for it, so one map of the process leads from an
//! interpreter's number to its [`InterpreterState`]. What a module or a crate above keeps for an
//! interpreter is a [slot](InterpreterState::slot) of the state; which slots there are is not known
//! here.

use std::{
    any::Any,
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicBool, AtomicU32},
    },
};

use parking_lot::{Mutex, RwLock};
use pyt_sched::{Clock, Free, Gil, Scheduler, Thread, controlled::Controlled};
use rustpython_vm::{VirtualMachine, vm::thread::ThreadedVirtualMachine};

use super::{number_map::NumberMap, slots::TypeSlots, world::VmWorld};

/// How the threads of one interpreter are scheduled.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Whether one thread at a time runs Python (the simulated GIL).
    pub gil: bool,
    /// Whether sleeps and timeouts pass at once, on a virtual clock.
    pub virtual_time: bool,
}

/// One interpreter: its scheduler, what connects that to the VM, and what is kept for modules.
pub struct InterpreterState {
    /// Where the interpreter's threads wait and take turns.
    pub scheduler: Arc<Scheduler>,
    /// The interpreter as its scheduler sees it.
    pub world: Arc<VmWorld>,
    /// The scheduler's policy, if a strategy can control it.
    pub controlled: Option<Arc<Controlled>>,
    /// The scheduler's record of the main thread; `None` in an interpreter that Python code made.
    pub(super) main: Option<Arc<Thread>>,
    pub(super) was_entered: AtomicBool,
    /// The interpreter's number among those of the process, once it has been entered.
    pub(super) id: OnceLock<i64>,
    /// Makes the virtual machines of the host's threads.
    pub(super) vm_template: Mutex<Option<ThreadedVirtualMachine>>,
    /// The process whose threads are described here: another one after a fork.
    pub(super) process: AtomicU32,
    slots: TypeSlots,
}

impl InterpreterState {
    /// The state of an interpreter that is yet to be made.
    #[must_use]
    pub fn new(config: Config) -> Arc<Self> {
        let world: Arc<VmWorld> = Arc::default();
        let clock = if config.virtual_time {
            Clock::virtual_time()
        } else {
            Clock::real()
        };
        let controlled = Arc::new(if config.gil {
            Controlled::over(Gil::new(world.clone()), world.clone())
        } else {
            Controlled::over(Free, world.clone())
        });
        let scheduler = Scheduler::builder()
            .clock(clock)
            .world(world.clone())
            .shared_policy(controlled.clone())
            .build();
        let main = scheduler.register("MainThread");
        main.set_takes_signals(true);
        Self::with(scheduler, world, Some(controlled), Some(main))
    }

    fn with(
        scheduler: Arc<Scheduler>,
        world: Arc<VmWorld>,
        controlled: Option<Arc<Controlled>>,
        main: Option<Arc<Thread>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            scheduler,
            world,
            controlled,
            main,
            was_entered: AtomicBool::new(false),
            id: OnceLock::new(),
            vm_template: Mutex::default(),
            process: AtomicU32::new(std::process::id()),
            slots: TypeSlots::default(),
        })
    }

    /// The main thread, which runs the handlers of signals; none of an interpreter that Python code
    /// has made.
    #[must_use]
    pub const fn main_thread(&self) -> Option<&Arc<Thread>> {
        self.main.as_ref()
    }

    /// What is kept for the interpreter as a `T`: its default, the first time. It is dropped with
    /// the state, which may be when no thread can run Python any more: see
    /// [`hooks`](super::hooks) for what has to be dropped before.
    #[inline]
    #[must_use]
    pub fn slot<T: Any + Default + Send + Sync>(&self) -> &T {
        self.slots.get()
    }
}

static STATES: LazyLock<RwLock<NumberMap<i64, Arc<InterpreterState>>>> =
    LazyLock::new(RwLock::default);

/// The state of the interpreter with this number; `None` if it has ended or was never bound.
#[inline]
#[must_use]
pub fn find(id: i64) -> Option<Arc<InterpreterState>> {
    STATES.read().get(&id).cloned()
}

/// Makes `state` that of the interpreter with this number.
pub fn bind(id: i64, state: Arc<InterpreterState>) {
    STATES.write().insert(id, state);
}

/// The interpreter with this number has ended.
pub(super) fn forget(id: i64) {
    let forgotten = STATES.write().remove(&id);
    drop(forgotten);
}

/// The state of `vm`'s interpreter. An interpreter that was not [bound](bind), because Python code
/// made it, gets the calling thread's scheduler, or else a GIL of its own.
#[inline]
#[must_use]
pub fn of(vm: &VirtualMachine) -> Arc<InterpreterState> {
    let id = vm.state.interpreter_id;
    find(id).unwrap_or_else(|| make(id, vm))
}

#[cold]
fn make(id: i64, vm: &VirtualMachine) -> Arc<InterpreterState> {
    let state = match Thread::current() {
        Some(me) => InterpreterState::with(me.scheduler().clone(), Arc::default(), None, None),
        None => {
            let world: Arc<VmWorld> = Arc::default();
            world.bind(&vm.state);
            let scheduler = Scheduler::builder()
                .policy(Gil::new(world.clone()))
                .world(world.clone())
                .build();
            InterpreterState::with(scheduler, world, None, None)
        }
    };
    STATES.write().entry(id).or_insert(state).clone()
}
