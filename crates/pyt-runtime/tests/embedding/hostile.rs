//! Programs that try to end the host, to outlast its limits, or to make it panic: each in an
//! isolated runtime, many in one process, which must live to the end.
//!
//! The programs are in `hostile/crashes.txt` and `hostile/endless.txt`, each after a line
//! `=== NAME`. `PYT_TEST_HOSTILE` names another file of the same form to run in their place.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use pyt_runtime::{Capture, ErrorKind, Isolation, Limits, Runtime};

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

fn hostile() -> Runtime {
    let sink = Capture::new();
    let builder = Runtime::builder().isolated(Isolation::new());
    builder.stdout(&sink).stderr(&sink).build().unwrap()
}

/// Runs each program in a runtime of its own. Returns those whose outcome is not `expected`.
fn run_all(file: &str, expected: impl Fn(&Result<(), ErrorKind>, Duration) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, code) in programs(file) {
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
        let runtime = hostile();
        let limits = Limits::new()
            .wall(WALL)
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
    let wrong = run_all("crashes.txt", |_, _| true);
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
    let wrong = run_all("endless.txt", |outcome, took| {
        is_limit(outcome) && took < PATIENCE
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}
