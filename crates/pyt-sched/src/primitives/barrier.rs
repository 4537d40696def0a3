//! A barrier: a fixed number of threads wait for each other, over and over.

use std::sync::Arc;

use super::{
    address,
    blocking::{Again, Line},
};
use crate::{
    Aborted, Awaited, Deadline, WaitKind, WaitQueue, Waiter, Wake,
    engine::decision::before,
    op::{Action, Op},
    sync::Mutex,
};

/// Why a wait at a [`Barrier`] failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarrierError<E> {
    /// The barrier is broken, or was reset while the thread waited.
    Broken,
    /// The last thread's action failed, which broke the barrier.
    Action(E),
    /// A signal handler raised during the wait. The barrier is as if this thread had not come, as
    /// in CPython; others wait on.
    Aborted(Aborted),
}

/// The phase of a barrier's round, as CPython's states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Threads arrive.
    Filling,
    /// The last thread has arrived and runs the action.
    Acting,
    /// All pass; newcomers wait until the last has left.
    Draining,
    /// Those inside fail; newcomers wait until the last has left.
    Resetting,
    /// All fail.
    Broken,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Threads inside: arrived, and not yet past.
    inside: usize,
    /// Threads that wait for the phase to change.
    queue: WaitQueue,
}

/// A barrier for a fixed number of threads.
#[derive(Debug)]
pub struct Barrier {
    parties: usize,
    state: Mutex<State>,
}

impl Barrier {
    /// A barrier for `parties` threads.
    #[must_use]
    pub const fn new(parties: usize) -> Self {
        Self {
            parties,
            state: Mutex::new(State {
                phase: Phase::Filling,
                inside: 0,
                queue: WaitQueue::new(),
            }),
        }
    }

    /// Waits until all parties have arrived. The last to arrive runs `action` before any passes.
    /// Returns how many had arrived before: from 0 to `parties - 1`, each once.
    ///
    /// # Errors
    /// [`BarrierError`]. A deadline that passes breaks the barrier for all.
    pub fn wait<E>(
        &self,
        deadline: Option<Deadline>,
        action: impl FnOnce() -> Result<(), E>,
    ) -> Result<usize, BarrierError<E>> {
        before(Op::on(Action::Arrive, address(self)));
        let index = self.arrive()?;
        let passed = if index + 1 == self.parties {
            self.act(action)
        } else {
            self.wait_for_others(deadline)
        };
        self.depart();
        passed.map(|()| index)
    }

    /// Gets inside, once those of the last round have left.
    ///
    /// Without a deadline, as in CPython: the round before ends by itself.
    fn arrive<E>(&self) -> Result<usize, BarrierError<E>> {
        loop {
            let waiter = {
                let mut state = self.state.lock();
                match state.phase {
                    Phase::Broken => return Err(BarrierError::Broken),
                    Phase::Filling => {
                        let index = state.inside;
                        state.inside += 1;
                        if index + 1 == self.parties {
                            state.phase = Phase::Acting;
                        }
                        return Ok(index);
                    }
                    _ => state.queue.enqueue(),
                }
            };
            self.block(&waiter, None).map_err(BarrierError::Aborted)?;
        }
    }

    fn act<E>(&self, action: impl FnOnce() -> Result<(), E>) -> Result<(), BarrierError<E>> {
        let done = action();
        let mut state = self.state.lock();
        let passed = match (done, state.phase) {
            (Ok(()), Phase::Acting) => {
                state.phase = Phase::Draining;
                Ok(())
            }
            (Err(error), _) => {
                state.phase = Phase::Broken;
                Err(BarrierError::Action(error))
            }
            (Ok(()), _) => Err(BarrierError::Broken),
        };
        state.queue.wake_all();
        passed
    }

    fn wait_for_others<E>(&self, deadline: Option<Deadline>) -> Result<(), BarrierError<E>> {
        loop {
            let (waiter, deadline) = {
                let mut state = self.state.lock();
                match state.phase {
                    Phase::Filling => (state.queue.enqueue(), deadline),
                    // All have come: a deadline no longer counts, as in CPython, where the action
                    // runs inside the barrier's lock.
                    Phase::Acting => (state.queue.enqueue(), None),
                    Phase::Draining => return Ok(()),
                    Phase::Resetting | Phase::Broken => return Err(BarrierError::Broken),
                }
            };
            match self.block(&waiter, deadline) {
                Ok(Wake::Woken) => {}
                Ok(Wake::TimedOut) => {
                    let mut state = self.state.lock();
                    // All may have arrived just in time.
                    if matches!(state.phase, Phase::Filling) {
                        state.phase = Phase::Broken;
                        state.queue.wake_all();
                        return Err(BarrierError::Broken);
                    }
                }
                Err(aborted) => return Err(BarrierError::Aborted(aborted)),
            }
        }
    }

    fn block(&self, waiter: &Arc<Waiter>, deadline: Option<Deadline>) -> Result<Wake, Aborted> {
        let line = Line {
            state: &self.state,
            queue: |state| &mut state.queue,
            again: Again::First,
        };
        let awaited = Awaited {
            kind: WaitKind::Barrier,
            object: address(self),
            deadline,
            held_by: None,
        };
        line.wait(waiter, &awaited).unlocked()
    }

    /// Leaves; the last one out opens the next round.
    fn depart(&self) {
        let mut state = self.state.lock();
        state.inside -= 1;
        if state.inside == 0 && matches!(state.phase, Phase::Draining | Phase::Resetting) {
            state.phase = Phase::Filling;
            state.queue.wake_all();
        }
    }

    /// Puts the barrier into its first state; threads that wait at it fail.
    pub fn reset(&self) {
        before(Op::on(Action::Arrive, address(self)));
        let mut state = self.state.lock();
        state.phase = match state.phase {
            _ if state.inside == 0 => Phase::Filling,
            // Those inside have passed already, whether they know it or not.
            Phase::Draining => Phase::Draining,
            _ => Phase::Resetting,
        };
        state.queue.wake_all();
    }

    /// Breaks the barrier: threads that wait at it, now or later, fail until it is reset.
    pub fn abort(&self) {
        before(Op::on(Action::Arrive, address(self)));
        let mut state = self.state.lock();
        state.phase = Phase::Broken;
        state.queue.wake_all();
    }

    /// How many threads it takes to pass.
    #[must_use]
    pub const fn parties(&self) -> usize {
        self.parties
    }

    /// A decision point before a look at the state: for a program that asks.
    pub fn query(&self) -> &Self {
        before(Op::on(Action::Query, address(self)));
        self
    }

    /// How many wait at it now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let state = self.state.lock();
        match state.phase {
            Phase::Filling | Phase::Acting => state.inside,
            _ => 0,
        }
    }

    /// Whether it is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state.lock().phase == Phase::Broken
    }

    /// Empties the barrier: in the child of a `fork`.
    pub fn reset_after_fork(&self) {
        let mut state = self.state.lock();
        state.queue.forget();
        state.inside = 0;
        state.phase = Phase::Filling;
    }
}
