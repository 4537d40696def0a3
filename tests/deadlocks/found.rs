//! Deadlocks that are found, with who waits for what, and where.
//!
//! All but a few programs run with `-X deadlock=abort`, so that each ends by itself.

use std::time::Duration;

use pyt_test::{CompletedProcess, skipped_on_other_python};

use crate::{program, with_and_without_gil};

/// What a line with this marker in the source is numbered.
fn line(source: &str, marker: &str) -> usize {
    let mut lines = source.lines();
    let place = lines.position(|line| line.ends_with(marker));
    place.unwrap_or_else(|| panic!("no {marker} in {source}")) + 1
}

/// Runs `source` with and without the GIL; it must be ended with exit status 3.
fn aborted(name: &str, source: &str) -> Vec<CompletedProcess> {
    if skipped_on_other_python("a report of deadlocks") {
        return Vec::new();
    }
    let runs =
        with_and_without_gil(|gil| program(name, source, gil, &["-X", "deadlock=abort"]).run());
    for run in &runs {
        run.exited_with(3);
        assert!(
            run.stderr
                .ends_with("\npyt: exit status 3, as --deadlock=abort asks\n"),
            "{run}"
        );
        assert_eq!(
            run.stderr.matches("pyt: deadlock:").count(),
            1,
            "once: {run}"
        );
    }
    runs
}

/// Asserts that there is a row that begins with these words, as columns, and ends at this place.
#[track_caller]
fn has_row(run: &CompletedProcess, source: &str, cells: &[&str], marker: &str, function: &str) {
    let at = format!("{}:{} in {function}", run.script, line(source, marker));
    let found = run.stderr.lines().any(|row| {
        let columns: Vec<_> = row
            .trim()
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        columns.starts_with(cells) && columns.last() == Some(&&*at)
    });
    assert!(found, "no row {cells:?} ... {at} in: {run}");
    let text = source
        .lines()
        .nth(line(source, marker) - 1)
        .unwrap_or_default();
    let frame = format!(
        "  File \"{}\", line {}, in {function}\n    {}\n",
        run.script,
        line(source, marker),
        text.trim()
    );
    assert!(run.stderr.contains(&frame), "no {frame} in: {run}");
}

#[track_caller]
fn says(run: &CompletedProcess, text: &str) {
    assert!(run.stderr.contains(text), "no {text:?} in: {run}");
}

const ABBA: &str = "\
import threading
a, b = threading.Lock(), threading.Lock()
met = threading.Barrier(2)

def left():
    with a:
        met.wait()
        with b:  # left waits
            pass

def right():
    with b:
        met.wait()
        with a:  # right waits
            pass

threads = [threading.Thread(target=f, name=f.__name__) for f in (left, right)]
print('not flushed', end='')
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()  # main waits
";

fn is_abba(run: &CompletedProcess, source: &str, noun: &str) {
    says(run, "pyt: deadlock: 2 threads wait for each other\n");
    says(
        run,
        &format!(
            "  left waits for b ({noun}), held by right\n  right waits for a ({noun}), held by left\n"
        ),
    );
    let (first, second) = (format!("b ({noun})"), format!("a ({noun})"));
    has_row(
        run,
        source,
        &["left", &first, "right"],
        "# left waits",
        "left",
    );
    has_row(
        run,
        source,
        &["right", &second, "left"],
        "# right waits",
        "right",
    );
}

#[test]
fn two_locks_taken_in_two_orders() {
    for run in aborted("abba", ABBA) {
        is_abba(&run, ABBA, "lock");
        has_row(
            &run,
            ABBA,
            &["MainThread", "the end of left"],
            "# main waits",
            "<module>",
        );
        run.printed("not flushed");
        // At once: no second passes.
        assert!(run.elapsed < Duration::from_secs(20), "{run}");
    }
}

#[test]
fn two_locks_taken_without_with() {
    let source = ABBA
        .replace("with a:", "a.acquire();")
        .replace("with b:", "b.acquire();")
        .replace("        met", "    met")
        .replace("        a.acq", "    a.acq")
        .replace("        b.acq", "    b.acq")
        .replace("            pass", "    pass");
    for run in aborted("abba_calls", &source) {
        is_abba(&run, &source, "lock");
    }
}

#[test]
fn two_reentrant_locks() {
    let source = ABBA.replace("threading.Lock()", "threading.RLock()");
    for run in aborted("abba_rlock", &source) {
        is_abba(&run, &source, "RLock");
    }
}

#[test]
fn two_conditions() {
    let source = ABBA.replace("threading.Lock()", "threading.Condition()");
    for run in aborted("abba_condition", &source) {
        is_abba(&run, &source, "RLock");
    }
}

#[test]
fn on_a_virtual_clock() {
    if skipped_on_other_python("virtual time") {
        return;
    }
    let run = pyt_test::Program::new("abba.py", ABBA)
        .time(pyt_test::Time::Virtual)
        .flag("run")
        .flag("--deadlock=abort")
        .run();
    run.exited_with(3);
    is_abba(&run, ABBA, "lock");
}

#[test]
fn a_cycle_is_found_while_others_go_on() {
    // The main thread computes, and ends the program itself.
    let source = ABBA.replace(
        "for thread in threads:\n    thread.join()  # main waits\n",
        "import os, time\nend = time.monotonic() + 30\nwhile time.monotonic() < end: pass\nos._exit(0)\n",
    );
    for run in aborted("abba_beside", &source) {
        is_abba(&run, &source, "lock");
        says(&run, "MainThread  nothing: it runs");
    }
}

#[test]
fn three_locks_in_a_ring() {
    let source = "\
import threading
locks = [threading.Lock() for _ in range(3)]
met = threading.Barrier(3)

def take(i):
    with locks[i]:
        met.wait()
        with locks[(i + 1) % 3]:  # waits
            pass

for i in range(3):
    threading.Thread(target=take, args=(i,), name=f'taker {i}').start()
";
    for run in aborted("ring", source) {
        says(&run, "pyt: deadlock: 3 threads wait for each other\n");
        says(
            &run,
            "  taker 0 waits for locks[1], held by taker 1\n  taker 1 waits for locks[2], held by taker 2\n  \
             taker 2 waits for locks[0], held by taker 0\n",
        );
        has_row(
            &run,
            source,
            &["taker 2", "locks[0]", "taker 0"],
            "# waits",
            "take",
        );
    }
}

#[test]
fn a_lock_taken_twice() {
    for (name, again) in [
        ("twice", "lock.acquire()"),
        ("twice_with", "with lock: pass"),
    ] {
        let source = format!(
            "\
import threading
lock = threading.Lock()

def outer():
    with lock:
        inner()

def inner():
    {again}  # waits

outer()
"
        );
        for run in aborted(name, &source) {
            says(&run, "pyt: deadlock: a thread waits for itself\n");
            says(&run, "  MainThread waits for lock, held by MainThread\n");
            has_row(
                &run,
                &source,
                &["MainThread", "lock", "MainThread"],
                "# waits",
                "inner",
            );
            says(&run, "in outer\n    inner()\n");
        }
    }
}

#[test]
fn a_lock_whose_holder_has_ended() {
    for kind in ["Lock", "RLock"] {
        let source = format!(
            "\
import threading
lock = threading.{kind}()
taker = threading.Thread(target=lock.acquire, name='taker')
taker.start()
taker.join()
lock.acquire()  # waits
"
        );
        for run in aborted("lost", &source) {
            says(&run, "pyt: deadlock: the holder of a lock has ended\n");
            says(&run, ", held by taker, which has ended\n");
            let cells = ["MainThread", "lock", "taker, which has ended"];
            has_row(&run, &source, &cells, "# waits", "<module>");
        }
    }
}

#[test]
fn joins_of_one_another() {
    let source = "\
import threading
met = threading.Barrier(3)

def wait(i):
    met.wait()
    threads[1 - i].join()  # waits

threads = [threading.Thread(target=wait, args=(i,), name=f'joiner {i}') for i in range(2)]
for thread in threads:
    thread.start()
met.wait()
threads[0].join()  # main waits
";
    for run in aborted("joins", source) {
        says(
            &run,
            "  joiner 0 waits for the end of joiner 1\n  joiner 1 waits for the end of joiner 0\n",
        );
        has_row(
            &run,
            source,
            &["joiner 1", "the end of joiner 0"],
            "# waits",
            "wait",
        );
        // The cycle may be found before the main thread waits.
        says(&run, "\n  MainThread  ");
    }
}

#[test]
fn a_join_of_a_thread_that_waits_for_a_lock_of_ours() {
    let source = "\
import threading
lock = threading.Lock()

def work():
    with lock:  # work waits
        pass

worker = threading.Thread(target=work, name='worker')
with lock:
    worker.start()
    worker.join()  # main waits
";
    for run in aborted("join_lock", source) {
        says(
            &run,
            "  MainThread waits for the end of worker\n  worker waits for lock, held by MainThread\n",
        );
        has_row(
            &run,
            source,
            &["worker", "lock", "MainThread"],
            "# work waits",
            "work",
        );
        has_row(
            &run,
            source,
            &["MainThread", "the end of worker"],
            "# main waits",
            "<module>",
        );
    }
}

/// No thread holds anything: all wait, and the report comes after a second.
fn stands_still(name: &str, wait: &str, thing: &str) {
    let source = format!(
        "\
import queue, threading

def work():
    {wait}  # waits

worker = threading.Thread(target=work, name='worker')
worker.start()
worker.join()  # main waits
"
    );
    for run in aborted(name, &source) {
        says(
            &run,
            "pyt: deadlock: all threads wait, and none can wake another\n",
        );
        has_row(&run, &source, &["worker", thing], "# waits", "work");
        has_row(
            &run,
            &source,
            &["MainThread", "the end of worker"],
            "# main waits",
            "<module>",
        );
        assert!(run.elapsed > Duration::from_secs(1), "{run}");
    }
}

#[test]
fn a_queue_without_producers() {
    stands_still("get", "queue.Queue().get()", "an item from queue 1");
    stands_still(
        "simple_get",
        "queue.SimpleQueue().get()",
        "an item from queue 1",
    );
    stands_still(
        "priority_get",
        "queue.PriorityQueue().get()",
        "an item from queue 1",
    );
}

#[test]
fn a_queue_without_consumers() {
    stands_still(
        "put",
        "q = queue.Queue(1); q.put(1); q.put(2)",
        "room in q of work(), a queue",
    );
    stands_still(
        "tasks",
        "q = queue.Queue(); q.put(1); q.join()",
        "the tasks of q of work(), a queue",
    );
}

#[test]
fn a_condition_without_notifiers() {
    let wait = "c = threading.Condition(); c.acquire(); c.wait()";
    stands_still("condition", wait, "c of work(), a condition");
}

#[test]
fn an_event_that_is_never_set() {
    stands_still("event", "threading.Event().wait()", "event 1");
}

#[test]
fn a_future_that_is_never_completed() {
    let wait = "from concurrent.futures import Future; Future().result()";
    stands_still("future", wait, "future 1");
}

#[test]
fn a_semaphore_without_permits() {
    stands_still(
        "semaphore",
        "threading.Semaphore(0).acquire()",
        "semaphore 1",
    );
}

#[test]
fn a_barrier_that_is_one_short() {
    stands_still("barrier", "threading.Barrier(2).wait()", "barrier 1");
}

#[test]
fn workers_that_race_to_an_empty_queue() {
    // The second of two takes the last item between the first one's look and its get.
    let source = "\
import queue, threading
q = queue.Queue()
met = threading.Barrier(2)

def work():
    while not q.empty():
        met.wait()
        q.get()  # waits
        q.task_done()

q.put(1)
workers = [threading.Thread(target=work) for _ in range(2)]
for worker in workers: worker.start()
for worker in workers: worker.join()
";
    for run in aborted("race", source) {
        says(&run, "pyt: deadlock: all threads wait");
        let waits = |name: &str| {
            run.stderr
                .contains(&format!("\n  {name} (work)  an item from q (queue)"))
        };
        assert!(waits("Thread-1") || waits("Thread-2"), "{run}");
    }
}

#[test]
fn in_the_child_of_a_fork() {
    let source = "\
import os, threading, warnings
warnings.simplefilter('ignore')
lock = threading.Lock()
held = threading.Event()
def hold():
    with lock:
        held.set()
        threading.Event().wait(0.5)
threading.Thread(target=hold).start()
held.wait()
pid = os.fork()
if pid == 0:
    lock.acquire()  # waits
    os._exit(0)
status = os.waitpid(pid, 0)[1]
os._exit(os.waitstatus_to_exitcode(status))
";
    for run in aborted("fork", source) {
        has_row(&run, source, &["MainThread", "lock"], "# waits", "<module>");
    }
}

/// A deadlock that Ctrl-C ends: the threads are daemons.
fn with_daemons() -> String {
    ABBA.replace("name=f", "daemon=True, name=f").replace(
        "for thread in threads:\n    thread.join()  # main waits\n",
        "import sys, time\n\
         try:\n    threads[0].join()\n\
         except KeyboardInterrupt:\n    print('interrupted')\n    sys.exit(7)\n",
    )
}

#[test]
fn a_report_comes_once_and_leaves_the_program_alone() {
    if skipped_on_other_python("a report of deadlocks") {
        return;
    }
    for gil in [true, false] {
        for flags in [[].as_slice(), &["-X", "deadlock=report"]] {
            // Another process ends it: a thread with a deadline would keep it from standing still.
            let source = with_daemons().replace(
                "try:",
                "import os, subprocess\n\
                 command = f'sleep 2.5; kill -INT {os.getpid()}'\n\
                 child = subprocess.Popen(['sh', '-c', command])\n\
                 try:",
            );
            let run = program("once", &source, gil, flags).run();
            run.exited_with(7);
            assert!(run.stdout.ends_with("interrupted\n"), "{run}");
            assert_eq!(run.stderr.matches("pyt: ").count(), 1, "{run}");
            is_abba(&run, &source, "lock");
        }
    }
}

#[test]
fn ignored_deadlocks_are_not_reported() {
    if skipped_on_other_python("a report of deadlocks") {
        return;
    }
    for gil in [true, false] {
        let source =
            with_daemons().replace("threads[0].join()", "threads[0].join(1.5)\n    sys.exit(7)");
        let run = program("ignored", &source, gil, &["-X", "deadlock=ignore"]).run();
        run.exited_with(7);
        assert!(run.stderr.is_empty(), "{run}");
    }
}

#[test]
fn other_words_are_refused() {
    if skipped_on_other_python("an option about deadlocks") {
        return;
    }
    let run = program("word", "print(1)", true, &["-X", "deadlock=never"]).run();
    run.exited_with(1).printed("");
    says(
        &run,
        "-X deadlock must be \"report\", \"abort\" or \"ignore\"",
    );
    let run = pyt_test::pyt(["run", "--deadlock=never", "-c", "print(1)"]).run();
    run.exited_with(2).printed("");
    says(
        &run,
        "Argument for the --deadlock option: expected report, abort or ignore\n",
    );
}
