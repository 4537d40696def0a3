//! What became of a suite's tests on one interpreter. The format of the lines is that of
//! `tests/suites/path/outcomes.py`; [`process`](super::process) adds the last.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    path::{Path, PathBuf},
};

use crate::{interpreters::Interpreter, tree::root};

/// How a suite's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    /// It ended before, other than at its deadline.
    Crashed,
    /// It was ended at its deadline.
    Hung,
}

impl End {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Crashed => "crashed",
            Self::Hung => "hung",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Complete, Self::Crashed, Self::Hung];
        all.into_iter().find(|end| end.name() == name)
    }
}

/// What became of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
    /// It began, and did not end.
    Began,
}

/// A test that passes on CPython and not on pyt.
pub(super) struct Difference {
    pub(super) test: String,
    pub(super) why: String,
}

/// The outcomes of one suite on one interpreter.
pub(super) struct Outcomes {
    tests: BTreeMap<String, Outcome>,
    pub(super) end: End,
}

/// How many tests came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

/// Where the outcomes of a package's suite are kept.
pub(super) fn path(interpreter: Interpreter, package: &str) -> PathBuf {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("suites").join(interpreter.name());
    folder.join(format!("{package}.tsv"))
}

impl Outcomes {
    /// What is kept in the file; `None` if the suite has not run.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let text = fs::read(path).ok()?;
        Some(Self::of(&String::from_utf8_lossy(&text)))
    }

    /// From the lines of a run.
    fn of(text: &str) -> Self {
        let (mut tests, mut end) = (BTreeMap::new(), End::Crashed);
        for line in text.lines() {
            let mut fields = line.split('\t');
            let kind = fields.next().unwrap_or_default();
            if let Some(found) = End::from_name(kind) {
                end = found;
                continue;
            }
            let Some(test) = fields.next() else { continue };
            let why = fields.next().unwrap_or_default().to_owned();
            let outcome = match kind {
                "pass" => Outcome::Passed,
                "fail" => Outcome::Failed(why),
                "skip" => Outcome::Skipped(why),
                "start" => Outcome::Began,
                _ => continue,
            };
            let entry = tests.entry(test.to_owned()).or_insert(Outcome::Began);
            // Tests of the same name: one that has failed stays so.
            if !matches!(entry, Outcome::Failed(_)) && outcome != Outcome::Began {
                *entry = outcome;
            }
        }
        Self { tests, end }
    }

    pub(super) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for outcome in self.tests.values() {
            match outcome {
                Outcome::Passed => sums.passed += 1,
                Outcome::Failed(_) | Outcome::Began => sums.failed += 1,
                Outcome::Skipped(_) => sums.skipped += 1,
            }
        }
        sums
    }

    /// The tests that pass in `theirs` and not here.
    pub(super) fn differences_from(&self, theirs: &Self) -> Vec<Difference> {
        let passed = theirs.tests.iter();
        let passed = passed.filter(|(_, outcome)| **outcome == Outcome::Passed);
        let differs = passed.filter_map(|(test, _)| {
            let why = match self.tests.get(test) {
                Some(Outcome::Passed) => return None,
                Some(Outcome::Failed(why)) => format!("failed: {why}"),
                Some(Outcome::Skipped(why)) => format!("skipped: {why}"),
                Some(Outcome::Began) => format!("the process {} in it", self.end.name()),
                None => "not run".to_owned(),
            };
            let test = test.clone();
            Some(Difference { test, why })
        });
        differs.collect()
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sums {
            passed,
            failed,
            skipped,
        } = self.sums();
        write!(
            f,
            "{passed:5} passed {failed:4} failed {skipped:4} skipped, {}",
            self.end.name()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Outcomes, Sums};

    #[test]
    fn outcomes_are_counted_and_compared() {
        let theirs = "start\ta\npass\ta\t\npass\tb\t\npass\tc\t\nskip\td\twhy\npass\te\t\nend\n";
        let theirs = Outcomes::of(&format!("{theirs}complete\t0\t1.0\n"));
        let ours = "pass\ta\t\nfail\tb\tno\nskip\tc\tso\npass\td\t\nstart\te\n";
        let ours = Outcomes::of(&format!("{ours}hung\t124\t1.0\n"));
        assert_eq!((theirs.end, ours.end), (End::Complete, End::Hung));
        let sums = Sums {
            passed: 2,
            failed: 2,
            skipped: 1,
        };
        assert_eq!(ours.sums(), sums);
        let differences = ours.differences_from(&theirs);
        let lines = differences.iter().map(|one| (&*one.test, &*one.why));
        let expected = [
            ("b", "failed: no"),
            ("c", "skipped: so"),
            ("e", "the process hung in it"),
        ];
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }
}
