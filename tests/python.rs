//! Runs every self-checking script in `tests/python/`: each asserts what it expects and exits 0.
//!
//! All scripts hold on CPython 3.14 as well: set `PYT_TEST_PYTHON` to check that. Each runs with
//! the simulated GIL and without it.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use support::{Program, other_python, workspace};

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("reading {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("reading a folder of scripts").path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push(path);
        }
    }
}

fn run_all(gil: &str) {
    let mut found = Vec::new();
    scripts(&workspace().join("tests/python"), &mut found);
    found.sort();
    assert!(!found.is_empty(), "no scripts in tests/python");
    let mut failures = Vec::new();
    for path in &found {
        let mut program = Program::file(path);
        if other_python().is_none() {
            program = program.flag("-X").flag(gil);
        }
        match program.run_until(support::DEADLINE) {
            Ok(run) if run.status.success() => {}
            Ok(run) => failures.push(format!("{}: {run}", path.display())),
            Err(hung) => failures.push(format!("{}: {hung}", path.display())),
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} scripts failed:\n{}",
        failures.len(),
        found.len(),
        failures.join("\n")
    );
}

#[test]
fn scripts_hold_with_the_gil() {
    run_all("gil=1");
}

#[test]
fn scripts_hold_without_the_gil() {
    if other_python().is_none() {
        run_all("gil=0");
    }
}
