//! The differences that are known, each with its reason: `tests/suites/differences.tsv`.

use std::fs;

use crate::tree::{Result, root};

pub(super) const FILE: &str = "tests/suites/differences.tsv";

/// The lines of the ledger: a package, a test or the beginning of tests' names with a `*`, the
/// reason.
pub(super) struct Ledger(Vec<(String, String, String)>);

impl Ledger {
    /// # Errors
    /// A file that cannot be read, a line that has not three fields.
    pub(super) fn read() -> Result<Self> {
        let text =
            fs::read_to_string(root().join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let parsed = lines.map(|(index, line)| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [package, test, reason] = fields.as_slice() else {
                return Err(format!("{FILE}:{}: not three fields: {line}", index + 1));
            };
            Ok((
                (*package).to_owned(),
                (*test).to_owned(),
                (*reason).to_owned(),
            ))
        });
        parsed.collect::<Result<_>>().map(Self)
    }

    /// Why the test of the package is expected not to pass on pyt.
    pub(super) fn reason(&self, package: &str, test: &str) -> Option<&str> {
        let of_package = self.0.iter().filter(|(name, ..)| name == package);
        let mut matching = of_package.filter(|(_, pattern, _)| match pattern.strip_suffix('*') {
            Some(beginning) => test.starts_with(beginning),
            None => test == pattern,
        });
        matching.next().map(|(_, _, reason)| reason.as_str())
    }

    /// The reasons for differences in the package, each once.
    pub(super) fn reasons(&self, package: &str) -> Vec<&str> {
        let mut reasons: Vec<&str> = Vec::new();
        for (name, _, reason) in &self.0 {
            if name == package && !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::Ledger;

    #[test]
    fn a_reason_is_found_by_the_whole_name_or_its_beginning() {
        let line = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        let ledger = Ledger(vec![line("p", "t::a", "one"), line("p", "t::b*", "two")]);
        assert_eq!(ledger.reason("p", "t::a"), Some("one"));
        assert_eq!(ledger.reason("p", "t::a2"), None);
        assert_eq!(ledger.reason("p", "t::b[3]"), Some("two"));
        assert_eq!(ledger.reason("q", "t::a"), None);
        assert_eq!(ledger.reasons("p"), ["one", "two"]);
        assert!(Ledger::read().is_ok());
    }
}
