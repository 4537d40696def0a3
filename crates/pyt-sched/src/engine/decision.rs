//! Decision points: where a thread lets its policy decide who takes the next step.
//!
//! All of it costs one relaxed load while no run is in progress in the process. What a run is, only
//! the policy knows.

use std::{sync::Arc, time::Duration};

use super::{draw::Source, pick::PickKind, thread::ThreadNumber};
use crate::{Aborted, Awaited, Deadline, Policy, Thread, Wake, op::Op, run_count::any_run};

/// The calling thread and its policy, if a run is in progress in the process.
fn in_run<R>(f: impl FnOnce(&Arc<Thread>, &dyn Policy) -> R) -> Option<R> {
    if !any_run() {
        return None;
    }
    let me = Thread::current()?;
    Some(f(&me, me.scheduler().policy()))
}

/// A decision point of the calling thread, about to do `op`: returns when a strategy has chosen
/// it. Outside of a run it does nothing. Returns the number of steps that were taken before.
///
/// # Errors
/// [`Aborted`] if the run was given up: the thread is to end, as soon as it can.
#[inline]
pub fn point(op: Op) -> Result<u64, Aborted> {
    if any_run() {
        in_run(|me, policy| policy.decision_point(me, op)).unwrap_or(Ok(0))
    } else {
        Ok(0)
    }
}

/// As [`point`], before an operation that does not fail.
#[inline]
pub(crate) fn before(op: Op) {
    if any_run() && point(op).is_err() {
        // A loop over such operations never ends, and keeps others from ending.
        in_run(|me, policy| policy.give_way(me));
    }
}

/// A decision point before the attempt `op`, which succeeds if the gate `is_open` when the calling
/// thread is chosen.
///
/// `is_open` is called from other threads, at most until this returns. It must not block.
#[inline]
pub(crate) fn before_attempt(op: Op, is_open: impl Fn() -> bool + Sync) {
    if any_run() {
        attempt_in_run(op, &is_open);
    }
}

#[cold]
fn attempt_in_run(op: Op, is_open: &(dyn Fn() -> bool + Sync)) {
    in_run(|me, policy| policy.attempt_point(me, op, is_open));
}

/// A decision point before `op`, at which the calling thread is no candidate until the gate
/// `is_open` or the deadline has come. `None`: no strategy controls the calling thread. To be
/// called only if there is [any run](any_run).
///
/// `is_open` is called from other threads, at most until this returns. It must not block.
#[cold]
pub(crate) fn wait_at_gate(
    op: Op,
    awaited: &Awaited<'_>,
    is_open: &(dyn Fn() -> bool + Sync),
) -> Option<Result<Wake, Aborted>> {
    in_run(|me, policy| policy.wait_at_gate(me, op, awaited, is_open)).flatten()
}

/// How many steps the run in progress has taken; 0 outside of a run.
#[must_use]
pub fn steps() -> u64 {
    in_run(|me, policy| policy.steps(me)).unwrap_or(0)
}

/// The answer of the strategy to a question of the calling thread's, below `answers`; 0 outside of
/// a run.
#[must_use]
pub fn ask(kind: PickKind, answers: u32) -> u32 {
    if answers < 2 {
        return 0;
    }
    in_run(|me, policy| policy.ask(me, kind, answers)).unwrap_or(0)
}

/// How far deadlines may be away that pass while threads of the run in progress could go on.
#[must_use]
pub fn slack() -> Duration {
    in_run(|me, policy| policy.slack(me)).unwrap_or_default()
}

/// The calling thread draws from `source`. Nothing happens outside of a run.
#[inline]
pub fn draw(source: Source) {
    if any_run() {
        in_run(|me, policy| policy.draws(me, source, true));
    }
}

/// As [`draw`], where the next one gets the same.
#[inline]
pub fn look_at(source: Source) {
    if any_run() {
        in_run(|me, policy| policy.draws(me, source, false));
    }
}

impl Deadline {
    /// The point in time `timeout` from now, on the calling thread's clock.
    #[must_use]
    pub fn after(timeout: Duration) -> Self {
        look_at(Source::Clock);
        Thread::with_clock(|clock| clock.after(timeout)).unwrap_or_else(|| {
            let thread = Thread::current_or_adopted();
            thread.scheduler().clock().after(timeout)
        })
    }
}

/// In a run, lets time pass up to `deadline`.
pub fn advance_clock(deadline: Deadline) {
    in_run(|me, policy| {
        if policy.controls(me) {
            me.scheduler().clock().advance_to(deadline);
        }
    });
}

/// The calling thread has looked at what other processes can change, so a run that does the same
/// again and again is no livelock. Nothing happens outside of a run.
pub fn looked_outside() {
    in_run(|me, policy| policy.looked_outside(me));
}

/// Whether no thread of the run in progress but the calling one is alive: whatever that does is
/// ordered with all that others have done and will do. False outside of a run.
#[must_use]
pub fn is_alone() -> bool {
    in_run(|me, policy| policy.is_alone(me)).unwrap_or(false)
}

/// The calling thread's number in the run in progress, if it is a member of one.
#[must_use]
#[inline]
pub fn current_number() -> Option<ThreadNumber> {
    if any_run() {
        let number = in_run(|me, policy| policy.controls(me).then(|| me.member_number()));
        number.flatten().flatten()
    } else {
        None
    }
}

/// `thread`'s number in the run in progress, if it is a member of one.
#[must_use]
pub fn number_of(thread: &Thread) -> Option<ThreadNumber> {
    let is_member = any_run() && thread.scheduler().policy().controls(thread);
    is_member.then(|| thread.member_number()).flatten()
}

/// Whether `tag` is that of the first member of the run of which the calling thread is a member.
#[must_use]
pub fn is_first(tag: u64) -> bool {
    in_run(|me, policy| policy.first_tag(me)).flatten() == Some(tag)
}

/// Whether the calling thread is in an [`atomic`] stretch.
#[must_use]
pub fn is_atomic() -> bool {
    Thread::current().is_some_and(|me| me.is_atomic())
}

/// Runs `f` without a decision point: no other member of the run runs meanwhile, unless `f` waits.
pub fn atomic<R>(f: impl FnOnce() -> R) -> R {
    struct Within(Option<Arc<Thread>>);
    impl Drop for Within {
        fn drop(&mut self) {
            if let Some(me) = &self.0 {
                me.leave_atomic();
            }
        }
    }
    let me = Thread::current();
    if let Some(me) = &me {
        me.enter_atomic();
    }
    let _within = Within(me);
    f()
}
