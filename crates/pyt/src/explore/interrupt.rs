//! Ctrl-C during an exploration: it ends early, and reports what it has found.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on the first Ctrl-C is noted, and the second ends the process as usual.
pub(super) fn watch() {
    #[cfg(unix)]
    // SAFETY: the handler does nothing but what a signal handler may do: it stores into an atomic
    // and sets a disposition.
    unsafe {
        libc::signal(libc::SIGINT, note as *const () as libc::sighandler_t);
    }
}

#[cfg(unix)]
extern "C" fn note(_signal: libc::c_int) {
    ASKED.store(true, Ordering::Relaxed);
    // SAFETY: `signal` may be called in a signal handler.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
    }
}

/// Leaves Ctrl-C to the parent process, which ends this one.
pub(super) fn leave_to_parent() {
    #[cfg(unix)]
    // SAFETY: setting a disposition touches no memory.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_IGN);
    }
}

/// Whether Ctrl-C was pressed.
pub(super) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
