//! `cargo xtask ci`: the steps that must pass before a change lands, cheap ones first.
//!
//! What a machine needs beside Rust is `.ci/run`'s to prepare.

use std::{process::Command, time::Instant};

use crate::{
    conformance, dependant, dependencies, docs, suites, tidy,
    tree::{Result, root},
};

/// The commands of the steps, as one types them. The test command is the README's, word for word.
const FORMAT: &[&str] = &["cargo", "fmt", "--all", "--check"];
const TESTS: &[&str] = &["cargo", "pyt-test"];
const INTERLEAVINGS: &[&str] = &["cargo", "pyt-check"];
const LINTS: &[&str] = &["cargo", "pyt-clippy"];
/// What the workspace's lints do not see, since a feature of the crate builds it.
const LINTS_OF_SHUTTLE: &[&str] = &[
    "cargo",
    "clippy",
    "--release",
    "--package",
    "pyt-sched",
    "--features",
    "shuttle",
    "--test",
    "shuttle",
    "--",
    "-D",
    "warnings",
];

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", || command(FORMAT)),
    ("tidy", tidy::without_transcripts),
    ("docs", || docs::run(&["--check".to_owned()])),
    ("dependencies", dependencies::run),
    ("packages", dependant::packages),
    ("tests", || command(TESTS)),
    ("interleavings", || command(INTERLEAVINGS)),
    ("lints", || {
        command(LINTS)?;
        command(LINTS_OF_SHUTTLE)
    }),
    // The tests have built the binary.
    ("conformance", conformance::check_part),
    ("suites", suites::check_part),
    ("transcripts", || {
        tidy::run(&["transcripts".to_owned(), "--transcripts".to_owned()])
    }),
    // The last, since it builds everything anew: as a newcomer does, with the profile that
    // `cargo build` has.
    ("dependant", || dependant::run(&["--dev".to_owned()])),
];

/// Runs the steps that `names` names, or all, up to the first that fails.
///
/// # Errors
/// The name of the step that failed, or a name that is none.
pub(crate) fn run(names: &[String]) -> Result<()> {
    if let Some(unknown) = names
        .iter()
        .find(|name| STEPS.iter().all(|(step, _)| step != *name))
    {
        let steps: Vec<_> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "no such step: {unknown} (there are {})",
            steps.join(", ")
        ));
    }
    for (name, step) in STEPS {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        eprintln!("== {name}");
        let begun = Instant::now();
        step().map_err(|message| format!("{message}\n== {name}: FAILED"))?;
        eprintln!("== {name}: passed in {} s", begun.elapsed().as_secs());
    }
    Ok(())
}

fn command(words: &[&str]) -> Result<()> {
    let line = words.join(" ");
    let (program, args) = words.split_first().ok_or("an empty command")?;
    let status = Command::new(program)
        .args(args)
        .current_dir(root())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{line}: {status}")),
        Err(error) => Err(format!("{line}: {error}")),
    }
}
