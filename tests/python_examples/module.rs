//! The blocks of the document that goes through the module.

use pyt_test::orders::{any_order, assert_order, is_allowed};
use pyt_test::{Time, other_python};

use super::blocks::MODULE;
use super::{run_sleeping, seconds};

in_both_times! {
    module_1_import
    module_2_create_and_start
    module_3_multiple_threads
    module_4_thread_subclass
    module_5_daemon_thread
    module_6_lock
    module_7_event
    module_8_queue
    module_9_semaphore
}

fn module_1_import(time: Time) {
    MODULE.program(1, time).run().succeeded().printed("");
}

fn module_2_create_and_start(time: Time) {
    let expected = "Number: 0\nNumber: 1\nNumber: 2\nNumber: 3\nNumber: 4\nMain thread finished\n";
    MODULE.program(2, time).run().succeeded().printed(expected);
}

fn module_3_multiple_threads(time: Time) {
    let run = MODULE.program(3, time).run();
    run.succeeded();
    assert_order(
        &run.stdout,
        &[any_order(&[
            "Task 0 is running",
            "Task 1 is running",
            "Task 2 is running",
        ])],
    );
}

fn module_4_thread_subclass(time: Time) {
    MODULE
        .program(4, time)
        .run()
        .succeeded()
        .printed("Thread A is running\n");
}

/// The endless daemon printer stops with its program, wherever it stands. What it has printed is
/// the beginning of an endless repetition; it may be cut anywhere, even within a line, since the
/// thread stops between two writes and a full buffer is written out in pieces.
///
/// CPython often fails this one when stdout is a pipe: the thread is stopped while it holds the
/// stream's lock, and the interpreter aborts ("_enter_buffered_busy: could not acquire lock").
fn module_5_daemon_thread(time: Time) {
    let run = MODULE.program(5, time).run();
    let aborted_as_cpython_does =
        other_python().is_some() && run.stderr.contains("_enter_buffered_busy");
    if !aborted_as_cpython_does {
        run.succeeded();
    }
    let line = "Running in background...\n";
    let endless = line.repeat(run.stdout.len() / line.len() + 1);
    assert!(
        endless.starts_with(&run.stdout),
        "not what the thread prints: {run}"
    );
}

fn module_6_lock(time: Time) {
    MODULE
        .program(6, time)
        .run()
        .succeeded()
        .printed("Final Counter: 20000\n");
}

/// One thread prints both lines, so there is one order: and the second comes only after the event,
/// which the main thread sets after 2 s.
fn module_7_event(time: Time) {
    let run = run_sleeping(&MODULE.program(7, time), time, seconds(2), seconds(4));
    run.succeeded()
        .printed("Waiting for event...\nEvent triggered, running!\n");
}

/// Each of the five items is processed once, by either worker.
///
/// The program has a bug of its own: `while not q.empty(): q.get()`. Between the two calls the
/// other worker may take the last item. Then all five are processed, `join()` returns, the main
/// thread ends, and the first worker waits in `get()` forever, and the program with it: on every
/// Python, CPython included (there it takes a thread switch at exactly that place; 400 runs on
/// CPython 3.14 showed none). So there are two allowed outcomes, and the test names both:
///
/// - the program ends, with exit status 0 and all five lines, or
/// - all five lines are printed and the program does not end.
///
/// The second is tried again, since a correct Python shows it seldom; if none of five attempts
/// ends, something else than that bug keeps the program from ending. The output is unbuffered, or a
/// program that hangs would not show it.
fn module_8_queue(time: Time) {
    let program = MODULE.program(8, time).env("PYTHONUNBUFFERED", "1");
    for _ in 0..5 {
        match program.run_until(seconds(20)) {
            Ok(run) => {
                run.succeeded();
                assert!(
                    two_workers_processed_all(&run.stdout),
                    "not an allowed order: {run}"
                );
                return;
            }
            Err(timed_out) => {
                assert!(
                    two_workers_processed_all(&timed_out.output.stdout),
                    "hangs, and not by the document's own bug: {timed_out}"
                );
                eprintln!("a worker waits for an item that the other took; trying again");
            }
        }
    }
    panic!("none of five attempts ended");
}

/// Whether two workers took the items 0 to 4 from a queue and printed each: every way to share
/// them out, each worker's items in rising order, the workers' writes in any.
pub(crate) fn two_workers_processed_all(output: &str) -> bool {
    const LINES: [&str; 5] = [
        "Processing 0",
        "Processing 1",
        "Processing 2",
        "Processing 3",
        "Processing 4",
    ];
    (0..1_u32 << LINES.len()).any(|shares| {
        let share = |worker| {
            let mine = |item: &usize| shares >> item & 1 == worker;
            (0..LINES.len())
                .filter(mine)
                .map(|item| LINES[item])
                .collect()
        };
        is_allowed(output, &[vec![share(0), share(1)]])
    })
}

/// Five tasks of 2 s, at most two at a time: never less than 6 s, and less than the 10 s that one
/// at a time would take. The tasks may pass the semaphore in any order.
fn module_9_semaphore(time: Time) {
    let run = run_sleeping(&MODULE.program(9, time), time, seconds(6), seconds(10));
    run.succeeded();
    assert_order(
        &run.stdout,
        &[any_order(&[
            "Thread 0 is running",
            "Thread 1 is running",
            "Thread 2 is running",
            "Thread 3 is running",
            "Thread 4 is running",
        ])],
    );
}
