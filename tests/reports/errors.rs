//! Errors of the command line: bad options, bad values, files that are not what they should be.

use pyt_test::{Process, Scratch, pyt, snapshot::session};

use crate::assert_snapshot;

fn commands(all: &[&[&str]]) -> Vec<Process> {
    all.iter().map(|arguments| pyt(*arguments)).collect()
}

#[test]
fn options_of_python() {
    assert_snapshot(
        "errors_of_python_options",
        &session(commands(&[
            &["-Z"],
            &["--foo"],
            &["-c"],
            &["-X"],
            &["-X", "gil=2", "-c", "pass"],
            &["-X", "deadlock=never", "-c", "pass"],
            &["-X", "cpu_count=0", "-c", "pass"],
            &["-X", "int_max_str_digits=1", "-c", "pass"],
            &["--check-hash-based-pycs", "sometimes", "-c", "pass"],
            &["missing.py"],
            &["exlpore", "missing.py"],
            &["-m", "missing"],
            &["tests/python"],
        ])),
    );
}

#[test]
fn options_of_run() {
    assert_snapshot(
        "errors_of_run",
        &session(commands(&[
            &["run", "--foo"],
            &["run", "--deadlock=never", "-c", "pass"],
            &["run", "--seed=x", "-c", "pass"],
            &["run", "--seed=1", "--strategy=x", "-c", "pass"],
            &["run", "--seed=1", "--strategy=dfs", "-c", "pass"],
            &["run", "--strategy=pos", "-c", "pass"],
            &["run", "--seed=1", "--max-steps=x", "-c", "pass"],
            &["run", "--seed=1", "--granularity=x", "-c", "pass"],
            &["run", "missing.py"],
        ])),
    );
}

#[test]
fn options_of_explore() {
    assert_snapshot(
        "errors_of_explore",
        &session(commands(&[
            &["explore"],
            &["explore", "--foo", "script.py"],
            &["explore", "--strategy=x", "script.py"],
            &["explore", "--strategy=pct:0", "script.py"],
            &["explore", "--granularity=x", "script.py"],
            &["explore", "--jobs=0", "script.py"],
            &["explore", "--schedules=x", "script.py"],
            &["explore", "--time=-1", "script.py"],
            &["explore", "--shard=2/2", "script.py"],
            &["explore", "--seed=x", "script.py"],
            &["explore", "script.py", "--seed"],
            &["explore", "--shcedules=5", "script.py"],
            &["explore", "--max-steps=x", "script.py"],
            &["explore", "missing.py"],
        ])),
    );
}

#[test]
fn commands_about_commands() {
    assert_snapshot(
        "errors_of_help_and_completions",
        &session(commands(&[
            &["help", "missing"],
            &["help", "run", "explore"],
            &["completions"],
            &["completions", "bash", "zsh"],
            &["completions", "missing"],
        ])),
    );
}

#[test]
fn scripts_that_cannot_be_explored() {
    let scratch = Scratch::new();
    let broken = scratch.write("broken.py", "x = 1\ny = (\n");
    let dies = scratch.write(
        "dies.py",
        "import os, random\nif random.random() < 0.7: os._exit(5)\n",
    );
    assert_snapshot(
        "errors_of_scripts",
        &session(commands(&[
            &["explore", "--jobs=1", &broken],
            &["explore", "--jobs=1", "--schedules=6", "--seed=5", &dies],
        ])),
    );
}

#[test]
fn schedules_that_cannot_be_followed() {
    let scratch = Scratch::new();
    let nonsense = scratch.write("nonsense.schedule", "nonsense");
    let list = scratch.write("list.schedule", "[1]");
    let empty = scratch.write("empty.schedule", "{}");
    assert_snapshot(
        "errors_of_replay",
        &session(commands(&[
            &["replay"],
            &["replay", "--foo", "x.schedule"],
            &["replay", "missing.schedule"],
            &["replay", &nonsense],
            &["replay", &list],
            &["replay", &empty],
        ])),
    );
}

#[test]
fn documents_that_cannot_be_run() {
    let scratch = Scratch::new();
    let bad = scratch.write("bad.md", b"one\ntwo \xff\n");
    assert_snapshot(
        "errors_of_doc",
        &session(commands(&[
            &["doc"],
            &["doc", "--foo", "x.md"],
            &["doc", "missing.md"],
            &["doc", "tests"],
            &["doc", &bad],
        ])),
    );
}
