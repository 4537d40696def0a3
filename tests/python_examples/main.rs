//! The conformance test: every Python block of the two documents, and the programs beside them, do
//! what they say, in real time and in virtual time.
//!
//! Each program runs as `pyt run FILE` in a process of its own. Its whole output is compared, with
//! every order that it may have (see `pyt_test::orders`); its running time is compared with its
//! sleeps. The lower bound is exact, since a sleep never ends early. No upper bound asks for speed:
//! it only distinguishes waiting once from waiting twice, or side by side from one after the other,
//! and one of three attempts has to keep it.

use std::time::Duration;

use pyt_test::{CompletedProcess, Program, Time};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Runs a program whose sleeps take `sleeps` in all.
///
/// In real time it takes at least that long, and less than `below`. In virtual time it takes less
/// than its sleeps (or than `below`, if it waits for none). The upper bounds hold for at least one
/// of three attempts.
fn run_sleeping(
    program: &Program,
    time: Time,
    sleeps: Duration,
    below: Duration,
) -> CompletedProcess {
    let bound = match time {
        Time::Virtual if !sleeps.is_zero() => sleeps,
        _ => below,
    };
    let mut slow = Vec::new();
    for _ in 0..3 {
        let run = program.run();
        if time == Time::Real {
            assert!(
                run.elapsed >= sleeps,
                "it sleeps for {sleeps:?} in all: {run}"
            );
        }
        if run.elapsed < bound {
            return run;
        }
        slow.push(run.elapsed);
    }
    panic!("{time:?} time: should take less than {bound:?}, but took {slow:?}");
}

/// The number that follows `prefix` on a line of its own.
#[track_caller]
fn number_after(line: &str, prefix: &str) -> u64 {
    line.trim_end()
        .strip_prefix(prefix)
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("expected {prefix:?} and a number, not {line:?}"))
}

/// Makes a test in real time and a test in virtual time of each function.
macro_rules! in_both_times {
    ($($test:ident)*) => {
        mod real_time {
            $(#[test] fn $test() { super::$test(pyt_test::Time::Real); })*
        }
        mod virtual_time {
            $(#[test] fn $test() {
                if !pyt_test::skipped_on_other_python("virtual time") {
                    super::$test(pyt_test::Time::Virtual);
                }
            })*
        }
    };
}

mod blocks;
mod explained;
mod module;
mod orders;
mod programs;
