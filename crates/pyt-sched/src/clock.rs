//! Clocks: where every timeout, sleep and reading of time in a runtime comes from.
//!
//! A clock counts nanoseconds since its own start. Neither threads nor wall-clock dates are known
//! here.

use std::time::{Duration, Instant};

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A point in time on a [`Clock`], in nanoseconds since that clock's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(pub u64);

/// How far a virtual clock moves at each reading, in nanoseconds, so that two readings differ
/// and a program that polls the time makes progress.
const READING_STEP: u64 = 1_000;

/// A source of time.
#[derive(Debug)]
pub struct Clock {
    /// When a clock that follows the machine's began; `None` for one that is always virtual.
    real_since: Option<Instant>,
    /// Time is virtual now.
    is_virtual: AtomicBool,
    /// Virtual time.
    now: AtomicU64,
}

impl Clock {
    /// A clock that follows the machine's monotonic clock, starting now.
    #[must_use]
    pub fn real() -> Self {
        Self {
            real_since: Some(Instant::now()),
            is_virtual: AtomicBool::new(false),
            now: AtomicU64::new(0),
        }
    }

    /// A clock at zero that stands still while threads run and leaps to the next deadline when
    /// none can. Only such leaps and readings move it.
    #[must_use]
    pub const fn virtual_time() -> Self {
        Self {
            real_since: None,
            is_virtual: AtomicBool::new(true),
            now: AtomicU64::new(0),
        }
    }

    /// Whether time is virtual now.
    #[must_use]
    #[inline]
    pub fn is_virtual(&self) -> bool {
        self.is_virtual.load(Ordering::Relaxed)
    }

    /// Whether time is never anything but virtual.
    pub(crate) const fn is_always_virtual(&self) -> bool {
        self.real_since.is_none()
    }

    /// Makes time virtual, from zero on, until [`leave_virtual_time`](Self::leave_virtual_time):
    /// for a time in which one thread at a time runs. An always virtual clock begins anew.
    pub(crate) fn enter_virtual_time(&self) {
        self.now.store(0, Ordering::SeqCst);
        self.is_virtual.store(true, Ordering::SeqCst);
    }

    /// Takes that back.
    pub(crate) fn leave_virtual_time(&self) {
        self.is_virtual
            .store(self.is_always_virtual(), Ordering::SeqCst);
    }

    /// The machine's time, where that is what the clock shows.
    fn real_now(&self) -> Option<u64> {
        let since = self.real_since.filter(|_| !self.is_virtual())?;
        Some(nanos(since.elapsed()))
    }

    /// Nanoseconds since the clock's start. Reading a virtual clock does not move it.
    #[must_use]
    pub fn now(&self) -> Deadline {
        Deadline(
            self.real_now()
                .unwrap_or_else(|| self.now.load(Ordering::SeqCst)),
        )
    }

    /// As [`now`](Self::now), for a program that asks the time: a virtual clock moves on by a
    /// microsecond at each reading, so that polling loops end and differences are never zero.
    #[must_use]
    pub fn read(&self) -> Deadline {
        Deadline(self.real_now().unwrap_or_else(|| {
            let later = |now: u64| Some(now.saturating_add(READING_STEP));
            let before = self
                .now
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
            before
                .unwrap_or_else(|now| now)
                .saturating_add(READING_STEP)
        }))
    }

    /// The point in time `timeout` from now; the far end of time if that can't be represented.
    #[must_use]
    pub fn after(&self, timeout: Duration) -> Deadline {
        Deadline(self.now().0.saturating_add(nanos(timeout)))
    }

    /// The time until `deadline`; zero if it has passed.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Duration {
        Duration::from_nanos(deadline.0.saturating_sub(self.now().0))
    }

    /// Moves a virtual clock forward to `deadline`; a real clock or an earlier point: no effect.
    pub(crate) fn advance_to(&self, deadline: Deadline) {
        if self.is_virtual() {
            self.now.fetch_max(deadline.0, Ordering::SeqCst);
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
