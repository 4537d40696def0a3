//! What is expected of the tests that are not expected to pass.
//!
//! `ledger.txt` has a section for each module, and in it a line for each such test:
//!
//! ```text
//! [test_time]
//! skip  TimeTestCase.test_mktime_error  # why, in a few words
//! ```
//!
//! The first word is an outcome, or `either` for a test that may pass or be skipped, as the machine
//! has it, or `luck` for one that may pass or fail, as threads happen to run.

use std::{
    collections::{HashMap, HashSet},
    fs,
};

use pyt_test::workspace;

use crate::{
    results::{Outcome, Test},
    run::ModuleRun,
};

const FILE: &str = "tests/cpython/ledger.txt";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Exactly(Outcome),
    PassOrSkip,
    PassOrFail,
}

impl Expected {
    fn allows(self, outcome: Outcome) -> bool {
        match self {
            Self::Exactly(expected) => expected == outcome,
            Self::PassOrSkip => matches!(outcome, Outcome::Pass | Outcome::Skip),
            Self::PassOrFail => matches!(outcome, Outcome::Pass | Outcome::Fail),
        }
    }
}

/// The ledger, by module and test.
#[derive(Debug, Default)]
pub(crate) struct Ledger(HashMap<String, HashMap<String, Expected>>);

/// Something other than what the ledger says.
pub(crate) enum Deviation<'a> {
    /// The test failed, or was skipped, and should pass; or did one and should do the other.
    Worse(&'a Test),
    /// The test passed, and the ledger says it does not.
    Better(&'a Test),
    /// The ledger has a line for a test that does not exist.
    Gone(&'a str),
}

impl Ledger {
    pub(crate) fn read() -> Result<Self, String> {
        let path = workspace().join(FILE);
        let text = fs::read_to_string(&path).map_err(|error| format!("reading {FILE}: {error}"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut ledger = Self::default();
        let mut module = None;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'))
            {
                module = Some(ledger.0.entry(name.to_owned()).or_default());
                continue;
            }
            let wrong = |what: &str| format!("{FILE}, line {}: {what}: {line}", number + 1);
            let (word, rest) = line
                .split_once(' ')
                .ok_or_else(|| wrong("a line is OUTCOME TEST  # REASON"))?;
            let (id, reason) = rest
                .split_once(" #")
                .ok_or_else(|| wrong("a reason is missing"))?;
            if reason.trim().is_empty() {
                return Err(wrong("a reason is missing"));
            }
            let expected = match (word, Outcome::from_name(word)) {
                ("either", _) => Expected::PassOrSkip,
                ("luck", _) => Expected::PassOrFail,
                (_, Some(Outcome::Pass)) => return Err(wrong("what passes has no line")),
                (_, Some(outcome)) => Expected::Exactly(outcome),
                _ => return Err(wrong("no such outcome")),
            };
            let tests = module
                .as_mut()
                .ok_or_else(|| wrong("a line before the first [MODULE]"))?;
            if tests.insert(id.trim().to_owned(), expected).is_some() {
                return Err(wrong("a second line for this test"));
            }
        }
        Ok(ledger)
    }

    /// In what a run deviates from the ledger.
    pub(crate) fn deviations<'a>(&'a self, run: &'a ModuleRun) -> Vec<Deviation<'a>> {
        let none = HashMap::new();
        let expected = self.0.get(run.module);
        let of = |id: &str| {
            expected
                .unwrap_or(&none)
                .get(id)
                .copied()
                .unwrap_or(Expected::Exactly(Outcome::Pass))
        };
        let mut deviations: Vec<Deviation<'a>> = run
            .results
            .tests
            .iter()
            .filter(|test| !of(&test.id).allows(test.outcome))
            .map(|test| match test.outcome {
                Outcome::Pass => Deviation::Better(test),
                _ => Deviation::Worse(test),
            })
            .collect();
        if run.results.complete {
            let ran: HashSet<&str> = run
                .results
                .tests
                .iter()
                .map(|test| test.id.as_str())
                .collect();
            let gone = expected
                .into_iter()
                .flat_map(HashMap::keys)
                .filter(|id| !ran.contains(id.as_str()));
            deviations.extend(gone.map(|id| Deviation::Gone(id)));
        }
        deviations
    }

    /// Sections for modules that are not run at all.
    pub(crate) fn unknown_modules(&self, known: &[&str]) -> Vec<&str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(|module| !known.contains(module))
            .collect()
    }
}
