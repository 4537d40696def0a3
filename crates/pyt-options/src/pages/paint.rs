//! Text with marks for bold and code that take no column, wrapped to a width.

/// Marks inside of text. Documents have no such characters.
pub(super) const BOLD: char = '\u{1}';
pub(super) const BOLD_ENDS: char = '\u{2}';
pub(super) const CODE: char = '\u{3}';
pub(super) const CODE_ENDS: char = '\u{4}';

fn is_mark(char: char) -> bool {
    ('\u{1}'..='\u{4}').contains(&char)
}

/// How many columns a text takes: one for each character that is no mark.
pub(super) fn width(text: &str) -> usize {
    text.chars().filter(|char| !is_mark(*char)).count()
}

/// Lines of at most `width` columns. A word that is longer is cut. There is at least one line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let most = width.max(1);
    let mut lines = vec![String::new()];
    let mut taken = 0;
    for word in text
        .split([' ', '\n', '\t'])
        .filter(|word| !word.is_empty())
    {
        let length = self::width(word);
        if taken > 0 && taken + 1 + length > most {
            lines.push(String::new());
            taken = 0;
        }
        if taken > 0 {
            push(&mut lines, ' ');
            taken += 1;
        }
        for char in word.chars() {
            if !is_mark(char) {
                if taken == most {
                    lines.push(String::new());
                    taken = 0;
                }
                taken += 1;
            }
            push(&mut lines, char);
        }
    }
    closed(&mut lines);
    lines
}

fn push(lines: &mut [String], char: char) {
    if let Some(line) = lines.last_mut() {
        line.push(char);
    }
}

/// Ends what is open at the end of each line, and begins it again on the next.
fn closed(lines: &mut [String]) {
    let mut bold = false;
    let mut code = false;
    for line in lines {
        let mut begun = String::new();
        begun.extend(bold.then_some(BOLD));
        begun.extend(code.then_some(CODE));
        for char in line.chars() {
            match char {
                BOLD => bold = true,
                BOLD_ENDS => bold = false,
                CODE => code = true,
                CODE_ENDS => code = false,
                _ => {}
            }
        }
        line.insert_str(0, &begun);
        line.extend(code.then_some(CODE_ENDS));
        line.extend(bold.then_some(BOLD_ENDS));
    }
}

/// `text` with its marks as escape sequences of the terminal, or without them.
pub(super) fn painted(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            BOLD if colour => out.push_str("\x1b[1m"),
            BOLD_ENDS if colour => out.push_str("\x1b[22m"),
            CODE if colour => out.push_str("\x1b[36m"),
            CODE_ENDS if colour => out.push_str("\x1b[39m"),
            char if is_mark(char) => {}
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_long_ones_cut() {
        assert_eq!(wrapped("a bc d", 4), ["a bc", "d"]);
        assert_eq!(wrapped("abcdefgh i", 4), ["abcd", "efgh", "i"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn marks_take_no_column_and_end_with_the_line() {
        let lines = wrapped("\u{1}ab cd\u{2} e", 3);
        assert_eq!(lines, ["\u{1}ab\u{2}", "\u{1}cd\u{2}", "e"]);
        assert_eq!(painted(&lines[0], true), "\x1b[1mab\x1b[22m");
        assert_eq!(painted(&lines[0], false), "ab");
    }
}
