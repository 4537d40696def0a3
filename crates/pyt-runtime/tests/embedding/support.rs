//! Runtimes for tests, and a deadline for each test.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use pyt_runtime::Runtime;

/// What a test may take: much more than any needs, unless a variable of the environment (`PYT_TEST_…`)
/// asks for a long one.
fn deadline() -> Duration {
    let is_long =
        std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("PYT_TEST_"));
    Duration::from_secs(if is_long { 1800 } else { 120 })
}

/// A runtime; `gil`: whether one thread at a time runs Python.
pub fn runtime(gil: bool) -> Runtime {
    Runtime::builder()
        .gil(gil)
        .build()
        .expect("a runtime with the default settings")
}

/// Runs `test` on a thread of its own, once with the GIL and once without, and fails if it takes
/// longer than the deadline.
pub fn in_both_modes(test: impl Fn(bool) + Send + Sync + Clone + 'static) {
    for gil in [true, false] {
        let test = test.clone();
        within_deadline(&format!("with gil={gil}"), move || test(gil));
    }
}

/// Runs `test` on a thread of its own, and fails if it takes longer than the deadline.
pub fn within_deadline(what: &str, test: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let tester = thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    let deadline = deadline();
    match wait.recv_timeout(deadline) {
        Err(RecvTimeoutError::Timeout) => panic!("{what}: not done after {deadline:?}"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Err(panic) = tester.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// Runs the ignored test of this name in a process of its own, and fails if it does.
pub fn alone(test: &str) {
    let own = std::env::current_exe().expect("this program has a path");
    let done = std::process::Command::new(own)
        .args(["--ignored", "--exact", "--nocapture", test])
        .output()
        .expect("this program runs");
    let told = String::from_utf8_lossy(&done.stdout);
    println!("{told}");
    let failed = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && told.contains("1 passed"),
        "{failed}"
    );
}
