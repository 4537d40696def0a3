//! What waiting, waking and running mean: the trait that policies implement.

use std::{sync::Arc, time::Duration};

use crate::{Scheduler, Thread, controlled::Controlled, sync::atomic::AtomicU64};

/// Decides which of the threads that could run do run.
///
/// A thread that is *ready* gets its turn sooner or later: the policy then calls
/// [`Thread::grant`] exactly once. A thread that has its turn gives it up with
/// [`leave`](Self::leave), as the last thing before it parks or ends.
pub trait Policy: Send + Sync {
    /// The calling thread gives up its turn. It is still attached to the world.
    fn leave(&self, thread: &Arc<Thread>);

    /// `thread` has been woken, or has just begun: it may be granted its turn.
    fn ready(&self, thread: &Arc<Thread>);

    /// Puts the calling thread behind those that are ready. True: its turn is gone and it must
    /// wait for the next. False: nobody else is ready, and it goes on.
    fn step_back(&self, _thread: &Arc<Thread>) -> bool {
        false
    }

    /// Forgets `thread`, which was halted and will never run again. Called on an attached thread.
    fn forget(&self, _thread: &Arc<Thread>) {}

    /// In the child of a `fork`: `thread` is the only one there is, and runs.
    ///
    /// # Safety
    /// `thread` is the calling thread, and the only one in the process: locks of the policy's that
    /// others held may be replaced.
    unsafe fn reset_after_fork(&self, _thread: &Arc<Thread>) {}

    /// Whether at most one thread runs at a time.
    fn is_exclusive(&self) -> bool {
        false
    }

    /// How long a computing thread runs while another waits, in nanoseconds: what is stored
    /// there holds from the next tick. `None`: threads are not made to take turns.
    fn switch_interval(&self) -> Option<Arc<AtomicU64>> {
        None
    }

    /// The policy as one that can [control](crate::controlled) its threads, if it is one.
    fn controlled(&self) -> Option<&Controlled> {
        None
    }

    /// Called from the ticker, a thread of its own. Returns when to call again; `None`: not
    /// before [`Scheduler::wake_ticker`](crate::Scheduler).
    fn tick(&self, _scheduler: &Scheduler) -> Option<Duration> {
        None
    }
}
