//! What stands inside of a line of Markdown: code, bold, links, escapes.

use super::{
    Page,
    paint::{BOLD, BOLD_ENDS, CODE, CODE_ENDS},
};

/// The text with marks for a terminal. Without `colour` code keeps its backticks. A link that leads
/// to another page than `page` names the command that shows it.
pub(super) fn marked(text: &str, page: Option<&Page>, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut bold = false;
    while let Some(char) = rest.chars().next() {
        let after = &rest[char.len_utf8()..];
        rest = match char {
            '`' => code(after, colour, &mut out),
            '\\' if after.starts_with(|next: char| next.is_ascii_punctuation()) => {
                out.push_str(&after[..1]);
                &after[1..]
            }
            '*' if after.starts_with('*') => {
                bold = !bold;
                out.push(if bold { BOLD } else { BOLD_ENDS });
                &after[1..]
            }
            '[' => match link(after) {
                Some((label, target, behind)) => {
                    out.push_str(&marked(label, page, colour));
                    out.push_str(&destination(label, target, page));
                    behind
                }
                None => {
                    out.push('[');
                    after
                }
            },
            '!' if after.starts_with('[') => after,
            _ => {
                out.push(char);
                after
            }
        };
    }
    out
}

/// Writes the code that begins behind a backtick. Returns what follows.
fn code<'text>(after: &'text str, colour: bool, out: &mut String) -> &'text str {
    let Some(end) = after.find('`') else {
        out.push('`');
        return after;
    };
    let inside = &after[..end];
    if colour {
        out.push(CODE);
        out.push_str(inside);
        out.push(CODE_ENDS);
    } else {
        out.push('`');
        out.push_str(inside);
        out.push('`');
    }
    &after[end + 1..]
}

/// Label, target, and what follows, of the link whose label begins here.
fn link(after: &str) -> Option<(&str, &str, &str)> {
    let mut depth = 0_usize;
    let mut in_code = false;
    let mut close = None;
    for (at, char) in after.char_indices() {
        match char {
            '`' => in_code = !in_code,
            _ if in_code => {}
            '[' => depth += 1,
            ']' if depth == 0 => {
                close = Some(at);
                break;
            }
            ']' => depth -= 1,
            _ => {}
        }
    }
    let close = close?;
    let target = after[close + 1..].strip_prefix('(')?;
    let end = target.find(')')?;
    Some((&after[..close], &target[..end], &target[end + 1..]))
}

/// What is said of where a link leads.
fn destination(label: &str, target: &str, page: Option<&Page>) -> String {
    if target.contains("://") {
        return if label == target {
            String::new()
        } else {
            format!(" ({target})")
        };
    }
    match Page::linked(target) {
        Some(other) if page != Some(other) => format!(" (pyt help {})", other.name),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        marked(text, Page::named("cli"), false)
    }

    #[test]
    fn links_say_where_they_lead() {
        assert_eq!(
            plain("see [x](explore.md#y)."),
            "see x (pyt help exploring)."
        );
        assert_eq!(plain("[`x[0]`](../a.rs) [y](cli.md) [z]"), "`x[0]` y [z]");
        assert_eq!(plain("[a](https://example.org)"), "a (https://example.org)");
    }

    #[test]
    fn code_and_bold_are_marked() {
        assert_eq!(
            marked("a **b** `*c*`", None, true),
            "a \u{1}b\u{2} \u{3}*c*\u{4}"
        );
        assert_eq!(plain(r"a\|b \d"), r"a|b \d");
    }
}
