//! What the scheduler needs of the interpreter: leaving it around a wait, stopping threads at
//! safe points, running signal handlers.
//!
//! Threads are stopped by RustPython's own stop-the-world, which parks each at its next
//! instruction. A thread that shall stay stopped when the world goes on is taken out of the
//! interpreter's registry of threads; to let it go on, its entry is put back.

use std::{
    collections::HashMap,
    mem::ManuallyDrop,
    ops::ControlFlow,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread::ThreadId,
};

use parking_lot::Mutex;
use pyt_sched::{
    Aborted, Activity, Thread, World,
    controlled::{Fault, Look, Place},
};
use rustpython_vm::{
    VirtualMachine,
    builtins::PyCode,
    common::{lock, rc::PyRc},
    frame::InterpreterFrame,
    signal::{self, SignalNum},
    stdlib::_thread::get_ident,
    vm::{
        PyGlobalState,
        thread::{self, CurrentFrameSlot, ThreadSlot, ThreadState},
    },
};

use super::{
    async_exc::AsyncExceptions,
    event_loops::LoopDescriber,
    pending_exception::abort_with,
    safe_point, state,
    streams::{exit_at_once, flush_streams},
};

/// The generation of the garbage collector that has all objects.
const OLDEST_GENERATION: usize = 2;

/// Ctrl-C.
const SIGINT: i32 = 2;

/// Finds where in user code the calling thread stands.
pub trait Locate: Send + Sync {
    /// The place; the default if the thread is in no user code.
    fn here(&self) -> Place;

    /// The calling thread has made the primitive at this address.
    fn made(&self, _object: usize) {}

    /// The calling thread is about to use the primitive at this address.
    fn uses(&self, _object: usize) {}

    /// As [`World::begin_looking`].
    fn begin_looking(&self) {}

    /// As [`World::look`].
    fn look(&self) -> Look;

    /// As [`World::forget_looks`].
    fn forget_looks(&self) {}

    /// As [`World::confirms_repetition`].
    fn confirms_repetition(&self) -> bool;
}

/// One interpreter, as the world of its threads. Threads are known by their ident, which is the
/// scheduler's tag for them.
#[derive(Default)]
pub struct VmWorld {
    state: OnceLock<PyRc<PyGlobalState>>,
    /// Set once the interpreter has ended: nothing is stopped any more.
    closed: AtomicBool,
    frozen: Mutex<HashMap<u64, CurrentFrameSlot>>,
    stop: Mutex<Stop>,
    /// Held during a stop of ours, and while frozen threads are listed.
    gate: Mutex<()>,
    /// What finds where threads stand in user code.
    locator: OnceLock<Arc<dyn Locate>>,
    /// The exit status that a deadlock report has requested for the process.
    exit_request: OnceLock<i32>,
    /// What threads raise in one another.
    pub async_exceptions: Arc<AsyncExceptions>,
}

/// What stands in the registry for a frozen thread, which must not be found there itself: starting
/// the world would have it go on. In the state that is passed over it could not be found either,
/// since a thread that has just been stopped would see that state, and never run again.
struct StandIn(Arc<ManuallyDrop<ThreadSlot>>);

impl StandIn {
    fn of(slot: &ThreadSlot) -> Self {
        // SAFETY: what the copy owns is never given up, since it is never dropped. It is only read,
        // while the thread, which owns what is copied, is frozen.
        let mut copy = ManuallyDrop::new(unsafe { std::ptr::read(slot) });
        copy.state = AtomicI32::new(ThreadState::ShuttingDown as i32);
        Self(Arc::new(copy))
    }

    /// As an entry of the registry, to be removed from there before this is dropped.
    fn listed(&self) -> CurrentFrameSlot {
        let entry = Arc::into_raw(self.0.clone()).cast::<ThreadSlot>();
        // SAFETY: both types have the same layout, and `self` keeps the contents: dropping the
        // entry does not drop them.
        unsafe { Arc::from_raw(entry) }
    }

    fn is(&self, entry: &CurrentFrameSlot) -> bool {
        Arc::as_ptr(entry) == Arc::as_ptr(&self.0).cast()
    }
}

/// A stop under way.
#[derive(Default)]
struct Stop {
    by: Option<ThreadId>,
    /// What each thread was doing when it began.
    before: HashMap<u64, Activity>,
}

/// Threads that a stop has found, which do not go on when the world does: they are not in the
/// registry until this is dropped.
struct Held<'a> {
    state: &'a PyGlobalState,
    slots: Vec<(u64, CurrentFrameSlot)>,
}

impl<'a> Held<'a> {
    fn begin(state: &'a PyGlobalState) -> Self {
        let own = get_ident();
        state.stop_the_world.stop_the_world(state);
        let mut registry = state.thread_frames.lock();
        let is_held = |tag: u64, slot: &ThreadSlot| {
            tag != own && slot.state.load(Ordering::Acquire) == ThreadState::Suspended as i32
        };
        let slots = registry
            .extract_if(|tag, slot| is_held(*tag, slot))
            .collect();
        drop(registry);
        state.stop_the_world.start_the_world(state);
        Self { state, slots }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Those that are put back go on with the others.
        self.state.stop_the_world.stop_the_world(self.state);
        self.state.thread_frames.lock().extend(self.slots.drain(..));
        self.state.stop_the_world.start_the_world(self.state);
    }
}

impl VmWorld {
    /// Sets the interpreter, once; before, the world is empty.
    pub fn bind(&self, state: &PyRc<PyGlobalState>) {
        self.state.get_or_init(|| state.clone());
    }

    /// Sets what finds where threads stand in user code. Only the first one counts.
    pub fn locate_with(&self, locator: Arc<dyn Locate>) {
        self.locator.get_or_init(|| locator);
    }

    /// The calling thread has made the primitive at this address.
    pub(super) fn made(&self, object: usize) {
        if let Some(locator) = self.locator.get() {
            locator.made(object);
        }
    }

    /// Stops taking part: the interpreter is about to end.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the interpreter is about to end: nothing is stopped any more.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Forgets the threads that a `fork` did not copy, and the locks that they held: the ticker
    /// may read the threads at any time, and waits with the gate closed while the fork keeps the
    /// world stopped.
    ///
    /// # Safety
    /// The calling thread is the only one in the process.
    pub(super) unsafe fn reset_after_fork(&self) {
        // SAFETY: there is no other thread, and this one is in none of the functions that lock
        // these: none of them calls back.
        unsafe {
            lock::zero_reinit_after_fork(self.frozen.raw());
            lock::zero_reinit_after_fork(self.stop.raw());
            lock::zero_reinit_after_fork(self.gate.raw());
        }
        // SAFETY: the caller's promise.
        unsafe { self.async_exceptions.reset_after_fork(get_ident()) };
        // Entries of threads that do not exist here.
        self.frozen.lock().clear();
        *self.stop.lock() = Stop::default();
    }

    /// Runs `f` with the gate held. The gate is taken detached, since the thread that holds
    /// it may have to stop this one; and a thread that holds it must not be preempted.
    fn gated<R>(&self, f: impl FnOnce() -> R) -> R {
        let locked = || {
            let _gate = if thread::current_vm_is_set() {
                thread::with_current_vm(|vm| vm.allow_threads(|| self.gate.lock()))
            } else {
                self.gate.lock()
            };
            f()
        };
        match Thread::current() {
            Some(me) => me.unpreempted(locked),
            None => locked(),
        }
    }

    /// Runs `f`, on an attached thread, with frozen threads in the interpreter's registry again,
    /// for functions that look at all threads. They stay frozen. `f` changes nothing in the
    /// registry.
    pub fn with_all_listed<R>(&self, f: impl FnOnce() -> R) -> R {
        let Some(state) = self.state.get() else {
            return f();
        };
        self.gated(|| self.list_all(state, f))
    }

    /// Calls `f`, on an attached thread, with what the interpreter keeps for each frozen thread.
    pub fn each_frozen(&self, f: &mut dyn FnMut(&ThreadSlot)) {
        self.gated(|| {
            let frozen: Vec<_> = self.frozen.lock().values().cloned().collect();
            for slot in &frozen {
                f(slot);
            }
        });
    }

    fn list_all<R>(&self, state: &PyGlobalState, f: impl FnOnce() -> R) -> R {
        let listed: Vec<_> = self
            .frozen
            .lock()
            .iter()
            .map(|(tag, slot)| (*tag, StandIn::of(slot)))
            .collect();
        for (tag, slot) in &listed {
            state.thread_frames.lock().insert(*tag, slot.listed());
        }
        let result = f();
        for (tag, slot) in listed {
            let mut registry = state.thread_frames.lock();
            // A thread that was thawed meanwhile stays listed.
            if registry.get(&tag).is_some_and(|entry| slot.is(entry)) {
                registry.remove(&tag);
            }
        }
        result
    }

    /// Runs `f`, on an attached thread, while the other threads that are in the interpreter stay
    /// where a stop has found them, for functions of upstream's that stop the world themselves.
    /// `f` runs no Python code. None, without a call, if the interpreter is about to end.
    pub fn with_others_held<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        let state = self.state.get()?;
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        self.gated(|| {
            let held = Held::begin(state);
            let result = f();
            drop(held);
            Some(result)
        })
    }

    fn stop_interpreter(&self, state: &PyGlobalState, f: &mut dyn FnMut()) {
        let before = state
            .thread_frames
            .lock()
            .iter()
            .map(|(tag, slot)| (*tag, activity_of(slot.state.load(Ordering::Acquire))))
            .collect();
        let stopper = &state.stop_the_world;
        stopper.stop_the_world(state);
        *self.stop.lock() = Stop {
            by: Some(std::thread::current().id()),
            before,
        };
        // Asked again: the interpreter may have begun to end meanwhile, and then what is frozen
        // now would never be thawed.
        if !self.closed.load(Ordering::Acquire) {
            f();
        }
        *self.stop.lock() = Stop::default();
        stopper.start_the_world(state);
    }

    /// Calls `f` with the code of each function that the threads with these idents are in, while
    /// the world is stopped.
    pub fn functions_of(&self, idents: &[u64], f: &mut dyn FnMut(&PyCode)) {
        World::stop(self, &mut || {
            for ident in idents {
                self.frames_of(*ident, &mut |frame| {
                    f(frame.code());
                    ControlFlow::Continue(())
                });
            }
        });
    }

    /// The interpreter's own state, once it is known.
    pub fn state(&self) -> Option<&PyRc<PyGlobalState>> {
        self.state.get()
    }

    /// Calls `f` with each frame that the thread with this ident is in, innermost first, until it
    /// breaks. Does nothing unless the caller has [stopped](World::stop) the world.
    pub fn frames_of(&self, ident: u64, f: &mut dyn FnMut(&InterpreterFrame) -> ControlFlow<()>) {
        if !self.stopped_by_me() {
            return;
        }
        let Some(slot) = self.slot(ident) else {
            return;
        };
        let mut frame = slot.top_iframe.load(Ordering::Acquire) as *const InterpreterFrame;
        // SAFETY: the thread is stopped, or outside the interpreter and cannot come back now:
        // what it has published are the frames it is in, each alive until it returns from it.
        while let Some(here) = unsafe { frame.as_ref() } {
            if f(here).is_break() {
                return;
            }
            frame = here.previous();
        }
    }

    /// Has the next thread whose wait is interrupted write out the standard streams and end the
    /// process with this exit status.
    pub(super) fn request_exit(&self, status: i32) {
        // An earlier request is being carried out.
        let _ = self.exit_request.set(status);
    }

    /// Stops all other threads, and calls `f` with the innermost frame of each that has one. Does
    /// nothing if the interpreter is about to end.
    pub fn with_others_stopped(&self, f: &mut dyn FnMut(&[&InterpreterFrame])) {
        World::stop(self, &mut || {
            let mut slots: HashMap<u64, CurrentFrameSlot> = self.frozen.lock().clone();
            if let Some(state) = self.state.get() {
                let registry = state.thread_frames.lock();
                slots.extend(registry.iter().map(|(tag, slot)| (*tag, slot.clone())));
            }
            slots.remove(&get_ident());
            let innermost = slots.values().filter_map(|slot| {
                let frame = slot.top_iframe.load(Ordering::Acquire) as *const InterpreterFrame;
                // SAFETY: as in `frames_of`.
                unsafe { frame.as_ref() }
            });
            let frames: Vec<_> = innermost.collect();
            f(&frames);
        });
    }

    fn slot(&self, ident: u64) -> Option<CurrentFrameSlot> {
        let frozen = self.frozen.lock().get(&ident).cloned();
        frozen.or_else(|| {
            let state = self.state.get()?;
            state.thread_frames.lock().get(&ident).cloned()
        })
    }

    fn stopped_by_me(&self) -> bool {
        self.stop.lock().by == Some(std::thread::current().id())
    }
}

/// Has the main thread run the program's handler of a signal, if there is one, at its next
/// instruction.
fn trigger(number: i32) {
    if let Ok(number) = SignalNum::try_from(number) {
        // It never fails.
        let _ = signal::set_interrupt_ex(number);
    }
}

fn activity_of(state: i32) -> Activity {
    match ThreadState::from_i32(state) {
        Some(ThreadState::Attached) => Activity::Attached,
        Some(ThreadState::Detached | ThreadState::Suspended) => Activity::Detached,
        _ => Activity::Unknown,
    }
}

impl World for VmWorld {
    fn detached(&self, f: &mut dyn FnMut()) {
        if thread::current_vm_is_set() {
            thread::with_current_vm(|vm| vm.allow_threads(f));
        } else {
            f();
        }
    }

    fn interrupted(&self) -> Result<(), Aborted> {
        if !thread::current_vm_is_set() {
            return Ok(());
        }
        let looked = thread::with_current_vm(|vm| {
            if let Some(status) = self.exit_request.get() {
                flush_streams(vm, |_| true);
                if let Some(recording) = super::state::of(vm).recording() {
                    vm.allow_threads(|| recording.process_ends());
                }
                exit_at_once(*status);
            }
            let state = state::of(vm);
            LoopDescriber::of(&state).answer(get_ident(), vm);
            vm.check_signals()?;
            self.async_exceptions
                .take_in_wait(get_ident(), vm)
                .map_or(Ok(()), Err)
        });
        looked.map_err(abort_with)
    }

    fn fault(&self, fault: Fault) {
        if !thread::current_vm_is_set() {
            return;
        }
        match fault {
            Fault::Gc => {
                thread::with_current_vm(|vm| vm.state.gc.collect_force(OLDEST_GENERATION));
            }
            Fault::Interrupt => trigger(SIGINT),
            Fault::Signal(number) => trigger(number),
        }
    }

    fn pending_faults(&self) -> Result<(), Aborted> {
        if !thread::current_vm_is_set() {
            return Ok(());
        }
        thread::with_current_vm(VirtualMachine::check_signals).map_err(abort_with)
    }

    fn place(&self) -> Place {
        self.locator
            .get()
            .map(|locator| locator.here())
            .unwrap_or_default()
    }

    fn uses(&self, object: usize) {
        if let Some(locator) = self.locator.get() {
            locator.uses(object);
        }
    }

    fn begin_looking(&self) {
        if let Some(locator) = self.locator.get() {
            locator.begin_looking();
        }
    }

    fn look(&self) -> Look {
        let unknown = Look {
            own: 0,
            shared: 0,
            is_known: false,
        };
        self.locator.get().map_or(unknown, |locator| locator.look())
    }

    fn forget_looks(&self) {
        if let Some(locator) = self.locator.get() {
            locator.forget_looks();
        }
    }

    fn confirms_repetition(&self) -> bool {
        let locator = self.locator.get();
        locator.is_some_and(|locator| locator.confirms_repetition())
    }

    fn activity(&self, thread: &Thread) -> Activity {
        let tag = thread.tag();
        {
            let stop = self.stop.lock();
            if stop.by == Some(std::thread::current().id()) {
                return *stop.before.get(&tag).unwrap_or(&Activity::Unknown);
            }
        }
        self.state.get().map_or(Activity::Unknown, |state| {
            state
                .thread_frames
                .lock()
                .get(&tag)
                .map_or(Activity::Unknown, |slot| {
                    activity_of(slot.state.load(Ordering::Acquire))
                })
        })
    }

    fn at_safe_point(&self, thread: &Thread) -> bool {
        let mut stack = safe_point::Stack::default();
        self.frames_of(thread.tag(), &mut |frame| stack.look_at(frame));
        stack.is_at_safe_point()
    }

    fn stop(&self, f: &mut dyn FnMut()) {
        match self.state.get() {
            None => f(),
            Some(_) if self.closed.load(Ordering::Acquire) => {}
            Some(state) => self.gated(|| self.stop_interpreter(state, f)),
        }
    }

    fn freeze(&self, thread: &Thread) -> bool {
        let Some(state) = self.state.get() else {
            return false;
        };
        match state.thread_frames.lock().remove(&thread.tag()) {
            Some(slot) => {
                self.frozen.lock().insert(thread.tag(), slot);
                true
            }
            None => false,
        }
    }

    fn thaw(&self, thread: &Thread) {
        let Some(state) = self.state.get() else {
            return;
        };
        let Some(slot) = self.frozen.lock().remove(&thread.tag()) else {
            return;
        };
        let stopped = self.stopped_by_me();
        let mut registry = state.thread_frames.lock();
        registry.insert(thread.tag(), slot.clone());
        if !stopped {
            // The world is not stopped, since the caller is attached; a stop that was only
            // requested finds this thread in the registry and waits for it as for others.
            slot.state
                .store(ThreadState::Detached as i32, Ordering::Release);
            drop(registry);
            slot.thread.unpark();
        }
    }
}
