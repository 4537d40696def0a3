//! One runtime's threads: a list of them, and the policy, the clock and the world they share.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use super::{
    deadlock::DeadlockDetector,
    observer::{Moment, ThreadObserver},
    ticker::{Stall, Ticked, Ticker},
    timers::{TimerId, Timers},
};
use crate::{
    Activity, Clock, Deadline, NoWorld, ParkSlot, Policy, Thread, ThreadId, Waiter, World,
    current_id, parker,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        renew, renew_lock,
    },
};

/// How long a thread that runs signal handlers sleeps at most before it checks for a signal. A
/// signal that comes while it sleeps ends the sleep at once (where the platform reports it); this
/// is for one that comes just before.
const SIGNAL_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How long threads that are to be [halted](Scheduler::halt) run on before their state is checked
/// again.
const HALT_CHECK_INTERVAL: Duration = Duration::from_micros(200);

/// How many of these checks in a row may come sooner than that.
const EARLY_HALT_CHECKS: u32 = 7;

/// Virtual time follows real time in steps of this length while no thread blocks.
const VIRTUAL_TIME_STEP: Duration = Duration::from_millis(50);

/// The threads of one runtime.
pub struct Scheduler {
    policy: Arc<dyn Policy>,
    clock: Clock,
    world: Arc<dyn World>,
    threads: Mutex<BTreeMap<ThreadId, Arc<Thread>>>,
    /// Threads that are not blocked in a wait: when there are none, a virtual clock leaps.
    /// Counted on a virtual clock only.
    running: AtomicUsize,
    timers: Mutex<Timers<Arc<Waiter>>>,
    ticker: Ticker,
    deadlocks: DeadlockDetector,
    observer: OnceLock<Arc<dyn ThreadObserver>>,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler")
            .field("clock", &self.clock)
            .field("threads", &*self.threads.lock())
            .finish_non_exhaustive()
    }
}

/// The scheduler of OS threads that belong to no runtime; made when the first of them waits.
static UNREGISTERED: OnceLock<Arc<Scheduler>> = OnceLock::new();

/// The policy of these threads: all run at once.
struct Unscheduled;

impl Policy for Unscheduled {
    fn leave(&self, _thread: &Arc<Thread>) {}

    fn ready(&self, thread: &Arc<Thread>) {
        thread.grant();
    }
}

impl Scheduler {
    /// A scheduler without threads.
    pub(crate) fn new(policy: Arc<dyn Policy>, clock: Clock, world: Arc<dyn World>) -> Arc<Self> {
        Arc::new_cyclic(|scheduler: &Weak<Self>| Self {
            policy,
            clock,
            world,
            threads: Mutex::new(BTreeMap::new()),
            running: AtomicUsize::new(0),
            timers: Mutex::new(Timers::default()),
            ticker: Ticker::new(scheduler.clone()),
            deadlocks: DeadlockDetector::default(),
            observer: OnceLock::new(),
        })
    }

    /// The scheduler of OS threads that belong to no runtime.
    pub(crate) fn of_unregistered() -> &'static Arc<Self> {
        UNREGISTERED
            .get_or_init(|| Self::new(Arc::new(Unscheduled), Clock::real(), Arc::new(NoWorld)))
    }

    /// Whether there are OS threads that belong to no runtime and wait, or have waited, in a
    /// primitive of this crate.
    pub(crate) fn has_unregistered() -> bool {
        UNREGISTERED
            .get()
            .is_some_and(|scheduler| !scheduler.threads.lock().is_empty())
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &dyn Policy {
        &*self.policy
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &dyn World {
        &*self.world
    }

    /// Has `observer` learn of all moments of the threads from now on. False: there is an observer
    /// already, which stays.
    pub fn observe_threads(&self, observer: Arc<dyn ThreadObserver>) -> bool {
        self.observer.set(observer).is_ok()
    }

    /// What observes the threads.
    #[inline]
    pub(crate) fn observer(&self) -> Option<&dyn ThreadObserver> {
        self.observer.get().map(|observer| &**observer)
    }

    /// Makes a thread known. It takes part once it has [begun](Thread::begin), or once it was
    /// [made ready](Policy::ready) and has waited for its turn.
    pub fn register(self: &Arc<Self>, name: &str) -> Arc<Thread> {
        self.register_at(name, &ParkSlot::default())
    }

    /// As [`register`](Self::register), for a thread that the OS thread with this park slot will
    /// run. That one must not run another thread at the same time.
    pub fn register_at(self: &Arc<Self>, name: &str, slot: &ParkSlot) -> Arc<Thread> {
        let parker = slot.0.clone();
        self.add(Thread::new(self.clone(), ThreadId::next(), name, parker))
    }

    /// As [`register`](Self::register), for the calling OS thread, which keeps its identity.
    pub(crate) fn register_caller(self: &Arc<Self>, name: &str) -> Arc<Thread> {
        let parker = ParkSlot::default().0;
        self.add(Thread::new(self.clone(), current_id(), name, parker))
    }

    fn add(&self, thread: Thread) -> Arc<Thread> {
        let thread = Arc::new(thread);
        self.threads.lock().insert(thread.id(), thread.clone());
        self.one_more_runs(&thread);
        thread.note(Moment::Registered);
        thread
    }

    /// Takes back [`register`](Self::register); also when the thread could not be started.
    pub fn unregister(&self, thread: &Thread) {
        if self.threads.lock().remove(&thread.id()).is_some() {
            self.write_off(thread);
            self.deadlocks.note_exit(thread);
        }
    }

    /// All threads that are known, oldest first.
    #[must_use]
    pub fn threads(&self) -> Vec<Arc<Thread>> {
        self.threads.lock().values().cloned().collect()
    }

    /// Whether `holds` is true of all threads. It must not call this scheduler.
    pub(crate) fn all_threads(&self, holds: impl FnMut(&Arc<Thread>) -> bool) -> bool {
        self.threads.lock().values().all(holds)
    }

    /// The thread with that identity, if it is known.
    #[must_use]
    pub fn thread(&self, id: ThreadId) -> Option<Arc<Thread>> {
        self.threads.lock().get(&id).cloned()
    }

    /// Gives other ready threads a chance to run before the caller goes on. Does nothing where
    /// all threads run at once.
    pub fn yield_now(&self, me: &Arc<Thread>) {
        me.set_in_wait(true);
        let stepped_back = self.policy.step_back(me);
        if stepped_back {
            me.note(Moment::SteppedBack);
            self.world.detached(&mut || me.await_turn());
            me.count_turn();
        }
        me.came_back();
        if stepped_back {
            me.note(Moment::Resumed { ended: None });
        }
    }

    /// What finds threads that wait for ever.
    pub(crate) const fn deadlocks(&self) -> &DeadlockDetector {
        &self.deadlocks
    }

    /// Makes the ticker call this scheduler at once.
    pub(crate) fn wake_ticker(&self) {
        self.ticker.wake();
    }

    // --- virtual time -------------------------------------------------------------------------

    // `running` is never lower than it should be: counted up before the thread's own count, and
    // down after it. The thread that counts it down to zero leaps.

    /// Whether this thread's stops and starts decide when virtual time leaps. In a run of a
    /// [controlled](crate::controlled) policy, that policy decides.
    fn counts(&self, thread: &Thread) -> bool {
        self.clock.is_always_virtual() && !self.policy.controls(thread)
    }

    pub(crate) fn one_more_runs(&self, thread: &Thread) {
        if self.counts(thread) {
            self.running.fetch_add(1, Ordering::SeqCst);
            if !thread.count(1) {
                // Halted a moment ago. No leap from here, since the caller may be in one; it
                // checks again, and so does the ticker.
                self.running.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }

    pub(crate) fn one_stopped(&self, thread: &Thread) {
        if self.counts(thread) && thread.count(-1) {
            self.fewer_run(1);
        }
    }

    /// From now on `thread` does not count, whatever happens to it.
    fn write_off(&self, thread: &Thread) {
        if self.clock.is_always_virtual() {
            self.fewer_run(thread.write_off());
        }
    }

    fn fewer_run(&self, n: usize) {
        if n != 0 && self.running.fetch_sub(n, Ordering::SeqCst) == n {
            self.leap();
        }
    }

    /// The calling thread is about to park in `waiter`'s wait.
    pub(crate) fn one_less_runs(
        &self,
        waiter: &Arc<Waiter>,
        deadline: Option<Deadline>,
    ) -> Option<TimerId> {
        let mut timer = None;
        if self.counts(waiter.thread())
            && let Some(deadline) = deadline
        {
            timer = Some(self.timers.lock().insert(deadline, waiter.clone()));
            self.wake_ticker();
        }
        self.one_stopped(waiter.thread());
        timer
    }

    pub(crate) fn cancel(&self, timer: Option<TimerId>) {
        if let Some(timer) = timer {
            self.timers.lock().remove(timer);
        }
    }

    /// No thread can run: time passes at once until the first deadline, whose thread wakes. Threads
    /// with the same deadline follow in the order in which they began to wait, each once the one
    /// before has stopped again.
    fn leap(&self) {
        let mut timers = self.timers.lock();
        while self.running.load(Ordering::SeqCst) == 0 {
            let Some((deadline, waiter)) = timers.pop() else {
                return;
            };
            self.clock.advance_to(deadline);
            waiter.expire();
        }
    }

    /// Lets virtual time pass by `step`, because threads have been running that long without
    /// stopping.
    fn pass_time(&self, step: Duration) {
        let now = self.clock.after(step);
        {
            let mut timers = self.timers.lock();
            while timers.first().is_some_and(|deadline| deadline <= now) {
                if let Some((deadline, waiter)) = timers.pop() {
                    self.clock.advance_to(deadline);
                    waiter.expire();
                }
            }
            self.clock.advance_to(now);
        }
        self.leap();
    }

    /// Lets virtual time pass that has stood still for too long while a thread waited for it.
    /// Returns when to check again, if at all.
    fn pass_stalled_time(&self, stall: &mut Stall) -> Option<Duration> {
        let has_timers = || self.timers.lock().first().is_some();
        if !self.clock.is_always_virtual() || !has_timers() {
            stall.lasted = Duration::ZERO;
            return None;
        }
        let now = self.clock.now();
        if now != stall.at {
            stall.at = now;
            stall.lasted = Duration::ZERO;
        } else if stall.lasted >= VIRTUAL_TIME_STEP {
            self.pass_time(stall.lasted);
            stall.at = self.clock.now();
            stall.lasted = Duration::ZERO;
        }
        Some(VIRTUAL_TIME_STEP)
    }

    /// How long to sleep until `deadline`: for ever on a virtual clock, which wakes sleepers
    /// itself.
    pub(crate) fn real_time_until(&self, deadline: Option<Deadline>) -> Option<Duration> {
        match deadline {
            Some(deadline) if !self.clock.is_virtual() => Some(self.clock.until(deadline)),
            _ => None,
        }
    }

    /// How long `thread` may sleep without checking for signals.
    pub(crate) fn signal_check_interval(&self, thread: &Thread) -> Option<Duration> {
        // In a controlled run, such a check would be a step that no strategy has chosen.
        let checks = thread.takes_signals() && !self.policy.controls(thread);
        (checks && !cfg!(feature = "shuttle")).then_some(SIGNAL_CHECK_INTERVAL)
    }

    // --- halting threads ----------------------------------------------------------------------

    /// Stops `threads` where they are: they never run again, and what they hold stays held. Threads
    /// in the middle of a call into foreign code run on until the call has ended; this waits for
    /// them until none has stopped for `grace`. Called on an attached thread that is not among
    /// them.
    pub fn halt(&self, threads: &[Arc<Thread>], grace: Duration) {
        for thread in threads {
            thread.set_halted();
            self.policy.forget(thread);
            self.write_off(thread);
        }
        let mut left: Vec<_> = threads.to_vec();
        let mut progress = Instant::now();
        let mut round = 0_u32;
        loop {
            let before = left.len();
            left.retain(|thread| {
                !thread.in_wait() && self.world.activity(thread) != Activity::Unknown
            });
            let attached =
                |thread: &&Arc<Thread>| self.world.activity(thread) == Activity::Attached;
            if left.iter().any(|thread| attached(&thread)) {
                self.world.stop(&mut || {
                    for thread in left.iter().filter(attached) {
                        if self.world.at_safe_point(thread) {
                            self.world.freeze(thread);
                        }
                    }
                });
            }
            if left.len() < before {
                progress = Instant::now();
            }
            if left.is_empty() || progress.elapsed() >= grace {
                return;
            }
            round += 1;
            let back = || left.iter().any(|thread| attached(&thread));
            self.world.detached(&mut || pause(round, back));
        }
    }

    // --- fork ---------------------------------------------------------------------------------

    /// In the child of a `fork`, on its only thread `me`: forgets all others. They may still be
    /// in line for primitives that this thread uses; a thread that wakes the next in line skips
    /// them.
    ///
    /// # Safety
    /// `me` is the calling thread, and the only one in the process.
    pub unsafe fn reset_after_fork(&self, me: &Arc<Thread>) {
        parker::reset_after_fork();
        self.ticker.reset_after_fork();
        // SAFETY: there is no other thread, and none of these is locked here: the caller came
        // from the world. The threads' own locks are held inside the world, which the fork stopped,
        // and by the ticker, which only reads.
        unsafe {
            renew(&self.timers, Timers::default());
            renew_lock(&self.threads);
            me.reset_after_fork();
            if let Some(unregistered) = UNREGISTERED.get() {
                renew_lock(&unregistered.threads);
            }
        }
        self.threads.lock().retain(|id, thread| {
            if *id != me.id() {
                thread.set_halted();
            }
            *id == me.id()
        });
        // SAFETY: as above: the detector calls nothing that would fork while it holds its locks.
        unsafe { self.deadlocks.reset_after_fork() };
        self.running.store(1, Ordering::SeqCst);
        // SAFETY: as the caller warrants.
        unsafe { self.policy.reset_after_fork(me) };
    }
}

/// Waits before the `round`th check of threads that are to be halted, or until one `is_back`. A
/// thread that is stopped again soon has run only a few steps: so it does not run past a safe point
/// each time. At intervals all have the whole time to run, even if one is back.
fn pause(round: u32, is_back: impl Fn() -> bool) {
    let began = Instant::now();
    let waits_whole = round.is_multiple_of(EARLY_HALT_CHECKS + 1);
    while !waits_whole && began.elapsed() < HALT_CHECK_INTERVAL / 4 {
        if is_back() {
            return;
        }
        std::thread::yield_now();
    }
    std::thread::sleep(HALT_CHECK_INTERVAL.saturating_sub(began.elapsed()));
}

impl Ticked for Scheduler {
    fn tick(&self, stall: &mut Stall) -> Option<Duration> {
        let policy = self.policy.tick(self);
        let time = self.pass_stalled_time(stall);
        match (policy, time) {
            (Some(policy), Some(time)) => Some(policy.min(time)),
            (policy, time) => policy.or(time),
        }
    }

    fn before_sleep(self: Arc<Self>) -> Option<Duration> {
        self.deadlocks.check(&self)
    }
}
