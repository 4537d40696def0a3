//! Replays recorded choices, and detects where a program does not follow them.

use std::sync::{Arc, Mutex, PoisonError};

use pyt_sched::controlled::{Decision, Question, Strategy, ThreadNumber};

use super::{answers::Answers, streak::Streak};
use crate::choices::Choices;

/// The program did not do what it did when the choices were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// At decision number `step` the recorded thread was no candidate.
    CannotGoOn {
        /// Which decision, from 0.
        step: u64,
        /// The recorded thread.
        wanted: ThreadNumber,
        /// The threads that could go on.
        candidates: Vec<ThreadNumber>,
    },
    /// The program went on after the last recorded step.
    Longer {
        /// How many steps were recorded.
        recorded: u64,
    },
    /// The program was at its end before the last recorded step.
    Shorter {
        /// How many steps were recorded.
        recorded: u64,
        /// How many the program took.
        taken: u64,
    },
}

impl std::fmt::Display for Divergence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CannotGoOn {
                step,
                wanted,
                candidates,
            } => {
                write!(
                    f,
                    "at step {step} the schedule says thread {wanted}, which cannot go on; "
                )?;
                match &candidates[..] {
                    [one] => write!(f, "only thread {one} can"),
                    all => write!(f, "threads {all:?} can"),
                }
            }
            Self::Longer { recorded } => {
                write!(
                    f,
                    "the program goes on after the schedule's {recorded} steps"
                )
            }
            Self::Shorter { recorded, taken } => write!(
                f,
                "the program ended after {taken} of the schedule's {recorded} steps"
            ),
        }
    }
}

/// Whether the program followed its [`Replay`], to be asked after the run.
#[derive(Clone, Debug)]
pub struct DivergenceCheck {
    recorded: u64,
    state: Arc<Mutex<CheckState>>,
}

#[derive(Debug, Default)]
struct CheckState {
    taken: u64,
    divergence: Option<Divergence>,
}

impl DivergenceCheck {
    /// The first divergence, once the run is over.
    #[must_use]
    pub fn divergence(&self) -> Option<Divergence> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let shorter = (state.taken < self.recorded).then_some(Divergence::Shorter {
            recorded: self.recorded,
            taken: state.taken,
        });
        state.divergence.clone().or(shorter)
    }
}

/// Follows recorded choices. Where it cannot, or at their end, it goes on without switches (but for
/// fairness) and notes the divergence for its [`DivergenceCheck`].
#[derive(Debug)]
pub struct Replay {
    choices: Choices,
    answers: Answers,
    run: usize,
    taken_of_run: u64,
    check: DivergenceCheck,
    diverged: bool,
    streak: Streak,
}

impl Replay {
    /// Follows `choices`.
    #[must_use]
    pub fn new(choices: Choices) -> Self {
        let check = DivergenceCheck {
            recorded: choices.len(),
            state: Arc::default(),
        };
        Self {
            answers: Answers::new(choices.picks().iter().copied()),
            choices,
            run: 0,
            taken_of_run: 0,
            check,
            diverged: false,
            streak: Streak::default(),
        }
    }

    /// Tells after the run whether the program followed the choices.
    #[must_use]
    pub fn divergence_check(&self) -> DivergenceCheck {
        self.check.clone()
    }

    fn recorded(&mut self) -> Option<ThreadNumber> {
        let &(thread, steps) = self.choices.runs().get(self.run)?;
        self.taken_of_run += 1;
        if self.taken_of_run >= steps {
            self.run += 1;
            self.taken_of_run = 0;
        }
        Some(thread)
    }

    fn diverge(&mut self, divergence: Divergence) {
        self.diverged = true;
        let state = &self.check.state;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.divergence = Some(divergence);
    }
}

impl Strategy for Replay {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        if !self.diverged {
            match self.recorded() {
                Some(thread) => match decision.index_of(thread) {
                    Some(index) => {
                        let state = &self.check.state;
                        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                        state.taken += 1;
                        self.streak.chose(decision, thread);
                        return index;
                    }
                    None => self.diverge(Divergence::CannotGoOn {
                        step: decision.step,
                        wanted: thread,
                        candidates: decision.candidates.iter().map(|c| c.thread).collect(),
                    }),
                },
                None => self.diverge(Divergence::Longer {
                    recorded: self.check.recorded,
                }),
            }
        }
        self.streak.without_switch(decision)
    }

    fn answer(&mut self, question: &Question) -> u32 {
        self.answers.to(question)
    }
}
