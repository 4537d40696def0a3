//! What is looked into: the program's own code, `--include` and `--exclude`.

use pyt_test::{CompletedProcess, Scratch};
use serde_json::Value;

use crate::EXPLORATION_DEADLINE;

/// A module with a race.
const COUNTER: &str = "\
class Counter:
    def __init__(self):
        self.value = 0
    def add(self):
        self.value += 1
";

/// Two threads that use it.
const SCRIPT: &str = "\
import threading
from counters.counter import Counter

counter = Counter()
threads = [threading.Thread(target=counter.add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert counter.value == 2, counter.value
";

fn explore(scratch: &Scratch, path: &str, options: &[&str]) -> (Value, CompletedProcess) {
    let run = pyt_test::pyt([&["explore", "--json", "--schedules=60"], options].concat())
        .dir(scratch.at("project"))
        .env("PYTHONPATH", path)
        .run_until(EXPLORATION_DEADLINE)
        .unwrap_or_else(|timed_out| panic!("{timed_out}"));
    (crate::parsed(&run), run)
}

/// A project beside which `counters` lies in a folder, installed there or not.
fn project(folder: &str, is_installed: bool) -> Scratch {
    let scratch = Scratch::new();
    scratch.write("project/main.py", SCRIPT);
    scratch.write(&format!("{folder}/counters/__init__.py"), "");
    scratch.write(&format!("{folder}/counters/counter.py"), COUNTER);
    if is_installed {
        let record = "counters/__init__.py,,\ncounters/counter.py,,\n";
        scratch.write(&format!("{folder}/counters-1.0.dist-info/RECORD"), record);
    }
    scratch
}

#[test]
fn installed_packages_are_looked_into_if_an_option_says_so() {
    for folder in ["project/vendor", "elsewhere/vendor"] {
        let scratch = project(folder, true);
        let path = scratch.at(folder);
        let (report, run) = explore(&scratch, &path, &["main.py"]);
        assert_eq!(report["failed"], 0, "{folder}: {run}");
        for pattern in ["counters", "counters.counter", "*.counter", "count*"] {
            let include = format!("--include={pattern}");
            let (report, run) = explore(&scratch, &path, &[&include, "main.py"]);
            assert_ne!(report["failed"], 0, "{folder}, {pattern}: {run}");
            assert_eq!(report["findings"][0]["differs"], Value::Null, "{run}");
        }
        let options = [
            "--include=counters",
            "--exclude=counters.counter",
            "main.py",
        ];
        let (report, run) = explore(&scratch, &path, &options);
        assert_eq!(report["failed"], 0, "{folder}: {run}");
    }
}

#[test]
fn what_lies_in_the_project_is_looked_into_and_what_lies_elsewhere_is_not() {
    let scratch = project("project/src", false);
    let path = scratch.at("project/src");
    let (report, run) = explore(&scratch, &path, &["main.py"]);
    assert_ne!(report["failed"], 0, "{run}");
    let (report, run) = explore(&scratch, &path, &["--exclude=counters", "main.py"]);
    assert_eq!(report["failed"], 0, "{run}");

    let scratch = project("elsewhere", false);
    let path = scratch.at("elsewhere");
    let (report, run) = explore(&scratch, &path, &["main.py"]);
    assert_eq!(report["failed"], 0, "{run}");
    let (report, run) = explore(&scratch, &path, &["--include=counters", "main.py"]);
    assert_ne!(report["failed"], 0, "{run}");
}

#[test]
fn modules_of_the_library_can_be_looked_into() {
    // Its documentation says that two threads may get the same number.
    let script = "\
import random, threading
source = random.Random(1)
source.gauss(0, 1)
drawn = []
threads = [threading.Thread(target=lambda: drawn.append(source.gauss(0, 1))) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert drawn[0] != drawn[1]
";
    let scratch = Scratch::new();
    scratch.write("project/main.py", script);
    let (report, run) = explore(&scratch, "", &["main.py"]);
    assert_eq!(report["failed"], 0, "{run}");
    let (report, run) = explore(&scratch, "", &["--include=random", "main.py"]);
    assert_ne!(report["failed"], 0, "{run}");
    assert_eq!(report["findings"][0]["differs"], Value::Null, "{run}");
}

#[test]
fn a_native_module_is_said_to_be_one() {
    let scratch = Scratch::new();
    scratch.write("project/main.py", "import threading\n");
    let run = pyt_test::pyt(["explore", "--schedules=2", "--include=threading", "main.py"])
        .dir(scratch.at("project"))
        .run();
    let text =
        "threading is a module of pyt's own, and not written in Python: each of its functions";
    assert!(run.stdout.contains(text), "{run}");
}
