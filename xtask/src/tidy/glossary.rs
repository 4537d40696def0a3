//! `docs/glossary.md`: the files that it names exist, the types occur in them, and each crate has a
//! section.

use super::{
    markdown,
    problem::{Problem, Settings},
};
use crate::tree::{Result, Tree};

const PATH: &str = "docs/glossary.md";

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    if !tree.exists(PATH) {
        return Ok(vec![Problem::new(PATH, 0, "is not there")]);
    }
    let document = tree.text(PATH)?;
    let mut problems = Vec::new();
    for (index, line) in document.lines().enumerate() {
        let Some(cells) = markdown::cells(line) else {
            continue;
        };
        if cells[0] == "term" || cells[0].starts_with('-') {
            continue;
        }
        for message in complaints(tree, &cells)? {
            problems.push(Problem::new(PATH, index + 1, message));
        }
    }
    let headings: Vec<&str> = document
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    for name in crates(tree) {
        if !headings.contains(&name) {
            problems.push(Problem::new(PATH, 0, format!("has no section `## {name}`")));
        }
    }
    Ok(problems)
}

/// The names of the crates, but for that of tests, which has no terms.
fn crates(tree: &Tree) -> impl Iterator<Item = &str> {
    let manifests = tree
        .files
        .iter()
        .filter_map(|path| path.strip_prefix("crates/"));
    let names = manifests.filter_map(|path| path.strip_suffix("/Cargo.toml"));
    names.filter(|name| !name.contains('/') && *name != "pyt-test")
}

fn complaints(tree: &Tree, cells: &[&str]) -> Result<Vec<String>> {
    let [_, meaning, kind, file] = cells else {
        return Ok(vec![format!(
            "a row of {} cells (term, meaning, type, file)",
            cells.len()
        )]);
    };
    let mut complaints = Vec::new();
    if meaning.is_empty() {
        complaints.push("no meaning".to_owned());
    }
    let mut texts = String::new();
    for file in names(file) {
        if tree.exists(file) && !tree.root.join(file).is_dir() {
            texts.push_str(&tree.text(file)?);
        } else if !tree.exists(file) {
            complaints.push(format!("{file} is not there"));
        }
    }
    for name in names(kind) {
        // `Type::method` and `module::function` are looked for by their last word.
        let last = name
            .trim_end_matches("()")
            .rsplit("::")
            .next()
            .unwrap_or(name);
        if !texts.is_empty() && !occurs(&texts, last) {
            complaints.push(format!("`{last}` does not occur in {file}"));
        }
    }
    Ok(complaints)
}

/// What stands between backticks; the whole cell if there are none, nothing for `-`.
fn names(cell: &str) -> Vec<&str> {
    if cell.contains('`') {
        return cell.split('`').skip(1).step_by(2).collect();
    }
    if matches!(cell, "" | "-") {
        Vec::new()
    } else {
        vec![cell]
    }
}

fn occurs(text: &str, word: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + word.len()..].chars().next().is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole() {
        assert!(occurs("struct Waiter;", "Waiter"));
        assert!(!occurs("struct Waiters;", "Waiter"));
        assert_eq!(names("`A`, `b::c()`"), ["A", "b::c()"]);
        assert_eq!(names("a/b.rs"), ["a/b.rs"]);
        assert!(names("-").is_empty());
    }
}
