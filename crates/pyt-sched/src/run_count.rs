//! Whether a run under a strategy is in progress anywhere in the process.
//!
//! Every decision point reads this first: outside of runs it costs one relaxed load. What a run is,
//! is not known here.

use std::sync::atomic::{AtomicUsize, Ordering};

static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Whether a run is in progress in this process.
#[inline]
pub(crate) fn any_run() -> bool {
    !cfg!(feature = "shuttle") && RUNS.load(Ordering::Relaxed) != 0
}

/// Counts a run that begins.
pub(crate) fn add_run() {
    RUNS.fetch_add(1, Ordering::SeqCst);
}

/// Takes back one [`add_run`].
pub(crate) fn remove_run() {
    RUNS.fetch_sub(1, Ordering::SeqCst);
}

/// In the child of a `fork`, which is part of no run.
pub(crate) fn forget_runs() {
    RUNS.store(0, Ordering::SeqCst);
}
