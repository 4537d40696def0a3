//! How a primitive blocks: first at its gate, if a strategy controls the thread, then in a queue.
//!
//! The gate decides nothing but when the thread runs: what the operation does, it does afterwards,
//! with the same code in all modes. Which primitives there are is not known here.

use std::sync::Arc;

use crate::{
    Aborted, Awaited, WaitQueue, Waiter, Wake,
    engine::decision,
    op::{Action, Op},
    run_count::any_run,
    sync::{Mutex, MutexGuard},
};

/// A decision point before an operation that does `action` and may have to wait: returns once the
/// gate `is_open` and the strategy chose the thread, or the deadline has come. `None`, at once, if
/// no strategy controls the calling thread.
///
/// `is_open` is called from other threads, at most until this returns. It must not block.
#[inline]
pub(super) fn wait_at_gate<'a>(
    action: Action,
    awaited: impl FnOnce() -> Awaited<'a>,
    is_open: impl Fn() -> bool + Sync,
) -> Option<Result<Wake, Aborted>> {
    // One load outside of runs: the arguments are made into what the gate needs behind it.
    if any_run() {
        wait_at_gate_in_run(action, awaited, is_open)
    } else {
        None
    }
}

#[cold]
fn wait_at_gate_in_run<'a>(
    action: Action,
    awaited: impl FnOnce() -> Awaited<'a>,
    is_open: impl Fn() -> bool + Sync,
) -> Option<Result<Wake, Aborted>> {
    let awaited = awaited();
    decision::wait_at_gate(Op::on(action, awaited.object), &awaited, &is_open)
}

/// As [`wait_at_gate`], for an operation that continues in the same way whether or not there is a
/// strategy: [`Wake::Woken`] if there is none.
#[inline]
pub(super) fn pass_gate<'a>(
    action: Action,
    awaited: impl FnOnce() -> Awaited<'a>,
    is_open: impl Fn() -> bool + Sync,
) -> Result<Wake, Aborted> {
    wait_at_gate(action, awaited, is_open).unwrap_or(Ok(Wake::Woken))
}

/// One of a primitive's queues, with the lock that protects it and the primitive's state.
pub(super) struct Line<'a, S> {
    pub(super) state: &'a Mutex<S>,
    /// The queue in that state.
    pub(super) queue: fn(&mut S) -> &mut WaitQueue,
    /// Where a thread lines up that was woken and must wait again.
    pub(super) again: Again,
}

/// Where a thread lines up that was woken and must wait again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Before all others: another thread took the thing first.
    First,
    /// After all others.
    Last,
}

/// The result of an attempt. The operand is what the operation brings along: an item to be put.
pub(super) enum Attempt<T, I> {
    Done(T),
    /// The thread must wait; the operand comes back.
    Blocked(I),
}

/// Why an operation ended without an attempt that succeeded.
pub(super) enum Failure {
    /// The deadline came.
    TimedOut,
    /// A signal handler raised. `handed`: the waker had handed over the thing itself.
    Aborted { aborted: Aborted, handed: bool },
}

/// How a wait in a queue ended.
pub(super) enum Ended<'a, S> {
    Woken,
    /// The deadline came; the thread is not in the queue any more, and holds the lock.
    TimedOut(MutexGuard<'a, S>),
    /// A signal handler raised; the thread is not in the queue any more, and holds the lock.
    Aborted(MutexGuard<'a, S>, Aborted),
}

impl<S> Ended<'_, S> {
    /// The same without the lock, which it releases.
    pub(super) fn unlocked(self) -> Result<Wake, Aborted> {
        match self {
            Self::Woken => Ok(Wake::Woken),
            Self::TimedOut(_) => Ok(Wake::TimedOut),
            Self::Aborted(_, aborted) => Err(aborted),
        }
    }
}

impl<'a, S> Line<'a, S> {
    /// Tries until an attempt succeeds, and waits in the queue in between. An attempt is made under
    /// the lock, so no wake-up is lost between it and the wait. Otherwise the result is that of
    /// `fail`, which has the lock, while the thread is not in the queue any more.
    #[inline]
    pub(super) fn wait_until<'w, T, I>(
        &self,
        awaited: impl FnOnce() -> Awaited<'w>,
        operand: I,
        attempt: impl FnMut(&mut S, I) -> Attempt<T, I>,
        fail: impl FnOnce(MutexGuard<'a, S>, I, Failure) -> T,
    ) -> T {
        self.wait_until_or_handed(awaited, operand, attempt, || None, fail)
    }

    /// As [`wait_until`](Self::wait_until), for a primitive whose waker may hand over the thing
    /// itself: the result is then that of `handed`.
    #[inline]
    pub(super) fn wait_until_or_handed<'w, T, I>(
        &self,
        awaited: impl FnOnce() -> Awaited<'w>,
        operand: I,
        mut attempt: impl FnMut(&mut S, I) -> Attempt<T, I>,
        handed: impl Fn() -> Option<T>,
        fail: impl FnOnce(MutexGuard<'a, S>, I, Failure) -> T,
    ) -> T {
        let mut state = self.state.lock();
        match attempt(&mut state, operand) {
            Attempt::Done(done) => done,
            Attempt::Blocked(operand) => {
                self.wait_and_retry(state, &awaited(), operand, attempt, handed, fail)
            }
        }
    }

    /// After an attempt that did not succeed: `state` is still locked since then.
    #[cold]
    fn wait_and_retry<T, I>(
        &self,
        mut state: MutexGuard<'a, S>,
        awaited: &Awaited<'_>,
        mut operand: I,
        mut attempt: impl FnMut(&mut S, I) -> Attempt<T, I>,
        handed: impl Fn() -> Option<T>,
        fail: impl FnOnce(MutexGuard<'a, S>, I, Failure) -> T,
    ) -> T {
        let mut overtaken = false;
        loop {
            let queue = (self.queue)(&mut state);
            let waiter = if overtaken && self.again == Again::First {
                queue.enqueue_overtaken()
            } else {
                queue.enqueue()
            };
            drop(state);
            match self.wait(&waiter, awaited) {
                Ended::Woken => {
                    if waiter.was_handed()
                        && let Some(done) = handed()
                    {
                        return done;
                    }
                    overtaken = true;
                }
                Ended::TimedOut(state) => return fail(state, operand, Failure::TimedOut),
                Ended::Aborted(state, aborted) => {
                    let handed = waiter.was_handed();
                    return fail(state, operand, Failure::Aborted { aborted, handed });
                }
            }
            drop(waiter);
            state = self.state.lock();
            match attempt(&mut state, operand) {
                Attempt::Done(done) => return done,
                Attempt::Blocked(back) => operand = back,
            }
        }
    }

    /// Waits in the queue, where `waiter` is. A wait that no thread woke leaves the queue.
    pub(super) fn wait(&self, waiter: &Arc<Waiter>, awaited: &Awaited<'_>) -> Ended<'a, S> {
        let ended = waiter.wait(awaited);
        if ended == Ok(Wake::Woken) {
            return Ended::Woken;
        }
        let mut state = self.state.lock();
        (self.queue)(&mut state).remove(waiter);
        match ended {
            Ok(_) => Ended::TimedOut(state),
            Err(aborted) => Ended::Aborted(state, aborted),
        }
    }
}
