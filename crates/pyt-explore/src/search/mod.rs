//! Searches: which schedule to run next, by sampling or exhaustively.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use pyt_sched::controlled::{Action, Candidate, Place, Strategy, ThreadNumber, Trace};

pub mod bounded;
pub mod checks;
pub mod dfs;
pub mod dpor;
pub mod kind;
mod part;
mod reversals;
pub mod sampling;

/// Raised by a strategy whose run is not worth finishing, since it cannot show anything new. The
/// run may be stopped at once or continued; either way [`Search::learn`] must be called for it, and
/// its outcome, if it has one, does not count.
#[derive(Clone, Debug, Default)]
pub struct AbandonFlag(Arc<AtomicBool>);

impl AbandonFlag {
    /// The run is not worth finishing.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The next run to make.
pub struct NextRun {
    /// Which schedule of the whole search it is, over all shards: from 0.
    pub number: u64,
    /// The seed that makes it again, under the same kind of strategy; `None` for an exhaustive
    /// search, whose runs are identified by their choices alone, and for schedules that an earlier
    /// run has suggested.
    pub seed: Option<u64>,
    /// The seed of its random numbers and the like, where `seed` is not. `None`: the search's.
    pub values_seed: Option<u64>,
    /// The strategy that decides it.
    pub strategy: Box<dyn Strategy>,
    /// Raised if the strategy gives the run up, or [`Search::learn`] finds that it does not count.
    pub abandon: AbandonFlag,
}

impl fmt::Debug for NextRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NextRun")
            .field("number", &self.number)
            .field("seed", &self.seed)
            .field("values_seed", &self.values_seed)
            .finish_non_exhaustive()
    }
}

/// What to do next.
#[derive(Debug)]
pub enum Next {
    /// This run. Several may be under way at once.
    Run(NextRun),
    /// Nothing, until [`Search::learn`] was called for one of the runs under way.
    Wait,
    /// Nothing: the limit is reached, or all schedules were tried.
    Done,
}

/// A finished run, as a search learns from it.
#[derive(Clone, Copy, Debug)]
pub struct RunRecord<'a> {
    /// Its steps.
    pub trace: &'a Trace,
    /// The threads that were waiting when the run ended, each with the step that it was waiting to
    /// take: those of a deadlock, and daemon threads. An exhaustive search needs all of them.
    pub blocked: &'a [Candidate],
    /// It was stopped before its end: by the step limit, or because it was abandoned.
    pub cut: bool,
}

impl<'a> RunRecord<'a> {
    /// A run that came to its end with no thread waiting.
    #[must_use]
    pub const fn of(trace: &'a Trace) -> Self {
        Self {
            trace,
            blocked: &[],
            cut: false,
        }
    }
}

/// The progress of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SearchProgress {
    /// Runs begun.
    pub started: u64,
    /// Runs finished, including those below.
    pub finished: u64,
    /// Of these, the ones that their strategy gave up: they do not count.
    pub abandoned: u64,
    /// Of these, the ones that the step limit ended.
    pub cut: u64,
    /// Of the finished ones, those whose first steps were not those of an earlier run under the
    /// same choices: such a run depends on more than its schedule, and nothing is proven.
    #[serde(default)]
    pub diverged: u64,
    /// Every schedule within the search's bounds has been tried.
    pub exhausted: bool,
    /// In addition, no bound and no step limit left anything out: an outcome that was not found
    /// does not exist, as far as switches at decision points go. Of one part of several: not below
    /// its part of the first decisions; only the sum of all parts is a proof.
    pub proven: bool,
    /// Of a part of an exhaustive search that is over: a digest of how it was divided. If it is not
    /// the same in all parts, the program did something else in one of them.
    #[serde(default)]
    pub division: Option<u64>,
}

/// What a step shows of itself that is the same in every run under the same choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StepShape {
    thread: ThreadNumber,
    action: Action,
    part: u64,
    place: Place,
    candidates: usize,
}

impl StepShape {
    /// That of step number `number`.
    fn of(trace: &Trace, number: usize) -> Self {
        let step = &trace.steps()[number];
        Self {
            thread: step.thread,
            action: step.op.action,
            part: step.op.part,
            place: step.place,
            candidates: trace.candidates(number).len(),
        }
    }

    /// Whether a run did not begin with the steps of an earlier one under the same choices, as far
    /// as these are `known`.
    fn differ(trace: &Trace, known: impl Iterator<Item = Option<Self>>) -> bool {
        known.enumerate().any(|(number, known)| {
            known.is_some_and(|known| {
                number >= trace.steps().len() || Self::of(trace, number) != known
            })
        })
    }
}

/// Chooses the runs to make.
pub trait Search: Send {
    /// What to do next.
    fn next(&mut self) -> Next;

    /// Run number `number` is over. To be called once for each run that [`next`](Self::next)
    /// returned, also if it was abandoned; in any order, where several are under way at once.
    fn learn(&mut self, number: u64, seen: &RunRecord<'_>);

    /// From `deadline` on, [`learn`](Self::learn) does no work that could take long: the search is
    /// about to be ended, and proves nothing.
    fn end_at(&mut self, _deadline: Instant) {}

    /// The progress so far.
    fn progress(&self) -> SearchProgress;
}

/// One part of a search that several processes or machines share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The whole.
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

    /// Whether some schedule belongs to both.
    #[must_use]
    pub const fn overlaps(&self, other: Self) -> bool {
        // They have one in common if their first ones differ by a multiple of what divides both
        // counts.
        let (mut divisor, mut rest) = (self.count, other.count);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        self.index.abs_diff(other.index).is_multiple_of(divisor)
    }

    /// Into how many parts the whole is divided.
    #[must_use]
    pub const fn parts(self) -> u64 {
        self.count
    }

    /// The number, in the whole, of this part's schedule `number`.
    #[must_use]
    pub const fn number(self, number: u64) -> u64 {
        number.saturating_mul(self.count).saturating_add(self.index)
    }

    /// Part `index` (from 0) of `count` of this part. `None` if there is no such part.
    #[must_use]
    pub const fn part(&self, index: u64, count: u64) -> Option<Self> {
        match (index.checked_mul(self.count), count.checked_mul(self.count)) {
            (Some(step), Some(count)) => Self::new(self.index.saturating_add(step), count),
            _ => None,
        }
    }
}

/// `I/N`, as [`Shard::from_str`](std::str::FromStr::from_str) reads it.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// Text that names no [`Shard`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected I/N with I below N, such as 0/4")]
pub struct InvalidShard;

impl std::str::FromStr for Shard {
    type Err = InvalidShard;

    fn from_str(text: &str) -> Result<Self, InvalidShard> {
        let (index, count) = text.split_once('/').ok_or(InvalidShard)?;
        let index = index.parse().map_err(|_| InvalidShard)?;
        let count = count.parse().map_err(|_| InvalidShard)?;
        Self::new(index, count).ok_or(InvalidShard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_written_as_they_are_read_and_divided_without_overlap() {
        let shard: Shard = "1/3".parse().unwrap();
        assert_eq!(shard.to_string(), "1/3");
        for wrong in ["", "1", "3/3", "1/0", "-1/2", "1/2/3"] {
            assert_eq!(wrong.parse::<Shard>(), Err(InvalidShard), "{wrong}");
        }
        let parts = [shard.part(0, 2).unwrap(), shard.part(1, 2).unwrap()];
        for number in 0..30 {
            let of_parts = parts.iter().filter(|part| part.has(number)).count();
            assert_eq!(of_parts, usize::from(shard.has(number)), "{number}");
        }
        assert_eq!(shard.part(2, 2), None);
    }

    #[test]
    fn shards_overlap_if_a_schedule_belongs_to_both() {
        let all =
            (1..6).flat_map(|count| (0..count).filter_map(move |index| Shard::new(index, count)));
        let all: Vec<Shard> = all.collect();
        for one in &all {
            for other in &all {
                let common = (0..100).any(|number| one.has(number) && other.has(number));
                assert_eq!(one.overlaps(*other), common, "{one} {other}");
            }
        }
    }
}
