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

/// How an operation in a queue ended.
pub(super) enum Outcome<'a, S, T, I> {
    Done(T),
    /// The deadline came; the thread is not in the queue any more, and holds the lock.
    TimedOut(MutexGuard<'a, S>, I),
    /// A signal handler raised; the thread is not in the queue any more, and holds the lock.
    Aborted(MutexGuard<'a, S>, I, Unfinished),
}

/// What an [aborted](Outcome::Aborted) wait leaves for the primitive to do.
pub(super) struct Unfinished {
    pub(super) aborted: Aborted,
    /// The waker handed over the thing itself.
    pub(super) handed: bool,
}

/// How a wait in a queue ended.
pub(super) enum Ended<'a, S> {
    Woken,
    /// As [`Outcome::TimedOut`].
    TimedOut(MutexGuard<'a, S>),
    /// As [`Outcome::Aborted`].
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
    /// the lock, so no wake-up is lost between it and the wait.
    pub(super) fn wait_until<T, I>(
        &self,
        awaited: &Awaited<'_>,
        operand: I,
        attempt: impl FnMut(&mut S, I) -> Attempt<T, I>,
    ) -> Outcome<'a, S, T, I> {
        self.wait_until_or_handed(awaited, operand, attempt, || None)
    }

    /// As [`wait_until`](Self::wait_until), for a primitive whose waker may hand over the thing
    /// itself: the result is then that of `handed`.
    pub(super) fn wait_until_or_handed<T, I>(
        &self,
        awaited: &Awaited<'_>,
        mut operand: I,
        mut attempt: impl FnMut(&mut S, I) -> Attempt<T, I>,
        handed: impl Fn() -> Option<T>,
    ) -> Outcome<'a, S, T, I> {
        let mut overtaken = false;
        loop {
            let waiter = {
                let mut state = self.state.lock();
                match attempt(&mut state, operand) {
                    Attempt::Done(done) => return Outcome::Done(done),
                    Attempt::Blocked(back) => operand = back,
                }
                let queue = (self.queue)(&mut state);
                if overtaken && self.again == Again::First {
                    queue.enqueue_overtaken()
                } else {
                    queue.enqueue()
                }
            };
            match self.wait(&waiter, awaited) {
                Ended::Woken => {
                    if waiter.was_handed()
                        && let Some(done) = handed()
                    {
                        return Outcome::Done(done);
                    }
                    overtaken = true;
                }
                Ended::TimedOut(state) => return Outcome::TimedOut(state, operand),
                Ended::Aborted(state, aborted) => {
                    let unfinished = Unfinished {
                        aborted,
                        handed: waiter.was_handed(),
                    };
                    return Outcome::Aborted(state, operand, unfinished);
                }
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
