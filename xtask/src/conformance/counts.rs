//! What became of a module's tests, and of its process, from what they wrote. The format of the
//! lines is `tests/cpython/runner.py`'s; [`process`](super::process) adds the last.

use std::fmt;

/// How a module's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It came to the module's end.
    Complete,
    /// It ended before, other than at its deadline.
    Crashed,
    /// It was ended at its deadline.
    Hung,
    /// The module needs a C module that CPython has for its own tests, and ran no test.
    NeedsC,
}

/// What the names of these C modules begin with, in what an import of them raises.
const OF_C: &str = "No module named '_test";

/// How many of a module's tests came to which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    pub(super) end: End,
}

impl Counts {
    /// From the lines of a run.
    pub(super) fn of(text: &str) -> Self {
        let mut counts = Self {
            passed: 0,
            failed: 0,
            skipped: 0,
            end: End::Crashed,
        };
        for line in text.lines() {
            match line.split('\t').next().unwrap_or_default() {
                // A test that is marked to fail and does has done what it should.
                "pass" | "xfail" => counts.passed += 1,
                "fail" | "error" | "unexpected" => counts.failed += 1,
                "skip" => counts.skipped += 1,
                "complete" if needs_c(text) => counts.end = End::NeedsC,
                "complete" => counts.end = End::Complete,
                "hung" => counts.end = End::Hung,
                _ => {}
            }
        }
        counts
    }

    /// From the fields that [`fields`](Self::fields) makes.
    pub(super) fn from_fields(fields: &[&str]) -> Option<Self> {
        let [passed, failed, skipped, end] = fields else {
            return None;
        };
        Some(Self {
            passed: passed.parse().ok()?,
            failed: failed.parse().ok()?,
            skipped: skipped.parse().ok()?,
            end: match *end {
                "complete" => End::Complete,
                "crashed" => End::Crashed,
                "hung" => End::Hung,
                "needs-c" => End::NeedsC,
                _ => return None,
            },
        })
    }

    pub(super) fn fields(&self) -> String {
        let end = match self.end {
            End::Complete => "complete",
            End::Crashed => "crashed",
            End::Hung => "hung",
            End::NeedsC => "needs-c",
        };
        format!("{}\t{}\t{}\t{end}", self.passed, self.failed, self.skipped)
    }
}

/// Whether the module could not be imported without a C module for tests.
fn needs_c(text: &str) -> bool {
    text.lines().any(|line| {
        let mut fields = line.split('\t').skip(1);
        fields.next() == Some("import") && fields.next().is_some_and(|why| why.contains(OF_C))
    })
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:5} passed {:4} failed {:4} skipped",
            self.passed, self.failed, self.skipped
        )?;
        match self.end {
            End::Complete => Ok(()),
            End::Crashed => f.write_str(", CRASHED"),
            End::Hung => f.write_str(", HUNG"),
            End::NeedsC => f.write_str(", needs a C module of CPython's tests"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, End};

    #[test]
    fn lines_are_counted() {
        let text = "start\tA.a\npass\tA.a\t\nstart\tA.b\nskip\tA.b\twhy\nfail\tA.c\tx\nend\n";
        let counts = Counts::of(&format!("{text}complete\t0\t1.5\n"));
        assert_eq!(
            counts,
            Counts {
                passed: 1,
                failed: 1,
                skipped: 1,
                end: End::Complete
            }
        );
        assert_eq!(Counts::of(text).end, End::Crashed);
        assert_eq!(Counts::of("hung\t124\t60.0\n").end, End::Hung);
        let needs = "skip\timport\tNo module named '_testcapi'\nend\ncomplete\t0\t1.0\n";
        assert_eq!(Counts::of(needs).end, End::NeedsC);
        let fields = counts.fields();
        let fields: Vec<&str> = fields.split('\t').collect();
        assert_eq!(Counts::from_fields(&fields), Some(counts));
    }
}
