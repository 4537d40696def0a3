//! What a policy decides: when a thread that could run does run.
//!
//! The trait only. Its implementations are above the engine, in `policy/`.

use std::{sync::Arc, time::Duration};

use crate::{
    Aborted, Awaited, Scheduler, Thread, Wake,
    engine::{draw::Source, pick::PickKind},
    op::Op,
    sync::atomic::AtomicU64,
};

/// Decides which of the threads that could run do run.
///
/// A thread that is *ready* gets its turn sooner or later: the policy then calls
/// [`Thread::grant`] exactly once. A thread that has its turn gives it up with
/// [`leave`](Self::leave), as the last thing before it parks or ends.
///
/// The methods from [`has_run`](Self::has_run) on serve runs under a strategy (see
/// [`controlled`](crate::controlled)). Their defaults are those of a policy without runs.
pub trait Policy: Send + Sync {
    /// The calling thread gives up its turn. It is still attached to the world.
    fn leave(&self, thread: &Arc<Thread>);

    /// `thread` has been woken, or has just begun: it may be granted its turn.
    fn ready(&self, thread: &Arc<Thread>);

    /// Puts the calling thread behind those that are ready. True: its turn is gone and it must
    /// wait for the next. False: no other thread is ready, and the caller goes on.
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

    /// Called from the ticker, a thread of its own. Returns when to call again; `None`: not
    /// before [`Scheduler::wake_ticker`](crate::Scheduler).
    fn tick(&self, _scheduler: &Scheduler) -> Option<Duration> {
        None
    }

    /// Whether a run is in progress.
    fn has_run(&self) -> bool {
        false
    }

    /// Whether `thread` is a member of the run in progress: a strategy decides when it runs.
    fn controls(&self, _thread: &Thread) -> bool {
        false
    }

    /// Whether every wait of `thread` is to fail, so that it ends.
    fn gives_up(&self, _thread: &Thread) -> bool {
        false
    }

    /// `thread`, the calling one, is about to do `op`. If it is a member of a run, this returns
    /// when the strategy has chosen it. Returns the number of steps that the run took before.
    ///
    /// # Errors
    /// [`Aborted`] if the run was given up: the thread is to end.
    fn decision_point(&self, _thread: &Arc<Thread>, _op: Op) -> Result<u64, Aborted> {
        Ok(0)
    }

    /// The calling thread goes on although its run was given up: the others come first.
    fn give_way(&self, _thread: &Arc<Thread>) {}

    /// The calling thread is about to sleep.
    ///
    /// # Errors
    /// [`Aborted`] if a signal handler raises, which a strategy has sent the signal for.
    fn before_sleep(&self, _thread: &Arc<Thread>) -> Result<(), Aborted> {
        Ok(())
    }

    /// As [`decision_point`](Self::decision_point), before an attempt that never waits: it succeeds
    /// if the gate `is_open` when the strategy chooses the thread.
    ///
    /// `is_open` is called from other threads, at most until this returns. It must not block.
    fn attempt_point(&self, _thread: &Arc<Thread>, _op: Op, _is_open: &(dyn Fn() -> bool + Sync)) {}

    /// As [`decision_point`](Self::decision_point), for a step that can be taken only while the
    /// gate `is_open`, or once the deadline has come. `None`, at once, if `thread` is not a member
    /// of a run.
    ///
    /// `is_open` is called from other threads, at most until this returns. It must not block.
    fn wait_at_gate(
        &self,
        _thread: &Arc<Thread>,
        _op: Op,
        _awaited: &Awaited<'_>,
        _is_open: &(dyn Fn() -> bool + Sync),
    ) -> Option<Result<Wake, Aborted>> {
        None
    }

    /// How many steps the run has taken of which `thread` is a member; 0 if there is none.
    fn steps(&self, _thread: &Thread) -> u64 {
        0
    }

    /// The strategy's answer to a question of `thread`'s, the calling one, with so many `answers`:
    /// 0 if it is not a member of a run.
    fn ask(&self, _thread: &Arc<Thread>, _kind: PickKind, _answers: u32) -> u32 {
        0
    }

    /// How far deadlines may be away that pass while threads of the run could go on of which
    /// `thread` is a member.
    fn slack(&self, _thread: &Thread) -> Duration {
        Duration::ZERO
    }

    /// `thread`, the calling one, draws from `source`, and moves it on or not.
    fn draws(&self, _thread: &Arc<Thread>, _source: Source, _moves_on: bool) {}

    /// `thread`, a member of a run, has looked at what other processes can change: a state that
    /// comes again need not be followed by the same.
    fn looked_outside(&self, _thread: &Thread) {}

    /// Whether `thread` is the first member of a run and no other is alive.
    fn is_alone(&self, _thread: &Thread) -> bool {
        false
    }

    /// The [tag](Thread::tag) of the first member of the run of which `thread` is a member.
    fn first_tag(&self, _thread: &Thread) -> Option<u64> {
        None
    }
}
