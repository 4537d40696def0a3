//! The pages of the book are listed, and what tutorials show is checked.

use super::{
    markdown,
    problem::{Problem, Settings},
};
use crate::{
    site::summary::Summary,
    tree::{Result, Tree},
};

const SUMMARY: &str = "docs/SUMMARY.md";
const TUTORIALS: &str = "docs/tutorials/";

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    if !tree.exists(SUMMARY) {
        return Ok(Vec::new());
    }
    let summary = Summary::read(tree)?;
    let listed = summary.problems(tree).into_iter();
    let mut problems: Vec<Problem> = listed
        .map(|message| Problem::new(SUMMARY, 1, message))
        .collect();
    let tutorials = tree.with_extension("md");
    for path in tutorials.filter(|path| path.starts_with(TUTORIALS)) {
        let text = tree.text(path)?;
        for block in markdown::blocks(&text) {
            let fence = text.lines().nth(block.line - 1).unwrap_or_default();
            if let Some(message) = complaint(fence.trim_start_matches('`'), &block) {
                problems.push(Problem::new(path, block.line, message));
            }
        }
    }
    Ok(problems)
}

/// What is wrong with a block of a tutorial. Rust is compiled as doctests of `pyt-runtime`.
fn complaint(language: &str, block: &markdown::Block) -> Option<String> {
    let marked = |word: &str| {
        block
            .mark
            .as_deref()
            .is_some_and(|mark| mark.starts_with(word))
    };
    match language {
        "console" if !marked("transcript") => {
            Some("commands of tutorials are run: mark the block as a transcript".to_owned())
        }
        "python" if !marked("file: ") => {
            Some("programs of tutorials are run: mark the block as a file".to_owned())
        }
        "" => Some("a block of a tutorial names its language".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_programs_of_tutorials_are_run() {
        let complaints = |text: &str| {
            let block = &markdown::blocks(text)[0];
            let fence = text.lines().nth(block.line - 1).unwrap();
            complaint(fence.trim_start_matches('`'), block)
        };
        assert!(complaints("```console\n$ pyt\n```\n").is_some());
        assert!(complaints("<!-- transcript -->\n```console\n$ pyt\n```\n").is_none());
        assert!(complaints("```python\npass\n```\n").is_some());
        assert!(complaints("<!-- file: a.py -->\n```python\npass\n```\n").is_none());
        assert!(complaints("```\ntext\n```\n").is_some());
        assert!(complaints("```rust\nfn main() {}\n```\n").is_none());
    }
}
