//! Words that the style rules of CONTRIBUTING.md exclude, in code, comments, messages and
//! documents.

use super::problem::{Problem, Settings};
use crate::tree::{Result, Tree};

/// A word, with `*` for any ending, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    ("whoever", "name the thread, caller or user"),
    (
        "nobody",
        "name the thread, caller or user, or write `no thread`",
    ),
    ("somebody", "name the thread, caller or user"),
    ("in vain", "say what fails"),
    ("be it", "write `including` or `whether ... or`"),
    ("for good", "write `permanently`, or until when"),
    ("mother", "template"),
    ("berth*", "park slot"),
    ("broom*", "slot reclaimer"),
    ("condemn*", "force an unwind"),
    ("ceremony", "say which steps"),
    ("culprit*", "conflict, or cause"),
];

/// Where these words may stand: the rules themselves, and programs of others.
const EXCEPT: &[&str] = &[
    "CONTRIBUTING.md",
    "xtask/src/tidy/words.rs",
    "python_examples/",
    "tests/packages/",
];

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for path in tree.with_extension("rs").chain(tree.with_extension("md")) {
        if EXCEPT.iter().any(|except| path.starts_with(except)) {
            continue;
        }
        let text = tree.text(path)?.to_ascii_lowercase();
        for (index, line) in text.lines().enumerate() {
            for (word, instead) in WORDS.iter().filter(|(word, _)| occurs(line, word)) {
                problems.push(Problem::new(
                    path,
                    index + 1,
                    format!("`{word}`: {instead}"),
                ));
            }
        }
    }
    Ok(problems)
}

fn occurs(line: &str, word: &str) -> bool {
    let (stem, any_ending) = match word.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (word, false),
    };
    let is_letter = |char: char| char.is_ascii_alphabetic();
    line.match_indices(stem).any(|(at, _)| {
        let begins = !line[..at].ends_with(is_letter);
        begins && (any_ending || !line[at + stem.len()..].starts_with(is_letter))
    })
}

#[cfg(test)]
mod tests {
    use super::occurs;

    #[test]
    fn words_are_whole_but_for_endings() {
        assert!(occurs("no, nobody_waits here", "nobody"));
        assert!(!occurs("grandmothers", "mother"));
        assert!(occurs("is condemned", "condemn*"));
        assert!(!occurs("be item", "be it"));
    }
}
