//! The threads of a run: where each stands, and which of them could take a step.
//!
//! Plain data under the policy's lock: nothing here blocks or wakes.

use std::sync::Arc;

use super::{
    strategy::{Candidate, ThreadNumber},
    trace::Place,
};
use crate::{
    Deadline, Thread, Waiter,
    op::{Action, Op},
};

/// A condition that a thread, parked meanwhile, has left with the policy.
#[derive(Clone, Copy)]
pub(super) struct Gate(*const (dyn Fn() -> bool + Sync));

// SAFETY: the function may be called from any thread, being `Sync`.
unsafe impl Send for Gate {}

impl Gate {
    /// # Safety
    /// The gate must be dropped before `open` goes out of scope.
    pub(super) unsafe fn new(open: &(dyn Fn() -> bool + Sync)) -> Self {
        // SAFETY: only the lifetime changes, for which the caller answers.
        Self(unsafe {
            std::mem::transmute::<
                *const (dyn Fn() -> bool + Sync + '_),
                *const (dyn Fn() -> bool + Sync + 'static),
            >(std::ptr::from_ref(open))
        })
    }

    pub(super) fn is_open(self) -> bool {
        // SAFETY: the thread that made the gate does not go on before it has taken it back.
        unsafe { (*self.0)() }
    }
}

/// Where a member stands.
#[derive(Clone)]
pub(super) enum Stand {
    /// It has the turn.
    Running,
    /// It stands at a decision point and could go on, if what it waits for is there.
    Ready {
        gate: Option<Gate>,
        deadline: Option<Deadline>,
    },
    /// It waits for another to wake it.
    Blocked {
        waiter: Arc<Waiter>,
        deadline: Option<Deadline>,
    },
    /// It was taken for one that stays in foreign code for long: the turn went on without it.
    Foreign,
    /// It is back from there, and kept from running until its turn comes.
    Frozen,
    /// It has ended, or is outside the runtime.
    Away,
}

/// One member.
pub(super) struct Member {
    pub(super) thread: Arc<Thread>,
    pub(super) stand: Stand,
    pub(super) op: Op,
    pub(super) place: Place,
    /// It was chosen because its deadline had come.
    pub(super) timed_out: bool,
    /// Somebody wants it to look up from its wait.
    pub(super) interrupted: bool,
    /// It was woken before it began to wait.
    pub(super) woken_early: bool,
}

/// Whether a member could take its step.
enum Able {
    No,
    Yes,
    TimedOut,
}

impl Member {
    pub(super) const fn new(thread: Arc<Thread>) -> Self {
        Self {
            thread,
            stand: Stand::Away,
            op: Op::alone(Action::Begin),
            place: Place(0, 0),
            timed_out: false,
            interrupted: false,
            woken_early: false,
        }
    }

    fn able(&self, now: Deadline) -> Able {
        let late = |deadline: Option<Deadline>| match deadline {
            Some(deadline) if deadline <= now => Able::TimedOut,
            _ => Able::No,
        };
        match self.stand {
            Stand::Frozen => Able::Yes,
            Stand::Ready { .. } if self.interrupted => Able::Yes,
            Stand::Ready { gate: None, .. } => Able::Yes,
            Stand::Ready {
                gate: Some(gate),
                deadline,
            } => {
                if gate.is_open() {
                    Able::Yes
                } else {
                    late(deadline)
                }
            }
            Stand::Blocked { deadline, .. } => late(deadline),
            Stand::Running | Stand::Foreign | Stand::Away => Able::No,
        }
    }

    /// When it stops waiting.
    fn deadline(&self) -> Option<Deadline> {
        match self.stand {
            Stand::Ready { deadline, .. } | Stand::Blocked { deadline, .. } => deadline,
            _ => None,
        }
    }

    pub(super) fn is_away(&self) -> bool {
        matches!(self.stand, Stand::Away)
    }
}

/// All members of a run, by number.
#[derive(Default)]
pub(super) struct Members(pub(super) Vec<Member>);

impl Members {
    /// Who could take a step at `now`, into `candidates`.
    pub(super) fn candidates(&self, now: Deadline, candidates: &mut Vec<Candidate>) {
        candidates.clear();
        for (number, member) in (0..).zip(&self.0) {
            let timed_out = match member.able(now) {
                Able::No => continue,
                Able::Yes => false,
                Able::TimedOut => true,
            };
            candidates.push(Candidate {
                thread: number,
                op: member.op,
                timed_out,
            });
        }
    }

    /// The first deadline that somebody waits for.
    pub(super) fn first_deadline(&self) -> Option<Deadline> {
        self.0.iter().filter_map(Member::deadline).min()
    }

    /// Whether somebody is in foreign code, or was and is on its way back.
    pub(super) fn any_foreign(&self) -> bool {
        self.0
            .iter()
            .any(|member| matches!(member.stand, Stand::Foreign))
    }

    /// The next member after `from`, in turn, that has not ended and is not in foreign code.
    pub(super) fn next_in_turn(&self, from: ThreadNumber) -> Option<ThreadNumber> {
        let count = ThreadNumber::try_from(self.0.len()).unwrap_or(ThreadNumber::MAX);
        (1..=count)
            .map(|step| (from + step) % count)
            .find(|number| {
                !matches!(
                    self.0[*number as usize].stand,
                    Stand::Away | Stand::Foreign | Stand::Running
                )
            })
    }
}
