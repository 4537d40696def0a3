//! The outcomes of runs: distinct ones, how often each came, and a seed that makes each.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{fingerprint::Fingerprint, normal_text::normal_text, search::checks::FIRST_CHECK};

/// Why a run counts as failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// An exception left a thread.
    Exception {
        /// The thread's name.
        thread: String,
        /// The exception's type.
        exception: String,
        /// Its text.
        message: String,
        /// The innermost line of its traceback that is not of the library, as `bank.py:12`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// All threads waited, and none could wake another.
    Deadlock {
        /// What each thread waits for, and which thread holds that.
        waits: Vec<String>,
    },
    /// Threads repeat the same steps, and nothing that they could see changes.
    Livelock {
        /// The threads' names.
        threads: Vec<String>,
    },
    /// The program ended with a status other than 0.
    ExitStatus {
        /// The status.
        status: i32,
    },
    /// The output differs from that of the other runs.
    DifferentOutput,
}

/// How the text of a livelock begins.
const LIVELOCK: &str = "livelock: ";

/// `one, two and three`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::from("a thread"),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl Failure {
    /// Whether `text`, which [`Display`](fmt::Display) made of a failure, is that of a livelock.
    #[must_use]
    pub fn is_livelock(text: &str) -> bool {
        text.starts_with(LIVELOCK)
    }

    /// The kind of failure, in a word that can be part of a file's name.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Exception { .. } => "exception",
            Self::Deadlock { .. } => "deadlock",
            Self::Livelock { .. } => "livelock",
            Self::ExitStatus { .. } => "exit",
            Self::DifferentOutput => "output",
        }
    }

    /// Whether `text`, which [`Display`](fmt::Display) made of a failure, is that of one that is
    /// [like](Self::is_like) this, or would be if it were raised in the same place.
    #[must_use]
    pub fn is_described_by(&self, text: &str) -> bool {
        match self {
            Self::Exception { exception, .. } => text
                .strip_prefix(exception.as_str())
                .is_some_and(|rest| rest.starts_with(" in ")),
            Self::Deadlock { .. } => text == "deadlock" || text.starts_with("deadlock: "),
            Self::Livelock { .. } => text.starts_with(LIVELOCK),
            Self::ExitStatus { .. } | Self::DifferentOutput => text == self.to_string(),
        }
    }

    /// Whether both are likely the same bug: the same kind; for an exception the same type raised
    /// in the same place, in any thread and with any message; for an exit the same status.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Exception {
                    exception, place, ..
                },
                Self::Exception {
                    exception: other,
                    place: elsewhere,
                    ..
                },
            ) => exception == other && place == elsewhere,
            (Self::ExitStatus { status: a }, Self::ExitStatus { status: b }) => a == b,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Failure {
    /// The same with each text replaced.
    fn with_texts(&self, replace: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Exception {
                thread,
                exception,
                message,
                place,
            } => Self::Exception {
                thread: replace(thread),
                exception: exception.clone(),
                message: replace(message),
                place: place.clone(),
            },
            Self::Livelock { threads } => Self::Livelock {
                threads: threads.iter().map(|name| replace(name)).collect(),
            },
            Self::Deadlock { waits } => Self::Deadlock {
                waits: waits.iter().map(|wait| replace(wait)).collect(),
            },
            other => other.clone(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exception {
                thread,
                exception,
                message,
                ..
            } if message.is_empty() => write!(f, "{exception} in {thread}"),
            Self::Exception {
                thread,
                exception,
                message,
                ..
            } => write!(f, "{exception} in {thread}: {message}"),
            Self::Deadlock { waits } if waits.is_empty() => f.write_str("deadlock"),
            Self::Deadlock { waits } => write!(f, "deadlock: {}", waits.join("; ")),
            Self::Livelock { threads } => {
                let repeat = if threads.len() == 1 {
                    "repeats"
                } else {
                    "repeat"
                };
                write!(
                    f,
                    "{LIVELOCK}{} {repeat} the same steps for ever",
                    listed(threads)
                )
            }
            Self::ExitStatus { status } => write!(f, "exit status {status}"),
            Self::DifferentOutput => f.write_str("a different output"),
        }
    }
}

/// How one run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Outcome {
    /// What it wrote.
    pub output: String,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// The same for all outcomes that count as one: those that differ only in addresses, idents of
    /// threads, names of temporary files, and folders of source files.
    fn fingerprint(&self) -> Fingerprint {
        let mut bytes = normal_text(&self.output).into_owned().into_bytes();
        // No text contains the byte 0xff, so it parts the two.
        bytes.push(0xff);
        if let Some(failure) = &self.failure {
            let failure = failure.with_texts(|text| normal_text(text).into_owned());
            bytes.extend(format!("{failure:?}").into_bytes());
        }
        Fingerprint::of(&bytes)
    }

    /// Whether both wrote the same, but for addresses and the like.
    #[must_use]
    pub fn has_output_like(&self, output: &str) -> bool {
        normal_text(&self.output) == normal_text(output)
    }
}

/// One of the distinct outcomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistinctOutcome {
    /// How many runs had this outcome.
    pub count: u64,
    /// How many of these were drawn by a seed: none of an exhaustive search, not all of a mix.
    #[serde(default)]
    pub drawn: u64,
    /// How many of these check a proof. None, once all parts of the search are there, unless
    /// checks alone have found it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub checks: u64,
    /// The lowest number of a schedule with it: of one that a seed makes, if there is one.
    pub first: u64,
    /// That schedule's seed, if a seed makes it.
    pub seed: Option<u64>,
    /// Whether it is a failure; set also where the outcome itself was not kept.
    pub failed: bool,
    /// The outcome itself, unless very many came before it: then its seed makes it again.
    pub outcome: Option<Outcome>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The outcomes of many runs, counted. The order in which runs and partial sums are added makes no
/// difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    runs: u64,
    failures: u64,
    /// By the outcome's fingerprint, so that 100,000 different outputs need no room for their text.
    outcomes: BTreeMap<Fingerprint, DistinctOutcome>,
    /// The schedule numbers of the outcomes whose text is kept.
    kept: BTreeMap<u64, Fingerprint>,
}

impl Tally {
    /// How many outcomes are kept with their text: the first by schedule number.
    pub const KEPT: usize = 1000;

    /// No runs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Run `number`, made by `seed`, ended with `outcome`.
    pub fn add(&mut self, number: u64, seed: Option<u64>, outcome: Outcome) {
        let fingerprint = outcome.fingerprint();
        let found = DistinctOutcome {
            count: 1,
            drawn: u64::from(seed.is_some()),
            checks: u64::from(number >= FIRST_CHECK),
            first: number,
            seed,
            failed: outcome.failure.is_some(),
            outcome: Some(outcome),
        };
        self.runs += 1;
        self.failures += u64::from(found.failed);
        self.put(fingerprint, found);
    }

    /// A run that checks a proof ended with `outcome`: it counts only if no run of the search did.
    /// Returns whether it counts.
    pub fn add_check(&mut self, number: u64, outcome: Outcome) -> bool {
        let found = self.outcomes.get(&outcome.fingerprint());
        let is_known = found.is_some_and(|found| found.first < FIRST_CHECK);
        if !is_known {
            self.add(number, None, outcome);
        }
        !is_known
    }

    /// To be called once all parts of the search are in it: runs that check a proof no longer count
    /// if some part of the search has found their outcome.
    pub fn settle_checks(&mut self) {
        for found in self.outcomes.values_mut() {
            if found.first < FIRST_CHECK {
                let checks = std::mem::take(&mut found.checks);
                found.count -= checks;
                self.runs -= checks;
                self.failures -= if found.failed { checks } else { 0 };
            }
        }
    }

    /// Whether runs that check a proof have found an outcome that the search has not.
    #[must_use]
    pub fn is_refuted(&self) -> bool {
        let mut all = self.outcomes.values();
        all.any(|found| found.first >= FIRST_CHECK)
    }

    /// Adds an outcome of another part of the exploration, as often as it came there. Those whose
    /// text was not kept count as outcomes of their own.
    pub fn add_distinct(&mut self, found: DistinctOutcome) {
        let fingerprint = match &found.outcome {
            Some(outcome) => outcome.fingerprint(),
            None => Fingerprint::of(format!("schedule {}", found.first).as_bytes()),
        };
        self.runs += found.count;
        self.failures += u64::from(found.failed) * found.count;
        self.put(fingerprint, found);
    }

    /// Adds the tally of another job or shard. No run may be in both.
    pub fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        self.failures += other.failures;
        for (fingerprint, found) in other.outcomes {
            self.put(fingerprint, found);
        }
    }

    fn put(&mut self, fingerprint: Fingerprint, found: DistinctOutcome) {
        let entry = self
            .outcomes
            .entry(fingerprint)
            .or_insert_with(|| DistinctOutcome {
                count: 0,
                drawn: 0,
                checks: 0,
                first: u64::MAX,
                seed: None,
                failed: found.failed,
                outcome: None,
            });
        entry.count += found.count;
        entry.drawn += found.drawn;
        entry.checks += found.checks;
        // A run that a seed makes again is worth more than one that only its choices do.
        let rank = |seed: Option<u64>, first| (seed.is_none(), first);
        if rank(found.seed, found.first) < rank(entry.seed, entry.first) {
            self.kept.remove(&entry.first);
            entry.first = found.first;
            entry.seed = found.seed;
            entry.outcome = found.outcome.or_else(|| entry.outcome.take());
            if entry.outcome.is_some() {
                self.kept.insert(entry.first, fingerprint);
            }
        }
        // An outcome that is not among the first so far will not be among the first of all.
        while self.kept.len() > Self::KEPT
            && let Some((_, fingerprint)) = self.kept.pop_last()
            && let Some(entry) = self.outcomes.get_mut(&fingerprint)
        {
            entry.outcome = None;
        }
    }

    /// How many runs.
    #[must_use]
    pub const fn runs(&self) -> u64 {
        self.runs
    }

    /// How many of them failed.
    #[must_use]
    pub const fn failures(&self) -> u64 {
        self.failures
    }

    /// How many distinct outcomes.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.outcomes.len()
    }

    /// How many runs were drawn by a seed.
    #[must_use]
    pub fn drawn(&self) -> u64 {
        self.outcomes.values().map(|found| found.drawn).sum()
    }

    /// How many of the distinct outcomes came only once in drawn runs.
    #[must_use]
    pub fn once(&self) -> u64 {
        let once = self.outcomes.values().filter(|found| found.drawn == 1);
        once.count() as u64
    }

    /// An estimate of how many of a number of further schedules, drawn as these were, have an
    /// outcome that no drawn one had: as a share from 0 to 1 (Good: The population frequencies of
    /// species and the estimation of population parameters, Biometrika 40, 1953). `None` without
    /// drawn runs.
    #[must_use]
    pub fn unseen_share(&self) -> Option<f64> {
        let drawn = self.drawn();
        (drawn > 0).then(|| self.once() as f64 / drawn as f64)
    }

    /// The distinct outcomes, those that came most often first, then by first schedule.
    #[must_use]
    pub fn outcomes(&self) -> Vec<&DistinctOutcome> {
        let mut outcomes: Vec<_> = self.outcomes.values().collect();
        outcomes.sort_by_key(|found| (std::cmp::Reverse(found.count), found.first));
        outcomes
    }

    /// The failed run with the lowest number.
    #[must_use]
    pub fn first_failure(&self) -> Option<&DistinctOutcome> {
        let failures = self.outcomes.values().filter(|found| found.failed);
        failures.min_by_key(|found| found.first)
    }

    /// For `--same-output`: of the outcomes that are no failures, the first by schedule number has
    /// the expected output; the others become failures.
    pub fn expect_same_output(&mut self) {
        let passed = |found: &&mut DistinctOutcome| !found.failed;
        let mut others: Vec<_> = self.outcomes.values_mut().filter(passed).collect();
        others.sort_by_key(|found| found.first);
        for found in others.into_iter().skip(1) {
            found.failed = true;
            self.failures += found.count;
            if let Some(outcome) = &mut found.outcome {
                outcome.failure = Some(Failure::DifferentOutput);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(output: &str) -> Outcome {
        Outcome {
            output: output.to_owned(),
            failure: None,
        }
    }

    fn runs() -> Vec<(u64, Outcome)> {
        let deadlock = Outcome {
            output: String::new(),
            failure: Some(Failure::Deadlock { waits: vec![] }),
        };
        let mut runs: Vec<_> = (0..5).map(|number| (number, said("2\n"))).collect();
        runs.push((5, said("1\n")));
        runs.push((6, deadlock));
        runs.push((7, said("1\n")));
        // More outcomes than are kept.
        runs.extend((8..2500).map(|number| (number, said(&format!("{}\n", number % 1500)))));
        runs
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let forward = runs();
        let mut whole = Tally::new();
        for (number, outcome) in &forward {
            whole.add(*number, Some(number * 7), outcome.clone());
        }
        for parts in [1, 2, 3, 7] {
            let mut sum = Tally::new();
            for part in (0..parts).rev() {
                let mut tally = Tally::new();
                for (number, outcome) in forward.iter().rev().filter(|(n, _)| n % parts == part) {
                    tally.add(*number, Some(number * 7), outcome.clone());
                }
                sum.merge(tally);
            }
            assert!(sum == whole, "{parts} parts");
        }
        assert_eq!(whole.runs(), 2500);
        assert_eq!(whole.failures(), 1);
        let kept = |found: &&&DistinctOutcome| found.outcome.is_some();
        assert_eq!(whole.outcomes().iter().filter(kept).count(), Tally::KEPT);
    }

    #[test]
    fn the_first_failure_and_the_most_frequent_outcome_are_told() {
        let mut tally = Tally::new();
        for (number, outcome) in runs().into_iter().take(8) {
            tally.add(number, Some(number), outcome);
        }
        let first = tally.first_failure().map(|found| (found.first, found.seed));
        assert_eq!(first, Some((6, Some(6))));
        let counts: Vec<u64> = tally.outcomes().iter().map(|found| found.count).collect();
        assert_eq!(counts, [5, 2, 1]);
        tally.expect_same_output();
        assert_eq!(tally.failures(), 3);
        assert_eq!(tally.first_failure().map(|found| found.first), Some(5));
    }

    #[test]
    fn what_only_a_check_has_found_refutes_until_a_part_of_the_search_has_found_it_too() {
        let mut part = Tally::new();
        part.add(0, None, said("1\n"));
        assert!(!part.add_check(FIRST_CHECK, said("1\n")));
        assert!(!part.is_refuted());
        for number in 1..3 {
            assert!(part.add_check(FIRST_CHECK + number, said("2\n")));
        }
        assert!(part.is_refuted());
        assert_eq!((part.runs(), part.distinct()), (3, 2));
        let mut other = Tally::new();
        other.add(7, None, said("2\n"));
        let mut sum = Tally::new();
        sum.merge(part);
        sum.merge(other);
        assert!(!sum.is_refuted());
        assert_eq!(sum.runs(), 4);
        sum.settle_checks();
        assert_eq!((sum.runs(), sum.distinct()), (2, 2));
        let counts: Vec<u64> = sum.outcomes().iter().map(|found| found.count).collect();
        assert_eq!(counts, [1, 1]);
    }

    #[test]
    fn addresses_and_temporary_names_make_no_outcomes() {
        let mut tally = Tally::new();
        for number in 0..9 {
            let failure = Failure::Exception {
                thread: "one".to_owned(),
                exception: "KeyError".to_owned(),
                message: format!("<A object at 0x7f00000{number}>"),
                place: None,
            };
            tally.add(
                number,
                None,
                Outcome {
                    output: format!("/tmp/tmp1234567{number}\n"),
                    failure: (number % 3 == 0).then_some(failure),
                },
            );
        }
        assert_eq!(tally.distinct(), 2);
        tally.expect_same_output();
        assert_eq!(tally.failures(), 3, "no output differs");
    }

    #[test]
    fn a_failure_is_known_again_by_its_text() {
        let exception = |exception: &str, message: &str| Failure::Exception {
            thread: String::from("one"),
            exception: exception.to_owned(),
            message: message.to_owned(),
            place: None,
        };
        let waits = |waits: &[&str]| Failure::Deadlock {
            waits: waits.iter().map(ToString::to_string).collect(),
        };
        let all = [
            exception("KeyError", "1"),
            exception("Key", ""),
            waits(&[]),
            Failure::Livelock {
                threads: vec![String::from("one")],
            },
            Failure::ExitStatus { status: 1 },
            Failure::ExitStatus { status: 11 },
            Failure::DifferentOutput,
        ];
        for one in &all {
            for other in &all {
                assert_eq!(one.is_described_by(&other.to_string()), one.is_like(other));
            }
        }
        assert!(waits(&[]).is_described_by(&waits(&["one waits for a lock"]).to_string()));
        assert!(exception("KeyError", "2").is_described_by(&all[0].to_string()));
        let elsewhere = Failure::Exception {
            thread: String::from("one"),
            exception: String::from("KeyError"),
            message: String::from("1"),
            place: Some(String::from("shop.py:7")),
        };
        assert!(!elsewhere.is_like(&all[0]), "two bugs of one class");
        assert!(elsewhere.is_described_by(&all[0].to_string()));
    }

    #[test]
    fn json_and_back() {
        let mut tally = Tally::new();
        for (number, outcome) in runs().into_iter().take(20) {
            tally.add(number, Some(number), outcome);
        }
        let json = serde_json::to_string(&tally).unwrap();
        assert_eq!(serde_json::from_str::<Tally>(&json).unwrap(), tally);
    }
}
