//! The Linux parker: one futex word. A signal that runs its handler here ends the sleep.
//!
//! A thread that expects its token soon spins for a short time before it sleeps: then handing the
//! token over costs no system call, and no wait until a core has woken up.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    thread::{
        futex::{self, Flags, Timespec},
        sched_getaffinity,
    },
};

use super::Parked;

/// No token, and the thread does not sleep.
const EMPTY: u32 = 0;
/// The token is there.
const TOKEN: u32 = 1;
/// No token; the thread spins.
const SPINNING: u32 = 2;
/// No token; the thread sleeps or is about to.
const SLEEPING: u32 = 3;

/// How long a thread spins before it sleeps: a little more than a thread takes that must be woken
/// first, and answers at once.
const SPIN_LIMIT: Duration = Duration::from_micros(20);

/// How often a spinning thread checks for its token between two readings of the clock.
const CHECKS_PER_READING: usize = 32;

/// A thread that spins again and again without getting its token does not spin at its next parks:
/// at most 2 to the power of this.
const MAX_MISSES: u8 = 7;

/// How many threads of the process spin.
static SPINNERS: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Default)]
pub(crate) struct Parker {
    word: AtomicU32,
    /// How often in a row spinning did not bring the token. Used by the parking thread alone.
    misses: AtomicU8,
    /// How many parks from now on do not spin. Used by the parking thread alone.
    skip: AtomicU8,
}

impl Parker {
    /// Sleeps until the token is handed over, `timeout` has passed, or a signal handler ran.
    pub(crate) fn park(&self, timeout: Option<Duration>) -> Parked {
        if self.change_state(EMPTY, SLEEPING) {
            self.sleep(timeout)
        } else {
            self.take();
            Parked::Token
        }
    }

    /// As [`park`](Self::park), for a thread that may well be handed its token at once.
    pub(crate) fn park_soon(&self, timeout: Option<Duration>) -> Parked {
        let skip = self.skip.load(Ordering::Relaxed);
        if skip > 0 {
            self.skip.store(skip - 1, Ordering::Relaxed);
            return self.park(timeout);
        }
        if !may_spin() {
            return self.park(timeout);
        }
        if !self.change_state(EMPTY, SPINNING) {
            SPINNERS.fetch_sub(1, Ordering::Relaxed);
            self.take();
            return Parked::Token;
        }
        let began = Instant::now();
        let limit = timeout.map_or(SPIN_LIMIT, |left| left.min(SPIN_LIMIT));
        loop {
            for _ in 0..CHECKS_PER_READING {
                if self.word.load(Ordering::Relaxed) == TOKEN {
                    self.take();
                    self.misses.store(0, Ordering::Relaxed);
                    return Parked::Token;
                }
                std::hint::spin_loop();
            }
            if began.elapsed() >= limit {
                break;
            }
        }
        if !self.change_state(SPINNING, SLEEPING) {
            self.take();
            return Parked::Token;
        }
        SPINNERS.fetch_sub(1, Ordering::Relaxed);
        let misses = self.misses.load(Ordering::Relaxed);
        self.misses
            .store((misses + 1).min(MAX_MISSES), Ordering::Relaxed);
        self.skip.store((1 << misses) - 1, Ordering::Relaxed);
        self.sleep(timeout.map(|left| left.saturating_sub(began.elapsed())))
    }

    /// The word says that the thread sleeps: it does.
    fn sleep(&self, timeout: Option<Duration>) -> Parked {
        let limit = timeout.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        let slept = futex::wait(&self.word, Flags::PRIVATE, SLEEPING, limit.as_ref());
        if self.take() {
            return Parked::Token;
        }
        match slept {
            Err(Errno::TIMEDOUT) => Parked::Elapsed,
            _ => Parked::Interrupted,
        }
    }

    /// Hands over the token. To be called once for each park that is to end so.
    pub(crate) fn unpark(&self) {
        match self.word.swap(TOKEN, Ordering::Release) {
            // Counted here and not by the woken thread: another may be about to spin before that.
            SPINNING => {
                SPINNERS.fetch_sub(1, Ordering::Relaxed);
            }
            SLEEPING => {
                // The only errors are those of a bad address, which a live reference can't have.
                let _ = futex::wake(&self.word, Flags::PRIVATE, 1);
            }
            before => debug_assert_eq!(before, EMPTY, "a second token for one park"),
        }
    }

    /// The thread does not sleep any more. Whether there was a token, which is now used up.
    fn take(&self) -> bool {
        self.word.swap(EMPTY, Ordering::Acquire) == TOKEN
    }

    fn change_state(&self, from: u32, to: u32) -> bool {
        self.word
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// Whether one more thread may spin: there must be a core left for the thread that hands over the
/// token. If so, it is counted.
fn may_spin() -> bool {
    static MOST: OnceLock<usize> = OnceLock::new();
    let most = *MOST.get_or_init(|| {
        // What the process may use, not what there is.
        let cores = sched_getaffinity(None).map_or(1, |cores| cores.count());
        usize::try_from(cores).unwrap_or(1).saturating_sub(1)
    });
    SPINNERS
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spinners| {
            (spinners < most).then_some(spinners + 1)
        })
        .is_ok()
}

/// In the child of a `fork`, whose only thread does not spin.
pub(crate) fn reset_after_fork() {
    SPINNERS.store(0, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_token_is_used_up_by_one_park() {
        let parker = Parker::default();
        for _ in 0..3 {
            parker.unpark();
            assert_eq!(parker.park_soon(None), Parked::Token);
            parker.unpark();
            assert_eq!(parker.park(None), Parked::Token);
        }
        let short = Some(Duration::from_micros(1));
        assert_eq!(parker.park(short), Parked::Elapsed);
        assert_eq!(parker.park_soon(short), Parked::Elapsed);
    }

    #[test]
    fn spinning_counts_as_waiting() {
        let parker = Parker::default();
        let wait = Duration::from_millis(2);
        // Enough to reach the parks that do not spin.
        for _ in 0..2 * MAX_MISSES {
            let began = Instant::now();
            while parker.park_soon(Some(wait.saturating_sub(began.elapsed()))) != Parked::Elapsed {}
            assert!(began.elapsed() >= wait);
        }
        parker.unpark();
        assert_eq!(parker.park_soon(None), Parked::Token);
    }

    /// Between two threads that answer at once, at times late, tokens come one by one.
    #[test]
    fn no_token_is_lost_between_spinning_and_sleeping() {
        const ROUNDS: u32 = 20_000;
        let (asked, answered) = (Arc::new(Parker::default()), Arc::new(Parker::default()));
        let dawdle = |round: u32| {
            let late = Duration::from_micros(u64::from(round % 5) * 10);
            let began = Instant::now();
            while late > Duration::ZERO && round.is_multiple_of(16) && began.elapsed() < late {}
        };
        let echo = std::thread::spawn({
            let (asked, answered) = (asked.clone(), answered.clone());
            move || {
                for round in 0..ROUNDS {
                    while asked.park_soon(None) != Parked::Token {}
                    dawdle(round);
                    answered.unpark();
                }
            }
        });
        for round in 0..ROUNDS {
            asked.unpark();
            dawdle(round + 8);
            while answered.park_soon(None) != Parked::Token {}
        }
        echo.join().unwrap();
        let short = Some(Duration::from_micros(1));
        assert_eq!(asked.park(short), Parked::Elapsed);
        assert_eq!(answered.park(short), Parked::Elapsed);
    }
}
