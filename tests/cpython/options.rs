//! The command line: `cargo pyt-test --test cpython -- OPTION... MODULE...`.
//!
//! Flags of cargo's own test harness are let through without a word, since `cargo test` hands its
//! arguments to every test. It must never know what a module is run with.

use std::env;

use pyt_test::other_python;

use crate::modules::MODULES;

pub(crate) const HELP: &str = "\
Runs CPython's tests with pyt and compares every outcome with tests/cpython/ledger.txt.

  MODULE           run these only: a name below the package test, or its last part
  --list           print the modules
  --free           run pyt without its GIL; the two tests that need it then deviate, skipped
  --python PATH    run another interpreter in pyt's place (PYT_TEST_PYTHON does so, too)
  --record         print lines for the ledger, reasons missing, for what deviates from it

PYT_CPYTHON_TESTS names the folder that holds CPython's package `test`. Without it, CPython is set up
by ../shared/tools/peers where that can be had.";

/// Flags of the standard harness that are followed by a value.
const WITH_VALUE: &[&str] = &[
    "--color",
    "--format",
    "--logfile",
    "--shuffle-seed",
    "--skip",
    "--test-threads",
    "-Z",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Run,
    List,
    Help,
}

#[derive(Debug)]
pub(crate) struct Options {
    pub action: Action,
    pub modules: Vec<&'static str>,
    /// The command of an interpreter in pyt's place.
    pub python: Option<Vec<String>>,
    pub free: bool,
    pub record: bool,
}

impl Options {
    pub(crate) fn from_command_line() -> Result<Self, String> {
        let mut options = Self {
            action: Action::Run,
            modules: Vec::new(),
            python: other_python(),
            free: false,
            record: false,
        };
        let mut named = Vec::new();
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--help" | "-h" => options.action = Action::Help,
                "--list" => options.action = Action::List,
                "--free" => options.free = true,
                "--record" => options.record = true,
                "--python" => {
                    let path = arguments.next().ok_or("--python needs a path")?;
                    options.python = Some(vec![path]);
                }
                flag if WITH_VALUE.contains(&flag) => drop(arguments.next()),
                flag if flag.starts_with('-') => {}
                _ => named.push(argument),
            }
        }
        let wanted = |module: &str| {
            let is = |name: &String| {
                let name = name.strip_prefix("test.").unwrap_or(name);
                name == module || module.rsplit('.').next() == Some(name)
            };
            named.is_empty() || named.iter().any(is)
        };
        options.modules = MODULES
            .iter()
            .copied()
            .filter(|module| wanted(module))
            .collect();
        Ok(options)
    }
}
