//! Cutting and padding text to a width in characters.

pub(super) const LEAST_WIDTH: usize = 40;

/// `text` in lines of at most `width` columns, broken between words where that can be. None for
/// an empty text.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, width)),
        }
    }
    lines
}

/// One line of at most `width` characters; a line that was cut ends with `...`. Control characters
/// are written as Rust does.
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
    if line.chars().count() <= width {
        return line;
    }
    let kept: String = line.chars().take(width.saturating_sub(3)).collect();
    format!("{kept}{}", &"..."[..width.min(3)])
}

/// `text` cut and padded to exactly `width` characters.
pub(super) fn cell(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let missing = width.saturating_sub(text.chars().count());
    text + &" ".repeat(missing)
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
}
