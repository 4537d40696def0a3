//! Wrong values in large number, against a table of what CPython does.

use pyt_test::{Program, workspace};

/// `values.txt` is the output of `values.py` on CPython 3.14.10.
#[test]
fn wrong_values_come_to_what_they_do_in_cpython() {
    let folder = workspace().join("tests/misuse");
    let expected = std::fs::read_to_string(folder.join("values.txt")).expect("the table is there");
    let run = Program::file(folder.join("values.py")).run();
    run.exited_with(0);
    let lines = || run.stdout.lines();
    let wrong: Vec<String> = expected
        .lines()
        .zip(lines())
        .filter(|(expected, outcome)| expected != outcome)
        .map(|(expected, outcome)| format!("expected: {expected}\nbut:      {outcome}\n"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(
        expected.lines().count(),
        lines().count(),
        "one line for each: {run}"
    );
}
