//! The end of a program whose daemon threads run on: no crash, no hang, nothing lost.
//!
//! Not run against another Python: CPython itself usually aborts when a daemon thread prints to a
//! pipe at the end.

use std::os::unix::process::ExitStatusExt;

use pyt_test::{Program, skipped_on_other_python};

/// How often each program runs: what goes wrong at the end goes wrong once in a while.
/// `PYT_TEST_EXITS` asks for another number.
fn runs() -> usize {
    let asked = std::env::var("PYT_TEST_EXITS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(25)
}

/// Daemon threads in every state and in every wait; then threads that print and end; then an end,
/// by what `{end}` stands for.
const CROWD: &str = r#"
import atexit, queue, sys, threading, time

lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
event, semaphore, barrier = threading.Event(), threading.Semaphore(0), threading.Barrier(50)
items, full, simple, never = queue.Queue(), queue.Queue(1), queue.SimpleQueue(), threading.Lock()
items.put(1)
full.put(1)
never.acquire()

def printer():
    while True:
        print("x" * 50)

def allocator():
    while True:
        [dict(a=i) for i in range(100)]

def holder():
    while True:
        with lock, rlock:
            sum(range(50))

def notified():
    with condition:
        condition.wait()

def ticking():
    while True:
        event.wait(0.001)

def starter():
    while True:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()

def daemon(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()

for function in [printer, printer, allocator, holder, holder, notified, ticking, starter]:
    daemon(function)
for wait in [simple.get, items.join, event.wait, semaphore.acquire, barrier.wait, never.acquire,
             queue.Queue().get, threading.main_thread().join]:
    daemon(wait)
daemon(full.put, 1)
daemon(time.sleep, 3600)
workers = [threading.Thread(target=print, args=(f"finished {i}",)) for i in range(3)]
for worker in workers:
    worker.start()
threading._register_atexit(print, "threads end")
atexit.register(print, "exit handler")
time.sleep(0.02)
{end}
"#;

/// How a program ends, its exit status, and what its stderr ends with.
const ENDS: [(&str, i32, &str); 3] = [
    ("", 0, ""),
    ("sys.exit(7)", 7, ""),
    ("raise ValueError('the end')", 1, "ValueError: the end\n"),
];

fn ends_well(gil: &str) {
    if skipped_on_other_python("a quiet end with daemon threads that print") {
        return;
    }
    for number in 0..runs() {
        let (end, status, complaint) = ENDS[number % ENDS.len()];
        let source = CROWD.replace("{end}", end);
        let run = Program::new("crowd.py", source).flag("-X").flag(gil).run();
        run.exited_with(status);
        assert!(
            run.stderr.ends_with(complaint) && run.stderr.is_empty() == complaint.is_empty(),
            "run {number}: {run}"
        );
        for line in [
            "finished 0",
            "finished 1",
            "finished 2",
            "threads end",
            "exit handler",
        ] {
            assert!(
                run.stdout.contains(line),
                "run {number}: {line:?}, written before the end, is lost: {run}"
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

/// Threads that fight for the lock of standard output: most are stopped on their way back from
/// waiting for it, and one of them may have it, and in its hands what others printed.
const FIGHT: &str = r#"
import sys, threading, time

def writer():
    while True:
        sys.stdout.buffer.write(b"y")

def printer():
    while True:
        print("x" * 9000)

print("first")
for function in [writer] * 3 + [printer] * 2:
    threading.Thread(target=function, daemon=True).start()
time.sleep(0.003)
print("last")
"#;

#[test]
fn a_fight_for_the_lock_of_a_stream() {
    if skipped_on_other_python("a quiet end with daemon threads that print") {
        return;
    }
    for number in 0..2 * runs() {
        let gil = ["gil=0", "gil=1"][number % 2];
        let run = Program::new("fight.py", FIGHT).flag("-X").flag(gil).run();
        run.succeeded();
        for text in ["first", "last"] {
            assert!(
                run.stdout.contains(text),
                "run {number}: {text:?}, written before the end, is lost: {run}"
            );
        }
    }
}

#[test]
fn the_endless_printer() {
    if skipped_on_other_python("a quiet end with daemon threads that print") {
        return;
    }
    let source = "import threading\n\
        def background_task():\n    while True:\n        print('Running in background...')\n\
        threading.Thread(target=background_task, daemon=True).start()\n";
    for _ in 0..runs() {
        Program::new("printer.py", source).run().succeeded();
    }
}

/// Rust's handler for stack overflows would take the first such signal for one; and its lock, held
/// by another thread during a fork, would stop every thread of the child (ADR 8).
#[test]
fn a_segmentation_fault_ends_the_program() {
    if skipped_on_other_python("Rust's handler") {
        return;
    }
    let source = r"
import os, signal, sys, threading
for number in (signal.SIGSEGV, signal.SIGBUS):
    assert signal.getsignal(number) is signal.SIG_DFL, number
thread = threading.Thread(target=int)
thread.start()
thread.join()
print('before', flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
print('after', flush=True)
";
    let run = Program::new("segmentation_fault.py", source).run();
    assert_eq!(run.status.signal(), Some(libc::SIGSEGV), "{run:#?}");
    run.printed("before\n");
}
