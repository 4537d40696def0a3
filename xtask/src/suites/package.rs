//! The packages whose suites run: `tests/suites/packages.tsv`.

use std::fs;

use crate::tree::{Result, root};

pub(super) const FILE: &str = "tests/suites/packages.tsv";

/// A package, and which part of its suite runs.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// The folder in the source distribution that holds the package: `.`, `src`, ...
    pub(super) root: String,
    /// Arguments for pytest: files and folders in the source distribution, and options. `%20` in
    /// one is a space.
    pub(super) tests: Vec<String>,
    /// What the tests need, as pip names it.
    pub(super) needs: Vec<String>,
}

/// All packages, in the order of the file.
///
/// # Errors
/// A file that cannot be read, a line that has not five fields.
pub(super) fn read() -> Result<Vec<Package>> {
    let text = fs::read_to_string(root().join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(index, line)| {
            parse(line).ok_or(format!("{FILE}:{}: not five fields: {line}", index + 1))
        })
        .collect()
}

fn parse(line: &str) -> Option<Package> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, version, root, tests, needs] = fields.as_slice() else {
        return None;
    };
    let words = |text: &str| {
        let words = text.split_whitespace();
        words.map(|word| word.replace("%20", " ")).collect()
    };
    Some(Package {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        root: (*root).to_owned(),
        tests: words(tests),
        needs: words(needs),
    })
}

#[cfg(test)]
mod tests {
    use super::{parse, read};

    #[test]
    fn a_line_has_five_fields() {
        let package = parse("attrs\t1.0\tsrc\ttests -k not%20x\ta b==2").unwrap();
        assert_eq!(package.tests, ["tests", "-k", "not x"]);
        assert_eq!(package.needs, ["a", "b==2"]);
        assert!(parse("attrs\t1.0\tsrc").is_none());
        assert!(!read().unwrap().is_empty());
    }
}
