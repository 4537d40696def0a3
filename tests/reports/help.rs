//! Help pages and versions.

use pyt_test::{pyt, snapshot::session};

use crate::assert_snapshot;

fn page(name: &str, arguments: &[&str]) {
    assert_snapshot(name, &session([pyt(arguments)]));
}

#[test]
fn help_of_pyt() {
    page("help", &["--help"]);
    page("help_env", &["--help-env"]);
    page("help_xoptions", &["--help-xoptions"]);
}

#[test]
fn help_of_commands() {
    for command in ["run", "explore", "replay", "doc", "completions", "help"] {
        page(&format!("help_{command}"), &[command, "--help"]);
    }
}
