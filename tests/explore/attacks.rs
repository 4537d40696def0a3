//! Attacks on proofs: small programs in which two threads meet through something that is easily
//! overlooked, in the language or the library.
//!
//! The programs are in `attacks/`, many to a file, each after a line `### what is shared`. What
//! they print depends on the order of the two threads. Those of `seen.txt` are never proven with
//! an outcome missing. Those of `unseen.txt` are what `docs/explore.md` lists as not seen: no step
//! says it, and only the random schedules that check a proof show it. If the steps of one of these
//! say it, it belongs into the other file, and that list is shorter.

use std::fs;

use pyt_test::{Scratch, workspace};

use crate::{explore, outcomes};

/// The programs of a file: what each shares, and its text.
fn programs(file: &str) -> Vec<(String, String)> {
    let path = workspace().join("tests/explore/attacks").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let parts = text.split("### ").skip(1);
    let parts = parts.filter_map(|part| part.split_once('\n'));
    parts
        .map(|(name, body)| (name.to_owned(), body.to_owned()))
        .collect()
}

/// Checks every `of`th program, beginning with number `first`: so several tests share a file.
fn check(first: usize, of: usize) {
    let mut wrong = Vec::new();
    for (name, source) in programs("seen.txt").into_iter().skip(first).step_by(of) {
        // One file, since tracebacks show its path.
        let scratch = Scratch::new();
        let script = scratch.write("script.py", &source);
        let output = format!("--output={}", scratch.at("found"));
        let limits = ["--strategy=dpor", "--schedules=300", "--time=30", &output];
        let (tried, run) = explore(&script, &limits);
        if tried["proven"] != true {
            continue;
        }
        let known = outcomes(&tried);
        let (drawn, _) = explore(&script, &["--strategy=random", "--schedules=100", &output]);
        let drawn = outcomes(&drawn);
        if let Some(missed) = drawn.iter().find(|one| !known.contains(one)) {
            wrong.push(format!("{name}: dpor misses {missed}: {run}"));
        }
        if drawn.len() < 2 && known.len() < 2 {
            wrong.push(format!("{name}: shows nothing, all print {drawn:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_proof_misses_an_outcome() {
    check(0, 3);
}

#[test]
fn no_second_proof_misses_an_outcome() {
    check(1, 3);
}

#[test]
fn no_third_proof_misses_an_outcome() {
    check(2, 3);
}

#[test]
fn random_schedules_refute_what_is_proven_without_being_seen() {
    let mut wrong = Vec::new();
    for (name, source) in programs("unseen.txt") {
        let scratch = Scratch::new();
        let script = scratch.write("script.py", &source);
        let output = format!("--output={}", scratch.at("found"));
        let (tried, run) = explore(&script, &["--strategy=dpor", "--checks=200", &output]);
        if tried["proven"] != false || tried["checks"] != 200 || outcomes(&tried).len() < 2 {
            wrong.push(format!("{name}: {run}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_listed_as_not_seen_is_not_seen() {
    let mut seen = Vec::new();
    for (name, source) in programs("unseen.txt") {
        let scratch = Scratch::new();
        let script = scratch.write("script.py", &source);
        let output = format!("--output={}", scratch.at("found"));
        let (tried, run) = explore(&script, &["--strategy=dpor", "--schedules=300", &output]);
        if tried["proven"] != true || outcomes(&tried).len() > 1 {
            seen.push(format!("{name}: {run}"));
        }
    }
    assert!(seen.is_empty(), "{}", seen.join("\n"));
}
