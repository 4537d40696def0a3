//! The same run again: follows the choices that were recorded, and says so if it cannot.

use std::sync::{Arc, Mutex, PoisonError};

use pyt_sched::controlled::{Decision, Strategy, ThreadNumber};

use super::Streak;
use crate::Choices;

/// The program did not do what it did when the choices were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// At decision number `step` the recorded thread could not go on.
    CannotGoOn {
        /// Which decision, from 0.
        step: u64,
        /// Who should have gone on.
        wanted: ThreadNumber,
        /// Who could.
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

/// Says afterwards whether the program followed its [`Replay`].
#[derive(Clone, Debug)]
pub struct Watch {
    recorded: u64,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    taken: u64,
    divergence: Option<Divergence>,
}

impl Watch {
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
/// fairness) and leaves word with its [`Watch`].
#[derive(Debug)]
pub struct Replay {
    choices: Choices,
    run: usize,
    taken_of_run: u64,
    watch: Watch,
    lost: bool,
    streak: Streak,
}

impl Replay {
    /// Follows `choices`.
    #[must_use]
    pub fn new(choices: Choices) -> Self {
        let watch = Watch {
            recorded: choices.len(),
            state: Arc::default(),
        };
        Self {
            choices,
            run: 0,
            taken_of_run: 0,
            watch,
            lost: false,
            streak: Streak::default(),
        }
    }

    /// Who says afterwards whether the program followed.
    #[must_use]
    pub fn watch(&self) -> Watch {
        self.watch.clone()
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

    fn lose(&mut self, divergence: Divergence) {
        self.lost = true;
        let state = &self.watch.state;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.divergence = Some(divergence);
    }
}

impl Strategy for Replay {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        if !self.lost {
            match self.recorded() {
                Some(thread) => match decision.index_of(thread) {
                    Some(index) => {
                        let state = &self.watch.state;
                        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                        state.taken += 1;
                        self.streak.chose(decision, thread);
                        return index;
                    }
                    None => self.lose(Divergence::CannotGoOn {
                        step: decision.step,
                        wanted: thread,
                        candidates: decision.candidates.iter().map(|c| c.thread).collect(),
                    }),
                },
                None => self.lose(Divergence::Longer {
                    recorded: self.watch.recorded,
                }),
            }
        }
        self.streak.without_switch(decision)
    }
}
