//! The texts of the pages, embedded. `docs` beside `src` is the documents' folder.

use pyt_options::pages::Page;

/// Embeds files.
macro_rules! embedded {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../docs/", $file)))),*]
    };
}

/// The files of the pages that `pyt_options::pages` names, and their texts.
const TEXTS: &[(&str, &str)] = embedded![
    "architecture.md",
    "binary.md",
    "cli.md",
    "conformance.md",
    "differences.md",
    "event-loops.md",
    "explore.md",
    "glossary.md",
    "how-to/api.md",
    "how-to/ci.md",
    "how-to/hangs.md",
    "how-to/install.md",
    "how-to/many-machines.md",
    "how-to/suites.md",
    "isolation.md",
    "library.md",
    "packages.md",
    "performance.md",
    "release-profile.md",
    "reported-bugs.md",
    "timeline.md",
    "tutorials/embed.md",
    "tutorials/run.md",
    "tutorials/test-bench.md",
];

/// The document that a page shows.
pub(super) fn of(page: &Page) -> &'static str {
    let found = TEXTS.iter().find(|(file, _)| *file == page.file);
    found.map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use pyt_options::pages::PAGES;

    use super::*;

    #[test]
    fn every_page_has_a_text_and_every_text_a_page() {
        for page in PAGES {
            assert!(of(page).starts_with("# "), "{}", page.file);
        }
        for (file, _) in TEXTS {
            assert!(PAGES.iter().any(|page| page.file == *file), "{file}");
        }
    }

    /// The index of documents and the list of the site's pages are no topics, nor are decision
    /// records.
    #[test]
    fn every_document_is_a_topic() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        for folder in ["", "tutorials", "how-to"] {
            for entry in fs::read_dir(docs.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let file = path.strip_prefix(&docs).unwrap().to_str().unwrap();
                let is_index = matches!(file, "README.md" | "SUMMARY.md");
                if path.extension().is_some_and(|end| end == "md") && !is_index {
                    assert!(PAGES.iter().any(|page| page.file == file), "{file}");
                }
            }
        }
    }
}
