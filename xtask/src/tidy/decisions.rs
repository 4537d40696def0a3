//! Decision records (`docs/adr`): one form, consecutive numbers, and an index that lists each with
//! its status and date.

use super::problem::{Problem, Settings};
use crate::tree::{Result, Tree};

const FOLDER: &str = "docs/adr/";
const INDEX: &str = "docs/adr/README.md";
const SECTIONS: &[&str] = &["## Context", "## Decision", "## Consequences"];

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let index = if tree.exists(INDEX) {
        tree.text(INDEX)?
    } else {
        String::new()
    };
    let mut problems = Vec::new();
    let records = tree
        .with_extension("md")
        .filter(|path| path.starts_with(FOLDER) && *path != INDEX);
    for (before, path) in records.enumerate() {
        let name = &path[FOLDER.len()..];
        let mut complain = |message: String| problems.push(Problem::new(path, 0, message));
        if !name.starts_with(&format!("{:04}-", before + 1)) {
            complain(format!("should be number {:04}", before + 1));
        }
        let record = tree.text(path)?;
        let title = format!("# {}. ", before + 1);
        if !record.starts_with(&title) {
            complain(format!("does not begin with `{title}`"));
        }
        for section in SECTIONS
            .iter()
            .filter(|section| !record.lines().any(|line| line == **section))
        {
            complain(format!("has no section `{section}`"));
        }
        let fields = (field(&record, "Status"), field(&record, "Date"));
        let (Some(status), Some(date)) = fields else {
            complain(
                "has no `- Status: ...` or no `- Date: YYYY-MM-DD` below the title".to_owned(),
            );
            continue;
        };
        if !["Proposed", "Accepted", "Superseded by ", "Rejected"]
            .iter()
            .any(|known| status.starts_with(known))
        {
            complain(format!("has the unknown status {status}"));
        }
        let row = index
            .lines()
            .find(|line| line.contains(&format!("]({name})")));
        if !row.is_some_and(|row| row.contains(&status) && row.contains(&date)) {
            complain(format!(
                "has no row in {INDEX} with its status ({status}) and date ({date})"
            ));
        }
    }
    Ok(problems)
}

/// The value of `- Name: value`.
fn field(record: &str, name: &str) -> Option<String> {
    let prefix = format!("- {name}: ");
    record
        .lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .map(|value| value.trim().to_owned())
}
