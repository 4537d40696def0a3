//! `cargo xtask dependencies`: licences, duplicates and sources of all dependencies, as `deny.toml`
//! says; known vulnerabilities, where their database can be fetched.

use std::process::{Command, Stdio};

use crate::tree::{Result, root};

/// What `deny.toml` decides, so that the outcome changes with this repository only.
const OWN: &[&str] = &["licenses", "bans", "sources"];

/// What cargo-deny says when it cannot fetch the database of advisories.
const NO_DATABASE: &str = "failed to fetch advisory database";

/// How long fetching the database may take, as `timeout` reads it: an unreachable host may not
/// answer.
const FETCH_LIMIT: &str = "120";

/// Runs cargo-deny. Where it is not installed, that is said, and nothing is checked.
///
/// # Errors
/// A dependency that `deny.toml` refuses.
pub(crate) fn run() -> Result<()> {
    let mut version = Command::new("cargo");
    version
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        eprintln!("NOT CHECKED: no cargo-deny. `cargo install cargo-deny --locked` brings it.");
        return Ok(());
    }
    let mut check = Command::new("cargo");
    check
        .current_dir(root())
        .args(["deny", "--log-level", "error", "check"])
        .args(OWN);
    let status = check
        .status()
        .map_err(|error| format!("cargo deny: {error}"))?;
    if !status.success() {
        return Err(format!("cargo deny check {}: {status}", OWN.join(" ")));
    }
    advisories()
}

/// Known vulnerabilities. The database changes on its own and code that has passed must not fail
/// for that, so they are shown and are no error.
fn advisories() -> Result<()> {
    let mut check = Command::new("timeout");
    check
        .current_dir(root())
        .args([FETCH_LIMIT, "cargo", "deny", "check", "advisories"]);
    let output = check
        .output()
        .map_err(|error| format!("cargo deny: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        eprintln!("advisories ok");
    } else if text.contains(NO_DATABASE) {
        eprintln!("advisories NOT CHECKED: their database cannot be fetched from here");
    } else {
        eprintln!(
            "{text}advisories FAILED ({}); no error so far",
            output.status
        );
    }
    Ok(())
}
