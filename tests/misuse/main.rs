//! What goes wrong with threads, and how: wrong calls, wrong values, failing threads, Ctrl-C.
//!
//! Every expectation was seen on CPython 3.14.10. Where CPython shows frames of its own
//! `threading.py` in a traceback, the test looks only at the lines that the program is the cause
//! of, since native modules have no such frames. `PYT_TEST_PYTHON` runs the same tests against
//! CPython (see `pyt_test`).

mod attacks;
mod calls;
mod exceptions;
mod interrupts;
mod starts;
mod values;

use pyt_test::{CompletedProcess, Program};

fn run(source: &str) -> CompletedProcess {
    Program::new("bad.py", source).run()
}

/// Asserts that stderr is a traceback with this head and this last line, through this place in the
/// program.
#[track_caller]
fn assert_traceback(run: &CompletedProcess, head: &str, place: &str, last: &str) {
    let place = place.replace("{script}", &run.script);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(
        run.stderr.starts_with(head),
        "expected {head:?} first: {run}"
    );
    assert!(
        lines.iter().any(|line| line.trim() == place),
        "expected a line {place:?}: {run}"
    );
    assert_eq!(lines.last(), Some(&last), "the last line of {run}");
}
