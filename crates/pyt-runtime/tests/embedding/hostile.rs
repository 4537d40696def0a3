//! Programs that try to end the host, to outlast its limits, or to make it panic: each in an
//! isolated runtime, many in one process, which must live to the end.
//!
//! The programs are in `hostile/*.txt`, each after a line `=== NAME`: those that ended hosts
//! (`crashes`), those that outlasted limits (`endless`), hooks that change what calls them
//! (`hooks`), looks at frames that other threads run (`frames`), and programs that check for
//! themselves what becomes of an attack (`checked`).
//! `PYT_TEST_HOSTILE` names another file of the same form to run in their place.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use pyt_runtime::{Capture, ErrorKind, Isolation, Limits, Runtime};

use crate::attacks::programs::imports;

/// How long each program may run.
const WALL: Duration = Duration::from_millis(500);

/// How long after its limit a program may go on: the grace period, and what a machine under load
/// takes to get around to it.
const PATIENCE: Duration = Duration::from_secs(20);

/// By how much the process may grow during a program.
const MEMORY: u64 = 600 << 20;

/// Ends the process if a program cannot be stopped.
const DEADLINE: Duration = Duration::from_secs(120);

fn programs(file: &str) -> Vec<(String, String)> {
    let given = std::env::var_os("PYT_TEST_HOSTILE").map(PathBuf::from);
    let path = given.unwrap_or_else(|| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        folder.join("tests/embedding/hostile").join(file)
    });
    let text = std::fs::read_to_string(path).unwrap();
    let programs = text.split("=== ").skip(1).map(|program| {
        let (name, code) = program.split_once('\n').unwrap();
        (name.to_owned(), code.to_owned())
    });
    programs.collect()
}

/// Runs the ignored test `name` in a process of its own, and fails with its output if that dies.
#[track_caller]
fn in_a_process(name: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            name,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = text.lines().rev().take(12).collect();
    assert!(
        output.status.success(),
        "{}: {last:#?}\n{errors}",
        output.status
    );
}

fn hostile(gil: bool) -> Runtime {
    let sink = Capture::new();
    let builder = Runtime::builder().isolated(Isolation::new()).gil(gil);
    builder.stdout(&sink).stderr(&sink).build().unwrap()
}

/// Runs each program in a runtime of its own, with the GIL in those rows that `gil` says. Returns
/// those whose outcome is not `expected`.
fn run_all(
    file: &str,
    gil: impl Fn(usize) -> bool,
    wall: Duration,
    expected: impl Fn(&Result<(), ErrorKind>, Duration) -> bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (row, (name, code)) in programs(file).into_iter().enumerate() {
        println!("{name}");
        let began = Instant::now();
        let watched = name.clone();
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            use std::sync::mpsc::RecvTimeoutError::Timeout;
            if is_done.recv_timeout(DEADLINE) == Err(Timeout) {
                println!("{watched} cannot be stopped");
                std::process::exit(3);
            }
        });
        let runtime = hostile(gil(row));
        runtime.exec(&imports(&code)).unwrap();
        let limits = Limits::new()
            .wall(wall)
            .memory(MEMORY)
            .grace(Duration::from_millis(10));
        let result = runtime.with_limits(&limits, |py| py.exec(&code));
        let outcome = result.and_then(|inner| inner).map_err(|error| {
            println!(
                "    {}",
                error.to_string().chars().take(100).collect::<String>()
            );
            error.kind()
        });
        let took = began.elapsed();
        if !expected(&outcome, took) {
            wrong.push(format!("{name}: {outcome:?} after {took:?}"));
        }
        // The runtime is usable, unless the program has broken it for itself.
        let _ = runtime.exec("1 + 1");
        let _ = runtime.shutdown(Duration::from_secs(1));
        drop(done);
    }
    wrong
}

#[test]
fn no_program_ends_the_host() {
    in_a_process("hostile::programs_that_end_hosts");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn programs_that_end_hosts() {
    let wrong = run_all("crashes.txt", |_| true, WALL, |_, _| true);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_program_outlasts_its_limits() {
    in_a_process("hostile::programs_that_outlast_limits");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn programs_that_outlast_limits() {
    let is_limit = |outcome: &Result<(), ErrorKind>| matches!(outcome, Err(ErrorKind::Limit(_)));
    let wrong = run_all(
        "endless.txt",
        |_| true,
        WALL,
        |outcome, took| is_limit(outcome) && took < PATIENCE,
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_hook_ends_the_host() {
    in_a_process("hostile::hooks_that_change_their_callers");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn hooks_that_change_their_callers() {
    let wrong = run_all(
        "hooks.txt",
        |row| row % 2 == 0,
        WALL,
        |_, took| took < PATIENCE,
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_look_at_frames_ends_the_host() {
    in_a_process("hostile::looks_at_frames_of_other_threads");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn looks_at_frames_of_other_threads() {
    let wrong = run_all("frames.txt", |_| false, WALL, |_, took| took < PATIENCE);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn attacks_end_as_they_should() {
    in_a_process("hostile::programs_that_check_for_themselves");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn programs_that_check_for_themselves() {
    for gil in [true, false] {
        let wrong = run_all(
            "checked.txt",
            |_| gil,
            DEADLINE / 2,
            |outcome, _| outcome.is_ok(),
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
