//! The clocks of the module `time`: the scheduler's where there is a virtual one, else the
//! machine's.
//!
//! Virtual time goes on from what the machine's clocks showed when the module was first loaded.
//! Processor time is always real.

use std::{io, sync::OnceLock, time::Duration};

use pyt_sched::{
    Clock, Thread,
    controlled::{self, Source},
};
use rustpython_vm::host_env::time::{
    self as os, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, CLOCK_TAI, ClockId,
};

/// What the machine's clocks showed when virtual time began.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    monotonic: Duration,
    wall: Duration,
}

/// What the clocks show when a run under a strategy begins: the same in every run.
const RUNS_BEGIN: Epoch = Epoch {
    monotonic: Duration::from_secs(1000),
    // The beginning of 2026.
    wall: Duration::from_secs(1_767_225_600),
};

fn epoch() -> &'static Epoch {
    if controlled::current_number().is_some() {
        return &RUNS_BEGIN;
    }
    static EPOCH: OnceLock<Epoch> = OnceLock::new();
    EPOCH.get_or_init(|| Epoch {
        monotonic: machine(ClockId::CLOCK_MONOTONIC),
        wall: machine(ClockId::CLOCK_REALTIME),
    })
}

/// Makes virtual time begin, if it has not begun.
pub(super) fn begin() {
    epoch();
}

/// A clock that every machine has.
fn machine(clock: ClockId) -> Duration {
    os::clock_gettime(clock).unwrap_or_default()
}

/// The calling thread's virtual time, if that is what it lives in.
fn virtual_now() -> Option<Duration> {
    // What is done in one step takes no time, however much of it there is: the first import of a
    // module is to leave no trace in a run.
    let read = |clock: &Clock| {
        if controlled::is_atomic() {
            clock.now()
        } else {
            controlled::draw(Source::Clock);
            clock.read()
        }
    };
    Thread::with_clock(|clock| clock.is_virtual().then(|| read(clock)))
        .flatten()
        .map(|now| Duration::from_nanos(now.0))
}

/// Whether the calling thread lives in virtual time.
pub(super) fn is_virtual() -> bool {
    Thread::with_clock(Clock::is_virtual).unwrap_or(false)
}

/// Time that never goes back, from an unspecified beginning.
pub(super) fn monotonic() -> Duration {
    match virtual_now() {
        Some(now) => epoch().monotonic + now,
        None => machine(ClockId::CLOCK_MONOTONIC),
    }
}

/// Time since 1970.
pub(super) fn wall() -> Duration {
    match virtual_now() {
        Some(now) => epoch().wall + now,
        None => machine(ClockId::CLOCK_REALTIME),
    }
}

/// Any clock, by its number.
///
/// # Errors
/// The operating system's.
pub(super) fn by_id(id: ClockId) -> io::Result<Duration> {
    match id {
        ClockId::CLOCK_MONOTONIC => Ok(monotonic()),
        ClockId::CLOCK_REALTIME => Ok(wall()),
        // Processor time is as much as the clock says has passed.
        ClockId::CLOCK_PROCESS_CPUTIME_ID | ClockId::CLOCK_THREAD_CPUTIME_ID
            if controlled::current_number().is_some() =>
        {
            Ok(virtual_now().unwrap_or_default())
        }
        _ => {
            let now = os::clock_gettime(id)?;
            let follows = [CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, CLOCK_TAI].contains(&id.as_raw());
            match virtual_now() {
                // As far from the monotonic clock as on the machine.
                Some(virtually) if follows => {
                    let really = machine(ClockId::CLOCK_MONOTONIC);
                    Ok((now + epoch().monotonic + virtually).saturating_sub(really))
                }
                _ => Ok(now),
            }
        }
    }
}

/// The clocks that `get_clock_info` knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Info {
    pub(super) id: ClockId,
    pub(super) implementation: &'static str,
    pub(super) monotonic: bool,
    pub(super) adjustable: bool,
}

/// The clock behind the function `name`.
pub(super) fn info(name: &str) -> Option<Info> {
    let (id, implementation) = match name {
        "monotonic" | "perf_counter" => {
            (ClockId::CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)")
        }
        "time" => (ClockId::CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)"),
        "process_time" => (
            ClockId::CLOCK_PROCESS_CPUTIME_ID,
            "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
        ),
        "thread_time" => (
            ClockId::CLOCK_THREAD_CPUTIME_ID,
            "clock_gettime(CLOCK_THREAD_CPUTIME_ID)",
        ),
        _ => return None,
    };
    let wall = id == ClockId::CLOCK_REALTIME;
    Some(Info {
        id,
        implementation,
        monotonic: !wall,
        adjustable: wall,
    })
}
