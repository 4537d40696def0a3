//! What `runner.py` writes: a line for each test that starts, and one for what became of it.

use std::fmt;

/// What became of a test, as unittest has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Pass,
    Fail,
    Error,
    Skip,
    /// It failed, and is marked to.
    XFail,
    /// It passed, and is marked to fail.
    Unexpected,
}

impl Outcome {
    const NAMES: [(Self, &str); 6] = [
        (Self::Pass, "pass"),
        (Self::Fail, "fail"),
        (Self::Error, "error"),
        (Self::Skip, "skip"),
        (Self::XFail, "xfail"),
        (Self::Unexpected, "unexpected"),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(outcome, _)| *outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = Self::NAMES
            .iter()
            .find(|(outcome, _)| outcome == self)
            .expect("every outcome has a name");
        f.pad(name)
    }
}

/// One test's result.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    /// The class and the method, below the module; or a fixture.
    pub id: String,
    pub outcome: Outcome,
    /// One line: why it was skipped, or what it raised.
    pub reason: String,
}

/// What one module's process wrote.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub tests: Vec<Test>,
    /// The test that has started and not ended.
    pub running: Option<String>,
    /// Whether the process got to the end of the module.
    pub complete: bool,
}

impl Results {
    pub(crate) fn parse(text: &str) -> Self {
        let mut results = Self::default();
        for line in text.lines() {
            let mut fields = line.splitn(3, '\t');
            let event = fields.next().unwrap_or_default();
            let id = fields.next().unwrap_or_default().to_owned();
            let reason = fields.next().unwrap_or_default().to_owned();
            match event {
                "start" => results.running = Some(id),
                "end" => results.complete = true,
                _ => {
                    // The last line of a process that was killed may be cut off.
                    let Some(outcome) = Outcome::from_name(event) else {
                        continue;
                    };
                    if results.running.as_ref() == Some(&id) {
                        results.running = None;
                    }
                    results.tests.push(Test {
                        id,
                        outcome,
                        reason,
                    });
                }
            }
        }
        results
    }

    pub(crate) fn count(&self, wanted: impl Fn(Outcome) -> bool) -> usize {
        self.tests
            .iter()
            .filter(|test| wanted(test.outcome))
            .count()
    }
}
