//! What users read, whole: reports of deadlocks and races, outcomes, help, errors, tracebacks.
//!
//! Each test compares a text with its snapshot in `snapshots/`. The texts are those of pyt alone,
//! so nothing here runs on another Python. What a report must say, and when it comes, is tested
//! beside this (`deadlocks`, `explore`, `misuse`, `cli`): here a change of any word shows, for its
//! author to judge. After a change that was meant:
//!
//! ```sh
//! INSTA_UPDATE=always cargo pyt-test --test reports    # then read the diff
//! ```

mod causes;
mod deadlocks;
mod errors;
mod explorations;
mod help;
mod names;
mod schema;
mod tracebacks;

use pyt_test::{CompletedProcess, Program, snapshot::Snapshots};

/// Asserts that `text` is that of the snapshot of this name.
fn assert_snapshot(name: &str, text: &str) {
    Snapshots::of("tests/reports/snapshots").assert(name, text);
}

/// Asserts that a process did what the snapshot of this name says.
fn assert_process(name: &str, done: &CompletedProcess) {
    assert_snapshot(name, &pyt_test::snapshot::transcript(done));
}

/// A program that pyt runs with these flags.
fn program(name: &str, source: &str, flags: &[&str]) -> Program {
    let program = Program::new(&format!("{name}.py"), source);
    flags
        .iter()
        .fold(program, |program, flag| program.flag(flag))
}
