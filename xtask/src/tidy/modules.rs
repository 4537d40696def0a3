//! One style of modules: `foo/mod.rs`.

use super::problem::{Problem, Settings};
use crate::tree::{Result, Tree};

#[expect(clippy::unnecessary_wraps, reason = "all checks have one signature")]
pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let in_source = tree
        .with_extension("rs")
        .filter(|path| path.contains("/src/"));
    let modules: Vec<&str> = in_source
        .filter_map(|path| path.strip_suffix(".rs"))
        .collect();
    let mut problems = Vec::new();
    for module in &modules {
        let folder = format!("{module}/");
        if modules.iter().any(|other| other.starts_with(&folder)) {
            let message = "has a folder of the same name: move it there as mod.rs";
            problems.push(Problem::new(&format!("{module}.rs"), 0, message));
        }
    }
    Ok(problems)
}
