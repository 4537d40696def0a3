//! The blocks of the document that explains threading.

use std::time::Duration;

use pyt_test::Time;
use pyt_test::orders::{alone, any_order, assert_order};

use super::blocks::EXPLAINED;
use super::{number_after, run_sleeping, seconds};

in_both_times! {
    explained_1_basic_thread
    explained_2_non_daemon_thread
    explained_3_daemon_thread
    explained_4_multiple_threads
    explained_5_race_condition
    explained_6_lock
}

/// The thread and the main program print side by side; then the thread ends, then the main program,
/// which has waited for it. The document shows the thread's first line first, which is the usual
/// order but not the only one.
fn explained_1_basic_thread(time: Time) {
    let run = run_sleeping(&EXPLAINED.program(1, time), time, seconds(2), seconds(4));
    run.succeeded();
    assert_order(
        &run.stdout,
        &[
            any_order(&["Thread A starting", "Main thread running..."]),
            alone(&["Thread A Ending", "Main thraed finish"]),
        ],
    );
}

/// The program waits for its thread although the main thread has ended.
fn explained_2_non_daemon_thread(time: Time) {
    let run = run_sleeping(&EXPLAINED.program(2, time), time, seconds(3), seconds(6));
    run.succeeded().printed("Main finished\nWorker finished\n");
}

/// The program ends without its daemon thread: sooner than that thread's sleep of 3 s, and without
/// its line. One of three attempts must be that soon; a program that waits never is.
fn explained_3_daemon_thread(time: Time) {
    let run = run_sleeping(&EXPLAINED.program(3, time), time, seconds(0), seconds(3));
    run.succeeded().printed("Main finished\n");
}

/// All five start before the first ends, and sleep side by side: 2 s, where one after the other
/// would take 10.
fn explained_4_multiple_threads(time: Time) {
    let run = run_sleeping(&EXPLAINED.program(4, time), time, seconds(2), seconds(4));
    run.succeeded();
    assert_order(
        &run.stdout,
        &[
            any_order(&[
                "Thread 0 starting",
                "Thread 1 starting",
                "Thread 2 starting",
                "Thread 3 starting",
                "Thread 4 starting",
            ]),
            any_order(&[
                "Thread 0 Ending",
                "Thread 1 Ending",
                "Thread 2 Ending",
                "Thread 3 Ending",
                "Thread 4 Ending",
            ]),
            alone(&["All threads finished"]),
        ],
    );
}

/// Updates are lost. How many is up to chance: the document shows 1002, which is near the usual
/// value. Each thread sleeps 1000 times for 0.1 ms, side by side with the others.
fn explained_5_race_condition(time: Time) {
    let run = EXPLAINED.program(5, time).run();
    run.succeeded();
    let counter = number_after(&run.stdout, "Final counter: ");
    // 2 is the least that any order can leave: a thread writes 1 last but for one other write.
    assert!(
        (2..5000).contains(&counter),
        "updates must be lost, but not all: {run}"
    );
    if time == Time::Real {
        assert!(
            run.elapsed >= Duration::from_millis(100),
            "slept too little: {run}"
        );
    }
}

/// No update is lost, and the sleeps, each under the lock, come one after the other: 0.5 s.
fn explained_6_lock(time: Time) {
    let run = EXPLAINED.program(6, time).run();
    run.succeeded().printed("Final counter with lock: 5000\n");
    if time == Time::Real {
        assert!(
            run.elapsed >= Duration::from_millis(500),
            "slept too little: {run}"
        );
    }
}
