//! Keeps Rust's standard library from watching for stack overflows (ADR 8).
//!
//! Where the library does, each thread that starts or ends takes a lock of the library. A process
//! that is forked while another thread holds the lock can never start a thread, and Python programs
//! fork. The library leaves the signals alone if they do not have their default actions when the
//! program starts.

use libc::{SIG_DFL, SIG_IGN, SIGBUS, SIGSEGV, sighandler_t};

/// Runs before Rust's own start-up code.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = hide_the_defaults;

extern "C" fn hide_the_defaults() {
    replace(SIG_DFL, SIG_IGN);
}

/// Puts the system's default actions back. The first thing that `main` does.
pub(crate) fn leave_to_the_system() {
    replace(SIG_IGN, SIG_DFL);
}

/// Sets the actions of both signals that are `from` to `to`. Another action belongs to a preloaded
/// library that handles the signal.
fn replace(from: sighandler_t, to: sighandler_t) {
    for signal in [SIGSEGV, SIGBUS] {
        // SAFETY: these actions run no code of ours, and no other thread changes them: the process
        // has one thread.
        unsafe {
            let before = libc::signal(signal, to);
            if before != from {
                libc::signal(signal, before);
            }
        }
    }
}
