//! Links of a document, rewritten for the book.
//!
//! On a code host a document may link to any file or folder. In the book, a link to a folder leads
//! to the folder's README if that is a page, and a link to what is no page leads to the repository
//! on the code host, or is plain text if its address is not known.

use std::path::Path;

use super::summary::DOCS;
use crate::{tidy::links::joined, tree::Tree};

/// Where links may lead.
pub(crate) struct Destinations<'book> {
    pub(crate) tree: &'book Tree,
    pub(crate) pages: &'book [String],
    /// The address of the repository on a code host.
    pub(crate) repository: Option<&'book str>,
}

/// What becomes of a link.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    To(String),
    PlainText,
}

/// The text of the document at `path`, with its links as the book needs them.
pub(crate) fn rewritten(text: &str, path: &str, destinations: &Destinations<'_>) -> String {
    let code = code(text);
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = text[from..].find("](").map(|found| found + from) {
        from = at + 2;
        let Some(end) = text[from..].find(')').map(|found| found + from) else {
            break;
        };
        let Some(opening) = opening(text, &code, at) else {
            continue;
        };
        // A target has no blanks; a label that was copied is no label of this link.
        if code[at] || text[from..end].contains(char::is_whitespace) || opening < copied {
            continue;
        }
        match fate(&text[from..end], path, destinations) {
            Fate::Kept => continue,
            Fate::To(target) => {
                out.push_str(&text[copied..from]);
                out.push_str(&target);
                out.push(')');
            }
            Fate::PlainText => {
                out.push_str(&text[copied..opening]);
                out.push_str(&text[opening + 1..at]);
            }
        }
        copied = end + 1;
        from = copied;
    }
    out.push_str(&text[copied..]);
    out
}

fn fate(target: &str, path: &str, destinations: &Destinations<'_>) -> Fate {
    if target.contains("://") || target.starts_with("mailto:") || target.starts_with('#') {
        return Fate::Kept;
    }
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, format!("#{anchor}")),
        None => (target, String::new()),
    };
    let found = joined(path, file);
    let is_page = |page: &str| destinations.pages.iter().any(|known| known == page);
    if is_page(&found) {
        return Fate::Kept;
    }
    if is_page(&format!("{found}/README.md")) {
        let file = file.trim_end_matches('/');
        return Fate::To(format!("{file}/README.md{anchor}"));
    }
    let is_document = Path::new(&found).extension().is_some_and(|end| end == "md");
    let full = destinations.tree.root.join(&found);
    if found.starts_with(&format!("{DOCS}/")) && !is_document && full.is_file() {
        return Fate::Kept;
    }
    match destinations.repository {
        Some(address) => {
            let kind = if full.is_dir() { "tree" } else { "blob" };
            let address = address.trim_end_matches('/');
            Fate::To(format!("{address}/{kind}/HEAD/{found}{anchor}"))
        }
        None => Fate::PlainText,
    }
}

/// The place of the `[` that the `]` at `closing` closes.
fn opening(text: &str, code: &[bool], closing: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(closing).rev() {
        match byte {
            _ if code[at] => {}
            b']' => depth += 1,
            b'[' if depth == 0 => return Some(at),
            b'[' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// For each byte of a document, whether it is code: in a fenced block, or between backticks.
fn code(text: &str) -> Vec<bool> {
    let mut code = vec![false; text.len()];
    let mut fence: Option<String> = None;
    let mut inline = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let marks: String = trimmed
            .chars()
            .take_while(|char| matches!(char, '`' | '~'))
            .collect();
        let whole = start..start + line.len();
        if let Some(closing) = &fence {
            code[whole].fill(true);
            if trimmed == closing {
                fence = None;
            }
        } else if marks.len() >= 3 {
            code[whole].fill(true);
            fence = Some(marks);
            inline = false;
        } else {
            if trimmed.is_empty() {
                inline = false;
            }
            for (at, byte) in line.bytes().enumerate() {
                if byte == b'`' {
                    inline = !inline;
                }
                code[start + at] = inline || byte == b'`';
            }
        }
        start += line.len();
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str, repository: Option<&str>) -> String {
        let tree = Tree {
            root: crate::tree::root(),
            files: Vec::new(),
        };
        let pages = ["docs/cli.md", "docs/adr/README.md", "README.md"].map(str::to_owned);
        let destinations = Destinations {
            tree: &tree,
            pages: &pages,
            repository,
        };
        rewritten(text, "docs/explore.md", &destinations)
    }

    #[test]
    fn links_to_pages_are_kept() {
        let text = "[a](cli.md#x) [b](../README.md) [c](https://example.org) [d](#here)\n\
                    [e](explore.schema.json)\n";
        assert_eq!(through(text, None), text);
        assert_eq!(through("[`adr/`](adr/)", None), "[`adr/`](adr/README.md)");
    }

    #[test]
    fn links_to_sources_become_text_or_lead_to_the_code_host() {
        let text = "See [`main.rs`,\n`a[0]`](../xtask/src/main.rs), [src](../xtask/src) here.\n";
        assert_eq!(through(text, None), "See `main.rs`,\n`a[0]`, src here.\n");
        assert_eq!(
            through(text, Some("https://example.org/pyt/")),
            "See [`main.rs`,\n`a[0]`](https://example.org/pyt/blob/HEAD/xtask/src/main.rs), \
             [src](https://example.org/pyt/tree/HEAD/xtask/src) here.\n"
        );
    }

    #[test]
    fn code_is_kept() {
        let text = "`[a](../x.rs)`\n\n```\n[a](../x.rs)\n```\n";
        assert_eq!(through(text, None), text);
    }
}
