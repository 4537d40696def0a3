//! Runs the checks in a browser, where there is one: `check.py`, on `browser.py`.

use std::process::Command;

use pyt_test::{Process, workspace};

/// Says so, and returns true, if there is no browser or no Python to drive it with.
pub(crate) fn is_missing() -> bool {
    let find = "import sys; sys.path.insert(0, 'tests/pictures'); import browser; print(browser.program() or '')";
    let found = Command::new(python())
        .args(["-c", find])
        .current_dir(workspace())
        .output();
    let is_found = found.is_ok_and(|found| !found.stdout.trim_ascii().is_empty());
    if !is_found {
        eprintln!(
            "skipped: there is no Chromium (or no python3 to drive it): PYT_CHROMIUM may name one"
        );
    }
    !is_found
}

fn python() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| String::from("python3"))
}

/// Runs one of the checks on these pages.
#[track_caller]
pub(crate) fn check(what: &str, pages: &[&str]) {
    let done = Process::new(python())
        .args(["tests/pictures/check.py", what])
        .args(pages)
        .dir(workspace())
        .run();
    done.succeeded();
}

/// Has the check of bugs say what each page says, and shows that.
#[track_caller]
pub(crate) fn explain(pages: &[&str]) {
    let done = Process::new(python())
        .args(["tests/pictures/check.py", "bugs"])
        .args(pages)
        .dir(workspace())
        .run();
    done.exited_with(0);
    assert_eq!(done.stdout.lines().count(), pages.len(), "{done}");
    eprintln!("{}", done.stdout);
}
