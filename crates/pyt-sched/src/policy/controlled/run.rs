//! What a run is given, and what it leaves: plain data.

use std::time::{Duration, Instant};

use super::{
    repetition::Repetition,
    strategy::{Candidate, Strategy},
    trace::Trace,
};
use crate::{
    Waiting,
    engine::{pick::Fault, thread::ThreadNumber, world::Place},
    op::Op,
};

/// Is called at a standstill, with what each thread waits for.
pub type OnStandstill = Box<dyn FnMut(&[Stuck]) + Send>;

/// A run is given up after so many times the steps after which it may be endless: it may as well be
/// a long one.
pub const MOST_STEPS_PER_MAX: u64 = 10;

/// The settings of a run.
pub struct RunConfig {
    /// Decides which thread takes each step.
    pub strategy: Box<dyn Strategy>,
    /// After so many steps it is looked now and then whether the run repeats itself. Those count
    /// fully that touch what several threads have touched lately, while another thread could go on;
    /// others three tenths, and those that touch nothing one tenth.
    pub max_steps: u64,
    /// The run is given up after so many steps, all of them counted.
    pub most_steps: u64,
    /// From this step on it is looked all the time whether the run repeats itself.
    pub looks_from: Option<u64>,
    /// Deadlines that are no further away than this may pass while threads could go on: the
    /// strategy decides.
    pub slack: Duration,
    /// The faults that the run may have before a step.
    pub faults: Vec<Fault>,
    /// Whether to keep a [`Trace`].
    pub traced: bool,
    /// Whether the trace says where in the program each step was taken.
    pub with_places: bool,
    /// Whether a thread keeps its turn however long it is in foreign code, as a thread that a
    /// debugger has stopped. Otherwise another thread gets the turn after a while.
    pub keeps_turn_in_foreign_code: bool,
    /// From then on a run is given up in which no thread can go on before one returns from foreign
    /// code, or that has taken more than `max_steps` steps.
    pub give_up_at: Option<Instant>,
    /// A run is given up in which for so long, of real time, no thread can go on before one returns
    /// from foreign code.
    pub foreign_wait_limit: Option<Duration>,
    /// Called at a standstill, by the last thread that ran, while all threads are still where they
    /// wait; then the run is given up.
    pub on_standstill: Option<OnStandstill>,
}

impl RunConfig {
    /// A run that keeps a trace without places, and nothing else.
    #[must_use]
    pub fn new(strategy: Box<dyn Strategy>, max_steps: u64) -> Self {
        Self {
            strategy,
            max_steps,
            most_steps: max_steps.saturating_mul(MOST_STEPS_PER_MAX),
            looks_from: None,
            slack: Duration::ZERO,
            faults: Vec::new(),
            traced: true,
            with_places: false,
            keeps_turn_in_foreign_code: false,
            give_up_at: None,
            foreign_wait_limit: None,
            on_standstill: None,
        }
    }
}

impl std::fmt::Debug for RunConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunConfig")
            .field("max_steps", &self.max_steps)
            .field("traced", &self.traced)
            .finish_non_exhaustive()
    }
}

/// A thread at a standstill.
#[derive(Clone, Debug)]
pub struct Stuck {
    /// Which thread.
    pub thread: ThreadNumber,
    /// Its name.
    pub name: String,
    /// The world's own number for it.
    pub tag: u64,
    /// The step that it could not take.
    pub op: Op,
    /// Where in the program, if the run [knows places](RunConfig::with_places).
    pub place: Place,
    /// What it waits for, and which thread holds it.
    pub waiting: Option<Waiting>,
    /// The member of the run that holds it, if one does.
    pub holder: Option<ThreadNumber>,
    /// It is in foreign code, and has not returned. The step is then its last one.
    pub is_foreign: bool,
}

/// Why a run was given up before its threads had exited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every thread waited, without a deadline, for another.
    Standstill,
    /// The run repeats itself: see [`FinishedRun::repetition`].
    Livelock,
    /// The program has ended its process with this status: `os._exit`.
    Exited(i32),
    /// There were more steps than allowed. Whether the run would have ended is not known.
    TooManySteps,
    /// No thread could go on before one returned from foreign code, and the time was up, or the
    /// limit for that; or the time was up, and the run had taken very many steps.
    OutOfTime,
}

/// The results of a run.
pub struct FinishedRun {
    /// The strategy, for what it has learnt.
    pub strategy: Box<dyn Strategy>,
    /// How many steps were taken.
    pub steps: u64,
    /// The steps, if they were to be kept.
    pub trace: Trace,
    /// What the run repeats, if it was given up for that.
    pub repetition: Option<Repetition>,
    /// Why the run was given up, if it was.
    pub ending: Option<Ending>,
    /// The members that waited when the run was given up or the program ended, each with the step
    /// that it could not take.
    pub blocked: Vec<Candidate>,
    /// The threads of a run that was given up since none could go on before one returned from
    /// foreign code.
    pub awaiting_foreign: Vec<Stuck>,
    /// The names of its threads, by number.
    pub names: Vec<String>,
    /// The first step after which a thread was in foreign code for so long that another got the
    /// turn: what follows depends on more than the strategy. With the place of that thread.
    pub irreproducible_from: Option<(u64, Place)>,
    /// How many threads did not exit, even when all their steps failed; they were halted.
    pub abandoned: usize,
}

impl std::fmt::Debug for FinishedRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FinishedRun")
            .field("steps", &self.steps)
            .field("ending", &self.ending)
            .field("irreproducible_from", &self.irreproducible_from)
            .field("abandoned", &self.abandoned)
            .finish_non_exhaustive()
    }
}

/// The calling thread is not one of the scheduler's, or a run is in progress already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotBegin;
