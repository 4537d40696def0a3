//! What the tests of pyt share, and what no test should write a second time.
//!
//! | for | is |
//! | --- | --- |
//! | a child process under a deadline | [`Process`], [`Running`], [`CompletedProcess`], [`TimedOut`] |
//! | a Python program, on pyt or on another Python | [`Program`] |
//! | all self-checking scripts of a folder | [`scripts::Scripts`] |
//! | a program on a terminal of its own | [`terminal::Terminal`] |
//! | a test that runs in this process | [`deadline::within`], [`deadline::alone`] |
//! | a folder of a test's own | [`Scratch`] |
//! | the allowed orders of what threads print | [`orders`] |
//! | a report without times, paths and ids, for a snapshot | [`snapshot`] |
//!
//! The crate links no interpreter and knows nothing of what a program is expected to print.
//!
//! The tests run the `pyt` binary that cargo has just built. With `PYT_TEST_PYTHON` set to the
//! command of another Python (`python3`, say; arguments are split at spaces) they run that one
//! instead, which shows whether an expectation is CPython's behaviour or only pyt's. What only pyt
//! has (virtual time, `pyt doc`) is skipped then, with a message.

#![expect(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "this is for tests, which fail by panicking"
)]

pub mod deadline;
pub mod orders;
pub mod scripts;
pub mod snapshot;
pub mod terminal;

mod completed;
mod group;
mod process;
mod program;
mod reader;
mod running;
mod scratch;

pub use completed::{CompletedProcess, Output, TimedOut};
pub use process::{Process, pyt, pyt_path, shell};
pub use program::{Program, Time};
pub use running::Running;
pub use scratch::Scratch;

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a program may take before it counts as hanging. Far above what any of them needs, since
/// the machine may be busy with anything else.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The folder that holds the workspace's `Cargo.toml`.
pub fn workspace() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let workspace = crates.and_then(Path::parent);
    workspace.expect("this crate is in crates/").to_owned()
}

/// The command of the Python that stands in for `pyt`, if one was named.
pub fn other_python() -> Option<Vec<String>> {
    let command = env::var("PYT_TEST_PYTHON").ok()?;
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    (!words.is_empty()).then_some(words)
}

/// Says why a test is skipped and returns true if the tests run against another Python.
pub fn skipped_on_other_python(what: &str) -> bool {
    let skip = other_python().is_some();
    if skip {
        eprintln!("skipped: {what} is only in pyt, and PYT_TEST_PYTHON names another Python");
    }
    skip
}
