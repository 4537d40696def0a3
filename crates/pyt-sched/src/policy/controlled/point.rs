//! Where threads come in: decision points, with or without something to wait for.
//!
//! All of it costs one relaxed load while no run is under way in the process.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{policy::Controlled, strategy::ThreadNumber};
use crate::{Aborted, Deadline, Thread, ThreadId, WaitKind, Wake, op::Op};

/// How many runs are under way in this process.
pub(super) static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Whether a run is under way in this process.
#[inline]
pub(crate) fn any_run() -> bool {
    !cfg!(feature = "shuttle") && RUNS.load(Ordering::Relaxed) != 0
}

/// The calling thread and the policy that controls it, if one does.
fn controlled<R>(f: impl FnOnce(&Arc<Thread>, &Controlled) -> R) -> Option<R> {
    let me = Thread::current()?;
    let policy = me.scheduler().policy().controlled()?;
    policy.has(&me).then(|| f(&me, policy))
}

/// A decision point of the calling thread, about to do `op`: returns when a strategy has chosen
/// it. Outside of a run it does nothing. Returns the number of steps that were taken before.
///
/// # Errors
/// [`Aborted`] if the run was given up: the thread is to end, as soon as it can.
#[inline]
pub fn point(op: Op) -> Result<u64, Aborted> {
    if any_run() {
        controlled(|me, policy| policy.point(me, op)).unwrap_or(Ok(0))
    } else {
        Ok(0)
    }
}

/// How many steps the run under way has taken; 0 outside of a run.
#[must_use]
pub fn steps() -> u64 {
    if any_run() {
        controlled(|_, policy| policy.steps()).unwrap_or(0)
    } else {
        0
    }
}

/// The calling thread's number in the run under way, if it is a member of one.
#[must_use]
#[inline]
pub fn current_number() -> Option<ThreadNumber> {
    if any_run() {
        controlled(|me, _| me.member_number()).flatten()
    } else {
        None
    }
}

/// `thread`'s number in the run under way, if it is a member of one.
#[must_use]
pub fn number_of(thread: &Thread) -> Option<ThreadNumber> {
    let policy = thread.scheduler().policy().controlled()?;
    let is_member = any_run() && policy.has(thread);
    is_member.then(|| thread.member_number()).flatten()
}

/// Whether `tag` is that of the first member of the run of which the calling thread is a member.
#[must_use]
pub fn is_first(tag: u64) -> bool {
    any_run() && controlled(|_, policy| policy.first_tag() == Some(tag)).unwrap_or(false)
}

/// Whether the calling thread is in an [`atomic`] stretch.
#[must_use]
pub fn is_atomic() -> bool {
    Thread::current().is_some_and(|me| me.is_atomic())
}

/// As [`point`], before an operation that does not fail.
#[inline]
pub(crate) fn before(op: Op) {
    if any_run() {
        let _ = point(op);
    }
}

/// Runs `f` without a decision point: no other member of the run goes on unless `f` waits.
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

/// A decision point before `op`, at which the calling thread is no candidate until `open` says so
/// or `deadline` has come. `None`: no strategy controls the calling thread.
///
/// `open` is called from other threads, at most until this returns. It must not block.
#[inline]
pub(crate) fn wait_until(
    op: Op,
    kind: WaitKind,
    deadline: Option<Deadline>,
    holder: impl Fn() -> Option<ThreadId>,
    open: &(dyn Fn() -> bool + Sync),
) -> Option<Result<Wake, Aborted>> {
    if any_run() {
        controlled(|me, policy| policy.wait_until(me, op, kind, deadline, &holder, open))
    } else {
        None
    }
}
