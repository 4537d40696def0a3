//! What the operating system does with the process's signals: a run that sets handlers replaces
//! what the host, or Rust's runtime, has set, and that is restored after it.
//!
//! Python's handlers are not known here.

use std::mem::MaybeUninit;

/// The numbers of signals that have names: `libc::SIGRTMIN` and what follows are a program's own.
const SIGNALS: std::ops::Range<i32> = 1..32;

/// The actions of all signals.
pub(super) struct Dispositions(Vec<(i32, libc::sigaction)>);

impl Dispositions {
    /// Those of now.
    pub(super) fn now() -> Self {
        let action = |signal| {
            let mut now = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: no action is set; the present one is written where there is room for it.
            let failed =
                unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) } != 0;
            // SAFETY: it was written, and consists of numbers that may all be zero.
            (!failed).then(|| (signal, unsafe { now.assume_init() }))
        };
        Self(SIGNALS.filter_map(action).collect())
    }

    /// The signals that have the default action, 0, or are ignored, 1.
    pub(super) fn plain(&self) -> impl Iterator<Item = (i32, usize)> + '_ {
        let actions = self
            .0
            .iter()
            .map(|(signal, action)| (*signal, action.sa_sigaction));
        actions.filter(|(_, action)| matches!(*action, libc::SIG_DFL | libc::SIG_IGN))
    }

    /// Has all signals do this again.
    pub(super) fn restore(&self) {
        for (signal, action) in &self.0 {
            // SAFETY: the action was the process's own. That of two signals is never another one.
            unsafe { libc::sigaction(*signal, action, std::ptr::null_mut()) };
        }
    }
}
