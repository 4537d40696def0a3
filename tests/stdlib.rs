//! Runs the programs in `tests/stdlib/`: each uses one part of the standard library that rests on
//! threads, hard, and checks what it does.
//!
//! All hold on CPython 3.14 as well: set `PYT_TEST_PYTHON` to check that.

use pyt_test::scripts::Scripts;

#[test]
fn programs_hold_with_the_gil() {
    Scripts::of("tests/stdlib").hold_with_the_gil();
}

#[test]
fn programs_hold_without_the_gil() {
    Scripts::of("tests/stdlib").hold_without_the_gil();
}
