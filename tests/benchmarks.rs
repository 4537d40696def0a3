//! The benchmarks run: each script of `benchmarks/suite` on pyt, with counts so small that no
//! figure means anything, and `benchmarks/compare` itself. How fast anything is is not tested.

use std::{fs, time::Duration};

use pyt_test::{CompletedProcess, workspace};

/// For a whole script, on the busiest machine.
const SCRIPT_DEADLINE: Duration = Duration::from_secs(300);

/// The scripts' names, without folder and ending.
fn scripts() -> Vec<String> {
    let folder = workspace().join("benchmarks/suite");
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("reading {}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("reading the suite's folder").file_name())
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".py")?.to_owned()))
        .filter(|name| !name.starts_with('_'))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no scripts in {}", folder.display());
    names
}

fn run(arguments: &[&str]) -> CompletedProcess {
    pyt_test::pyt(arguments)
        .run_until(SCRIPT_DEADLINE)
        .unwrap_or_else(|timed_out| panic!("{timed_out}"))
}

/// Runs the scripts; returns the lines of JSON that they print.
fn smoke(gil: &str, scripts: &[String]) -> String {
    let mut output = String::new();
    for script in scripts {
        let path = format!("benchmarks/suite/{script}.py");
        let run = run(&["-X", gil, &path, "--smoke", "--json"]);
        // A benchmark that fails says so on stdout, and its script exits with 1.
        run.succeeded();
        assert!(
            run.stdout.contains("\"value\": "),
            "{script} measured nothing: {run}"
        );
        output += &run.stdout;
    }
    output
}

#[test]
fn the_suite_runs_with_the_gil_and_knows_every_result_that_has_a_goal() {
    let output = smoke("gil=1", &scripts());
    let goals = run(&["benchmarks/comparison/goals.py"]);
    goals.succeeded();
    assert!(!goals.stdout.is_empty(), "there are no goals");
    for name in goals.stdout.lines() {
        // Resident memory is read where Linux shows it.
        if cfg!(target_os = "linux") || !name.contains("memory") {
            assert!(
                output.contains(&format!("\"name\": {name:?}")),
                "there is a goal for {name:?}, but no such result"
            );
        }
    }
}

#[test]
fn the_suite_runs_without_the_gil() {
    let mut scripts = scripts();
    // What starts up there is another process, with the GIL.
    scripts.retain(|script| script != "startup");
    smoke("gil=0", &scripts);
}

#[test]
fn compare_knows_every_script() {
    let help = run(&["benchmarks/compare", "--help"]);
    help.succeeded();
    for script in scripts() {
        assert!(
            help.stdout.contains(&script),
            "compare does not run {script}: {help}"
        );
    }
}

/// It is made for CPython, but pyt can run it, and a machine that tests pyt need not have CPython.
#[test]
fn compare_compares_two_builds() {
    let pyt = pyt_test::pyt_path();
    let (one, two) = (
        format!("one={}", pyt.display()),
        format!("two={}", pyt.display()),
    );
    let arguments = [
        "benchmarks/compare",
        "--smoke",
        "--rounds",
        "2",
        "--suite",
        "contended",
        "--suite",
        "startup",
        "--pyt",
        &one,
        "--pyt",
        &two,
        "--base",
        "one",
        "pyt",
        "--only",
        "one lock",
        "-c pass",
    ];
    let run = run(&arguments);
    run.exited_with(0);
    for expected in [
        "one lock, 4 threads",
        "python -c pass",
        "two  ratio",
        "(spread)",
    ] {
        assert!(run.stdout.contains(expected), "no {expected:?}: {run}");
    }
}

#[test]
fn compare_says_how_to_get_a_pyt() {
    let run = run(&["benchmarks/compare", "--pyt", "no/such/pyt", "pyt"]);
    run.exited_with(1).complained(
        "compare: there is no pyt at no/such/pyt; --pyt takes the path of a binary, or LABEL=PATH\n",
    );
}
