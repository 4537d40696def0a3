//! Text in columns and lists.

use std::fmt::Write as _;

/// How many columns help takes.
const WIDTH: usize = 100;

/// `a, b or c`.
pub(crate) fn list(words: &[&str], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// `a, b, or c`, as CPython writes lists.
pub(crate) fn series(words: &[&str], conjunction: &str) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => {
            format!("{}, {conjunction} {last}", first.join(", "))
        }
        _ => words.concat(),
    }
}

/// Lines of at most `width` characters, unless a word is longer. There is at least one line.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map(|line| (line.chars().count(), line));
        match line {
            Some((0, line)) => line.push_str(word),
            Some((length, line)) if length + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A row of help: the forms of an option, what it does, and (in a third column) its variable.
pub(crate) struct Row {
    pub(crate) left: String,
    pub(crate) text: String,
    pub(crate) right: String,
}

impl Row {
    pub(crate) fn new(left: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            left: left.into(),
            text: text.into(),
            right: String::new(),
        }
    }
}

/// Rows under one another, indented by two. The left column is as wide as its longest entry, but
/// for entries beyond `most_left`, which get a line of their own.
pub(crate) fn columns(rows: &[Row], most_left: usize) -> String {
    let length = |text: &String| text.chars().count();
    let fits = |left: &usize| *left <= most_left;
    let left = rows.iter().map(|row| length(&row.left));
    let left = left.filter(fits).max().unwrap_or(0);
    let right = rows.iter().map(|row| length(&row.right)).max().unwrap_or(0);
    let gap = if right == 0 { 0 } else { 2 };
    let middle = WIDTH.saturating_sub(left + right + gap + 4).max(20);
    let mut out = String::new();
    for row in rows {
        let mut lines = wrapped(&row.text, middle).into_iter();
        let mut lead = row.left.clone();
        if length(&lead) > left {
            let _ = writeln!(out, "  {lead}");
            lead.clear();
        }
        let first = lines.next().unwrap_or_default();
        let line = format!("  {lead:left$}  {first:middle$}  {}", row.right);
        let _ = writeln!(out, "{}", line.trim_end());
        for line in lines {
            let _ = writeln!(out, "  {:left$}  {line}", "");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_with_the_conjunction() {
        assert_eq!(list(&[], "or"), "");
        assert_eq!(list(&["a"], "or"), "a");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
        assert_eq!(series(&["a"], "or"), "a");
        assert_eq!(series(&["a", "b", "c"], "or"), "a, b, or c");
    }

    #[test]
    fn words_are_never_split() {
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("a bc d", 4), ["a bc", "d"]);
        assert_eq!(wrapped("abcdefgh i", 4), ["abcdefgh", "i"]);
    }

    #[test]
    fn long_entries_have_a_line_of_their_own() {
        let rows = [Row::new("-a", "first"), Row::new("--a-long-one", "second")];
        assert_eq!(
            columns(&rows, 5),
            "  -a  first\n  --a-long-one\n      second\n"
        );
    }
}
