//! A thread of the scheduler's own, started when first needed: it preempts threads that run too
//! long, and lets virtual time pass while threads compute.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    Deadline, Scheduler, SignalMask,
    parker::{Parked, Parker},
};

/// Virtual time follows real time in steps of this length while nothing blocks.
const STEP: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Ticker {
    scheduler: Weak<Scheduler>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    started: AtomicBool,
    /// Whether the thread sleeps until woken: only then does waking it cost a system call.
    idle: AtomicBool,
    parker: Parker,
}

impl Ticker {
    pub(crate) fn new(scheduler: Weak<Scheduler>) -> Self {
        Self {
            scheduler,
            shared: Arc::default(),
        }
    }

    pub(crate) fn wake(&self) {
        if cfg!(feature = "shuttle") {
            return;
        }
        if !self.shared.started.load(Ordering::Acquire)
            && !self.shared.started.swap(true, Ordering::AcqRel)
        {
            let shared = self.shared.clone();
            let scheduler = self.scheduler.clone();
            // Without the thread nothing is preempted, but nothing breaks either: try again at
            // the next call.
            let builder = std::thread::Builder::new()
                .name("pyt-ticker".to_owned())
                .stack_size(256 * 1024);
            let spawn = || builder.spawn(move || run(&scheduler, &shared));
            if SignalMask::FULL.during(spawn).is_err() {
                self.shared.started.store(false, Ordering::Release);
            }
        } else if self.shared.idle.load(Ordering::Acquire)
            && self.shared.idle.swap(false, Ordering::AcqRel)
        {
            self.shared.parker.unpark();
        }
    }

    /// After `fork`, the thread does not exist in the child.
    pub(crate) fn forget(&self) {
        self.shared.idle.store(false, Ordering::Release);
        // It may have left a token that it was woken with.
        self.shared.parker.park(Some(Duration::ZERO));
        self.shared.started.store(false, Ordering::Release);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if self.shared.idle.swap(false, Ordering::AcqRel) {
            self.shared.parker.unpark();
        }
    }
}

fn run(scheduler: &Weak<Scheduler>, shared: &Shared) {
    let mut pulse = Pulse::default();
    loop {
        let Some(pause) = scheduler.upgrade().map(|scheduler| pulse.beat(&scheduler)) else {
            return;
        };
        if let Some(pause) = pause {
            let began = Instant::now();
            std::thread::sleep(pause);
            pulse.stalled += began.elapsed();
            continue;
        }
        shared.idle.store(true, Ordering::Release);
        // Look once more after saying so: a caller may just have found the ticker awake.
        let busy = scheduler
            .upgrade()
            .is_none_or(|scheduler| pulse.beat(&scheduler).is_some());
        if busy && shared.idle.swap(false, Ordering::AcqRel) {
            continue;
        }
        let until = scheduler
            .upgrade()
            .and_then(|scheduler| scheduler.deadlocks().look(&scheduler));
        rest(shared, until);
    }
}

/// Sleeps until woken, or for that long.
fn rest(shared: &Shared, mut limit: Option<Duration>) {
    loop {
        match shared.parker.park(limit) {
            Parked::Token => return,
            Parked::Elapsed if shared.idle.swap(false, Ordering::AcqRel) => return,
            // Somebody was just about to wake us.
            Parked::Elapsed => limit = None,
            Parked::Interrupted => {}
        }
    }
}

/// What the ticker remembers from one look to the next.
#[derive(Default)]
struct Pulse {
    /// For how long virtual time has stood still while somebody waited for it.
    stalled: Duration,
    /// Where it stood.
    now: Deadline,
}

impl Pulse {
    /// Looks after everything once; returns when to look again, if at all.
    fn beat(&mut self, scheduler: &Scheduler) -> Option<Duration> {
        let policy = scheduler.policy().tick(scheduler);
        let time = self.pass_time(scheduler);
        match (policy, time) {
            (Some(policy), Some(time)) => Some(policy.min(time)),
            (policy, time) => policy.or(time),
        }
    }

    fn pass_time(&mut self, scheduler: &Scheduler) -> Option<Duration> {
        if !scheduler.clock().is_always_virtual() || !scheduler.has_timers() {
            self.stalled = Duration::ZERO;
            return None;
        }
        let now = scheduler.clock().now();
        if now != self.now {
            self.now = now;
            self.stalled = Duration::ZERO;
        } else if self.stalled >= STEP {
            scheduler.pass_time(self.stalled);
            self.now = scheduler.clock().now();
            self.stalled = Duration::ZERO;
        }
        Some(STEP)
    }
}
