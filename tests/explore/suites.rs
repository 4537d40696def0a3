//! `pyt explore -m`: a module of the program's, and the tests of a unittest file. Those of pytest
//! are in `tests/packages/`, since pytest is a package.

use std::fs;

use pyt_test::{CompletedProcess, Scratch};
use serde_json::Value;

use crate::EXPLORATION_DEADLINE;

const MODULE: &str = "\
import sys, threading
from bank import account

def pay():
    account.balance += 1

if __name__ == '__main__':
    threads = [threading.Thread(target=pay) for _ in range(int(sys.argv[1]))]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert account.balance == len(threads), account.balance
";

const SUITE: &str = "\
import os, threading, unittest

RUNS = os.environ['RUNS']

def ran(name):
    with open(os.path.join(RUNS, name), 'a') as file:
        file.write('x')

class Counter:
    def __init__(self):
        self.value = 0
    def add(self):
        self.value += 1

def together(*work):
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

class Tests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ran('class')
        cls.left = []

    def setUp(self):
        self.counter = Counter()

    def test_without_threads(self):
        ran('plain')
        self.assertEqual(self.left, [])

    def test_race(self):
        together(self.counter.add, self.counter.add)
        self.assertEqual(self.counter.value, 2)

    def test_right(self):
        ran('right')
        lock = threading.Lock()
        def add():
            with lock:
                self.left.append(1)
        together(add, add)
        # What other schedules have left is not there.
        self.assertEqual(self.left, [1, 1])

    def test_deadlock(self):
        a, b = threading.Lock(), threading.Lock()
        def take(first, second):
            with first:
                with second: pass
        together(lambda: take(a, b), lambda: take(b, a))

    @unittest.expectedFailure
    def test_expected(self):
        together(self.counter.add)
        self.assertEqual(self.counter.value, 3)
";

/// The folder of a suite, and what it has run.
struct Suite {
    scratch: Scratch,
}

impl Suite {
    fn new() -> Self {
        let scratch = Scratch::new();
        scratch.write("project/test_bank.py", SUITE);
        fs::create_dir(scratch.at("runs")).expect("a new folder");
        Self { scratch }
    }

    fn run(&self, arguments: &[&str]) -> CompletedProcess {
        let run = pyt_test::pyt(arguments)
            .dir(self.scratch.at("project"))
            .env("RUNS", self.scratch.at("runs"))
            .run_until(EXPLORATION_DEADLINE);
        run.unwrap_or_else(|timed_out| panic!("{timed_out}"))
    }

    /// How often something ran.
    fn count(&self, name: &str) -> usize {
        fs::read(self.scratch.at(&format!("runs/{name}"))).map_or(0, |text| text.len())
    }

    /// The schedule that is kept for a test.
    fn kept(&self, test: &str) -> Option<(String, Value)> {
        let folder = fs::read_dir(self.scratch.at("project/.pyt")).ok()?;
        folder.flatten().find_map(|entry| {
            let path = entry.path();
            let kept: Value = serde_json::from_str(&fs::read_to_string(&path).ok()?).ok()?;
            let is_it = kept["test"]
                .as_str()
                .is_some_and(|name| name.ends_with(test));
            is_it.then(|| {
                (
                    format!(".pyt/{}", entry.file_name().to_string_lossy()),
                    kept,
                )
            })
        })
    }
}

#[test]
fn a_module_is_explored_as_python_runs_it_and_replayed() {
    let scratch = Scratch::new();
    scratch.write("bank/__init__.py", "");
    scratch.write("bank/account.py", "balance = 0\n");
    scratch.write("bank/main.py", MODULE);
    let pyt = |arguments: &[&str]| {
        let process = pyt_test::pyt(arguments).dir(scratch.path());
        let run = process.run_until(EXPLORATION_DEADLINE);
        run.unwrap_or_else(|timed_out| panic!("{timed_out}"))
    };
    let run = pyt(&[
        "explore",
        "--schedules=60",
        "--json",
        "-m",
        "bank.main",
        "2",
    ]);
    run.exited_with(1);
    let report = crate::parsed(&run);
    assert_eq!(report["schedules"], 60, "{run}");
    assert_eq!(report["findings"][0]["differs"], Value::Null, "{run}");
    let schedule = "bank.main-AssertionError.schedule";
    pyt(&["replay", schedule]).exited_with(1);
    // With one thread no schedule fails.
    pyt(&["explore", "--schedules=20", "-m", "bank.main", "1"]).exited_with(0);
    scratch.write("bank/main.py", MODULE.replace("+= 1", "+= 2"));
    let changed = pyt(&["replay", schedule]);
    changed.exited_with(2);
    assert!(changed.stderr.contains("has changed"), "{changed}");
    let missing = pyt(&["explore", "-m", "bank.nothing"]);
    missing.exited_with(2);
    assert!(
        missing.stderr.contains("No module named 'bank.nothing'"),
        "{missing}"
    );
    pyt(&["explore"]).exited_with(2);
}

#[test]
fn each_test_is_explored_by_itself() {
    let suite = Suite::new();
    let run = suite.run(&[
        "explore",
        "--schedules=40",
        "--jobs=1",
        "-m",
        "unittest",
        "-v",
    ]);
    run.exited_with(1);
    for (test, how) in [
        ("test_without_threads", "ok"),
        ("test_race", "FAIL"),
        ("test_right", "ok"),
        ("test_deadlock", "ERROR"),
        ("test_expected", "expected failure"),
    ] {
        let line = format!("{test} (test_bank.Tests.{test}) ... {how}\n");
        assert!(run.stderr.contains(&line), "{line}: {run}");
    }
    assert!(
        run.stderr
            .contains("both read `self.value` = 0 at test_bank.py:13"),
        "{run}"
    );
    assert!(
        run.stderr
            .contains("deadlock: 2 threads wait for each other"),
        "{run}"
    );
    assert!(run.stderr.contains("Ran 5 tests"), "{run}");
    assert_eq!(
        suite.count("plain"),
        1,
        "a test without threads runs once: {run}"
    );
    // Once in the session, which ends it at its first thread, and then for each schedule.
    assert_eq!(suite.count("right"), 41, "{run}");
    assert_eq!(
        suite.count("class"),
        2,
        "once in each process, not for each schedule: {run}"
    );
}

#[test]
fn a_failing_schedule_is_kept_replayed_and_tried_first() {
    let suite = Suite::new();
    let test = ["-m", "unittest", "test_bank.Tests.test_race"];
    suite
        .run(&[&["explore", "--schedules=40"], &test[..]].concat())
        .exited_with(1);
    let (file, kept) = suite.kept("test_race").expect("a kept schedule");
    let replay = suite.run(&["replay", &file]);
    replay.exited_with(1);
    assert!(
        replay.stderr.contains("failed again under its schedule"),
        "{replay}"
    );
    let again = suite.run(&[&["explore", "--schedules=40"], &test[..]].concat());
    again.exited_with(1);
    assert!(
        again
            .stderr
            .contains("that was kept from an earlier exploration fails"),
        "{again}"
    );
    assert!(
        again.stderr.contains(": 1 schedule in"),
        "it came first: {again}"
    );
    assert_eq!(
        suite.kept("test_race").expect("still kept").1["choices"],
        kept["choices"]
    );
    // Once the test is right, the schedule is forgotten.
    let right = SUITE.replace(
        "        self.value += 1",
        "        with LOCK: self.value += 1",
    );
    suite.scratch.write(
        "project/test_bank.py",
        right.replace("class Counter", "LOCK = threading.Lock()\nclass Counter"),
    );
    suite
        .run(&[&["explore", "--schedules=40"], &test[..]].concat())
        .exited_with(0);
    assert!(suite.kept("test_race").is_none());
}

#[test]
fn a_limited_time_is_spent_on_all_tests() {
    let suite = Suite::new();
    let run = suite.run(&["explore", "--time=6", "--jobs=1", "-m", "unittest", "-v"]);
    run.exited_with(1);
    assert!(
        run.stderr
            .contains("test_right (test_bank.Tests.test_right) ... ok\n"),
        "{run}"
    );
}

/// Three tests: in one nothing is to decide, the others have two and twenty decisions, and take
/// the same time for a schedule.
const PLAN: &str = "\
import _pyt_suite
now = 0.0
_pyt_suite.time.monotonic = lambda: now
settings = _pyt_suite.Settings(time=100.0)
decisions = {'none': 0, 'few': 2, 'many': 20}
plan = _pyt_suite.Plan(settings, list(decisions))
for number in range(plan.rounds):
    for name in decisions:
        limits = plan.limits(name, {}, number)
        print(number, name, limits and tuple(round(x) if x is not None else x for x in limits))
        if limits is None: continue
        first, most, seconds = limits
        ran = 1 if name == 'none' else most - first if most else seconds / 0.1
        now += ran * 0.1
        plan.found(name, {'schedules': ran, 'seconds': ran * 0.1, 'decisions': decisions[name],
                          'failure': None})
";

#[test]
fn time_is_spent_where_tests_have_most_to_decide() {
    let run = pyt_test::pyt(["-c", PLAN]).run();
    run.succeeded().printed(
        "0 none (0, 10, 33)\n0 few (0, 10, 50)\n0 many (0, 10, 99)\n\
         1 none None\n1 few (10, None, 9)\n1 many (10, None, 89)\n",
    );
}

#[test]
fn options_that_suites_do_not_take_are_refused() {
    let suite = Suite::new();
    for option in [
        "--shard=0/2",
        "--same-output",
        "--strict",
        "--full",
        "--json",
        "--stop-on-first",
        "--output=found",
        "--clock=any",
        "--asyncio=any",
        "--inject=gc",
    ] {
        let run = suite.run(&["explore", option, "-m", "unittest"]);
        run.exited_with(2);
        assert!(
            run.stderr.contains(option.split('=').next().unwrap()),
            "{run}"
        );
    }
}

const PROOFS: &str = "\
import threading, unittest

def count(case):
    case.value = 0
    lock = threading.Lock()
    def add():
        with lock:
            case.value += 1
    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    case.assertEqual(case.value, 2)

class Alone(unittest.TestCase):
    def test_count(self):
        count(self)

class WithWiderFixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.left = []

    def test_count(self):
        count(self)
";

#[test]
fn a_test_with_wider_fixtures_is_not_proven() {
    let suite = Suite::new();
    suite.scratch.write("project/test_proofs.py", PROOFS);
    let explore = ["explore", "--strategy=dpor", "--schedules=500"];
    let run = suite.run(&[&explore[..], &["-m", "unittest", "test_proofs"]].concat());
    run.exited_with(0);
    let shown = format!("{}{}", run.stdout, run.stderr);
    assert!(
        shown.contains("2 tests explored, 2 with something to decide"),
        "{run}"
    );
    assert!(
        shown.contains(
            "\n1 test: all schedules were tried, from the state that collection has left"
        ),
        "{run}"
    );
}
