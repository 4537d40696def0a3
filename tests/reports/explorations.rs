//! What `pyt explore`, `pyt replay` and `pyt run --seed` print. One job and a seed that is given:
//! the same schedules each time.

use std::time::Duration;

use pyt_test::{CompletedProcess, Process, Scratch, pyt, workspace};

use crate::{assert_process, assert_snapshot};

/// How long one exploration may take: the machine may be busy with anything else.
const EXPLORATION_DEADLINE: Duration = Duration::from_secs(120);

pub(crate) fn run(process: Process) -> CompletedProcess {
    process
        .run_until(EXPLORATION_DEADLINE)
        .unwrap_or_else(|timed_out| panic!("{timed_out}"))
}

/// Explores one of the scripts of `tests/explore`; its schedules go into a folder of their own.
fn explored(scratch: &Scratch, script: &str, arguments: &[&str]) -> CompletedProcess {
    let script = workspace().join("tests/explore").join(script);
    run(pyt(["explore", "--jobs=1"])
        .args(arguments)
        .arg(format!("--output={}", scratch.at("found")))
        .arg(script))
}

fn report(name: &str, script: &str, arguments: &[&str]) {
    let scratch = Scratch::new();
    assert_process(name, &explored(&scratch, script, arguments));
}

#[test]
fn a_race() {
    let script = "bugs/lost_update_global.py";
    report("explore_race", script, &["--schedules=100"]);
}

#[test]
fn a_race_as_json() {
    let scratch = Scratch::new();
    let script = "bugs/lost_update_global.py";
    let done = explored(&scratch, script, &["--schedules=100", "--json"]);
    let mut report: serde_json::Value =
        serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done}"));
    report["seconds"] = "[TIME]".into();
    let text = serde_json::to_string_pretty(&report).expect("JSON");
    assert_snapshot("explore_race_json", &text);
}

#[test]
fn a_deadlock() {
    let scratch = Scratch::new();
    let done = explored(&scratch, "bugs/abba_deadlock.py", &["--schedules=50"]);
    assert_process("explore_deadlock", &done);
    let schedule = scratch.at("found/abba_deadlock-deadlock.schedule");
    assert_process("replay_deadlock", &run(pyt(["replay", &schedule])));
}

#[test]
fn a_lock_that_is_not_given_back_to_its_waiters() {
    report(
        "explore_lost_wakeup",
        "bugs/lost_wakeup.py",
        &["--schedules=50"],
    );
}

#[test]
fn a_loop_without_end() {
    let arguments = ["--stop-on-first", "--max-steps=5000"];
    report("explore_endless_loop", "bugs/both_polite.py", &arguments);
}

#[test]
fn an_exit_status() {
    let scratch = Scratch::new();
    let script = scratch.write("exits.py", "import sys\nprint('bye')\nsys.exit(3)\n");
    let found = format!("--output={}", scratch.at("found"));
    let done = run(pyt([
        "explore",
        "--jobs=1",
        "--schedules=5",
        &found,
        &script,
    ]));
    assert_process("explore_exit_status", &done);
}

#[test]
fn an_exception_in_a_thread() {
    report(
        "explore_exception",
        "bugs/check_then_act_dict.py",
        &["--stop-on-first"],
    );
}

#[test]
fn another_output() {
    let arguments = ["--schedules=50", "--same-output"];
    report(
        "explore_same_output",
        "deterministic/print_race.py",
        &arguments,
    );
}

#[test]
fn several_outcomes() {
    report(
        "explore_outcomes",
        "deterministic/print_race.py",
        &["--schedules=50"],
    );
}

#[test]
fn nothing_wrong() {
    report(
        "explore_nothing",
        "correct/locked_counter.py",
        &["--schedules=20"],
    );
}

#[test]
fn a_proof() {
    let arguments = ["--strategy=dpor", "--stop-on-first"];
    report(
        "explore_dpor_race",
        "bugs/lost_update_global.py",
        &arguments,
    );
    report(
        "explore_dpor_proof",
        "correct/try_lock.py",
        &["--strategy=dpor"],
    );
}

#[test]
fn a_seeded_run_that_deadlocks() {
    let script = workspace().join("tests/explore/bugs/abba_deadlock.py");
    let seeded = |seed: u32| run(pyt(["run", &format!("--seed={seed}")]).arg(&script));
    let deadlocked = (0..30).map(seeded).find(|done| !done.status.success());
    let deadlocked = deadlocked.expect("a seed of 30 deadlocks");
    assert_process("seeded_deadlock", &deadlocked);
}
