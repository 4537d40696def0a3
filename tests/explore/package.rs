//! The package `pyt`: a unittest file that uses it, and the same among other threads.

use pyt_test::{Scratch, workspace};

use crate::pyt;

fn source(name: &str) -> String {
    let path = workspace().join("tests/explore/package").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

#[test]
fn a_unittest_file_uses_it() {
    let scratch = Scratch::new();
    scratch.write("test_pyt.py", source("test_pyt.py"));
    let run = pyt(&["-m", "unittest", "discover", "-s", &scratch.at("")]);
    run.exited_with(0);
    assert!(run.stderr.ends_with("\nOK\n"), "{run}");
}

#[test]
fn a_function_of_a_bigger_program_is_explored_while_other_threads_live() {
    let scratch = Scratch::new();
    let file = scratch.write("among_threads.py", source("among_threads.py"));
    let run = pyt(&["run", &file]);
    run.succeeded().printed("found\nnone\nothers go on\n");
}

#[test]
fn the_loggers_of_a_bigger_program_stay_as_they_are() {
    let scratch = Scratch::new();
    let file = scratch.write("script.py", source("logging_as_before.py"));
    pyt(&["run", &file]).succeeded();
}
