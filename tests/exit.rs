//! The end of a program whose daemon threads run on: no crash, no hang, nothing lost.
//!
//! Not run against another Python: CPython itself usually aborts when a daemon thread prints to a
//! pipe at the end.

mod support;

use support::{Program, skipped_on_other_python};

/// How often each program runs: what goes wrong at the end goes wrong once in a while.
const RUNS: usize = 25;

/// Daemon threads in every state; then three threads that print and end.
const CROWD: &str = r#"
import queue, threading, time

lock = threading.Lock()
event = threading.Event()

def printer():
    while True:
        print("x" * 50)

def allocator():
    while True:
        [dict(a=i) for i in range(100)]

def holder():
    while True:
        with lock:
            sum(range(50))

def waiter():
    while True:
        event.wait(0.001)

def getter():
    queue.Queue().get()

for function in printer, allocator, holder, holder, waiter, getter, printer:
    threading.Thread(target=function, daemon=True).start()
workers = [threading.Thread(target=print, args=(f"finished {i}",)) for i in range(3)]
for worker in workers:
    worker.start()
time.sleep(0.02)
"#;

fn ends_well(gil: &str) {
    if skipped_on_other_python("a quiet end with daemon threads that print") {
        return;
    }
    for number in 0..RUNS {
        let run = Program::new("crowd.py", CROWD).flag("-X").flag(gil).run();
        run.succeeded();
        for worker in 0..3 {
            assert!(
                run.stdout.contains(&format!("finished {worker}")),
                "run {number}: the output of a thread that had ended is lost: {run}"
            );
        }
    }
}

#[test]
fn a_crowd_of_daemons_with_the_gil() {
    ends_well("gil=1");
}

#[test]
fn a_crowd_of_daemons_without_the_gil() {
    ends_well("gil=0");
}

#[test]
fn the_endless_printer() {
    if skipped_on_other_python("a quiet end with daemon threads that print") {
        return;
    }
    let source = "import threading\n\
        def background_task():\n    while True:\n        print('Running in background...')\n\
        threading.Thread(target=background_task, daemon=True).start()\n";
    for _ in 0..RUNS {
        Program::new("printer.py", source).run().succeeded();
    }
}
