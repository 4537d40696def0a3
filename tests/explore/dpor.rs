//! The exhaustive searches: how many executions `dpor` takes, that it proves, and that it finds
//! what `dfs` finds.

use std::collections::BTreeMap;

use pyt_test::{Scratch, workspace};

use crate::{explore, explore_text, outcomes, text};

fn benchmark(name: &str) -> serde_json::Value {
    let script = workspace().join("benchmarks/explore").join(name);
    let (report, run) = explore(text(&script), &["--strategy=dpor"]);
    run.exited_with(0);
    assert_eq!(report["proven"], true, "{run}");
    assert_eq!(report["exhausted"], true, "{run}");
    report
}

#[test]
fn three_locked_increments_have_six_orders() {
    assert_eq!(benchmark("locked_counter_3.py")["schedules"], 6);
}

#[test]
fn three_unlocked_increments_have_thirty_six() {
    let report = benchmark("unlocked_counter_3.py");
    let executions = report["schedules"].as_u64().expect("a number");
    assert_eq!(outcomes(&report).len(), 3, "1, 2 or 3: {report}");
    assert!((36..=40).contains(&executions), "{executions} executions");
}

/// Two threads that increment twice each, a third that does so under a lock, and a failure that
/// needs one order.
const DIVIDED: &str = "
import threading

lock = threading.Lock()
x = 0

def add():
    global x
    for _ in range(2):
        x += 1

def add_locked():
    global x
    with lock:
        x += 1

threads = [threading.Thread(target=one) for one in (add, add, add_locked)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(x)
assert x > 2
";

#[test]
fn jobs_of_dfs_make_together_the_schedules_of_one() {
    let scratch = Scratch::new();
    let script = scratch.write("small.py", DIVIDED.replace("range(2)", "range(1)"));
    for strategy in ["--strategy=dfs:2", "--strategy=dfs:1"] {
        let found = |jobs: &str| {
            let output = format!("--output={}", scratch.at(jobs));
            let (report, run) = explore(&script, &[strategy, jobs, &output]);
            assert_eq!(report["exhausted"], true, "{run}");
            let outcomes: std::collections::BTreeSet<String> =
                outcomes(&report).iter().map(ToString::to_string).collect();
            outcomes
        };
        assert_eq!(found("--jobs=1"), found("--jobs=3"));
    }
}

#[test]
fn few_preemptions_find_what_dfs_finds_and_are_no_proof() {
    let scratch = Scratch::new();
    let script = scratch.write("small.py", DIVIDED);
    let output = format!("--output={}", scratch.at("found"));
    let mut runs = Vec::new();
    let mut found = Vec::new();
    for strategy in ["dfs:1", "dpor:1"] {
        let (report, run) = explore(&script, &["--strategy", strategy, &output]);
        assert_eq!(
            (&report["exhausted"], &report["proven"]),
            (&true.into(), &false.into()),
            "{run}"
        );
        runs.push(report["schedules"].as_u64());
        let mut outcomes: Vec<String> = outcomes(&report).iter().map(ToString::to_string).collect();
        outcomes.sort();
        found.push(outcomes);
    }
    assert_eq!(found[0], found[1]);
    assert!(runs[1] < runs[0], "{runs:?}");
    let text = crate::pyt(&["explore", "--strategy=dpor:1", &output, &script]);
    let sentence = "All schedules with at most 1 preemption were tried. Those with more were not.";
    assert!(text.stdout.contains(sentence), "{text}");
    for (wrong, reason) in [
        ("--strategy=dpor:x", "unknown strategy \"dpor:x\""),
        ("--strategy=dpor:-1", "unknown strategy \"dpor:-1\""),
    ] {
        let run = crate::pyt(&["explore", wrong, &script]);
        run.exited_with(2);
        assert!(run.stderr.contains(reason), "{run}");
    }
    for (more, reason) in [
        ("--shard=0/2", "has no parts"),
        ("--jobs=2", "in one process"),
    ] {
        let run = crate::pyt(&["explore", "--strategy=dpor:1", more, &script]);
        run.exited_with(2);
        assert!(run.stderr.contains(reason), "{run}");
    }
}

#[test]
fn jobs_find_together_what_one_finds_and_replay_it() {
    let scratch = Scratch::new();
    let script = scratch.write("divided.py", DIVIDED);
    let found = |jobs: &str| {
        let output = format!("--output={}", scratch.at(jobs));
        let (report, run) = explore(&script, &["--strategy=dpor", jobs, &output]);
        assert_eq!(
            (&report["proven"], &report["exhausted"]),
            (&true.into(), &true.into()),
            "{run}"
        );
        let counts: BTreeMap<String, u64> = report["outcomes"]
            .as_array()
            .expect("outcomes")
            .iter()
            .map(|one| {
                (
                    one["outcome"]["output"].to_string(),
                    one["count"].as_u64().unwrap(),
                )
            })
            .collect();
        let finding = &report["findings"][0];
        assert_eq!(finding["reproducible"], true, "{run}");
        let schedule = finding["schedule"].as_str().expect("a .schedule file");
        crate::pyt(&["replay", schedule]).exited_with(1);
        (report["schedules"].clone(), counts)
    };
    let one = found("--jobs=1");
    assert!(one.1.len() >= 4 && one.0.as_u64() > Some(100), "{one:?}");
    assert_eq!(found("--jobs=2"), one);
    assert_eq!(found("--jobs=3"), one);
}

/// The threads of all programs: two, started and joined without a loop over something shared, so
/// that all schedules can be tried.
const FRAME: &str = "
def main():
    first = threading.Thread(target=jobs[0])
    second = threading.Thread(target=jobs[1])
    first.start()
    second.start()
    first.join()
    second.join()

main()
";

/// Small programs: a name, whether accesses are switch points, the source before the frame, what
/// is printed after it.
const SMALL: [(&str, &str, &str, &str); 12] = [
    (
        "store and load",
        "access",
        "
x = 0
def store():
    global x
    x = 1
def load():
    seen.append(x)
seen = []
jobs = store, load
",
        "print(seen)",
    ),
    (
        "two stores",
        "access",
        "
x = 0
def one():
    global x
    x = 1
def two():
    global x
    x = 2
jobs = one, two
",
        "print(x)",
    ),
    (
        "increments",
        "access",
        "
x = 0
def add():
    global x
    x += 1
jobs = add, add
",
        "print(x)",
    ),
    (
        "an attribute",
        "access",
        "
class Box: pass
box = Box()
box.value = 0
def add():
    box.value += 1
jobs = add, add
",
        "print(box.value)",
    ),
    (
        "two items of a list",
        "access",
        "
cells = [0, 0]
def left():
    cells[0] = 1 + cells[1]
def right():
    cells[1] = 1 + cells[0]
jobs = left, right
",
        "print(cells)",
    ),
    (
        "nothing shared",
        "access",
        "
def work():
    x = 1
    x += 1
jobs = work, work
",
        "print('done')",
    ),
    (
        "locked increments",
        "sync",
        "
x = 0
lock = threading.Lock()
def add():
    global x
    with lock:
        x += 1
jobs = add, add
",
        "print(x)",
    ),
    (
        "order of a lock",
        "sync",
        "
order = []
lock = threading.Lock()
def first():
    with lock:
        order.append(1)
def second():
    with lock:
        order.append(2)
jobs = first, second
",
        "print(order)",
    ),
    (
        "abba",
        "sync",
        "
a, b = threading.Lock(), threading.Lock()
def first():
    with a:
        with b: pass
def second():
    with b:
        with a: pass
jobs = first, second
",
        "print('through')",
    ),
    (
        "an attempt to lock",
        "sync",
        "
lock = threading.Lock()
got = []
def take():
    if lock.acquire(blocking=False):
        lock.release()
        got.append(True)
    else:
        got.append(False)
jobs = take, take
",
        "print(got.count(True))",
    ),
    (
        "a queue",
        "sync",
        "
import queue
q = queue.SimpleQueue()
def one():
    q.put(1)
def two():
    q.put(2)
jobs = one, two
",
        "print(q.get(), q.get())",
    ),
    (
        "a look at an event",
        "sync",
        "
event = threading.Event()
seen = []
def set():
    event.set()
def look():
    seen.append(event.is_set())
jobs = set, look
",
        "print(seen)",
    ),
];

#[test]
fn dpor_and_dfs_agree_on_the_outcomes() {
    let mut failures = Vec::new();
    for (name, granularity, program, shown) in SMALL {
        let source = format!("import threading\n{program}{FRAME}{shown}\n");
        // `dpor` must see accesses; `dfs` would have too many schedules with them.
        let search = |strategy: &str, granularity: &str| {
            let strategy = format!("--strategy={strategy}");
            let granularity = format!("--granularity={granularity}");
            explore_text(&source, &[&strategy, &granularity, "--schedules=5000"]).0
        };
        let (dfs, dpor) = (search("dfs", granularity), search("dpor", "access"));
        let numbers = format!("{} and {} schedules", dfs["schedules"], dpor["schedules"]);
        if dfs["proven"] != true || dpor["proven"] != true {
            failures.push(format!("{name}: not proven, {numbers}"));
        } else if outcomes(&dfs) != outcomes(&dpor) {
            let (dfs, dpor) = (outcomes(&dfs), outcomes(&dpor));
            failures.push(format!(
                "{name}: {numbers}\n  dfs  {dfs:?}\n  dpor {dpor:?}"
            ));
        } else if granularity == "access" && dpor["schedules"].as_u64() > dfs["schedules"].as_u64()
        {
            failures.push(format!("{name}: dpor took more, {numbers}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
