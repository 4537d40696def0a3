//! The threads of a run: the state of each, and which of them could take a step.
//!
//! Plain data under the policy's lock: nothing here blocks or wakes.

use std::sync::Arc;

use super::strategy::Candidate;
use crate::{
    Deadline, HeldBy, Moment, Thread, ThreadId, Waiter, current_id,
    engine::{thread::ThreadNumber, world::Place},
    op::{Action, Op},
};

/// The condition under which a parked thread can take its step.
#[derive(Clone, Copy)]
pub(super) struct Gate {
    is_open: *const (dyn Fn() -> bool + Sync),
    held_by: Option<*const dyn HeldBy>,
}

// SAFETY: both may be called from any thread, being `Sync`.
unsafe impl Send for Gate {}

impl Gate {
    /// # Safety
    /// The gate must be dropped before `is_open` goes out of scope.
    #[expect(
        clippy::transmute_ptr_to_ptr,
        reason = "no cast makes a trait object's lifetime longer"
    )]
    pub(super) unsafe fn new(is_open: &(dyn Fn() -> bool + Sync)) -> Self {
        // SAFETY: only the lifetime changes, for which the caller answers.
        let is_open = unsafe {
            std::mem::transmute::<
                *const (dyn Fn() -> bool + Sync + '_),
                *const (dyn Fn() -> bool + Sync + 'static),
            >(std::ptr::from_ref(is_open))
        };
        Self {
            is_open,
            held_by: None,
        }
    }

    /// Has the gate know which thread holds what its own waits for.
    ///
    /// # Safety
    /// The gate must be dropped before `held_by` goes out of scope.
    #[expect(
        clippy::transmute_ptr_to_ptr,
        reason = "no cast makes a trait object's lifetime longer"
    )]
    pub(super) unsafe fn held_by(self, held_by: &dyn HeldBy) -> Self {
        // SAFETY: only the lifetime changes, for which the caller answers.
        let held_by = unsafe {
            std::mem::transmute::<*const (dyn HeldBy + '_), *const (dyn HeldBy + 'static)>(
                std::ptr::from_ref(held_by),
            )
        };
        Self {
            held_by: Some(held_by),
            ..self
        }
    }

    pub(super) fn is_open(self) -> bool {
        // SAFETY: the thread that made the gate drops it before it runs on.
        unsafe { (*self.is_open)() }
    }

    /// The thread that holds now what the gate's thread waits for, if that can be known.
    pub(super) fn holder(self) -> Option<ThreadId> {
        // SAFETY: the thread that made the gate drops it before it runs on.
        self.held_by
            .and_then(|held_by| unsafe { (*held_by).hold().by })
    }
}

/// The state of a member.
#[derive(Clone)]
pub(super) enum MemberState {
    /// It has the turn.
    Running,
    /// It is at a decision point, and can take its step if its gate is open.
    Ready {
        gate: Option<Gate>,
        deadline: Option<Deadline>,
    },
    /// It waits for another to wake it.
    Blocked {
        waiter: Arc<Waiter>,
        deadline: Option<Deadline>,
    },
    /// It has been in foreign code for long: others have the turn.
    Foreign,
    /// It is back from foreign code, and frozen until it has the turn.
    Frozen,
    /// It has exited, or has detached from the runtime.
    Exited,
}

/// One member.
pub(super) struct Member {
    pub(super) thread: Arc<Thread>,
    pub(super) state: MemberState,
    pub(super) op: Op,
    pub(super) place: Place,
    /// A digest of its state at its last decision point; 0 if that was not looked at.
    pub(super) digest: u64,
    /// It was chosen because its deadline had come.
    pub(super) timed_out: bool,
    /// It was woken, or interrupted, while it waited at its gate.
    pub(super) interrupted: bool,
    /// It was woken before it began to wait.
    pub(super) woken_early: bool,
    /// An observer knows that its gate is open.
    noted_open: bool,
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
            state: MemberState::Exited,
            op: Op::alone(Action::Begin),
            place: Place(0, 0, 0),
            digest: 0,
            timed_out: false,
            interrupted: false,
            woken_early: false,
            noted_open: false,
        }
    }

    fn able(&self, now: Deadline) -> Able {
        let late = |deadline: Option<Deadline>| match deadline {
            Some(deadline) if deadline <= now => Able::TimedOut,
            _ => Able::No,
        };
        match self.state {
            MemberState::Frozen => Able::Yes,
            MemberState::Ready { .. } if self.interrupted && !self.op.action.is_attempt() => {
                Able::Yes
            }
            MemberState::Ready { gate: None, .. } => Able::Yes,
            MemberState::Ready {
                gate: Some(gate),
                deadline,
            } => {
                if gate.is_open() {
                    Able::Yes
                } else {
                    late(deadline)
                }
            }
            MemberState::Blocked { deadline, .. } => late(deadline),
            MemberState::Running | MemberState::Foreign | MemberState::Exited => Able::No,
        }
    }

    /// Notes for the observer that the gate at which the member waits has opened, with the calling
    /// thread's last step, or that its deadline has come.
    fn note_gate(&mut self, now: Deadline) {
        let is_at_gate = matches!(self.state, MemberState::Ready { gate: Some(_), .. });
        let opened = match self.able(now) {
            Able::Yes if is_at_gate => Some(Moment::Woken {
                by: Some(current_id()),
            }),
            Able::TimedOut => Some(Moment::Woken { by: None }),
            Able::Yes | Able::No => None,
        };
        let is_noted = std::mem::replace(&mut self.noted_open, opened.is_some());
        if let Some(moment) = opened.filter(|_| !is_noted) {
            self.thread.note(moment);
        }
    }

    /// When it stops waiting.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self.state {
            MemberState::Ready { deadline, .. } | MemberState::Blocked { deadline, .. } => deadline,
            _ => None,
        }
    }

    pub(super) fn has_exited(&self) -> bool {
        matches!(self.state, MemberState::Exited)
    }
}

/// All members of a run, by number.
#[derive(Default)]
pub(super) struct Members(pub(super) Vec<Member>);

impl Members {
    /// Writes the members that could take a step at `now` into `candidates`.
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

    /// Notes for the observer, if there is one, which members have stopped waiting.
    pub(super) fn note_gates(&mut self, now: Deadline) {
        let is_observed = |member: &Member| member.thread.scheduler().observer().is_some();
        if self.0.first().is_some_and(is_observed) {
            for member in &mut self.0 {
                member.note_gate(now);
            }
        }
    }

    /// The first deadline that a member waits for.
    pub(super) fn first_deadline(&self) -> Option<Deadline> {
        self.0.iter().filter_map(Member::deadline).min()
    }

    /// Whether a member is in foreign code, or on its way back from it.
    pub(super) fn any_foreign(&self) -> bool {
        self.0
            .iter()
            .any(|member| matches!(member.state, MemberState::Foreign))
    }

    /// The next member after `from`, in turn, that has not exited and is not in foreign code.
    pub(super) fn next_in_turn(&self, from: ThreadNumber) -> Option<ThreadNumber> {
        let count = ThreadNumber::try_from(self.0.len()).unwrap_or(ThreadNumber::MAX);
        (1..=count)
            .map(|step| (from + step) % count)
            .find(|number| {
                !matches!(
                    self.0[*number as usize].state,
                    MemberState::Exited | MemberState::Foreign | MemberState::Running
                )
            })
    }
}
