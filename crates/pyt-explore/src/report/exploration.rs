//! The whole report of an exploration, for people and as JSON.

use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf};

use pyt_sched::controlled::MOST_STEPS_PER_MAX;
use serde::{Deserialize, Serialize};

use super::{
    details::RunDetails,
    outcomes::{JsonUnseen, outcomes, unseen},
    text::{counted, singular_or, wrap},
};
use crate::{
    coverage::OrderCoverage,
    fingerprint::Fingerprint,
    options::{ExploreOptions, FOREIGN_WAIT_LIMIT, REPORT_WIDTH},
    outcome::{DistinctOutcome, Failure},
    result::{ExploreResult, MinimizedFailure},
    search::Shard,
};

/// The version of the report as JSON: raised when a key is removed or means something else, not
/// when one is added.
pub(super) const JSON_SCHEMA: u64 = 1;
/// How many distinct outcomes the report for people shows.
pub(super) const MAX_OUTCOMES: usize = 20;

/// A failure, and the file that its schedule was written to.
#[derive(Clone, Debug)]
pub struct SavedFailure {
    /// The failure.
    pub failure: MinimizedFailure,
    /// The `.schedule` file; `None` if the failure was not reproduced.
    pub file: Option<PathBuf>,
    /// What was different when the schedule was replayed in a new process, if something was.
    pub differs: Option<String>,
}

/// What an exploration of a script has found.
#[derive(Clone, Debug)]
pub struct ExploreReport<'a> {
    /// The script, as the user named it.
    pub script: &'a str,
    /// What was explored.
    pub options: &'a ExploreOptions,
    /// What was found.
    pub result: &'a ExploreResult,
    /// The failures, minimized.
    pub failures: &'a [SavedFailure],
    /// What all parts of an exploration must have in common, besides what the report says.
    pub program: Fingerprint,
}

/// How far one part of an exhaustive search is. By itself it proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JsonPart {
    /// A digest of the script, its arguments and the options.
    pub(super) program: Fingerprint,
    /// A digest of how the search was divided, once the part is done.
    pub(super) division: Option<Fingerprint>,
    /// The part's schedules were all tried.
    pub(super) exhausted: bool,
    /// In addition, nothing in them voids a proof.
    pub(super) proven: bool,
}

impl ExploreReport<'_> {
    /// The report for people; its tables have at most `width` columns.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let tally = &self.result.tally;
        let seconds = self.result.elapsed.as_secs_f64();
        let mut text = String::new();
        let failed = match tally.failures() {
            0 => String::from("none failed"),
            failures => format!("{failures} failed"),
        };
        // A string takes all that is written into it.
        let _ = writeln!(
            text,
            "{}: {} in {seconds:.1} s, {failed}, {}",
            self.script,
            counted(tally.runs(), "schedule", "schedules"),
            counted(
                tally.distinct() as u64,
                "distinct outcome",
                "distinct outcomes"
            ),
        );
        text += &self.remarks();
        let not_again = self
            .failures
            .iter()
            .filter(|saved| !saved.is_reproducible());
        let not_again = not_again.count() as u64;
        if not_again > 0 {
            let _ = writeln!(
                text,
                "{} not happen again in the same way in a new process: the program depends on more \
                 than its schedule.",
                counted(not_again, "of these failures did", "of these failures did")
            );
        }
        for saved in self.failures {
            text += &saved.render();
        }
        text += "\nOutcomes:\n";
        text += &outcomes(tally, MAX_OUTCOMES, width);
        if let Some(sentence) = unseen(tally).filter(|_| !self.options.search.is_exhaustive()) {
            for line in wrap(&sentence, width.min(REPORT_WIDTH)) {
                text += &line;
                text.push('\n');
            }
        }
        if let Some(orders) = JsonOrders::of(&self.result.orders) {
            for line in wrap(&orders.sentence(), width.min(REPORT_WIDTH)) {
                text += &line;
                text.push('\n');
            }
        }
        text
    }

    /// For one part of an exhaustive search, how far it is.
    fn part(&self) -> Option<JsonPart> {
        let Self {
            options, result, ..
        } = self;
        let is_part = options.search.is_exhaustive() && options.shard != Shard::WHOLE;
        let progress = &result.progress;
        is_part.then(|| JsonPart {
            program: self.program,
            division: progress
                .division
                .map(|division| Fingerprint::of(&division.to_le_bytes())),
            exhausted: progress.exhausted,
            proven: progress.proven,
        })
    }

    /// What the numbers do not say.
    fn remarks(&self) -> String {
        let mut text = String::new();
        let Self {
            options, result, ..
        } = self;
        let progress = &result.progress;
        if let Some(part) = self.part() {
            let shard = options.shard;
            let _ = match part.exhausted {
                true => writeln!(
                    text,
                    "All schedules of part {shard} were tried. That is no proof: only all parts together \
                     are, added up with --merge."
                ),
                false => Ok(()),
            };
        } else if progress.proven {
            let what = match result.tally.failures() {
                0 => "no schedule can fail",
                _ => "there are no other outcomes",
            };
            let _ = writeln!(
                text,
                "All schedules were tried: {what} (granularity {}{}).",
                options.granularity,
                checked(result.checks)
            );
        } else if progress.exhausted && !result.not_seen.is_empty() {
            text += "All schedules that the steps allow were tried. That is no proof. Not seen:\n";
            for what in &result.not_seen {
                let _ = writeln!(text, "  {what}");
            }
        } else if let (true, 0, Some(bound)) =
            (progress.exhausted, progress.cut, options.search.bound())
        {
            let bound = counted(bound as u64, "preemption", "preemptions");
            let _ = writeln!(
                text,
                "All schedules with at most {bound} were tried. Those with more were not."
            );
        } else if progress.exhausted {
            text += "All schedules within the bound were tried.\n";
        }
        for module in &result.native {
            let _ = writeln!(
                text,
                "{module} is a module of pyt's own, and not written in Python: each of its functions \
                 is one step, also with --include."
            );
        }
        if result.too_long > 0 {
            let _ = writeln!(
                text,
                "{} given up after {} steps. Whether {} is not known: {} as neither failed nor \
                 passed. --max-steps allows more.",
                counted(result.too_long, "run was", "runs were"),
                options.max_steps.saturating_mul(MOST_STEPS_PER_MAX),
                singular_or(result.too_long, "it ends", "they end"),
                singular_or(result.too_long, "it counts", "they count"),
            );
        }
        if result.irreproducible > 0 {
            let _ = writeln!(
                text,
                "{} a thread in foreign code (a socket, a subprocess) for long; what follows there \
                 depends on more than the schedule.",
                counted(result.irreproducible, "run had", "runs had")
            );
        }
        if result.unfinished > 0 {
            let given_up = counted(result.unfinished, "run was", "runs were");
            let foreign = "foreign code (a socket, a subprocess, a lock of multiprocessing)";
            let _ = match options.time {
                Some(_) => writeln!(
                    text,
                    "{given_up} given up when the time was over: all threads waited for {foreign}, or \
                     there were more than {} steps.",
                    options.max_steps
                ),
                None => writeln!(
                    text,
                    "{given_up} given up, and the exploration with it: all threads waited for \
                     {foreign} for {} s.",
                    FOREIGN_WAIT_LIMIT.as_secs()
                ),
            };
            text += &result.unfinished_waits;
        }
        if result.abandoned_threads > 0 {
            let _ = writeln!(
                text,
                "{} not end with {}, and {} halted.",
                counted(result.abandoned_threads, "thread did", "threads did"),
                singular_or(result.abandoned_threads, "its run", "their runs"),
                singular_or(result.abandoned_threads, "was", "were"),
            );
        }
        text
    }

    /// The report as one JSON object, which `docs/explore.md` describes.
    ///
    /// # Errors
    /// None that is known: it has text and numbers only.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let Self {
            script,
            options,
            result,
            failures,
            program: _,
        } = self;
        let outcomes = result.tally.outcomes();
        let part = self.part();
        let report = JsonReport {
            schema: JSON_SCHEMA,
            script,
            strategy: options.search.to_string(),
            seed: options.seed,
            granularity: options.granularity.to_string(),
            shard: options.shard.to_string(),
            schedules: result.tally.runs(),
            failed: result.tally.failures(),
            seconds: result.elapsed.as_secs_f64(),
            exhausted: result.progress.exhausted && part.is_none(),
            proven: result.progress.proven && part.is_none(),
            part,
            checks: result.checks,
            irreproducible: result.irreproducible,
            given_up: result.unfinished + result.too_long,
            not_seen: &result.not_seen,
            unseen: JsonUnseen::of(&result.tally).filter(|_| !options.search.is_exhaustive()),
            orders: JsonOrders::of(&result.orders),
            outcomes,
            not_reproducible: (failures.iter())
                .filter(|saved| !saved.is_reproducible())
                .count() as u64,
            findings: failures.iter().map(JsonFinding::of).collect(),
        };
        serde_json::to_string_pretty(&report)
    }
}

impl SavedFailure {
    /// Whether it happened again, also in a new process.
    #[must_use]
    pub const fn is_reproducible(&self) -> bool {
        self.failure.reproduced && self.differs.is_none()
    }

    fn render(&self) -> String {
        let Self {
            failure,
            file,
            differs,
        } = self;
        let mut text = String::new();
        let _ = writeln!(text, "\nFAILED: {}", failure.failure);
        if let Some(differs) = differs {
            let _ = writeln!(text, "not the same in a new process: {differs}");
        }
        if let Some(file) = file {
            let (first, least) = failure.switches;
            let _ = writeln!(
                text,
                "smallest schedule: {} (the one found had {first}), in {}\nagain: pyt replay {}",
                counted(least as u64, "switch", "switches"),
                file.display(),
                file.display(),
            );
        } else {
            let _ = writeln!(text, "seed {}", failure.seed);
        }
        text.push('\n');
        text += &failure.trace_report;
        let mut show = |title: &str, output: &str| {
            let _ = writeln!(text, "\n{title}");
            for line in output.lines() {
                let _ = writeln!(text, "    {line}");
            }
            if output.is_empty() {
                text += "    (nothing)\n";
            }
        };
        match &failure.expected {
            Some(expected) => {
                show("It writes:", &failure.output);
                show("instead of:", expected);
            }
            None if failure.output.is_empty() => {}
            None => show("It writes:", &failure.output),
        }
        text
    }
}

/// `, checked by 200 random schedules`, if there were any.
pub(super) fn checked(checks: u64) -> String {
    match checks {
        0 => String::new(),
        _ => format!(
            ", checked by {}",
            counted(checks, "random schedule", "random schedules")
        ),
    }
}

/// The whole report; `F` is a finding.
#[derive(Serialize)]
pub(super) struct JsonReport<'a, F> {
    pub(super) schema: u64,
    pub(super) script: &'a str,
    pub(super) strategy: String,
    pub(super) seed: u64,
    pub(super) granularity: String,
    /// The part of all schedules.
    pub(super) shard: String,
    pub(super) schedules: u64,
    pub(super) failed: u64,
    pub(super) seconds: f64,
    pub(super) exhausted: bool,
    pub(super) proven: bool,
    /// Of one part of an exhaustive search.
    pub(super) part: Option<JsonPart>,
    /// How many schedules were drawn at random to check the proof.
    pub(super) checks: u64,
    pub(super) irreproducible: u64,
    /// How many runs were given up, without an outcome.
    pub(super) given_up: u64,
    /// What no step says: see [`ExploreResult::not_seen`].
    pub(super) not_seen: &'a BTreeSet<String>,
    /// How likely further schedules are to show another outcome.
    pub(super) unseen: Option<JsonUnseen>,
    /// In which orders conflicting accesses were seen.
    pub(super) orders: Option<JsonOrders>,
    /// How many findings did not happen again in the same way.
    pub(super) not_reproducible: u64,
    pub(super) outcomes: Vec<&'a DistinctOutcome>,
    pub(super) findings: Vec<F>,
}

/// Pairs of conflicting accesses of different threads, by the orders in which they were seen.
#[derive(Serialize)]
pub(super) struct JsonOrders {
    both: u64,
    one: u64,
    /// How many schedules were looked at.
    schedules: u64,
    /// Whether these are all pairs.
    complete: bool,
}

impl JsonOrders {
    fn of(orders: &OrderCoverage) -> Option<Self> {
        let (both, one) = orders.counts();
        (both + one > 0).then(|| Self {
            both,
            one,
            schedules: orders.schedules(),
            complete: !orders.is_full(),
        })
    }

    fn sentence(&self) -> String {
        let Self {
            both,
            one,
            schedules,
            complete,
        } = self;
        let pairs = counted(
            both + one,
            "pair of conflicting accesses",
            "pairs of conflicting accesses",
        );
        let more = if *complete { "" } else { " (there are more)" };
        let looked_at = counted(*schedules, "schedule", "schedules");
        format!(
            "{pairs}{more} in {looked_at} that were looked at: {both} in both orders, {one} in one \
             order only."
        )
    }
}

/// One minimized failure.
#[derive(Serialize)]
struct JsonFinding<'a> {
    failure: &'a Failure,
    /// The failure in one line.
    summary: String,
    seed: u64,
    switches: usize,
    /// The `.schedule` file.
    schedule: Option<String>,
    reproducible: bool,
    /// What was different when it was replayed in a new process.
    differs: Option<&'a str>,
    output: &'a str,
    /// What it should have written, for a different output.
    expected: Option<&'a str>,
    /// Threads, steps, cause, deadlock.
    #[serde(flatten)]
    details: Option<&'a RunDetails>,
    /// The threads' steps side by side, and the conflict or the deadlock, as text.
    trace_report: &'a str,
}

impl<'a> JsonFinding<'a> {
    fn of(saved: &'a SavedFailure) -> Self {
        let SavedFailure {
            failure,
            file,
            differs,
        } = saved;
        Self {
            failure: &failure.failure,
            summary: failure.failure.to_string(),
            seed: failure.seed,
            switches: failure.switches.1,
            schedule: file.as_ref().map(|file| file.display().to_string()),
            reproducible: saved.is_reproducible(),
            differs: differs.as_deref(),
            output: &failure.output,
            expected: failure.expected.as_deref(),
            details: failure.details.as_ref(),
            trace_report: &failure.trace_report,
        }
    }
}
