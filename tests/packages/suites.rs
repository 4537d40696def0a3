//! `pyt explore -m pytest`, and the options and the marker of pytest's plugin.

use std::{fs, path::Path, time::Duration};

use pyt_test::{CompletedProcess, Scratch};

const DEADLINE: Duration = Duration::from_secs(180);

const SUITE: &str = "\
import asyncio, os, threading
import pytest

def ran(name):
    with open(os.path.join(os.environ['RUNS'], name), 'a') as file:
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

@pytest.fixture
def counter():
    ran('function')
    return Counter()

@pytest.fixture(scope='module')
def shared():
    ran('module')
    yield []
    ran('ended')

@pytest.mark.parametrize('number', range(4))
def test_plain(number):
    ran('plain')

def test_race(counter, shared):
    together(counter.add, counter.add)
    assert counter.value == 2

@pytest.mark.skipif(False, reason='')
def test_right(counter, shared, tmp_path):
    lock = threading.Lock()
    def add():
        with lock: shared.append(1)
    together(add, add)
    # What other schedules have left is not there.
    assert shared == [1, 1]

def test_wrong():
    print('said')
    assert 1 == 2

def test_raises_in_a_thread():
    together(lambda: 1 / 0)

@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_may_raise_in_a_thread():
    together(lambda: 1 / 0)

def test_loop():
    asyncio.run(asyncio.sleep(3600))
";

/// A project with a test suite.
struct Project<'a> {
    scratch: Scratch,
    packages: &'a Path,
}

impl<'a> Project<'a> {
    fn new(packages: &'a Path, suite: &str) -> Self {
        let scratch = Scratch::new();
        scratch.write("project/test_bank.py", suite);
        fs::create_dir(scratch.at("runs")).expect("a new folder");
        Self { scratch, packages }
    }

    fn run(&self, arguments: &[&str]) -> CompletedProcess {
        let run = pyt_test::pyt(arguments)
            .dir(self.scratch.at("project"))
            .env("RUNS", self.scratch.at("runs"))
            .env("PYTHONPATH", self.packages)
            .run_until(DEADLINE);
        run.unwrap_or_else(|timed_out| panic!("{timed_out}"))
    }

    /// How often something ran.
    fn count(&self, name: &str) -> usize {
        fs::read(self.scratch.at(&format!("runs/{name}"))).map_or(0, |text| text.len())
    }
}

fn has(run: &CompletedProcess, text: &str) {
    assert!(run.stdout.contains(text), "{text}: {run}");
}

#[test]
fn each_test_is_explored_by_itself() {
    let Some(packages) = super::folder() else {
        return;
    };
    let project = Project::new(&packages, SUITE);
    let junit = project.scratch.at("junit.xml");
    let run = project.run(&[
        "explore",
        "--schedules=30",
        "--jobs=1",
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        &format!("--junitxml={junit}"),
        "--pyt-json=found.json",
    ]);
    run.exited_with(1);
    has(&run, "3 failed, 7 passed");
    has(&run, "assert counter.value == 2\nE       assert 1 == 2");
    has(
        &run,
        "both read `self.value` = 0 at test_bank.py:12 before either wrote",
    );
    has(&run, "again: pyt replay .pyt/test-bank-py--test-race-");
    has(&run, "FAILED: ZeroDivisionError in Thread-1 (<lambda>)");
    has(&run, "-- Captured stdout call --");
    assert_eq!(
        project.count("plain"),
        4,
        "tests without threads run once: {run}"
    );
    assert_eq!(
        (project.count("module"), project.count("ended")),
        (2, 2),
        "once in each process, not for each schedule: {run}"
    );
    assert!(
        project.count("function") > 32,
        "anew for each schedule: {run}"
    );
    let junit = fs::read_to_string(junit).expect("the file of JUnit");
    assert!(junit.contains("tests=\"10\" "), "{junit}");
    assert!(junit.contains("both read"), "{junit}");
    let found = fs::read_to_string(project.scratch.at("project/found.json")).expect("JSON");
    let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
    let right = &found["tests"]["test_bank.py::test_right"];
    assert_eq!(
        (&right["schedules"], &right["failed"]),
        (&30.into(), &0.into()),
        "{right}"
    );
    assert_eq!(right["wider"][0], "shared (module)", "{right}");
    assert_eq!(right["proven"], false, "{right}");

    let kept = fs::read_dir(project.scratch.at("project/.pyt")).expect("kept schedules");
    let race = kept
        .flatten()
        .map(|entry| format!(".pyt/{}", entry.file_name().to_string_lossy()))
        .find(|name| name.contains("test-race"))
        .expect("that of test_race");
    let replay = project.run(&["replay", &race]);
    replay.exited_with(1);
    has(
        &replay,
        "test_bank.py::test_race failed again under its schedule",
    );
}

#[test]
fn the_plugin_explores_in_plain_pytest() {
    let Some(packages) = super::folder() else {
        return;
    };
    let project = Project::new(&packages, SUITE);
    let run = project.run(&["-m", "pytest", "-q", "-k", "race or plain"]);
    run.exited_with(0);
    assert_eq!(
        project.count("function"),
        1,
        "nothing asks for schedules: {run}"
    );
    let run = project.run(&["-m", "pytest", "--pyt-schedules=30", "-k", "race or plain"]);
    run.exited_with(1);
    has(&run, "1 failed, 4 passed");
    has(
        &run,
        "pyt: explores tests with threads or event loops (mix, 30 schedules of each)",
    );

    let marked = SUITE.replace(
        "@pytest.mark.skipif(False, reason='')",
        "@pytest.mark.schedules(17, strategy='pos')",
    );
    let project = Project::new(&packages, &marked);
    let run = project.run(&["-m", "pytest", "-k", "right or race"]);
    run.exited_with(0);
    has(
        &run,
        "1 test explored, 1 with something to decide: 17 schedules",
    );

    for (options, reason) in [
        (&["--pyt-schedules=0"][..], "--pyt-schedules: at least 1"),
        (
            &["--pyt-schedules=2", "--pdb"],
            "replay a schedule under the debugger",
        ),
        (
            &["--pyt-replay=test_bank.py"],
            "test_bank.py is no schedule of a test",
        ),
    ] {
        let run = project.run(&[&["-m", "pytest"], options].concat());
        run.exited_with(4);
        assert!(run.stderr.contains(reason), "{run}");
    }
}

#[test]
fn a_fixture_of_a_wider_scope_may_start_threads() {
    let Some(packages) = super::folder() else {
        return;
    };
    let suite = "\
import queue, threading
import pytest

@pytest.fixture(scope='session')
def server():
    asked, answered = queue.Queue(), queue.Queue()
    def serve():
        while (one := asked.get()) is not None:
            answered.put(one + 1)
    thread = threading.Thread(target=serve)
    thread.start()
    yield asked, answered
    asked.put(None)
    thread.join()

def test_one(server):
    server[0].put(1)
    assert server[1].get(timeout=5) == 2

def test_two(server):
    server[0].put(2)
    assert server[1].get(timeout=5) == 3
";
    let project = Project::new(&packages, suite);
    let run = project.run(&["explore", "--schedules=10", "-m", "pytest"]);
    run.exited_with(0);
    has(
        &run,
        "2 tests explored, 2 with something to decide: 20 schedules",
    );
}

#[test]
fn a_test_that_ends_its_process_is_reported() {
    let Some(packages) = super::folder() else {
        return;
    };
    let suite = "\
import os, threading
def test_ends():
    thread = threading.Thread(target=lambda: os._exit(7))
    thread.start()
    thread.join()
def test_other():
    threading.Thread(target=print).start()
";
    let project = Project::new(&packages, suite);
    let run = project.run(&["explore", "--schedules=10", "-m", "pytest"]);
    run.exited_with(1);
    has(&run, "FAILED: exit status 7");
    has(&run, "1 failed, 1 passed");
}
