//! The harnesses of `cargo xtask fuzz` for a moment, with the same cases each time: whatever a
//! harness generates ends in a result or in an exception. A seed that once ended the process stands
//! in `SEEDS`.

use pyt_test::Program;

const SEEDS: [u32; 3] = [1, 2, 3];

/// How many cases each seed gives.
const CASES: u32 = 60;

fn run(harness: &str, text: &str) {
    for seed in SEEDS {
        let source = format!("import sys\nsys.argv = ['fuzz', '{seed}', '{CASES}']\n{text}");
        Program::new(&format!("{harness}_{seed}.py"), source)
            .run()
            .exited_with(0);
    }
}

#[test]
fn programs_are_compiled_or_refused() {
    run("source", include_str!("source.py"));
}

#[test]
fn formats_and_data_are_read_or_refused() {
    run("formats", include_str!("formats.py"));
}

#[test]
fn patterns_match_or_are_refused() {
    run("patterns", include_str!("patterns.py"));
}

#[test]
fn methods_called_by_what_they_call_return() {
    run("reentry", include_str!("reentry.py"));
}

#[test]
fn native_functions_take_any_object() {
    run("calls", include_str!("calls.py"));
}
