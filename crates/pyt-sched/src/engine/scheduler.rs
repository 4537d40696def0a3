//! One runtime's threads: the policy, the clock and the world they share, and who there is.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use crate::{
    Activity, Clock, Deadline, Free, NoWorld, ParkSlot, Policy, Thread, ThreadId, Waiter, World,
    current_id,
    engine::{
        deadlock::Watch,
        ticker::Ticker,
        timers::{TimerId, Timers},
    },
    parker,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        renew, renew_lock,
    },
};

/// How long a thread that runs signal handlers sleeps at most before it looks for one. A signal
/// that comes while it sleeps ends the sleep at once (where the platform tells); this closes the
/// gap of one that comes just before.
const SIGNAL_SLICE: Duration = Duration::from_millis(50);

/// How long threads that are to be [halted](Scheduler::halt) run on before the next look at where
/// they are.
const STRIDE: Duration = Duration::from_micros(200);

/// How many looks in a row may come sooner than that.
const SHORT_STRIDES: u32 = 7;

/// The threads of one runtime.
pub struct Scheduler {
    policy: Arc<dyn Policy>,
    clock: Clock,
    world: Arc<dyn World>,
    threads: Mutex<BTreeMap<ThreadId, Arc<Thread>>>,
    /// Threads that are not blocked in a wait: when there are none, a virtual clock leaps.
    /// Counted on a virtual clock only.
    running: AtomicUsize,
    timers: Mutex<Timers>,
    ticker: Ticker,
    deadlocks: Watch,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler")
            .field("clock", &self.clock)
            .field("threads", &*self.threads.lock())
            .finish_non_exhaustive()
    }
}

/// Makes a [`Scheduler`].
pub struct Builder {
    policy: Arc<dyn Policy>,
    clock: Clock,
    world: Arc<dyn World>,
}

impl Builder {
    /// The policy; [`Free`] by default.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// As [`policy`](Self::policy), for a policy that somebody else talks to as well.
    #[must_use]
    pub fn shared_policy(mut self, policy: Arc<dyn Policy>) -> Self {
        self.policy = policy;
        self
    }

    /// The clock; the real one by default.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The world around the threads; [`NoWorld`] by default.
    #[must_use]
    pub fn world(mut self, world: Arc<dyn World>) -> Self {
        self.world = world;
        self
    }

    /// The scheduler, with no threads yet.
    #[must_use]
    pub fn build(self) -> Arc<Scheduler> {
        Arc::new_cyclic(|scheduler| Scheduler {
            policy: self.policy,
            clock: self.clock,
            world: self.world,
            threads: Mutex::new(BTreeMap::new()),
            running: AtomicUsize::new(0),
            timers: Mutex::new(Timers::default()),
            ticker: Ticker::new(scheduler.clone()),
            deadlocks: Watch::default(),
        })
    }
}

/// The scheduler of OS threads that belong to none, once there was one.
static STRANGERS: OnceLock<Arc<Scheduler>> = OnceLock::new();

impl Scheduler {
    /// A builder with the defaults: all threads free, the real clock, no world.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            policy: Arc::new(Free),
            clock: Clock::real(),
            world: Arc::new(NoWorld),
        }
    }

    /// The scheduler of OS threads that belong to none.
    pub(crate) fn of_strangers() -> &'static Arc<Self> {
        STRANGERS.get_or_init(|| Self::builder().build())
    }

    /// Whether there are OS threads that belong to none, and wait or have waited in our primitives.
    pub(crate) fn has_strangers() -> bool {
        STRANGERS
            .get()
            .is_some_and(|strangers| !strangers.threads.lock().is_empty())
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

    /// Makes a thread known. It takes part once it has [begun](Thread::begin), or once it was
    /// [made ready](Policy::ready) and has waited for its turn.
    pub fn register(self: &Arc<Self>, name: &str) -> Arc<Thread> {
        self.register_at(name, &ParkSlot::default())
    }

    /// As [`register`](Self::register), for a thread that the OS thread with this park slot will run.
    /// That one must not run another thread at the same time.
    pub fn register_at(self: &Arc<Self>, name: &str, slot: &ParkSlot) -> Arc<Thread> {
        let parker = slot.0.clone();
        self.take_in(Thread::new(self.clone(), ThreadId::next(), name, parker))
    }

    /// As [`register`](Self::register), for the calling OS thread, which keeps its identity.
    pub(crate) fn register_caller(self: &Arc<Self>, name: &str) -> Arc<Thread> {
        let parker = ParkSlot::default().0;
        self.take_in(Thread::new(self.clone(), current_id(), name, parker))
    }

    fn take_in(&self, thread: Thread) -> Arc<Thread> {
        let thread = Arc::new(thread);
        self.threads.lock().insert(thread.id(), thread.clone());
        self.one_more_runs(&thread);
        thread
    }

    /// Takes back [`register`](Self::register); also when the thread could not be started.
    pub fn unregister(&self, thread: &Thread) {
        if self.threads.lock().remove(&thread.id()).is_some() {
            self.write_off(thread);
            self.deadlocks.has_ended(thread);
        }
    }

    /// All threads that are known, oldest first.
    #[must_use]
    pub fn threads(&self) -> Vec<Arc<Thread>> {
        self.threads.lock().values().cloned().collect()
    }

    /// Whether `holds` is true of all threads. It must not come back here.
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
        if self.policy.step_back(me) {
            self.world.detached(&mut || me.await_turn());
        }
        me.came_back();
    }

    /// What looks for threads that wait for ever.
    pub(crate) const fn deadlocks(&self) -> &Watch {
        &self.deadlocks
    }

    /// Sees to it that the ticker looks at once.
    pub(crate) fn wake_ticker(&self) {
        self.ticker.wake();
    }

    // --- virtual time -------------------------------------------------------------------------

    // `running` is never lower than it should be: counted up before the thread's own count, and
    // down after it. Whoever counts it down to zero leaps.

    /// Whether this thread's stops and starts say when virtual time leaps. In a run of a
    /// [controlled](crate::controlled) policy, that policy decides.
    fn counts(&self, thread: &Thread) -> bool {
        self.clock.is_always_virtual() && !self.is_controlled(thread)
    }

    /// Whether a strategy decides when `thread` runs.
    pub(crate) fn is_controlled(&self, thread: &Thread) -> bool {
        self.policy
            .controlled()
            .is_some_and(|controlled| controlled.has(thread))
    }

    pub(crate) fn one_more_runs(&self, thread: &Thread) {
        if self.counts(thread) {
            self.running.fetch_add(1, Ordering::SeqCst);
            if !thread.count(1) {
                // Halted a moment ago. No leap from here, since the caller may be in one; it
                // looks again, and so does the ticker.
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

    /// Nobody can run: time passes at once until the first deadline, whose thread wakes. Those
    /// due at the same moment follow in the order in which they began to wait, each once the one
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

    /// Lets virtual time pass by `step` because threads have been running that long without
    /// stopping; for the ticker.
    pub(crate) fn pass_time(&self, step: Duration) {
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

    pub(crate) fn has_timers(&self) -> bool {
        self.timers.lock().first().is_some()
    }

    /// How long to sleep until `deadline`: for ever on a virtual clock, which wakes sleepers
    /// itself.
    pub(crate) fn real_time_until(&self, deadline: Option<Deadline>) -> Option<Duration> {
        match deadline {
            Some(deadline) if !self.clock.is_virtual() => Some(self.clock.until(deadline)),
            _ => None,
        }
    }

    /// How long `thread` may sleep without looking for signals.
    pub(crate) fn signal_slice(&self, thread: &Thread) -> Option<Duration> {
        // In a controlled run, looking up would be a step that no strategy has chosen.
        let looks = thread.takes_signals() && !self.is_controlled(thread);
        (looks && !cfg!(feature = "shuttle")).then_some(SIGNAL_SLICE)
    }

    // --- stopping threads for good ------------------------------------------------------------

    /// Stops `threads` where they stand, for good: they never run again, and whatever they hold
    /// stays held. Those in the middle of a call into foreign code go on until they are out of it;
    /// they are waited for until none has been stopped for `patience`. Called on an attached thread
    /// that is not among them.
    pub fn halt(&self, threads: &[Arc<Thread>], patience: Duration) {
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
            if left.is_empty() || progress.elapsed() >= patience {
                return;
            }
            round += 1;
            let back = || left.iter().any(|thread| attached(&thread));
            self.world.detached(&mut || pause(round, back));
        }
    }

    // --- fork ---------------------------------------------------------------------------------

    /// In the child of a `fork`, on its only thread `me`: forgets all others. They may still be
    /// in line for locks and the like that this thread goes on to use; whoever wakes the next in
    /// line passes over them.
    ///
    /// # Safety
    /// `me` is the calling thread, and the only one in the process.
    pub unsafe fn reset_after_fork(&self, me: &Arc<Thread>) {
        parker::reset_after_fork();
        self.ticker.forget();
        // SAFETY: there is no other thread, and none of these is locked here: the caller came
        // from the world. The threads' own locks are held inside the world, which the fork stopped,
        // and by the ticker, which only looks.
        unsafe {
            renew(&self.timers, Timers::default());
            renew_lock(&self.threads);
            renew_lock(&me.wait);
            if let Some(strangers) = STRANGERS.get() {
                renew_lock(&strangers.threads);
            }
        }
        self.threads.lock().retain(|id, thread| {
            if *id != me.id() {
                thread.set_halted();
            }
            *id == me.id()
        });
        me.reset_count();
        // SAFETY: as above: what the watch locks calls nothing that would fork.
        unsafe { self.deadlocks.reset_after_fork() };
        self.running.store(1, Ordering::SeqCst);
        // SAFETY: as the caller warrants.
        unsafe { self.policy.reset_after_fork(me) };
    }
}

/// Waits before the next look at threads that are to be halted, the `round`th, until one `is_back`.
/// A thread that soon after is stopped again has gone a few steps: so it does not run past a safe
/// point each time. Now and then all have time to run, whoever is back.
fn pause(round: u32, is_back: impl Fn() -> bool) {
    let began = Instant::now();
    while !round.is_multiple_of(SHORT_STRIDES + 1) && began.elapsed() < STRIDE / 4 {
        if is_back() {
            return;
        }
        std::thread::yield_now();
    }
    std::thread::sleep(STRIDE.saturating_sub(began.elapsed()));
}
