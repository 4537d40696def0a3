//! The Linux parker: one futex word. A signal that runs its handler here ends the park.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use rustix::{
    io::Errno,
    thread::futex::{self, Flags, Timespec},
};

use super::Parked;

const EMPTY: u32 = 0;
const TOKEN: u32 = 1;

#[derive(Debug, Default)]
pub(crate) struct Parker {
    word: AtomicU32,
}

impl Parker {
    /// Sleeps until the token is handed over, `timeout` has passed, or a signal handler ran.
    pub(crate) fn park(&self, timeout: Option<Duration>) -> Parked {
        if self.take() {
            return Parked::Token;
        }
        let limit = timeout.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        let slept = futex::wait(&self.word, Flags::PRIVATE, EMPTY, limit.as_ref());
        if self.take() {
            return Parked::Token;
        }
        match slept {
            Err(Errno::TIMEDOUT) => Parked::Elapsed,
            _ => Parked::Interrupted,
        }
    }

    /// Hands over the token. At most one may be under way.
    pub(crate) fn unpark(&self) {
        let before = self.word.swap(TOKEN, Ordering::Release);
        debug_assert_eq!(before, EMPTY, "a second token for one park");
        // The only errors are those of a bad address, which a live reference can't have.
        let _ = futex::wake(&self.word, Flags::PRIVATE, 1);
    }

    fn take(&self) -> bool {
        self.word
            .compare_exchange(TOKEN, EMPTY, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }
}
