//! Tests that run in this process: each on a thread of its own, under a deadline.
//!
//! A thread cannot be ended from outside. A test that hangs fails, and its threads go with the
//! process; one that must not disturb others, nor be disturbed, runs in a process of its own.

use std::{
    env,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::Process;

/// How long a test may take. Variables that ask for a long test (`PYT_TEST_RUNTIMES=200`, say) get
/// it half an hour.
fn limit() -> Duration {
    let is_long = env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("PYT_TEST_"));
    Duration::from_secs(if is_long { 1800 } else { 120 })
}

/// Runs `test` on a thread of its own. Panics if it does, and if it takes longer than 120 s (30
/// minutes with a variable `PYT_TEST_...` in the environment); `what` names it then.
#[track_caller]
pub fn within(what: &str, test: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let tester = thread::spawn(move || {
        test();
        // Nothing waits for a test that has passed its deadline.
        let _ = done.send(());
    });
    let limit = limit();
    match wait.recv_timeout(limit) {
        Err(RecvTimeoutError::Timeout) => panic!("{what}: not done after {limit:?}"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Err(panic) = tester.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// How much longer than its test a process may take, so that the test itself says what it waits
/// for.
const PROCESS_MARGIN: Duration = Duration::from_secs(30);

/// Runs the ignored test of this name, one of this binary's, in a process of its own. Panics if the
/// test fails or takes longer than the limit of [`within`].
#[track_caller]
pub fn alone(test: &str) {
    let own = env::current_exe().expect("this program has a path");
    let done = Process::new(own)
        .args(["--ignored", "--exact", "--nocapture", test])
        .label(test)
        .run_until(limit() + PROCESS_MARGIN)
        .unwrap_or_else(|timed_out| panic!("{timed_out}"));
    println!("{}", done.stdout);
    assert!(
        done.status.success() && done.stdout.contains("1 passed"),
        "{done}"
    );
}
