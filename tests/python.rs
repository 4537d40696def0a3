//! Runs every self-checking script in `tests/python/`: each asserts what it expects and exits 0.
//!
//! All scripts hold on CPython 3.14 as well: set `PYT_TEST_PYTHON` to check that. Each runs with
//! the simulated GIL and without it.

use pyt_test::scripts::Scripts;

#[test]
fn scripts_hold_with_the_gil() {
    Scripts::of("tests/python").hold_with_the_gil();
}

#[test]
fn scripts_hold_without_the_gil() {
    Scripts::of("tests/python").hold_without_the_gil();
}
