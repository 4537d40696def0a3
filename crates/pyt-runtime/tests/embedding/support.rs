//! Runtimes for tests, and both modes of the GIL.

use pyt_runtime::Runtime;
use pyt_test::deadline::within;

/// A runtime; `gil`: whether one thread at a time runs Python.
pub(crate) fn runtime(gil: bool) -> Runtime {
    Runtime::builder()
        .gil(gil)
        .build()
        .expect("a runtime with the default settings")
}

/// Runs `test` on a thread of its own, once with the GIL and once without, and fails if it takes
/// longer than the deadline.
#[track_caller]
pub(crate) fn in_both_modes(test: impl Fn(bool) + Send + Sync + Clone + 'static) {
    for gil in [true, false] {
        let test = test.clone();
        within(&format!("with gil={gil}"), move || test(gil));
    }
}
