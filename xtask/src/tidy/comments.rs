//! The width of comments, which rustfmt does not wrap.

use super::problem::{Problem, Settings};
use crate::tree::{Result, Tree};

/// rustfmt's own limit for code.
const WIDTH: usize = 100;

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for path in tree.with_extension("rs") {
        for (index, line) in tree.text(path)?.lines().enumerate() {
            let width = line.chars().count();
            if width > WIDTH && is_comment(line) {
                problems.push(Problem::new(
                    path,
                    index + 1,
                    format!("a comment of {width} columns (at most {WIDTH})"),
                ));
            }
        }
    }
    Ok(problems)
}

/// True for a line that is a comment, or code with one behind it. A line with an address cannot be
/// broken, nor can a row of a table.
fn is_comment(line: &str) -> bool {
    let start = line.trim_start();
    if start.contains("://") || start.starts_with("/// |") || start.starts_with("//! |") {
        return false;
    }
    start.starts_with("//")
        || line
            .rsplit_once(" // ")
            .is_some_and(|(code, _)| code.matches('"').count() % 2 == 0)
}

#[cfg(test)]
mod tests {
    use super::is_comment;

    #[test]
    fn strings_and_addresses_are_no_comments() {
        assert!(is_comment("    // text"));
        assert!(is_comment("    /// text"));
        assert!(is_comment("let a = \"x\"; // text"));
        assert!(!is_comment("let a = \"b // c\";"));
        assert!(!is_comment("// see https://example.org"));
        assert!(!is_comment("let a = 1;"));
    }
}
