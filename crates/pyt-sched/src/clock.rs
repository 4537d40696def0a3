//! Clocks: where every timeout, sleep and reading of time in a runtime comes from.
//!
//! A clock counts nanoseconds since its own start. It knows neither threads nor wall-clock dates.

use std::time::{Duration, Instant};

use crate::{
    Thread,
    sync::atomic::{AtomicU64, Ordering},
};

/// A point in time on a [`Clock`], in nanoseconds since that clock's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(pub u64);

impl Deadline {
    /// The point in time `timeout` from now, on the calling thread's clock.
    #[must_use]
    pub fn after(timeout: Duration) -> Self {
        Thread::current_or_adopted()
            .scheduler()
            .clock()
            .after(timeout)
    }
}

/// How far a virtual clock moves at each reading, in nanoseconds, so that two readings differ
/// and a program that polls the time makes progress.
const READING_COSTS: u64 = 1_000;

/// A source of time.
#[derive(Debug)]
pub enum Clock {
    /// The machine's monotonic clock.
    Real(Instant),
    /// A clock that stands still while threads run and leaps to the next deadline when none can.
    Virtual(AtomicU64),
}

impl Clock {
    /// A clock that follows the machine's monotonic clock, starting now.
    #[must_use]
    pub fn real() -> Self {
        Self::Real(Instant::now())
    }

    /// A clock at zero that only [`advance_to`](Self::advance_to) and readings move.
    #[must_use]
    pub const fn virtual_time() -> Self {
        Self::Virtual(AtomicU64::new(0))
    }

    /// Whether time is virtual.
    #[must_use]
    pub const fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }

    /// Nanoseconds since the clock's start. Reading a virtual clock does not move it.
    #[must_use]
    pub fn now(&self) -> Deadline {
        Deadline(match self {
            Self::Real(start) => nanos(start.elapsed()),
            Self::Virtual(now) => now.load(Ordering::SeqCst),
        })
    }

    /// As [`now`](Self::now), for a program that asks the time: a virtual clock moves on by a
    /// microsecond at each reading, so that polling loops end and differences are never zero.
    #[must_use]
    pub fn read(&self) -> Deadline {
        Deadline(match self {
            Self::Real(start) => nanos(start.elapsed()),
            Self::Virtual(now) => {
                let later = |now: u64| Some(now.saturating_add(READING_COSTS));
                let before = now.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
                before
                    .unwrap_or_else(|now| now)
                    .saturating_add(READING_COSTS)
            }
        })
    }

    /// The point in time `timeout` from now; the far end of time if that can't be represented.
    #[must_use]
    pub fn after(&self, timeout: Duration) -> Deadline {
        Deadline(self.now().0.saturating_add(nanos(timeout)))
    }

    /// What is left until `deadline`; zero if it has passed.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Duration {
        Duration::from_nanos(deadline.0.saturating_sub(self.now().0))
    }

    /// Moves a virtual clock forward to `deadline`; a real clock or an earlier point: no effect.
    pub(crate) fn advance_to(&self, deadline: Deadline) {
        if let Self::Virtual(now) = self {
            now.fetch_max(deadline.0, Ordering::SeqCst);
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_moves_only_when_told_or_read() {
        let clock = Clock::virtual_time();
        assert_eq!(clock.now(), clock.now());
        clock.advance_to(Deadline(5_000));
        assert_eq!(clock.now(), Deadline(5_000));
        clock.advance_to(Deadline(1));
        assert_eq!(clock.now(), Deadline(5_000), "time never runs backwards");
        assert_eq!(clock.read(), Deadline(6_000));
    }

    #[test]
    fn a_timeout_past_the_end_of_time_saturates() {
        let clock = Clock::virtual_time();
        clock.advance_to(Deadline(10));
        assert_eq!(clock.after(Duration::MAX), Deadline(u64::MAX));
        assert_eq!(clock.until(Deadline(3)), Duration::ZERO);
        clock.advance_to(Deadline(u64::MAX));
        assert_eq!(clock.read(), Deadline(u64::MAX), "and does not begin anew");
        assert_eq!(clock.now(), Deadline(u64::MAX));
    }
}
