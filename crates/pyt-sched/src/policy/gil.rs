//! The simulated global interpreter lock: one thread at a time has the right to run.
//!
//! A thread leaves the lock at each wait and queues for it when woken; the waker itself puts it
//! in line, so that a switch costs one wake-up of the operating system. A thread that computes is
//! preempted by the ticker: after the switch interval if another computing thread waits, and
//! after [`WOKEN_DELAY`] if a thread that was woken from a wait does, which spares such threads
//! CPython's "convoy effect".
//!
//! A thread that steps back, as it does when it has just started another, is not preferred in this
//! way: the new thread has the whole switch interval, as in CPython.
//!
//! A thread in foreign code (the world shows it detached) loses the lock to the next thread that
//! wants it. On its return it may run beside the owner until the next tick, at most
//! [`TICK_INTERVAL`]; then it queues.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Activity, Moment, Policy, Scheduler, Thread, World,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
        renew,
    },
};

/// How long a thread runs at least before a thread that was woken from a wait preempts it.
const WOKEN_DELAY: Duration = Duration::from_micros(100);

/// The interval of ticks while a thread waits for the lock.
const TICK_INTERVAL: Duration = Duration::from_micros(500);

/// How many ticks in a row may find nothing to do before the ticker sleeps.
const MAX_QUIET_TICKS: u32 = 20;

/// The default switch interval, CPython's: 5 ms.
const DEFAULT_SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// A simulated global interpreter lock.
pub struct Gil {
    state: Mutex<State>,
    world: Arc<dyn World>,
    interval: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    owner: Option<Owner>,
    /// Woken or new threads, which are parked, first come first.
    woken: VecDeque<Woken>,
    /// Preempted threads, which are frozen in the middle of their code, first come first.
    preempted: VecDeque<Preempted>,
    /// The last turn that was given out went to a woken thread.
    last_was_woken: bool,
    /// Threads that lost the lock while they were in foreign code.
    detached: Vec<Arc<Thread>>,
    /// Ticks in a row that found nothing to do.
    quiet: u32,
}

struct Owner {
    thread: Arc<Thread>,
    since: Instant,
    /// The last tick found it in foreign code.
    seen_detached: bool,
}

struct Woken {
    thread: Arc<Thread>,
    /// It stepped back, and leaves the owner its whole switch interval.
    stepped_back: bool,
}

struct Preempted {
    thread: Arc<Thread>,
    since: Instant,
    /// If not, it may be in the middle of a call, and hold a lock of foreign code's.
    at_safe_point: bool,
}

impl Gil {
    /// A lock that no thread holds, for threads of `world`.
    #[must_use]
    pub fn new(world: Arc<dyn World>) -> Self {
        let nanos = u64::try_from(DEFAULT_SWITCH_INTERVAL.as_nanos()).unwrap_or(u64::MAX);
        Self {
            state: Mutex::new(State::default()),
            world,
            interval: Arc::new(AtomicU64::new(nanos)),
        }
    }

    fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval.load(Ordering::Relaxed))
    }

    /// Gives the free lock to the next in line. The caller is attached or has stopped the world.
    #[must_use]
    fn dispatch(&self, state: &mut State) -> Turn {
        debug_assert!(state.owner.is_none());
        // Threads that were halted meanwhile must not become the owner. They stay in line until
        // they are forgotten, which lets some of them leave foreign code first.
        let first = state
            .preempted
            .iter()
            .position(|preempted| !preempted.thread.is_halted());
        let overdue =
            first.is_some_and(|first| state.preempted[first].since.elapsed() >= self.interval());
        // If both lines wait, they alternate: neither starves the other, however long they are.
        let preempted_first = overdue && (state.last_was_woken || state.woken.is_empty());
        let next = if preempted_first {
            None
        } else {
            std::iter::from_fn(|| state.woken.pop_front())
                .map(|woken| woken.thread)
                .find(|thread| !thread.is_halted())
        };
        if let Some(thread) = next {
            state.owner = Some(Owner::now(thread.clone()));
            state.last_was_woken = true;
            return Turn(Some(thread));
        }
        if let Some(Preempted { thread, .. }) =
            first.and_then(|first| state.preempted.remove(first))
        {
            thread.count_turn();
            thread.note(Moment::Continued);
            self.world.thaw(&thread);
            state.owner = Some(Owner::now(thread));
            state.last_was_woken = false;
        }
        Turn(None)
    }

    /// What a tick has to do, judged by the state alone.
    fn inspect(&self, state: &mut State) -> TickAction {
        let wanted = !state.woken.is_empty() || !state.preempted.is_empty();
        let returned = state
            .detached
            .iter()
            .any(|thread| self.world.activity(thread) == Activity::Attached);
        if returned {
            return TickAction::Act;
        }
        if state.owner.is_none() && state.has_candidate() {
            // No other event gives it the lock.
            return TickAction::Act;
        }
        let Some(owner) = &mut state.owner else {
            // Two threads that return would run side by side; a single one may run.
            return if state.detached.len() > 1 {
                TickAction::Watch
            } else {
                TickAction::Rest
            };
        };
        if !wanted {
            return if state.detached.is_empty() {
                TickAction::Rest
            } else {
                TickAction::Watch
            };
        }
        if owner.thread.in_wait() {
            // Granted, and on its way back into the world.
            return TickAction::Again;
        }
        if self.world.activity(&owner.thread) == Activity::Detached {
            // Once may be a short call; twice in a row counts as a long one.
            return if std::mem::replace(&mut owner.seen_detached, true) {
                TickAction::Act
            } else {
                TickAction::Soon
            };
        }
        owner.seen_detached = false;
        let due = if state.woken.iter().all(|woken| woken.stepped_back) {
            self.interval()
        } else {
            WOKEN_DELAY
        };
        if owner.since.elapsed() >= due {
            TickAction::Act
        } else {
            TickAction::Again
        }
    }

    /// With the world stopped: freezes the threads that must not run, and gives the lock to the
    /// next.
    fn act(&self, state: &mut State) -> Turn {
        let mut detached = std::mem::take(&mut state.detached);
        detached.retain(|thread| {
            let back = self.world.activity(thread) == Activity::Attached;
            let safe = back && self.world.at_safe_point(thread);
            // A thread that is back queues. A thread that is still in foreign code does not want
            // the lock; and a halted thread must not be frozen there, since it might hold a lock
            // of the foreign code's for ever.
            if !back || thread.in_wait() || (thread.is_halted() && !safe) {
                return true;
            }
            if self.world.freeze(thread) && !thread.is_halted() {
                thread.note(Moment::Preempted);
                state
                    .preempted
                    .push_back(Preempted::now(thread.clone(), safe));
            }
            false
        });
        state.detached = detached;
        if let Some(owner) = state.owner.take() {
            let wanted = !state.woken.is_empty() || !state.preempted.is_empty();
            if !wanted || owner.thread.in_wait() {
                state.owner = Some(owner);
                return Turn(None);
            }
            let halted = owner.thread.is_halted();
            let safe = self.world.at_safe_point(&owner.thread);
            if self.world.activity(&owner.thread) == Activity::Detached || (halted && !safe) {
                // A halted thread finishes its call beside the next owner, which may be about to
                // end the program: no thread waits for it here.
                state.detached.push(owner.thread);
            } else if self.world.freeze(&owner.thread) {
                if !halted {
                    owner.thread.note(Moment::Preempted);
                    state
                        .preempted
                        .push_back(Preempted::now(owner.thread, safe));
                }
            } else if !halted {
                // The world can't freeze it: it runs until it waits.
                state.owner = Some(owner);
                return Turn(None);
            }
        }
        self.dispatch(state)
    }
}

/// A thread that has just become the owner, and has yet to be granted its turn: after the state's
/// lock is released, since the thread may run at once and want it, and once the world resumes,
/// which it enters. If it is halted meanwhile, [`Gil::forget`] finds it the owner, in its wait.
struct Turn(Option<Arc<Thread>>);

impl Turn {
    fn give(self) {
        if let Some(thread) = self.0 {
            thread.grant();
        }
    }
}

/// What a tick has to do.
enum TickAction {
    /// A thread must be stopped or started.
    Act,
    /// Nothing yet: check again at the next tick.
    Again,
    /// Nothing yet: check again sooner than that.
    Soon,
    /// Nothing: no thread waits for the lock, but one may return from foreign code.
    Watch,
    /// Nothing: no thread needs the ticker.
    Rest,
}

impl Owner {
    fn now(thread: Arc<Thread>) -> Self {
        Self {
            thread,
            since: Instant::now(),
            seen_detached: false,
        }
    }
}

impl Preempted {
    fn now(thread: Arc<Thread>, at_safe_point: bool) -> Self {
        Self {
            thread,
            since: Instant::now(),
            at_safe_point,
        }
    }
}

impl State {
    /// Whether a thread in line could run.
    fn has_candidate(&self) -> bool {
        let woken = self.woken.iter().map(|woken| &woken.thread);
        let preempted = self.preempted.iter().map(|preempted| &preempted.thread);
        woken.chain(preempted).any(|thread| !thread.is_halted())
    }

    fn is_owner(&self, thread: &Arc<Thread>) -> bool {
        self.owner
            .as_ref()
            .is_some_and(|owner| Arc::ptr_eq(&owner.thread, thread))
    }
}

impl Policy for Gil {
    fn leave(&self, thread: &Arc<Thread>) {
        let mut state = self.state.lock();
        if state.is_owner(thread) {
            state.owner = None;
            let turn = self.dispatch(&mut state);
            drop(state);
            turn.give();
        } else {
            state.detached.retain(|other| !Arc::ptr_eq(other, thread));
        }
    }

    fn ready(&self, thread: &Arc<Thread>) {
        let mut state = self.state.lock();
        // Checked under the lock: a thread that is halted from now on is found and forgotten.
        if thread.is_halted() {
            return;
        }
        if state.owner.is_none() {
            // Threads in line then are halted: the others were considered when the owner left.
            state.owner = Some(Owner::now(thread.clone()));
            let watched = !state.detached.is_empty() || state.has_candidate();
            drop(state);
            thread.grant();
            if watched {
                thread.scheduler().wake_ticker();
            }
        } else {
            state.woken.push_back(Woken {
                thread: thread.clone(),
                stepped_back: false,
            });
            drop(state);
            thread.scheduler().wake_ticker();
        }
    }

    fn step_back(&self, thread: &Arc<Thread>) -> bool {
        let mut state = self.state.lock();
        let mut turn = Turn(None);
        if !state.is_owner(thread) {
            state.detached.retain(|other| !Arc::ptr_eq(other, thread));
        } else if state.woken.is_empty() && state.preempted.is_empty() {
            return false;
        } else {
            state.owner = None;
            turn = self.dispatch(&mut state);
        }
        if !thread.is_halted() {
            state.woken.push_back(Woken {
                thread: thread.clone(),
                stepped_back: true,
            });
        }
        if state.owner.is_none() {
            turn = self.dispatch(&mut state);
        }
        drop(state);
        turn.give();
        thread.scheduler().wake_ticker();
        true
    }

    fn forget(&self, thread: &Arc<Thread>) {
        let mut state = self.state.lock();
        state
            .woken
            .retain(|other| !Arc::ptr_eq(&other.thread, thread));
        let frozen = state
            .preempted
            .iter()
            .position(|other| Arc::ptr_eq(&other.thread, thread))
            .and_then(|place| state.preempted.remove(place));
        if frozen.is_some_and(|frozen| !frozen.at_safe_point) {
            // It runs until it is out of foreign code, and is stopped there.
            self.world.thaw(thread);
            state.detached.push(thread.clone());
        }
        if state.is_owner(thread) && thread.in_wait() {
            // Granted, and on its way back into the world, which it will not enter.
            state.owner = None;
            let turn = self.dispatch(&mut state);
            drop(state);
            turn.give();
        }
    }

    unsafe fn reset_after_fork(&self, thread: &Arc<Thread>) {
        let state = State {
            owner: Some(Owner::now(thread.clone())),
            ..State::default()
        };
        // SAFETY: the caller is the only thread, and not inside this policy.
        unsafe { renew(&self.state, state) };
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn switch_interval(&self) -> Option<Arc<AtomicU64>> {
        Some(self.interval.clone())
    }

    fn tick(&self, _scheduler: &Scheduler) -> Option<Duration> {
        let action = {
            let mut state = self.state.lock();
            let action = self.inspect(&mut state);
            state.quiet = if matches!(action, TickAction::Rest) {
                state.quiet.saturating_add(1)
            } else {
                0
            };
            match action {
                TickAction::Rest if state.quiet > MAX_QUIET_TICKS => return None,
                action => action,
            }
        };
        match action {
            TickAction::Act => {
                let mut turn = Turn(None);
                // The world first, then the state's lock: no thread is stopped while it holds that.
                self.world
                    .stop(&mut || turn = self.act(&mut self.state.lock()));
                turn.give();
                Some(TICK_INTERVAL)
            }
            TickAction::Watch => Some(2 * TICK_INTERVAL),
            TickAction::Again | TickAction::Rest => Some(TICK_INTERVAL),
            TickAction::Soon => Some(WOKEN_DELAY / 2),
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::{Aborted, ThreadId};

    /// A world that records which threads are thawed.
    #[derive(Default)]
    struct Thawing {
        thawed: Mutex<Vec<ThreadId>>,
        /// All threads are in the middle of a call.
        calling: bool,
    }

    impl World for Thawing {
        fn detached(&self, f: &mut dyn FnMut()) {
            f();
        }

        fn interrupted(&self) -> Result<(), Aborted> {
            Ok(())
        }

        fn activity(&self, _thread: &Thread) -> Activity {
            Activity::Attached
        }

        fn stop(&self, f: &mut dyn FnMut()) {
            f();
        }

        fn at_safe_point(&self, _thread: &Thread) -> bool {
            !self.calling
        }

        fn freeze(&self, _thread: &Thread) -> bool {
            true
        }

        fn thaw(&self, thread: &Thread) {
            self.thawed.lock().push(thread.id());
        }
    }

    /// A thread that was frozen in foreign code is thawed when it is forgotten, also if another
    /// left the lock after it was halted and before that.
    #[test]
    fn a_halted_thread_in_line_is_skipped_and_still_found_by_forget() {
        let world: Arc<Thawing> = Arc::default();
        let gil = Gil::new(world.clone());
        let scheduler = Scheduler::builder().build();
        let [owner, halted, next] = ["owner", "halted", "next"].map(|name| {
            let thread = scheduler.register(name);
            thread.set_in_wait(false);
            thread
        });
        {
            let mut state = gil.state.lock();
            state.owner = Some(Owner::now(owner.clone()));
            for thread in [&halted, &next] {
                let preempted = Preempted::now(thread.clone(), false);
                state.preempted.push_back(preempted);
            }
        }
        halted.set_halted();
        gil.leave(&owner);
        assert_eq!(
            *world.thawed.lock(),
            [next.id()],
            "the next that is not halted"
        );
        assert!(gil.state.lock().is_owner(&next));
        gil.forget(&halted);
        assert_eq!(*world.thawed.lock(), [next.id(), halted.id()]);
        let state = gil.state.lock();
        assert!(state.preempted.is_empty());
        assert!(
            state
                .detached
                .iter()
                .any(|other| Arc::ptr_eq(other, &halted))
        );
    }

    /// A thread that halts the others may have come back from foreign code beside the owner: it
    /// does not wait until the owner's call returns, which may be never.
    #[test]
    fn a_halted_owner_in_the_middle_of_a_call_keeps_no_thread_waiting() {
        let gil = Gil::new(Arc::new(Thawing {
            calling: true,
            ..Thawing::default()
        }));
        let scheduler = Scheduler::builder().build();
        let [halted, back] = ["halted", "back"].map(|name| {
            let thread = scheduler.register(name);
            thread.set_in_wait(false);
            thread
        });
        {
            let mut state = gil.state.lock();
            state.owner = Some(Owner::now(halted.clone()));
            state.detached.push(back.clone());
        }
        halted.set_halted();
        gil.tick(&scheduler);
        assert!(gil.state.lock().is_owner(&back));
    }

    /// Halted threads that are not forgotten yet do not keep others out.
    #[test]
    fn a_thread_that_becomes_ready_behind_halted_threads_has_its_turn() {
        let gil = Gil::new(Arc::<Thawing>::default());
        let scheduler = Scheduler::builder().build();
        let [halted, next] = ["halted", "next"].map(|name| scheduler.register(name));
        gil.state
            .lock()
            .preempted
            .push_back(Preempted::now(halted.clone(), true));
        halted.set_halted();
        gil.ready(&next);
        assert!(gil.state.lock().is_owner(&next));
    }

    /// Whatever the reason: a lock that no thread holds goes to the next in line.
    #[test]
    fn a_tick_gives_a_free_lock_to_a_thread_that_waits_for_it() {
        let gil = Gil::new(Arc::<Thawing>::default());
        let scheduler = Scheduler::builder().build();
        let waiting = scheduler.register("waiting");
        gil.state.lock().woken.push_back(Woken {
            thread: waiting.clone(),
            stepped_back: true,
        });
        gil.tick(&scheduler);
        assert!(gil.state.lock().is_owner(&waiting));
    }
}
