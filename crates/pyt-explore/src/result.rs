//! What an exploration has found: counts, outcomes, and the runs that failed.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    cause::Cause,
    choices::Choices,
    coverage::OrderCoverage,
    outcome::{DistinctOutcome, Failure, Outcome, Tally},
    report::{RunDetails, Walk},
    search::SearchProgress,
};

/// Why nothing is proven if a run did not begin as an earlier one under the same choices.
pub const DIVERGED: &str =
    "what makes a run take other steps than an earlier one, after the same choices";

/// Why nothing is proven if a schedule that checks the proof has an outcome that is new.
pub(crate) const REFUTED: &str =
    "what leads to an outcome that schedules drawn at random had, and none of the search";

/// Why nothing is proven if the check of the proof did not come to its end.
pub const UNCHECKED: &str =
    "whether schedules drawn at random have the same outcomes: there was no time for them";

/// What an exploration has found so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ExploreResult {
    /// The outcomes, and how often each came.
    pub tally: Tally,
    /// How far the search is.
    pub progress: SearchProgress,
    /// Of each outcome the first run that had no seed.
    pub first_choices: Vec<RunWithoutSeed>,
    /// Threads that did not end when their run was given up. Each keeps memory until the process
    /// ends.
    pub abandoned_threads: u64,
    /// Runs that depended on more than their schedule, since a thread was in foreign code (a
    /// socket, a subprocess) for long.
    pub irreproducible: u64,
    /// What threads did that others could notice and that no step says, in words. If there is
    /// anything, nothing is proven.
    pub not_seen: BTreeSet<String>,
    /// Modules that were to be looked into and are not written in Python: each of their functions
    /// is one step.
    #[serde(default)]
    pub native: BTreeSet<String>,
    /// Files that runs have made, changed or removed: the first of them that were seen.
    pub written: BTreeSet<String>,
    /// Of a sum: a file that two parts have written, which may have got in each other's way.
    pub shared_file: Option<String>,
    /// Runs that were given up at the end of the time, since no thread could go on before one
    /// returned from foreign code, or since they had taken very many steps. They have no outcome.
    pub unfinished: u64,
    /// What the threads of such a run wait for, as text: empty if none waited for foreign code.
    #[serde(default)]
    pub unfinished_waits: String,
    /// Runs that were given up after very many steps, and are not known to be endless. They have no
    /// outcome.
    pub too_long: u64,
    /// How many schedules were drawn at random to check the proof.
    #[serde(default)]
    pub checks: u64,
    /// At how many decisions of schedule 0 more than one thread could have gone on, once it is
    /// known. None: all schedules are the same.
    #[serde(default)]
    pub decisions: Option<u64>,
    /// Of a search that draws schedules: which orders of conflicting accesses were seen.
    #[serde(default)]
    pub orders: OrderCoverage,
    /// Time spent.
    pub elapsed: Duration,
}

/// A run whose schedule no seed makes: of an exhaustive search, or suggested by an earlier run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunWithoutSeed {
    /// The number of the run.
    pub number: u64,
    /// The seed of its random numbers and the like.
    pub values_seed: u64,
    /// Its schedule.
    pub choices: Choices,
}

impl ExploreResult {
    /// The sum of several parts of one exploration. Schedule 0, with which sampling begins in each
    /// part, counts in one of them.
    #[must_use]
    pub fn sum(parts: &[Self]) -> Self {
        let mut sum = Self::default();
        for part in parts {
            sum.tally.merge(part.tally.clone());
            let (all, one) = (&mut sum.progress, &part.progress);
            all.started += one.started;
            all.finished += one.finished;
            all.abandoned += one.abandoned;
            all.cut += one.cut;
            all.diverged += one.diverged;
            sum.first_choices.extend_from_slice(&part.first_choices);
            sum.abandoned_threads += part.abandoned_threads;
            sum.irreproducible += part.irreproducible;
            let common = sum.written.intersection(&part.written).next();
            sum.shared_file = sum.shared_file.or_else(|| common.cloned());
            sum.written.extend(part.written.iter().cloned());
            sum.native.extend(part.native.iter().cloned());
            sum.not_seen.extend(part.not_seen.iter().cloned());
            sum.unfinished += part.unfinished;
            if sum.unfinished_waits.is_empty() {
                sum.unfinished_waits.clone_from(&part.unfinished_waits);
            }
            sum.too_long += part.too_long;
            sum.checks += part.checks;
            sum.decisions = sum.decisions.or(part.decisions);
            sum.orders.merge(&part.orders);
            sum.elapsed = sum.elapsed.max(part.elapsed);
        }
        let every = |holds: fn(&SearchProgress) -> bool| {
            !parts.is_empty() && parts.iter().all(|part| holds(&part.progress))
        };
        sum.progress.exhausted = every(|part| part.exhausted);
        // Parts that were divided in another way may have left something out.
        let division = |part: &Self| part.progress.division;
        let is_divided = parts
            .windows(2)
            .all(|two| division(&two[0]) == division(&two[1]));
        if sum.progress.exhausted && !is_divided {
            sum.progress.exhausted = false;
            sum.not_seen.insert(DIVERGED.to_owned());
        }
        sum.progress.proven = sum.progress.exhausted && every(|part| part.proven);
        sum.progress.division = parts.first().and_then(division);
        sum
    }

    /// To be called once all parts of the search are in it: nothing is proven if schedules that
    /// check the proof have found an outcome that no part of the search has.
    pub fn conclude(&mut self) {
        self.tally.settle_checks();
        if self.tally.is_refuted() {
            self.progress.proven = false;
            self.not_seen.insert(REFUTED.to_owned());
        }
    }

    /// The failures: one of each sort, the first by schedule number.
    #[must_use]
    pub fn failing_runs(&self) -> Vec<FailingRun> {
        let mut outcomes = self.tally.outcomes();
        outcomes.sort_by_key(|entry| entry.first);
        let usual = outcomes.iter().find(|entry| !entry.failed);
        let expected = usual.and_then(|entry| entry.outcome.as_ref());
        let mut all: Vec<FailingRun> = Vec::new();
        for entry in outcomes {
            let DistinctOutcome {
                failed: true,
                outcome:
                    Some(Outcome {
                        output,
                        failure: Some(failure),
                    }),
                ..
            } = entry
            else {
                continue;
            };
            if all.iter().any(|one| one.failure.is_like(failure)) {
                continue;
            }
            let different = matches!(failure, Failure::DifferentOutput);
            // An exhaustive search keeps the choices of the first run of each outcome only.
            let unseeded = match entry.seed {
                Some(_) => None,
                None => self
                    .first_choices
                    .iter()
                    .find(|run| run.number == entry.first),
            };
            let Some(seed) = entry.seed.or(unseeded.map(|run| run.values_seed)) else {
                continue;
            };
            all.push(FailingRun {
                failure: failure.clone(),
                output: output.clone(),
                seed,
                expected: expected
                    .filter(|_| different)
                    .map(|outcome| outcome.output.clone()),
                choices: unseeded.map(|run| run.choices.clone()),
            });
        }
        all
    }
}

/// A failed run as the search found it.
#[derive(Clone, Debug)]
pub struct FailingRun {
    /// Why it failed.
    pub failure: Failure,
    /// What it wrote.
    pub output: String,
    /// The seed of its random numbers and the like; for a sampled schedule, of the schedule too.
    pub seed: u64,
    /// For [`Failure::DifferentOutput`]: what the output should have been.
    pub expected: Option<String>,
    /// Its schedule, where the seed does not make it.
    pub choices: Option<Choices>,
}

impl FailingRun {
    /// Whether it is from an exhaustive search, and nothing is known of its steps: it has ended its
    /// process.
    #[must_use]
    pub fn has_no_steps(&self) -> bool {
        matches!(self.failure, Failure::ExitStatus { .. })
            && self.choices.as_ref().is_some_and(Choices::is_empty)
    }

    /// Whether a run with this outcome fails in the same way.
    #[must_use]
    pub fn is_reproduced_by(&self, outcome: &Outcome) -> bool {
        match (&self.expected, &outcome.failure) {
            (Some(expected), None) => !outcome.has_output_like(expected),
            (None, Some(failure)) => failure.is_like(&self.failure),
            _ => false,
        }
    }
}

/// A failure with the smallest schedule that was found for it, and its report.
#[derive(Clone, Debug)]
pub struct MinimizedFailure {
    /// Why it fails.
    pub failure: Failure,
    /// What it writes.
    pub output: String,
    /// For [`Failure::DifferentOutput`]: what it should have written.
    pub expected: Option<String>,
    /// The seed of its random numbers and the like.
    pub seed: u64,
    /// The smallest schedule.
    pub choices: Choices,
    /// Switches between threads, in the schedule that the search found and in this one.
    pub switches: (usize, usize),
    /// How many runs the search for this schedule took.
    pub runs: u64,
    /// The [trace report](crate::report::TraceReport) of its run, as text.
    pub trace_report: String,
    /// What happened in its run, as data; `None` if it was not reproduced.
    pub details: Option<RunDetails>,
    /// Where its threads stood before each step.
    pub walk: Option<Walk>,
    /// The steps of its run whose order decides.
    pub cause: Cause,
    /// Whether the run failed again when it was made again. If not, it depends on more than its
    /// schedule, and only its seed is known. True without [`details`](Self::details): it ends its
    /// process, and its steps are not known.
    pub reproduced: bool,
}

impl MinimizedFailure {
    /// A failure that did not come again when its schedule was run again.
    #[must_use]
    pub fn not_reproduced(failing: &FailingRun) -> Self {
        Self {
            failure: failing.failure.clone(),
            output: failing.output.clone(),
            expected: failing.expected.clone(),
            seed: failing.seed,
            choices: Choices::new(),
            switches: (0, 0),
            runs: 1,
            trace_report: String::from("It did not fail when its schedule was run again.\n"),
            details: None,
            walk: None,
            cause: Cause::default(),
            reproduced: false,
        }
    }
}
