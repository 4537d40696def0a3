//! The sum of several reports as JSON, which parts of one exploration have written: shards, on one
//! machine or on many.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Deserialize;
use serde_json::Value;

use super::{
    exploration::{JSON_SCHEMA, JsonPart, JsonReport, MAX_OUTCOMES, checked},
    outcomes::{JsonUnseen, outcomes, unseen},
    text::{counted, wrap},
};
use crate::{
    outcome::{DistinctOutcome, Tally},
    result::REFUTED,
    search::Shard,
};

/// Why reports cannot be added up.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Not a report of `pyt explore --json`.
    #[error("not a report of pyt explore --json: {0}")]
    NotAReport(#[from] serde_json::Error),
    /// A version that this program cannot read.
    #[error("schema {0} of the report; this program reads schema {JSON_SCHEMA}")]
    Schema(u64),
    /// The parts are not of one exploration.
    #[error("{what} {found:?}, but that of the parts before is {expected:?}")]
    Differs {
        /// What differs.
        what: &'static str,
        /// The value of this part.
        found: String,
        /// That of the others.
        expected: String,
    },
    /// Schedules would count twice.
    #[error("shard {found} has schedules of shard {other}, which was added before")]
    Overlaps {
        /// The shard of this part.
        found: String,
        /// That of an earlier one.
        other: String,
    },
    /// A whole exhaustive search has no other parts.
    #[error("a report of {0} is whole, and cannot be added to others")]
    Exhaustive(String),
}

/// What is read of a part.
#[derive(Deserialize)]
struct Part {
    schema: u64,
    script: String,
    strategy: String,
    seed: u64,
    granularity: String,
    shard: String,
    schedules: u64,
    seconds: f64,
    #[serde(default)]
    checks: u64,
    irreproducible: u64,
    given_up: u64,
    not_seen: BTreeSet<String>,
    not_reproducible: u64,
    outcomes: Vec<DistinctOutcome>,
    findings: Vec<Value>,
    #[serde(default, rename = "part")]
    divided: Option<JsonPart>,
}

/// Parts of one exploration, added up.
#[derive(Default)]
pub struct MergedReport {
    /// What all parts have in common.
    common: Option<[(&'static str, String); 4]>,
    shards: Vec<Shard>,
    tally: Tally,
    seconds: f64,
    checks: u64,
    irreproducible: u64,
    given_up: u64,
    not_reproducible: u64,
    not_seen: BTreeSet<String>,
    /// By the kind of failure and the exception's type: one of each, of the smallest schedule.
    findings: BTreeMap<String, Value>,
    /// For an exhaustive search, the parts.
    parts: Vec<JsonPart>,
}

impl MergedReport {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the text of a report.
    ///
    /// # Errors
    /// If it is none, or not a part of the same exploration.
    pub fn add(&mut self, text: &str) -> Result<(), MergeError> {
        let version: Value = serde_json::from_str(text)?;
        if let Some(schema) = version["schema"]
            .as_u64()
            .filter(|found| *found != JSON_SCHEMA)
        {
            return Err(MergeError::Schema(schema));
        }
        let part: Part = serde_json::from_value(version)?;
        debug_assert_eq!(part.schema, JSON_SCHEMA, "checked before");
        let shard: Shard = (part.shard.parse())
            .map_err(|error: crate::InvalidShard| serde::de::Error::custom(error.to_string()))
            .map_err(MergeError::NotAReport)?;
        let is_exhaustive = part.strategy.starts_with("dfs") || part.strategy.starts_with("dpor");
        let common = [
            ("the script is", part.script),
            ("the strategy is", part.strategy),
            ("the seed is", part.seed.to_string()),
            ("the granularity is", part.granularity),
        ];
        if let Some(expected) = &self.common {
            if is_exhaustive && (part.divided.is_none() || self.parts.is_empty()) {
                return Err(MergeError::Exhaustive(expected[1].1.clone()));
            }
            for ((what, found), (_, expected)) in common.iter().zip(expected) {
                if found != expected {
                    return Err(MergeError::Differs {
                        what,
                        found: found.clone(),
                        expected: expected.clone(),
                    });
                }
            }
        }
        if let (Some(first), Some(part)) = (self.parts.first(), &part.divided)
            && first.program != part.program
        {
            return Err(MergeError::Differs {
                what: "the digest of script, arguments and options is",
                found: part.program.to_string(),
                expected: first.program.to_string(),
            });
        }
        if let Some(other) = self.shards.iter().find(|other| other.overlaps(shard)) {
            return Err(MergeError::Overlaps {
                found: shard.to_string(),
                other: other.to_string(),
            });
        }
        self.parts.extend(part.divided);
        self.common = Some(common);
        self.shards.push(shard);
        let counted: u64 = part.outcomes.iter().map(|found| found.count).sum();
        if counted != part.schedules {
            let text = "its schedules are not as many as its outcomes say";
            return Err(MergeError::NotAReport(serde::de::Error::custom(text)));
        }
        for found in part.outcomes {
            self.tally.add_distinct(found);
        }
        self.seconds = self.seconds.max(part.seconds);
        self.checks += part.checks;
        self.irreproducible += part.irreproducible;
        self.given_up += part.given_up;
        self.not_reproducible += part.not_reproducible;
        self.not_seen.extend(part.not_seen);
        for finding in part.findings {
            let failure = &finding["failure"];
            let kind = format!(
                "{} {} {}",
                failure["kind"], failure["exception"], failure["place"]
            );
            let switches = |finding: &Value| finding["switches"].as_u64().unwrap_or(u64::MAX);
            let smallest = self.findings.entry(kind).or_insert_with(|| finding.clone());
            if switches(&finding) < switches(smallest) {
                *smallest = finding;
            }
        }
        Ok(())
    }

    /// Whether a schedule failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.tally.failures() > 0
    }

    /// Whether these are all parts of an exhaustive search, and each has tried all its schedules.
    fn is_exhausted(&self) -> bool {
        let all = self.shards.first().map_or(0, |shard| shard.parts());
        let is_complete = self.shards.len() as u64 == all
            && self.shards.iter().all(|shard| shard.parts() == all)
            && self.parts.len() == self.shards.len();
        is_complete && self.is_divided_once() && self.parts.iter().all(|part| part.exhausted)
    }

    /// Whether all parts that are done were divided in the same way. If not, the program did
    /// something else in one of them, or each had other `--jobs`.
    fn is_divided_once(&self) -> bool {
        let mut divisions = self.parts.iter().filter_map(|part| part.division);
        let first = divisions.next();
        divisions.all(|division| Some(division) == first)
    }

    /// What no step says.
    fn not_seen(&self) -> BTreeSet<String> {
        let mut all = self.not_seen.clone();
        if self.tally.is_refuted() {
            all.insert(REFUTED.to_owned());
        }
        all
    }

    /// Whether all parts together prove that there is nothing else.
    fn is_proven(&self) -> bool {
        self.is_exhausted()
            && self.parts.iter().all(|part| part.proven)
            && self.not_seen().is_empty()
            && [self.irreproducible, self.given_up, self.not_reproducible] == [0; 3]
    }

    /// What all parts have found.
    fn tally(&self) -> Cow<'_, Tally> {
        if self.is_exhausted() {
            let mut tally = self.tally.clone();
            tally.settle_checks();
            Cow::Owned(tally)
        } else {
            Cow::Borrowed(&self.tally)
        }
    }

    fn field(&self, index: usize) -> &str {
        self.common.as_ref().map_or("", |common| &common[index].1)
    }

    fn is_drawn(&self) -> bool {
        !self.field(1).starts_with('d')
    }

    /// The sum for people; its tables have at most `width` columns.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let tally = self.tally();
        let failed = match tally.failures() {
            0 => String::from("none failed"),
            failures => format!("{failures} failed"),
        };
        // A string takes all that is written into it.
        let mut text = format!(
            "{}: {} in {}, {failed}, {}\n",
            self.field(0),
            counted(tally.runs(), "schedule", "schedules"),
            counted(self.shards.len() as u64, "part", "parts"),
            counted(
                tally.distinct() as u64,
                "distinct outcome",
                "distinct outcomes"
            ),
        );
        if self.given_up > 0 {
            let _ = writeln!(
                text,
                "{} given up: whether they fail is not known.",
                counted(self.given_up, "run was", "runs were")
            );
        }
        if self.is_proven() {
            let what = match tally.failures() {
                0 => "no schedule can fail",
                _ => "there are no other outcomes",
            };
            let _ = writeln!(
                text,
                "All schedules were tried: {what} (granularity {}{}), if all parts had the same files.",
                self.field(3),
                checked(self.checks)
            );
        } else if !self.is_divided_once() {
            text += "The parts were not divided in the same way, so schedules may be missing. Each needs the \
                     same --jobs, and the program must do the same in all of them.\n";
        } else if self.is_exhausted() {
            text += "All schedules of all parts were tried. That is no proof";
            let not_seen = self.not_seen();
            text += if not_seen.is_empty() {
                ".\n"
            } else {
                ". Not seen:\n"
            };
            for what in &not_seen {
                let _ = writeln!(text, "  {what}");
            }
        }
        for finding in self.findings.values() {
            let of = |name: &str| finding[name].as_str().unwrap_or_default();
            let _ = writeln!(text, "\nFAILED: {}", of("summary"));
            if !of("schedule").is_empty() {
                let _ = writeln!(text, "again: pyt replay {}", of("schedule"));
            }
            let _ = write!(text, "\n{}", of("trace_report"));
        }
        text += "\nOutcomes:\n";
        text += &outcomes(&tally, MAX_OUTCOMES, width);
        if let Some(sentence) = unseen(&tally).filter(|_| self.is_drawn()) {
            for line in wrap(&sentence, width.min(crate::REPORT_WIDTH)) {
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }

    /// The sum as one JSON object, of the form of its parts.
    ///
    /// # Errors
    /// None that is known: it has text and numbers only.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let is_drawn = self.is_drawn();
        let tally = self.tally();
        serde_json::to_string_pretty(&JsonReport {
            schema: JSON_SCHEMA,
            script: self.field(0),
            strategy: self.field(1).to_owned(),
            seed: self.field(2).parse().unwrap_or_default(),
            granularity: self.field(3).to_owned(),
            shard: match &self.shards[..] {
                [one] => one.to_string(),
                _ => Shard::WHOLE.to_string(),
            },
            schedules: tally.runs(),
            failed: tally.failures(),
            seconds: self.seconds,
            exhausted: self.is_exhausted(),
            proven: self.is_proven(),
            part: match &self.parts[..] {
                [one] => Some(one.clone()),
                _ => None,
            },
            checks: self.checks,
            irreproducible: self.irreproducible,
            given_up: self.given_up,
            not_seen: &self.not_seen(),
            unseen: JsonUnseen::of(&tally).filter(|_| is_drawn),
            // Parts do not say which pairs they have seen.
            orders: None,
            not_reproducible: self.not_reproducible,
            outcomes: tally.outcomes(),
            findings: self.findings.values().collect(),
        })
    }
}
