//! `cargo xtask tidy`: what neither the compiler nor clippy checks.
//!
//! Each check reads files and returns the problems that it found; it must not change anything.

mod arrows;
mod book;
mod circles;
mod comments;
mod decisions;
mod glossary;
pub(crate) mod links;
pub(crate) mod markdown;
mod modules;
mod problem;
mod source;
mod transcripts;
mod words;

use std::path::PathBuf;

use self::problem::{Problem, Settings};
use crate::tree::{Result, Tree, root};

struct Check {
    name: &'static str,
    about: &'static str,
    run: fn(&Tree, &Settings) -> Result<Vec<Problem>>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "comments",
        about: "no line of a comment is wider than 100 columns",
        run: comments::check,
    },
    Check {
        name: "words",
        about: "plain technical English: no words that CONTRIBUTING.md excludes",
        run: words::check,
    },
    Check {
        name: "modules",
        about: "a module with children is foo/mod.rs, not foo.rs beside foo/",
        run: modules::check,
    },
    Check {
        name: "circles",
        about: "no import circle has more than 7 files or crosses wings",
        run: circles::check,
    },
    Check {
        name: "arrows",
        about: "crates depend on crates below them only",
        run: arrows::check,
    },
    Check {
        name: "decisions",
        about: "decision records have one form, and the index lists them",
        run: decisions::check,
    },
    Check {
        name: "links",
        about: "links of documents lead somewhere, and to no package registry",
        run: links::check,
    },
    Check {
        name: "book",
        about: "docs/SUMMARY.md lists each page, and blocks of tutorials are checked",
        run: book::check,
    },
    Check {
        name: "glossary",
        about: "files and types of docs/glossary.md exist",
        run: glossary::check,
    },
    Check {
        name: TRANSCRIPTS,
        about: "marked transcripts are what pyt prints",
        run: transcripts::check,
    },
];

const TRANSCRIPTS: &str = "transcripts";

/// Runs the checks that `args` names, or all.
///
/// # Errors
/// The problems found, or an argument that is none.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut settings = Settings {
        pyt: root().join("target/release/pyt"),
        must_run: false,
    };
    let mut at = root();
    let mut named = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || {
            args.next()
                .map(PathBuf::from)
                .ok_or_else(|| format!("{arg} needs a path"))
        };
        match arg.as_str() {
            "--list" => {
                for check in CHECKS {
                    println!("{:12} {}", check.name, check.about);
                }
                return Ok(());
            }
            "--transcripts" => settings.must_run = true,
            "--pyt" => settings.pyt = value()?,
            "--root" => at = value()?,
            name => match CHECKS.iter().find(|check| check.name == name) {
                Some(check) => named.push(check),
                None => return Err(format!("no such check: {name} (--list names them)")),
            },
        }
    }
    if named.is_empty() {
        named.extend(CHECKS);
    }
    perform(&named, &Tree::read(&at)?, &settings)
}

/// All checks that need no binary.
///
/// # Errors
/// The problems found.
pub(crate) fn without_transcripts() -> Result<()> {
    let checks: Vec<_> = CHECKS
        .iter()
        .filter(|check| check.name != TRANSCRIPTS)
        .collect();
    let settings = Settings {
        pyt: PathBuf::new(),
        must_run: false,
    };
    perform(&checks, &Tree::read(&root())?, &settings)
}

fn perform(checks: &[&Check], tree: &Tree, settings: &Settings) -> Result<()> {
    let mut count = 0;
    for check in checks {
        let problems = (check.run)(tree, settings)?;
        count += problems.len();
        let verdict = if problems.is_empty() { "ok" } else { "FAILED" };
        eprintln!("{:12} {verdict}", check.name);
        for problem in &problems {
            eprintln!("  {problem}");
        }
    }
    match count {
        0 => Ok(()),
        1 => Err("1 problem".to_owned()),
        _ => Err(format!("{count} problems")),
    }
}
