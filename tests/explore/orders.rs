//! What orders what, where runs end, and that an exploration ends in time.

use std::time::{Duration, Instant};

use pyt_test::Scratch;

use crate::{explore_text, pyt};

/// Two threads that change `guarded` within a primitive and `bare` after it. The frame's variables:
/// what makes the primitive, what comes before, and what comes after.
fn beside_a_guarded_one(made: &str, enter: &str, leave: &str) -> String {
    format!(
        "
import queue
import threading

made = {made}
guarded = {{'n': 0}}
bare = {{'n': 0}}

def work():
    {enter}
    guarded['n'] += 1
    {leave}
    bare['n'] += 1

one = threading.Thread(target=work, name='one')
two = threading.Thread(target=work, name='two')
one.start()
two.start()
one.join()
two.join()
assert bare['n'] == 2
assert guarded['n'] == 2
"
    )
}

/// A primitive, what comes before the guarded variable, and what comes after.
const GUARDS: [(&str, &str, &str); 9] = [
    ("threading.Lock()", "made.acquire()", "made.release()"),
    ("threading.RLock()", "made.acquire()", "made.release()"),
    ("threading.Condition()", "made.acquire()", "made.release()"),
    (
        "threading.Lock()",
        "made.acquire(timeout=9)",
        "made.release()",
    ),
    (
        "threading.RLock()",
        "made.acquire(timeout=9)",
        "made.release()",
    ),
    ("threading.Semaphore(1)", "made.acquire()", "made.release()"),
    (
        "threading.Semaphore(1)",
        "made.acquire(timeout=9)",
        "made.release()",
    ),
    ("queue.Queue(); made.put(1)", "made.get()", "made.put(1)"),
    (
        "queue.SimpleQueue(); made.put(1)",
        "made.get()",
        "made.put(1)",
    ),
];

#[test]
fn a_variable_that_a_primitive_guards_is_not_blamed_and_costs_dpor_no_more_than_a_lock() {
    let mut schedules = Vec::new();
    for (made, enter, leave) in GUARDS {
        let source = beside_a_guarded_one(made, enter, leave);
        let (report, run) = explore_text(&source, &["--strategy=dpor"]);
        assert_eq!(report["proven"], true, "{made}: {run}");
        schedules.push(report["schedules"].as_u64());
        let trace = report["findings"][0]["trace_report"].as_str().unwrap_or("");
        let sentence = trace.lines().next().unwrap_or_default();
        assert!(
            sentence.contains("bare[") && trace.contains("nothing orders these two accesses"),
            "{made} {enter}: {trace}"
        );
    }
    assert!(
        schedules.iter().all(|count| *count == schedules[0]),
        "{schedules:?}"
    );
}

#[test]
fn attempts_that_succeed_order_what_they_guard() {
    for made in [
        "threading.Lock()",
        "threading.RLock()",
        "threading.Semaphore(1)",
    ] {
        let enter = "while not made.acquire(False): pass";
        let source = beside_a_guarded_one(made, enter, "made.release()");
        let (report, run) = explore_text(&source, &["--schedules=200"]);
        let trace = report["findings"][0]["trace_report"].as_str().unwrap_or("");
        let sentence = trace.lines().next().unwrap_or_default();
        assert!(sentence.contains("bare["), "{made}: {run}");
        let failures = report["findings"].as_array().map(Vec::len);
        assert_eq!(failures, Some(1), "guarded is never wrong: {run}");
    }
}

/// Runs an exploration of at most some seconds and returns what it says, and how long it took.
fn within_seconds(source: &str, arguments: &[&str]) -> (String, Duration) {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let usual = ["explore", "--jobs=1", &output];
    let began = Instant::now();
    let run = pyt(&[&usual, arguments, &[&script]].concat());
    (run.stdout, began.elapsed())
}

#[test]
fn dpor_ends_in_time_although_its_runs_are_endless() {
    let source = "
import threading
x = {'n': 0}
def work():
    while x['n'] < 2:
        x['n'] += 0
t = threading.Thread(target=work)
t.start()
x['n'] += 1
t.join()
";
    let (report, took) =
        within_seconds(source, &["--strategy=dpor", "--time=2", "--max-steps=2000"]);
    assert!(report.contains("livelock: "), "{report}");
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn a_wait_in_foreign_code_does_not_outlast_the_time() {
    let source = "
import multiprocessing
import threading
lock = multiprocessing.Lock()
def work():
    with lock:
        with lock:
            pass
t = threading.Thread(target=work)
t.start()
t.join()
";
    let (report, took) = within_seconds(source, &["--time=2"]);
    assert!(
        report.contains("given up when the time was over"),
        "{report}"
    );
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn a_wait_in_foreign_code_ends_an_exploration_without_a_time() {
    let source = "
import os
import threading
reader, writer = os.pipe()
t = threading.Thread(target=os.read, args=(reader, 1))
t.start()
t.join()
";
    let (report, took) = within_seconds(source, &[]);
    assert!(
        report.contains("1 run was given up, and the exploration with it"),
        "{report}"
    );
    assert!(took < Duration::from_secs(100), "{took:?}");
}

#[test]
fn turns_that_a_strategy_forces_are_not_in_the_smallest_schedule() {
    let source = "
import threading
counter = 0
seen = {'one': 0, 'two': 0}
def work(name):
    global counter
    for _ in range(400):
        seen[name] += 1
    counter += 1
threads = [threading.Thread(target=work, args=(n,), name=n) for n in seen]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert counter == 2
";
    let (report, _) = explore_text(source, &["--stop-on-first"]);
    assert_eq!(report["findings"][0]["switches"], 4, "{report}");
}

#[test]
fn a_long_loop_is_not_endless_and_a_livelock_is() {
    let source = "
import threading
def work():
    for i in range(100000):
        pass
t = threading.Thread(target=work)
t.start()
t.join()
";
    let (report, run) = explore_text(source, &["--granularity=instruction", "--schedules=2"]);
    assert_eq!(report["failed"], 0, "{run}");
    let source = "
import threading
wants = [True, True]
def enter(me):
    while wants[1 - me]:
        pass
threads = [threading.Thread(target=enter, args=(me,)) for me in range(2)]
for t in threads:
    t.start()
for t in threads:
    t.join()
";
    let (report, run) = explore_text(source, &["--max-steps=5000", "--schedules=2"]);
    assert_eq!(report["failed"], 2, "{run}");
}

#[test]
fn an_event_loop_that_nothing_can_wake_is_a_deadlock() {
    let source = "
import asyncio
import threading
async def main(found):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    set_it = (lambda: loop.call_soon_threadsafe(future.set_result, 1)) if found else (lambda: None)
    t = threading.Thread(target=set_it)
    t.start()
    await future
asyncio.run(main(FOUND))
";
    let (report, run) = explore_text(&source.replace("FOUND", "True"), &["--schedules=20"]);
    assert_eq!(report["failed"], 0, "{run}");
    let (report, run) = explore_text(&source.replace("FOUND", "False"), &["--schedules=20"]);
    assert_eq!(report["failed"], 20, "{run}");
    let failure = &report["findings"][0]["failure"];
    assert_eq!(failure["kind"], "deadlock", "{run}");
    let waits = failure["waits"][0].as_str();
    assert_eq!(
        waits,
        Some("MainThread waits for I/O or a call in its event loop"),
        "{run}"
    );
}
