//! Which schedule to try next: by sampling, or one after the other until none is left.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use pyt_sched::controlled::{Candidate, Strategy, Trace};

pub mod dfs;
pub mod dpor;
pub mod kind;
pub mod sampling;

/// Raised by a strategy whose run is not worth finishing: nothing new can come of it. The run may
/// be stopped at once or let go on; either way it is to be learnt from, and its outcome, if it has
/// one, does not count.
#[derive(Clone, Debug, Default)]
pub struct Abandon(Arc<AtomicBool>);

impl Abandon {
    /// The run is not worth finishing.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A run to be made.
pub struct Run {
    /// Which schedule of the whole search it is, over all shards: from 0.
    pub number: u64,
    /// What makes it again, under the same kind of strategy; `None` for an exhaustive search,
    /// whose runs are told by their choices alone.
    pub seed: Option<u64>,
    /// Who decides it.
    pub strategy: Box<dyn Strategy>,
    /// How the strategy says that the run is not worth finishing.
    pub abandon: Abandon,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("number", &self.number)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// What there is to do.
#[derive(Debug)]
pub enum Next {
    /// This run. Several may be under way at once.
    Run(Run),
    /// Nothing before one of the runs that are under way has been learnt from.
    Wait,
    /// Nothing any more: the limit is reached, or all schedules have been tried.
    Done,
}

/// What a run was like.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its steps.
    pub trace: &'a Trace,
    /// The threads that stood in a wait when the run ended, each with the step that it was waiting
    /// to take: those of a deadlock, and daemon threads. An exhaustive search needs them to be
    /// complete.
    pub blocked: &'a [Candidate],
    /// It was stopped before its end: by the step limit, or because it was abandoned.
    pub cut: bool,
}

impl<'a> Seen<'a> {
    /// A run that came to its end with nobody waiting.
    #[must_use]
    pub const fn of(trace: &'a Trace) -> Self {
        Self {
            trace,
            blocked: &[],
            cut: false,
        }
    }
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// Runs handed out.
    pub started: u64,
    /// Runs learnt from, with those below.
    pub finished: u64,
    /// Of these, the ones that their strategy gave up: they count for nothing.
    pub abandoned: u64,
    /// Of these, the ones that the step limit ended.
    pub cut: u64,
    /// Every schedule within the search's bounds has been tried.
    pub exhausted: bool,
    /// And no bound, no step limit has left anything out: what was not found does not exist, as far
    /// as decision points go.
    pub proven: bool,
}

/// Says which runs to make.
pub trait Search: Send {
    /// What to do next.
    fn next(&mut self) -> Next;

    /// Run number `number` is over. To be called once for each run that was handed out, also if it
    /// was abandoned; the order matters to no search that hands out several at once.
    fn learn(&mut self, number: u64, seen: &Seen<'_>);

    /// How far the search is.
    fn progress(&self) -> Progress;
}

/// One part of a search that several machines share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Part `index` (from 0) of `count`. `None` if there is no such part.
    #[must_use]
    pub const fn new(index: u64, count: u64) -> Option<Self> {
        if index < count {
            Some(Self { index, count })
        } else {
            None
        }
    }

    /// Whether schedule `number` belongs to it.
    #[must_use]
    pub const fn has(&self, number: u64) -> bool {
        number % self.count == self.index
    }
}
