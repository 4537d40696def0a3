//! A thread of the scheduler's own, started when first needed: it calls the scheduler at intervals,
//! which preempts threads that run too long, lets virtual time pass while threads compute, and
//! looks for deadlocks.
//!
//! What a tick does is not known here: see [`Ticked`].

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    Deadline, SignalMask,
    parker::{Parked, Parker},
};

/// What the ticker calls, on its own thread.
pub(crate) trait Ticked: Send + Sync {
    /// Does what is due. Returns when to call again; `None`: nothing is due until
    /// [`Ticker::wake`].
    fn tick(&self, stall: &mut Stall) -> Option<Duration>;

    /// Called when [`tick`](Self::tick) has nothing to do, before the ticker sleeps. Returns how
    /// long it may sleep at most.
    fn before_sleep(self: Arc<Self>) -> Option<Duration>;
}

/// How long virtual time has stood still while a thread waited for it: kept from tick to tick.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    /// Real time since virtual time last moved, as far as the ticker slept through it.
    pub(crate) lasted: Duration,
    /// The virtual time at which it stands.
    pub(crate) at: Deadline,
}

#[derive(Debug)]
pub(crate) struct Ticker {
    ticked: Weak<dyn Ticked>,
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
    pub(crate) fn new(ticked: Weak<dyn Ticked>) -> Self {
        Self {
            ticked,
            shared: Arc::default(),
        }
    }

    /// Makes the next tick come at once; starts the thread if it does not exist yet.
    pub(crate) fn wake(&self) {
        if cfg!(feature = "shuttle") {
            return;
        }
        if !self.shared.started.load(Ordering::Acquire)
            && !self.shared.started.swap(true, Ordering::AcqRel)
        {
            let shared = self.shared.clone();
            let ticked = self.ticked.clone();
            // Without the thread nothing is preempted, but nothing breaks either: try again at
            // the next call.
            let builder = std::thread::Builder::new()
                .name("pyt-ticker".to_owned())
                .stack_size(256 * 1024);
            let spawn = || builder.spawn(move || run(&ticked, &shared));
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
    pub(crate) fn reset_after_fork(&self) {
        self.shared.idle.store(false, Ordering::Release);
        // The parker may hold the token of a wake-up that the thread did not take.
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

fn run(ticked: &Weak<dyn Ticked>, shared: &Shared) {
    let mut stall = Stall::default();
    loop {
        let Some(pause) = ticked.upgrade().map(|ticked| ticked.tick(&mut stall)) else {
            return;
        };
        if let Some(pause) = pause {
            let began = Instant::now();
            std::thread::sleep(pause);
            stall.lasted += began.elapsed();
            continue;
        }
        shared.idle.store(true, Ordering::Release);
        // Tick once more after saying so: a caller may just have found the ticker awake.
        let busy = ticked
            .upgrade()
            .is_none_or(|ticked| ticked.tick(&mut stall).is_some());
        if busy && shared.idle.swap(false, Ordering::AcqRel) {
            continue;
        }
        let limit = ticked.upgrade().and_then(Ticked::before_sleep);
        sleep(shared, limit);
    }
}

/// Sleeps until woken, or for at most `limit`.
fn sleep(shared: &Shared, mut limit: Option<Duration>) {
    loop {
        match shared.parker.park(limit) {
            Parked::Token => return,
            Parked::Elapsed if shared.idle.swap(false, Ordering::AcqRel) => return,
            // Another thread has claimed the wake-up, and its token is about to come.
            Parked::Elapsed => limit = None,
            Parked::Interrupted => {}
        }
    }
}
