//! A literal without its closing quote, at the end of a line that ends in a letter beyond ASCII, is
//! a `SyntaxError`. Upstream looks for wrong escapes in it first, takes a quote's length off its
//! end, and panics in the middle of that letter.
//!
//! So the line is compiled with spaces at its end, if the parser refuses the program anyway.
//!
//! Can go when upstream's `content_bounds` asks whether the literal has a closing quote.

use std::borrow::Cow;

use rustpython_vm::compiler::parser::{Mode, ParseOptions, parse_unchecked};

/// As long as the longest quote.
const SPACES: &str = "   ";

/// The text to compile in the place of `source`.
#[must_use]
pub fn corrected(source: &str) -> Cow<'_, str> {
    let ends = suspects(source);
    let is_right = || {
        let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
        parsed.has_valid_syntax()
    };
    if ends.is_empty() || is_right() {
        return Cow::Borrowed(source);
    }
    let mut text = source.to_owned();
    for end in ends.into_iter().rev() {
        text.insert_str(end, SPACES);
    }
    Cow::Owned(text)
}

/// The ends of lines in which such a literal may end.
fn suspects(source: &str) -> Vec<usize> {
    if source.is_ascii() {
        return Vec::new();
    }
    let mut ends = Vec::new();
    let mut begin = 0;
    let mut goes_on = false;
    for line in source.split_inclusive(['\n', '\r']) {
        let content = line.trim_end_matches(['\n', '\r']);
        let end = begin + content.len();
        begin += line.len();
        let may_end = goes_on || content.contains(['\'', '"']);
        if may_end && ends_beyond_ascii(content) {
            ends.push(end);
        }
        goes_on = content.ends_with('\\') || (goes_on && content.is_empty());
    }
    // That of a literal of many lines.
    if ends.last() != Some(&source.len()) && ends_beyond_ascii(source) {
        ends.push(source.len());
    }
    ends
}

fn ends_beyond_ascii(text: &str) -> bool {
    let mut last = text.as_bytes().iter().rev().take(SPACES.len());
    last.any(|byte| !byte.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::corrected;

    #[test]
    fn only_refused_programs_change() {
        for source in ["x = 'é'", "# 'é\n1", "'''\né'''\nx = 1 # ''é", "é", ""] {
            assert_eq!(corrected(source), source);
        }
        assert_eq!(corrected("b'\\' é\n123"), "b'\\' é   \n123");
        assert_eq!(corrected("b'''\né"), "b'''\né   ");
        assert_eq!(corrected("b'\\\né"), "b'\\\né   ");
        assert_eq!(corrected("b'''\né\n\n"), "b'''\né\n\n   ");
    }
}
