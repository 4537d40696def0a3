//! That the comparison with every allowed order refuses what it should.

use pyt_test::orders::{alone, any_order, is_allowed};

use super::module::two_workers_processed_all;

#[test]
fn accepts_whole_and_torn_lines() {
    let phases = [any_order(&["A", "B"]), alone(&["C"])];
    for allowed in ["A\nB\nC\n", "B\nA\nC\n", "AB\n\nC\n", "BA\n\nC\n"] {
        assert!(is_allowed(allowed, &phases), "{allowed:?}");
    }
}

#[test]
fn rejects_wrong_phase_missing_doubled_and_invented_text() {
    let phases = [any_order(&["A", "B"]), alone(&["C"])];
    for wrong in [
        "C\nA\nB\n",
        "A\nC\nB\n",
        "A\nB\n",
        "A\nA\nC\n",
        "A\nB\nC",
        "\nAB\nC\n",
        "",
    ] {
        assert!(!is_allowed(wrong, &phases), "{wrong:?}");
    }
}

#[test]
fn keeps_each_threads_own_order() {
    assert!(two_workers_processed_all(
        "Processing 0Processing 1\n\nProcessing 3\nProcessing 4\nProcessing 2\n"
    ));
    // Three rising sequences, which two workers cannot make.
    assert!(!two_workers_processed_all(
        "Processing 4\nProcessing 3\nProcessing 2\nProcessing 0\nProcessing 1\n"
    ));
}
