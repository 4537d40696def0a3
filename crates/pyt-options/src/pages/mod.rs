//! The pages of documentation that `pyt help TOPIC` shows: their names, and their text for a
//! terminal.
//!
//! The pages themselves are embedded by `pyt`, so that this crate is not compiled anew for each
//! change of a document.

mod inline;
mod markdown;
mod nearest;
mod paint;
mod table;

pub use markdown::{Look, rendered};
pub use nearest::nearest;

/// A page of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The word after `pyt help`.
    pub name: &'static str,
    /// The file, below `docs`.
    pub file: &'static str,
    /// What it is about: one line without a full stop.
    pub help: &'static str,
}

const fn page(name: &'static str, file: &'static str, help: &'static str) -> Page {
    Page { name, file, help }
}

/// All pages, in the order of the help.
pub const PAGES: &[Page] = &[
    page(
        "running",
        "tutorials/run.md",
        "Run programs with threads: a tutorial",
    ),
    page(
        "testing",
        "tutorials/test-bench.md",
        "Find a race and test that it is gone: a tutorial",
    ),
    page(
        "embedding",
        "tutorials/embed.md",
        "Run Python inside of a Rust program: a tutorial",
    ),
    page(
        "install",
        "how-to/install.md",
        "Install pyt, and take it off",
    ),
    page("hangs", "how-to/hangs.md", "See why a program hangs"),
    page("suites", "how-to/suites.md", "Explore a test suite"),
    page("ci", "how-to/ci.md", "Explore schedules in CI"),
    page(
        "many-machines",
        "how-to/many-machines.md",
        "Explore on many machines: --shard and --merge",
    ),
    page(
        "api",
        "how-to/api.md",
        "Where the documentation of the Rust and Python API is",
    ),
    page(
        "cli",
        "cli.md",
        "The command line: options, variables, exit statuses, the prompt",
    ),
    page(
        "packages",
        "packages.md",
        "Environments, pip and other tools, TLS and SQLite",
    ),
    page(
        "timeline",
        "timeline.md",
        "Record what threads do, as a page or for Perfetto",
    ),
    page(
        "differences",
        "differences.md",
        "What differs from CPython, and why",
    ),
    page(
        "library",
        "library.md",
        "Which names of CPython's standard library there are",
    ),
    page(
        "conformance",
        "conformance.md",
        "CPython's own tests, and the ledger of differences",
    ),
    page(
        "glossary",
        "glossary.md",
        "Terms, with their types and files",
    ),
    page(
        "exploring",
        "explore.md",
        "Find races and deadlocks: steps, strategies, reports, replay",
    ),
    page(
        "event-loops",
        "event-loops.md",
        "Explore asyncio, time and faults: --clock, --asyncio, --inject",
    ),
    page(
        "reported-bugs",
        "reported-bugs.md",
        "Bugs of released packages that pyt finds, and how often",
    ),
    page(
        "isolation",
        "isolation.md",
        "What isolated runtimes and sandboxes promise",
    ),
    page(
        "tier",
        "performance.md",
        "The fast tier: what is compiled, and what it is worth",
    ),
    page(
        "release-profile",
        "release-profile.md",
        "What the settings of the build are worth",
    ),
    page(
        "binary",
        "binary.md",
        "What is in the binary: licences, sizes",
    ),
    page(
        "architecture",
        "architecture.md",
        "Where code lies and what must stay true",
    ),
];

impl Page {
    /// The page of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PAGES.iter().find(|page| page.name == name)
    }

    /// The page that a link of a document leads to, whatever folders stand before the file's name.
    #[must_use]
    pub fn linked(target: &str) -> Option<&'static Self> {
        let file = target.split('#').next().unwrap_or(target);
        let name = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
        let found = file.rsplit('/').next().filter(|found| !found.is_empty())?;
        // A README below another folder has the name of none of these.
        PAGES.iter().find(|page| name(page.file) == found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;

    #[test]
    fn names_are_unique_and_no_commands() {
        for (index, page) in PAGES.iter().enumerate() {
            assert!(Command::named(page.name).is_none(), "{}", page.name);
            assert!(PAGES[..index].iter().all(|other| other.name != page.name));
            assert!(!page.help.ends_with('.') && !page.help.is_empty());
        }
    }

    #[test]
    fn links_lead_to_pages() {
        assert_eq!(
            Page::linked("../cli.md#ctrl-").map(|page| page.name),
            Some("cli")
        );
        assert_eq!(
            Page::linked("explore.md").map(|page| page.name),
            Some("exploring")
        );
        assert_eq!(Page::linked("../crates/pyt/README.md"), None);
        assert_eq!(Page::linked("#here"), None);
    }
}
