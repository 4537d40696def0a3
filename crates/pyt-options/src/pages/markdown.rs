//! A document as plain text for a terminal: headings, paragraphs, lists, tables, code.
//!
//! Reads what the project's documents use of Markdown, and no more.

use super::{
    Page,
    inline::marked,
    paint::{self, BOLD, BOLD_ENDS, CODE, CODE_ENDS, painted},
    table,
};

/// How far code is indented.
const CODE_INDENT: &str = "    ";
/// How narrow text is at least, where the terminal is narrower.
const LEAST_WIDTH: usize = 20;

/// How a page is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether escape sequences show what is code and what is bold.
    pub colour: bool,
}

/// The text of a document for a terminal. Links to other pages than `page` name the command that
/// shows these. Lines are at most as wide as asked for, but for code.
#[must_use]
pub fn rendered(document: &str, page: Option<&Page>, look: Look) -> String {
    let mut renderer = Renderer {
        page,
        colour: look.colour,
        width: look.width.max(LEAST_WIDTH),
        out: Vec::new(),
    };
    let lines: Vec<&str> = document.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        at = renderer.block(&lines, at);
    }
    let mut text = String::new();
    for line in &renderer.out {
        text.push_str(&painted(line, look.colour));
        text.push('\n');
    }
    text
}

struct Renderer<'page> {
    page: Option<&'page Page>,
    colour: bool,
    width: usize,
    /// Lines with marks.
    out: Vec<String>,
}

impl Renderer<'_> {
    /// Writes the block that begins at a line. Returns the line behind it.
    fn block(&mut self, lines: &[&str], at: usize) -> usize {
        let line = lines[at];
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return at + 1;
        }
        if trimmed.starts_with("<!--") {
            let end = (at..lines.len()).find(|&index| lines[index].contains("-->"));
            return end.unwrap_or(lines.len()) + 1;
        }
        if fence(trimmed).is_some() {
            return self.code(lines, at);
        }
        if let Some((level, title)) = heading(line) {
            self.heading(level, title);
            return at + 1;
        }
        if trimmed.starts_with('|') {
            return self.table(lines, at);
        }
        if let Some(item) = Item::read(line) {
            return self.item(lines, at, &item);
        }
        let end = end_of_paragraph(lines, at + 1);
        self.gap();
        let indent = " ".repeat(line.len() - line.trim_start().len());
        self.paragraph(&lines[at..end].join("\n"), &indent, &indent);
        end
    }

    /// An empty line, unless there is one.
    fn gap(&mut self) {
        if self.out.last().is_some_and(|line| !line.is_empty()) {
            self.out.push(String::new());
        }
    }

    fn heading(&mut self, level: usize, title: &str) {
        self.gap();
        let title = marked(title, self.page, false);
        for line in paint::wrapped(&title, self.width) {
            self.out.push(format!("{BOLD}{line}{BOLD_ENDS}"));
        }
        let under = match level {
            1 => "=",
            2 => "-",
            _ => return,
        };
        let width = paint::width(&title).min(self.width);
        self.out.push(under.repeat(width));
    }

    fn code(&mut self, lines: &[&str], at: usize) -> usize {
        self.gap();
        let opening = lines[at];
        let indent = opening.len() - opening.trim_start().len();
        let closing = fence(opening.trim()).unwrap_or_default();
        let mut at = at + 1;
        while at < lines.len() && lines[at].trim() != closing {
            let strip = lines[at].len() - lines[at].trim_start().len();
            let text = &lines[at][strip.min(indent)..];
            self.out.push(if text.is_empty() {
                String::new()
            } else {
                let before = " ".repeat(indent);
                format!("{before}{CODE_INDENT}{CODE}{text}{CODE_ENDS}")
            });
            at += 1;
        }
        at + 1
    }

    fn table(&mut self, lines: &[&str], at: usize) -> usize {
        self.gap();
        let is_row = |line: &&&str| line.trim().starts_with('|');
        let source: Vec<&str> = lines[at..].iter().take_while(is_row).copied().collect();
        let rows = source.iter().filter(|row| !table::is_rule(row));
        let rows = rows.map(|row| {
            let cells = table::cells(row).into_iter();
            cells
                .map(|cell| marked(&cell.replace("<br>", "\n"), self.page, self.colour))
                .collect::<Vec<_>>()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        self.out.extend(table::lines(&rows, self.width));
        at + source.len()
    }

    fn item(&mut self, lines: &[&str], at: usize, item: &Item<'_>) -> usize {
        // Items follow one another without an empty line, as in the document.
        if at == 0 || lines[at - 1].trim().is_empty() || Item::read(lines[at - 1]).is_none() {
            let follows_item = at > 0 && !lines[at - 1].trim().is_empty();
            if !follows_item {
                self.gap();
            }
        }
        let end = end_of_paragraph(lines, at + 1);
        let mut text = item.text.to_owned();
        for line in &lines[at + 1..end] {
            text.push('\n');
            text.push_str(line);
        }
        let first = format!("{}{} ", " ".repeat(item.indent), item.bullet);
        let others = " ".repeat(first.chars().count());
        self.paragraph(&text, &first, &others);
        end
    }

    fn paragraph(&mut self, text: &str, first: &str, others: &str) {
        let text = marked(text, self.page, self.colour);
        let width = self.width.saturating_sub(others.len()).max(LEAST_WIDTH / 2);
        for (index, line) in paint::wrapped(&text, width).into_iter().enumerate() {
            let lead = if index == 0 { first } else { others };
            self.out.push(format!("{lead}{line}"));
        }
    }
}

/// An item of a list.
struct Item<'line> {
    indent: usize,
    bullet: &'line str,
    text: &'line str,
}

impl<'line> Item<'line> {
    fn read(line: &'line str) -> Option<Self> {
        let trimmed = line.trim_start();
        let (bullet, text) = trimmed.split_once(' ')?;
        let number = bullet.strip_suffix('.');
        let is_numbered = number.is_some_and(|number| {
            !number.is_empty() && number.len() < 4 && number.chars().all(|d| d.is_ascii_digit())
        });
        (matches!(bullet, "-" | "*") || is_numbered).then_some(Self {
            indent: line.len() - trimmed.len(),
            bullet,
            text,
        })
    }
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    (level > 0 && title.starts_with(' ')).then(|| (level, title.trim()))
}

/// The marks that a fence consists of.
fn fence(trimmed: &str) -> Option<&str> {
    let end = trimmed
        .find(|char| !matches!(char, '`' | '~'))
        .unwrap_or(trimmed.len());
    (end >= 3).then(|| &trimmed[..end])
}

/// The line at which the paragraph ends that goes on at `at`.
fn end_of_paragraph(lines: &[&str], at: usize) -> usize {
    let ends = |line: &str| {
        let trimmed = line.trim();
        trimmed.is_empty()
            || trimmed.starts_with('|')
            || trimmed.starts_with("<!--")
            || heading(line).is_some()
            || fence(trimmed).is_some()
            || Item::read(line).is_some()
    };
    let found = (at..lines.len()).find(|&index| ends(lines[index]));
    found.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(document: &str, width: usize) -> String {
        rendered(
            document,
            None,
            Look {
                width,
                colour: false,
            },
        )
    }

    #[test]
    fn blocks_are_told_apart() {
        let document = "# Title\n\nSome text\nof two lines.\n\n<!-- file: a.py -->\n```python\n\
                        if a:\n    b\n```\n\n- one\n- two\n  goes on\n\n1. first\n";
        let expected = "Title\n=====\n\nSome text of two lines.\n\n    if a:\n        b\n\n- one\n\
                        - two goes on\n\n1. first\n";
        assert_eq!(plain(document, 40), expected);
    }

    #[test]
    fn lines_fit_the_width_and_code_is_kept() {
        let document = "## A heading that is long\n\nWords words words words words.\n\n```\n\
                        code code code code code code\n```\n";
        let text = plain(document, 20);
        for line in text.lines().filter(|line| !line.contains("code")) {
            assert!(line.len() <= 20, "{line}");
        }
        assert!(text.contains("\n    code code code code code code\n"));
    }

    #[test]
    fn tables_and_comments_are_read() {
        let document =
            "<!-- table: x -->\n| a | b |\n| --- | --- |\n| `c` | d<br>e |\n<!-- end -->\n";
        assert_eq!(plain(document, 30), "a    b\n---  -\n`c`  d\n     e\n");
    }

    #[test]
    fn colour_is_only_where_it_is_asked_for() {
        let look = Look {
            width: 40,
            colour: true,
        };
        assert_eq!(rendered("a `b`\n", None, look), "a \x1b[36mb\x1b[39m\n");
        assert!(!plain("# a\n\n**b** `c`\n", 40).contains('\x1b'));
    }
}
