//! `docs/SUMMARY.md`: which pages the book has, in which order. Must not know how it is built.

use std::fmt::Write as _;

use crate::{
    tidy::{links::joined, markdown},
    tree::{Result, Tree},
};

/// The folder of the documents.
pub(crate) const DOCS: &str = "docs";
/// The page below which the decision records stand. They are not in the file: a new record would
/// have to be listed twice.
pub(crate) const ADR_INDEX: &str = "docs/adr/README.md";

const FILE: &str = "docs/SUMMARY.md";
/// Documents that are no pages: the file itself, and what transcripts are run with.
const NO_PAGES: &[&str] = &[FILE, "docs/transcripts/"];

/// The pages of the book.
pub(crate) struct Summary {
    /// The text of the file, with the decision records.
    text: String,
    /// Paths from the root of the repository, in order.
    pub(crate) pages: Vec<String>,
}

impl Summary {
    /// Reads the file, and adds the decision records.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn read(tree: &Tree) -> Result<Self> {
        let written = tree.text(FILE)?;
        let mut text = String::new();
        for line in written.lines() {
            let _ = writeln!(text, "{line}");
            let is_index = markdown::links(line)
                .iter()
                .any(|link| joined(FILE, &link.target) == ADR_INDEX);
            if is_index {
                for (path, title) in records(tree)? {
                    let path = path.trim_start_matches("docs/");
                    let _ = writeln!(text, "  - [{title}]({path})");
                }
            }
        }
        let links = markdown::links(&text);
        let pages = links.iter().map(|link| joined(FILE, &link.target));
        let pages = pages.collect();
        Ok(Self { text, pages })
    }

    /// The file's text as seen from the root of the repository.
    pub(crate) fn text_from_root(&self) -> String {
        let mut text = String::new();
        for line in self.text.lines() {
            match line.split_once("](") {
                Some((before, target)) => {
                    let target = target.trim_end_matches(')');
                    let _ = writeln!(text, "{before}]({})", joined(FILE, target));
                }
                None => {
                    let _ = writeln!(text, "{line}");
                }
            }
        }
        text
    }

    /// What is wrong: pages that are not there, listed twice, or not listed.
    pub(crate) fn problems(&self, tree: &Tree) -> Vec<String> {
        let mut problems = Vec::new();
        for (index, page) in self.pages.iter().enumerate() {
            if !tree.files.contains(page) {
                problems.push(format!("it lists {page}, which is not there"));
            }
            if self.pages[..index].contains(page) {
                problems.push(format!("it lists {page} twice"));
            }
        }
        let documents = tree.with_extension("md");
        let documents = documents.filter(|path| path.starts_with("docs/"));
        for path in documents {
            let is_no_page = NO_PAGES.iter().any(|no_page| path.starts_with(no_page));
            if !is_no_page && !self.pages.iter().any(|page| page == path) {
                problems.push(format!("it does not list {path}"));
            }
        }
        problems
    }
}

/// The decision records and their titles.
fn records(tree: &Tree) -> Result<Vec<(String, String)>> {
    let paths = tree.with_extension("md");
    let paths = paths.filter(|path| path.starts_with("docs/adr/") && *path != ADR_INDEX);
    paths
        .map(|path| {
            let text = tree.text(path)?;
            let title = text.lines().next().unwrap_or_default();
            let title = title.trim_start_matches('#').trim().replace(['[', ']'], "");
            Ok((path.to_owned(), title))
        })
        .collect()
}
