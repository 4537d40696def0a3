//! Programs with a bug of an unusual shape: what changes is an attribute by another road, what the
//! library keeps, an object's class, the file system; or written in a style of its own
//! (`styles.txt`). The default strategy finds each bug; `dpor`
//! and `dfs` find it, or claim no proof.
//!
//! The programs are in `unusual/`, many to a file, each after a line `### what it is about`. They
//! define what two threads do, `one` and `two`, and a `check` at the end.

use std::fs;

use pyt_test::workspace;

use crate::{explore_text, outcomes};

const FRAME: &str = "
first = threading.Thread(target=one, name='first')
second = threading.Thread(target=two, name='second')
first.start()
second.start()
first.join()
second.join()
check()
";

/// The programs of a file: what each is about, and its text.
fn programs(file: &str) -> Vec<(String, String)> {
    let path = workspace().join("tests/explore/unusual").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let parts = text.split("### ").skip(1);
    let parts = parts.filter_map(|part| part.split_once('\n'));
    parts
        .map(|(name, body)| (name.to_owned(), format!("import threading\n{body}{FRAME}")))
        .collect()
}

/// Checks every `of`th program, beginning with number `first`: so several tests share a file.
fn check(file: &str, first: usize, of: usize) {
    let mut wrong = Vec::new();
    for (name, source) in programs(file).into_iter().skip(first).step_by(of) {
        let (sampled, run) = explore_text(&source, &["--stop-on-first", "--schedules=1000"]);
        if sampled["failed"] == 0 {
            wrong.push(format!("{name}: not found: {run}"));
        }
        for strategy in ["dpor", "dfs"] {
            let strategy = format!("--strategy={strategy}");
            let limits = ["--schedules=100", "--time=20"];
            let (report, run) = explore_text(&source, &[&[&*strategy], &limits[..]].concat());
            let found = outcomes(&report);
            let all_fail = report["failed"] == report["schedules"];
            if report["proven"] == true && (report["failed"] == 0 || all_fail) {
                wrong.push(format!("{name}: {strategy} proves {found:?}: {run}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_bug_of_classes_and_names_is_missed_or_proven_away() {
    check("classes.txt", 0, 2);
}

#[test]
fn no_other_bug_of_classes_and_names_is_missed_or_proven_away() {
    check("classes.txt", 1, 2);
}

#[test]
fn no_bug_with_the_library_is_missed_or_proven_away() {
    check("library.txt", 0, 3);
}

#[test]
fn no_second_bug_with_the_library_is_missed_or_proven_away() {
    check("library.txt", 1, 3);
}

#[test]
fn no_third_bug_with_the_library_is_missed_or_proven_away() {
    check("library.txt", 2, 3);
}

#[test]
fn no_bug_of_a_style_is_missed_or_proven_away() {
    check("styles.txt", 0, 3);
}

#[test]
fn no_second_bug_of_a_style_is_missed_or_proven_away() {
    check("styles.txt", 1, 3);
}

#[test]
fn no_third_bug_of_a_style_is_missed_or_proven_away() {
    check("styles.txt", 2, 3);
}

#[test]
fn correct_programs_of_a_style_never_fail() {
    let mut wrong = Vec::new();
    for (name, source) in programs("correct_styles.txt") {
        for strategy in ["mix", "pct:4", "dpor"] {
            let strategy = format!("--strategy={strategy}");
            let (report, run) = explore_text(&source, &[&strategy, "--schedules=100"]);
            if report["failed"] != 0 || report["given_up"] != 0 {
                wrong.push(format!("{name}: {strategy}: {run}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
