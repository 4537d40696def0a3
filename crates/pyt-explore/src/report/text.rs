//! Cutting and padding text to a width in columns of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(super) const LEAST_WIDTH: usize = 40;

/// `text` in lines of at most `width` columns, broken between words where that can be. None for
/// an empty text.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, width)),
        }
    }
    lines
}

/// How many columns of a terminal `text` takes.
pub(super) fn width_of(text: &str) -> usize {
    text.width()
}

/// One line of at most `width` columns; a line that was cut ends with `...`. Control characters are
/// written as Rust does.
pub(super) fn fit(text: &str, width: usize) -> String {
    let line: String = text
        .chars()
        .flat_map(|character| -> Box<dyn Iterator<Item = char>> {
            if character.is_control() {
                Box::new(character.escape_default())
            } else {
                Box::new(std::iter::once(character))
            }
        })
        .collect();
    if line.width() <= width {
        return line;
    }
    let mut columns = 0;
    let kept = line.chars().take_while(|character| {
        columns += character.width().unwrap_or(0);
        columns <= width.saturating_sub(3)
    });
    let kept: String = kept.collect();
    format!("{kept}{}", &"..."[..width.min(3)])
}

/// `text` cut and padded to exactly `width` columns.
pub(super) fn cell(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let missing = width.saturating_sub(text.width());
    text + &" ".repeat(missing)
}

/// A number of things, in words that fit it.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", singular_or(number, one, many))
}

pub(super) const fn singular_or<'a>(number: u64, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_its_width_and_stays_on_its_line() {
        assert_eq!(fit("short", 10), "short");
        assert_eq!(fit("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", 4), "\u{e9}...");
        assert_eq!(fit("a\nb", 10), "a\\nb");
        assert_eq!(fit("abcdef", 2), "..");
        assert_eq!(cell("ab", 4), "ab  ");
    }

    #[test]
    fn wide_and_combining_characters_count_as_their_columns() {
        let wide = "\u{9ad8}\u{3055}\u{9ad8}\u{3055}";
        assert_eq!(fit(wide, 8), wide);
        assert_eq!(fit(wide, 7), "\u{9ad8}\u{3055}...");
        assert_eq!(fit(wide, 6), "\u{9ad8}...");
        assert_eq!(cell(wide, 10), format!("{wide}  "));
        assert_eq!(cell("e\u{301}", 3), "e\u{301}  ");
        assert_eq!(wrap("\u{9ad8}\u{3055} a", 5).len(), 2);
    }
}
