//! Beginning a run, and how it ended.

use std::sync::Arc;

use super::{
    policy::Controlled,
    strategy::{Candidate, Strategy, ThreadNumber},
    trace::{Place, Trace},
};
use crate::{Scheduler, Waiting, op::Op};

/// Is told who waits for what when nobody can go on any more.
pub type OnStandstill = Box<dyn FnMut(&[Stuck]) + Send>;

/// What a run is to be like.
pub struct RunConfig {
    /// Who decides.
    pub strategy: Box<dyn Strategy>,
    /// After so many steps the run is taken for an endless loop.
    pub max_steps: u64,
    /// Whether to keep a [`Trace`].
    pub traced: bool,
    /// Whether the trace says where in the program each step was taken.
    pub with_places: bool,
    /// Whether a thread keeps its turn however long it is in foreign code, as one that a debugger
    /// has stopped. Otherwise the turn goes on without it after a while.
    pub keeps_turn_in_foreign_code: bool,
    /// Called when nobody can go on any more, while everybody still stands where it stands, by
    /// the last thread that could; then all are made to give up.
    pub on_standstill: Option<OnStandstill>,
}

impl RunConfig {
    /// A run that keeps a trace, without places, and is otherwise as plain as can be.
    #[must_use]
    pub fn new(strategy: Box<dyn Strategy>, max_steps: u64) -> Self {
        Self {
            strategy,
            max_steps,
            traced: true,
            with_places: false,
            keeps_turn_in_foreign_code: false,
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

/// A thread that waits for what will never come.
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
    /// What it waits for, held by whom.
    pub waiting: Option<Waiting>,
    /// Who holds it, if that is a member of the run.
    pub holder: Option<ThreadNumber>,
}

/// Why a run was given up before its threads had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every thread waited for another.
    Standstill,
    /// There were more steps than allowed.
    TooManySteps,
    /// The host [gave it up](Controlled::give_up).
    GivenUp,
}

/// What is left of a run.
pub struct FinishedRun {
    /// The strategy, for what it has learnt.
    pub strategy: Box<dyn Strategy>,
    /// How many steps were taken.
    pub steps: u64,
    /// The steps, if they were to be kept.
    pub trace: Trace,
    /// Why the run was given up, if it was.
    pub ending: Option<Ending>,
    /// The members that stood in a wait when no more steps were to be taken, each with the step
    /// that it could not take: those of a standstill, and threads that nobody waited for.
    pub blocked: Vec<Candidate>,
    /// The names of its threads, by number.
    pub names: Vec<String>,
    /// The first step after which a thread was in foreign code for so long that the turn went on
    /// without it: what follows depends on more than the strategy. With the place of that thread.
    pub irreproducible_from: Option<(u64, Place)>,
    /// How many threads would not end, even when all their steps failed; they were stopped for good.
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

/// The calling thread is none of the scheduler's, or a run is under way already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotBegin;

impl Controlled {
    /// Begins a run on `scheduler`, whose policy this is: the calling thread is its member
    /// number 0. Paired with [`finish`](Self::finish), on the same thread.
    ///
    /// # Errors
    /// [`CannotBegin`].
    pub fn begin(&self, scheduler: &Arc<Scheduler>, run: RunConfig) -> Result<(), CannotBegin> {
        self.begin_run(scheduler, run)
    }

    /// Waits until all members but the caller have ended, then ends the run. Threads that still
    /// run are made to give up first if `hurry`, or once they stand still: each of their waits and
    /// points fails from then on. Those that do not end even so are stopped for good.
    pub fn finish(&self, scheduler: &Arc<Scheduler>, hurry: bool) -> Option<FinishedRun> {
        self.finish_run(scheduler, hurry)
    }

    /// Makes all members of the run under way give up: their waits and points fail from now on.
    pub fn give_up(&self) {
        self.abort(Ending::GivenUp);
    }
}
