//! `pyt explore`, `pyt replay`, `pyt run --seed` and the package `pyt`, driven from outside.
//!
//! The scripts beside this file say in their first line what is to be found in them. Counts are
//! small in a usual run and grow by environment variables: `PYT_TEST_SCHEDULES` (of each correct
//! script), `PYT_TEST_SHAPES` (of each program in `shapes`), `PYT_TEST_REPLAYS` (of each finding),
//! `PYT_TEST_SEEDS` (of each deterministic script),
//! `PYT_TEST_STRATEGIES` (of each correct
//! script under each strategy), `PYT_TEST_CAUSES` (which causes are judged),
//! `PYT_TEST_NOTICES` (which pairs of operations),
//! `PYT_TEST_CAUSE_SCHEDULES` (of each program that judges one). All of it is
//! only in pyt, so nothing here runs on another Python.

mod asyncio;
mod attacks;
mod bisect;
mod bugs;
mod cases;
mod causes;
mod checks;
mod command;
mod correct;
mod deterministic;
mod differential;
mod dpor;
mod endings;
mod generated;
mod included;
mod judged;
mod merged;
mod notices;
mod orders;
mod package;
mod programs;
mod recipes;
mod reflection;
mod replays;
mod runs;
mod seeds;
mod shapes;
mod steps;
mod suites;
mod unusual;
mod vendored;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use pyt_test::{CompletedProcess, Scratch, workspace};
use serde_json::Value;

/// How long one exploration may take: the machine may be busy with anything else.
const EXPLORATION_DEADLINE: Duration = Duration::from_secs(120);

/// A count that an environment variable may raise.
fn count(variable: &str, usual: u64) -> u64 {
    let Ok(text) = env::var(variable) else {
        return usual;
    };
    text.parse()
        .unwrap_or_else(|error| panic!("{variable}={text}: {error}"))
}

/// Runs `pyt` with a deadline that leaves time for many schedules.
#[track_caller]
fn pyt(arguments: &[&str]) -> CompletedProcess {
    pyt_within(EXPLORATION_DEADLINE, arguments)
}

#[track_caller]
fn pyt_within(deadline: Duration, arguments: &[&str]) -> CompletedProcess {
    try_pyt(deadline, arguments).unwrap_or_else(|timed_out| panic!("{timed_out}"))
}

/// As [`pyt_within`]; a run that passes its deadline is an error, for a test that collects them.
fn try_pyt(deadline: Duration, arguments: &[&str]) -> Result<CompletedProcess, String> {
    let run = pyt_test::pyt(arguments).run_until(deadline);
    run.map_err(|timed_out| timed_out.to_string())
}

/// Runs `pyt explore --json` on one job and returns what it says, with the run. What `dpor` proves
/// is not checked by random schedules, which would hide what it misses, unless arguments say so.
#[track_caller]
fn explore(script: &str, arguments: &[&str]) -> (Value, CompletedProcess) {
    let usual = ["explore", "--json", "--jobs=1", "--checks=0"];
    let run = pyt(&[&usual, arguments, &[script]].concat());
    (parsed(&run), run)
}

#[track_caller]
fn parsed(run: &CompletedProcess) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// Runs `pyt explore --json` on a script that is written for it, its findings going beside it.
#[track_caller]
fn explore_text(source: &str, arguments: &[&str]) -> (Value, CompletedProcess) {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", source);
    let output = format!("--output={}", scratch.at("found"));
    explore(&script, &[arguments, &[&output]].concat())
}

/// The outcomes, each as what was written and how it failed, sorted, without how often they came.
fn outcomes(report: &Value) -> Vec<String> {
    let all = report["outcomes"].as_array().expect("a list of outcomes");
    let mut texts: Vec<String> = all.iter().map(|one| one["outcome"].to_string()).collect();
    texts.sort();
    texts
}

/// A report without what differs from run to run.
fn timeless(mut report: Value) -> Value {
    report["seconds"].take();
    // Each script that is written for a test has a folder of its own.
    report["script"].take();
    report
}

/// All scripts of a folder beside this file, in order.
fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = workspace().join("tests/explore").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let paths = entries.map(|entry| entry.expect("an entry of a folder").path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "py"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no scripts in {folder:?}");
    found
}

/// A path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().expect("a path of the workspace is UTF-8")
}

/// Checks each script, one after the other, and reports all that fail together.
fn all_hold(scripts: &[PathBuf], check: impl Fn(&Path) -> Result<(), String>) {
    let failures: Vec<String> = scripts
        .iter()
        .filter_map(|path| Some(format!("{}: {}", path.display(), check(path).err()?)))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} scripts failed:\n{}",
        failures.len(),
        scripts.len(),
        failures.join("\n")
    );
}
