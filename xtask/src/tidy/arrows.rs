//! Which crate may depend on which: arrows point down.

use super::problem::{Problem, Settings};
use crate::tree::{Result, Tree};

/// The floors of the house, from the ground up. A crate depends on crates of lower floors only.
const FLOORS: &[&[&str]] = &[
    &["pyt-macros", "pyt-options", "pyt-pins", "pyt-sched"],
    &["pyt-explore", "pyt-vm", "xtask"],
    &["pyt-instrument", "pyt-pictures", "pyt-tier"],
    &["pyt-modules"],
    &["pyt-runtime"],
    &["pyt"],
];

/// What tests use; nothing else may depend on it.
const FOR_TESTS: &str = "pyt-test";

/// Crates that know no Python type, so none of the interpreter's crates either.
const WITHOUT_INTERPRETER: &[&str] = &[
    "pyt-options",
    "pyt-sched",
    "pyt-explore",
    "pyt-pictures",
    "pyt-test",
    "xtask",
];

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let manifests = |path: &&str| {
        *path == "xtask/Cargo.toml"
            || (path.starts_with("crates/") && path.matches('/').count() == 2)
    };
    for path in tree
        .with_extension("toml")
        .filter(manifests)
        .filter(|path| path.ends_with("/Cargo.toml"))
    {
        let name = path
            .trim_end_matches("/Cargo.toml")
            .trim_start_matches("crates/");
        let Some(floor) = floor(name) else {
            if name != FOR_TESTS {
                problems.push(Problem::new(
                    path,
                    0,
                    "this crate has no floor in xtask/src/tidy/arrows.rs",
                ));
            }
            continue;
        };
        for (line, dependency) in dependencies(&tree.text(path)?) {
            let mut complain = |message: String| problems.push(Problem::new(path, line, message));
            if dependency == FOR_TESTS {
                complain(format!("only tests may depend on {FOR_TESTS}"));
            }
            if self::floor(&dependency).is_some_and(|below| below >= floor) {
                complain(format!(
                    "{name} may not depend on {dependency}, which is not below it"
                ));
            }
            if WITHOUT_INTERPRETER.contains(&name) && dependency.starts_with("rustpython") {
                complain(format!("{name} must not know the interpreter"));
            }
        }
    }
    Ok(problems)
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&name))
}

/// The names in `[dependencies]` and `[target.'...'.dependencies]`, with their line numbers.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        if let Some(section) = line.trim().strip_prefix('[') {
            inside = section == "dependencies]"
                || (section.starts_with("target.") && section.ends_with(".dependencies]"));
        } else if inside && line.starts_with(|char: char| char.is_ascii_alphabetic()) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            found.push((index + 1, name.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::dependencies;

    #[test]
    fn only_what_a_crate_links() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n# c\nd = \"1\"\n[dev-dependencies]\ne = \"1\"\n";
        assert_eq!(
            dependencies(manifest),
            [(4, "b".to_owned()), (6, "d".to_owned())]
        );
    }
}
