//! Work whose failures are discarded or only reported, and that exceptions from other threads are
//! kept out of: finalizers, and some of the host's library.
//!
//! Such work would take an exception that comes from outside for a failure of its own. So nothing
//! is raised in it at first; and what is raised in it, if it takes too long or waits, ends it, and
//! stays on its way to the program. Which exceptions there are is not known here.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use pyt_sched::Thread;

/// How long a [`shielded`] function is shielded at most: longer than what the library does there
/// takes. It may call code of the program's, which takes as long as it likes.
const LONGEST_SHIELD: Duration = Duration::from_millis(100);

thread_local! {
    /// When the outermost [`shielded`] function that the thread is in began.
    static SHIELDED_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// An exception has still to be raised when the function is over.
    static POSTPONED: Cell<bool> = const { Cell::new(false) };
}

/// What a place where an exception could be raised has to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shielding {
    /// Raise it: no shielded function is under way.
    None,
    /// Leave it for later.
    Postpones,
    /// Raise it, to end the shielded function, and again afterwards.
    Expired,
}

/// Runs `f`, in which nothing is raised from outside for 100 ms, but in a wait. What arrives
/// meanwhile is raised once `f` is over, whatever `f` does with its own errors.
pub fn shielded<R>(f: impl FnOnce() -> R) -> R {
    struct Shield {
        outer: Option<Instant>,
    }
    impl Drop for Shield {
        fn drop(&mut self) {
            SHIELDED_SINCE.set(self.outer);
            // A wait within the function may have used up the mark that the next wait looks for.
            if self.outer.is_none()
                && POSTPONED.take()
                && let Some(thread) = Thread::current()
            {
                thread.interrupt();
            }
        }
    }
    let outer = SHIELDED_SINCE.get();
    SHIELDED_SINCE.set(outer.or_else(|| Some(Instant::now())));
    let _shield = Shield { outer };
    f()
}

/// Asks for the calling thread, to which an exception is on its way. A wait is ended at once: an
/// end of it later would need another interruption.
pub(super) fn postpone(waits: bool) -> Shielding {
    let Some(since) = SHIELDED_SINCE.get() else {
        return Shielding::None;
    };
    POSTPONED.set(true);
    if !waits && since.elapsed() < LONGEST_SHIELD {
        Shielding::Postpones
    } else {
        Shielding::Expired
    }
}
