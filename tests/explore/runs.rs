//! Each run makes the same steps wherever it is made: as the first or a later one of an
//! exploration, isolated or not, on one job or two, by `pyt run --seed`, by `pyt replay`.

use std::path::Path;

use pyt_test::Scratch;
use serde_json::Value;

use crate::{
    EXPLORATION_DEADLINE, all_hold, count, explore, explore_text, outcomes, parsed, pyt, scripts,
    text, timeless, try_pyt,
};

/// A lost update in a program that imports what stands in the place of `IMPORTS`, and whose threads
/// do what stands in that of `CALL`.
const LOST_UPDATE: &str = "\
import threading
IMPORTS

x = 0

def add():
    global x
    CALL
    x += 1

threads = [threading.Thread(target=add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert x == 2
";

/// Modules of the library that keep state from their import on, or from their first use.
const STATEFUL: [(&str, &str); 9] = [
    ("import logging", "pass"),
    ("import logging", "logging.getLogger('a').info('x')"),
    ("import asyncio", "pass"),
    ("import concurrent.futures.thread", "pass"),
    ("import tempfile", "tempfile.gettempdir()"),
    ("import decimal", "decimal.getcontext().prec += 1"),
    ("import json", "json.n = getattr(json, 'n', 0) + 1"),
    (
        "import sys",
        "sys.setrecursionlimit(sys.getrecursionlimit() + 1)",
    ),
    ("import os", "os.umask(os.umask(0) ^ 1)"),
];

fn with_state((imports, call): (&str, &str)) -> String {
    LOST_UPDATE
        .replace("IMPORTS", imports)
        .replace("CALL", call)
}

#[test]
fn failures_of_programs_with_stateful_modules_replay() {
    for stateful in STATEFUL {
        let scratch = Scratch::new();
        let script = scratch.write("script.py", with_state(stateful));
        let output = format!("--output={}", scratch.at("found"));
        let (report, run) = explore(&script, &["--stop-on-first", &output]);
        run.exited_with(1);
        assert_eq!(report["not_reproducible"], 0, "{stateful:?}: {run}");
        let finding = &report["findings"][0];
        assert_eq!(finding["reproducible"], true, "{stateful:?}: {run}");
        let file = finding["schedule"].as_str().expect("a file");
        for _ in 0..count("PYT_TEST_REPLAYS", 2) {
            let replay = pyt(&["replay", file]);
            replay.exited_with(1);
            assert!(!replay.stderr.contains("pyt replay:"), "{replay}");
        }
    }
}

/// A lost update, another failure where a thread comes between, and an exit function whose steps
/// come before those of the library's.
const SEVERAL_FAILURES: &str = "\
import atexit, threading
IMPORTS

lock = threading.Lock()
x = 0

def add():
    global x
    CALL
    x += 1

def look():
    if x == 1:
        raise KeyError(x)

def last():
    lock.acquire()

atexit.register(last)
threads = [threading.Thread(target=one) for one in (add, look, add)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert x == 2
";

/// The failures of a program are minimized one after the other, in one process.
#[test]
fn the_second_failure_of_a_program_begins_as_the_first() {
    let with_exit_functions = [
        ("import logging", "logging.getLogger('a').info('x')"),
        (
            "import asyncio, concurrent.futures.thread",
            "asyncio.new_event_loop().close()",
        ),
    ];
    for (imports, call) in with_exit_functions.into_iter().chain(STATEFUL) {
        let scratch = Scratch::new();
        let source = SEVERAL_FAILURES.replace("IMPORTS", imports);
        let script = scratch.write("script.py", source.replace("CALL", call));
        let output = format!("--output={}", scratch.at("found"));
        let (report, run) = explore(&script, &["--schedules=60", &output]);
        run.exited_with(1);
        let findings = report["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), 2, "{imports}: {run}");
        for finding in findings {
            assert_eq!(finding["reproducible"], true, "{imports}: {run}");
            assert!(finding["differs"].is_null(), "{imports}: {run}");
        }
    }
}

#[test]
fn runs_are_the_same_isolated_or_not_on_one_job_or_two() {
    for stateful in [STATEFUL[1], STATEFUL[4]] {
        let scratch = Scratch::new();
        let script = scratch.write("script.py", with_state(stateful));
        let output = format!("--output={}", scratch.at("found"));
        let explored = |how: &[&str]| {
            let given = ["explore", "--json", "--schedules=24", &output, &script];
            timeless(parsed(&pyt(&[&given[..], how].concat())))
        };
        let usual = explored(&["--jobs=1"]);
        assert_eq!(usual, explored(&["--jobs=2"]), "{stateful:?}");
        assert_eq!(usual, explored(&["--jobs=1", "--isolate"]), "{stateful:?}");
    }
}

/// What `pyt run --seed` shows must be what an exploration of so many schedules has said of the
/// seed. Returns how many seeds were tried.
pub(crate) fn seeds_show_what_was_said(script: &Path, schedules: u64) -> Result<u64, String> {
    let schedules = format!("--schedules={schedules}");
    let (report, _) = explore(text(script), &[&*schedules, "--max-steps=3000"]);
    let all = report["outcomes"].as_array().ok_or("no outcomes")?;
    let mut seeds = 0;
    for said in all.iter().filter(|said| !said["seed"].is_null()) {
        seeds += 1;
        let seed = format!("--seed={}", said["seed"]);
        let run = try_pyt(
            EXPLORATION_DEADLINE,
            &["run", &seed, "--max-steps=3000", text(script)],
        )?;
        let failure = &said["outcome"]["failure"];
        let output = said["outcome"]["output"].as_str().unwrap_or_default();
        let mut shown: Vec<&str> = run.stdout.lines().chain(run.stderr.lines()).collect();
        let mut expected: Vec<&str> = output.lines().collect();
        let as_said = match failure["kind"].as_str() {
            Some("deadlock") => run.status.code() == Some(3),
            Some("livelock") => run.stderr.contains("pyt: livelock: "),
            _ => {
                shown.sort_unstable();
                expected.sort_unstable();
                shown == expected
            }
        };
        if !as_said {
            return Err(format!("{said} is not what {seed} shows: {run}"));
        }
    }
    Ok(seeds)
}

#[test]
fn a_seed_shows_what_exploration_said_of_it() {
    let mut all = scripts("bugs");
    if count("PYT_TEST_SEEDS", 2) <= 2 {
        all = all.into_iter().step_by(4).collect();
    }
    all_hold(&all, |script| {
        seeds_show_what_was_said(script, 12).map(drop)
    });
    let scratch = Scratch::new();
    for (number, stateful) in STATEFUL.into_iter().enumerate() {
        let script = scratch.write(&format!("script{number}.py"), with_state(stateful));
        seeds_show_what_was_said(Path::new(&script), 12).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn what_a_run_leaves_in_a_module_is_gone_in_the_next() {
    for module in ["json", "threading", "string", "queue"] {
        let source = format!(
            "import {module}\n{module}.n = getattr({module}, 'n', 0) + 1\nprint({module}.n)\n"
        );
        for how in ["--isolate", "--seed=0"] {
            let (report, run) = explore_text(&source, &["--schedules=10", how]);
            let only = [r#"{"failure":null,"output":"1\n"}"#];
            assert_eq!(outcomes(&report), only, "{module} {how}: {run}");
        }
    }
}

/// A module, what a program looks at, and how it changes that permanently.
const LEFT_BEHIND: &[(&str, &str, &str)] = &[
    (
        "time",
        "getattr(time.sleep, 'mine', 0)",
        "def sleep(s): pass\nsleep.mine = 1\ntime.sleep = sleep",
    ),
    (
        "sys",
        "sys.getrecursionlimit()",
        "sys.setrecursionlimit(500)",
    ),
    (
        "sys",
        "sys.getswitchinterval()",
        "sys.setswitchinterval(0.01)",
    ),
    (
        "sys",
        "sys.get_int_max_str_digits()",
        "sys.set_int_max_str_digits(5000)",
    ),
    (
        "sys",
        "getattr(sys, 'tracebacklimit', None)",
        "sys.tracebacklimit = 3",
    ),
    (
        "os",
        "(lambda mask: (os.umask(mask), mask)[1])(os.umask(0))",
        "os.umask(0o77)",
    ),
    ("gc", "gc.get_threshold()", "gc.set_threshold(123)"),
    (
        "threading",
        "threading.stack_size()",
        "threading.stack_size(1 << 20)",
    ),
    (
        "threading",
        "threading.gettrace() is None",
        "threading.settrace(lambda *a: None)",
    ),
    (
        "signal",
        "len(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])",
    ),
    (
        "time, os",
        "time.tzname",
        "os.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()",
    ),
    (
        "textwrap",
        "hasattr(textwrap.TextWrapper, 'mine')",
        "textwrap.TextWrapper.mine = 1",
    ),
    (
        "weakref",
        "weakref.finalize._shutdown",
        "class A: pass\na = A()\nweakref.finalize(a, print, 'end')",
    ),
    (
        "sys, builtins",
        "(sys.audit('mine'), len(getattr(sys, 'heard', [])))",
        "sys.heard = []\nsys.addaudithook(lambda name, _: sys.heard.append(name) if name == 'mine' else None)",
    ),
    (
        "builtins",
        "callable(builtins.zip)",
        "builtins.len = builtins.zip = builtins.sorted = builtins.isinstance = 7",
    ),
    (
        "builtins",
        "getattr(builtins.print, 'mine', 0)",
        "old = print\ndef new(*a): old(*a)\nnew.mine = 1\nbuiltins.print = new",
    ),
];

#[test]
fn what_a_run_changes_in_the_library_or_the_process_is_as_before_in_the_next() {
    for (module, look, change) in LEFT_BEHIND {
        let source = format!(
            "import threading\nimport {module}\nprint({look})\n{change}\n\
             t = threading.Thread(target=int)\nt.start()\nt.join()\n"
        );
        let (report, run) = explore_text(&source, &["--schedules=6", "--jobs=1"]);
        assert_eq!(outcomes(&report).len(), 1, "{source}\n{run}");
        assert_eq!(report["failed"], 0, "{source}\n{run}");
    }
}

#[test]
fn installed_packages_are_fresh_in_each_run() {
    let scratch = Scratch::new();
    scratch.write(
        "site-packages/kept.py",
        "class Kept:\n    seen = []\nkept = Kept()\n",
    );
    let folder = scratch.at("site-packages");
    let source = format!(
        "import sys\nsys.path.insert(0, {folder:?})\nimport kept\nkept.kept.seen.append(1)\n\
         print(len(kept.kept.seen))\n"
    );
    let script = scratch.write("main.py", source);
    let (report, run) = explore(&script, &["--schedules=10"]);
    assert_eq!(
        outcomes(&report),
        [r#"{"failure":null,"output":"1\n"}"#],
        "{run}"
    );
}

/// The locations of a namespace package are computed from its parent, which goes first or last.
#[test]
fn namespace_packages_are_fresh_in_each_run() {
    let scratch = Scratch::new();
    let nested: Vec<String> = ('a'..='h').map(String::from).collect();
    scratch.write(&format!("{}/counter.py", nested.join("/")), "value = 0\n");
    let module = format!("{}.counter", nested.join("."));
    let script = format!(
        "import threading, {module} as counter\n\
         def add():\n    counter.value += 1\n\
         threads = [threading.Thread(target=add) for _ in range(2)]\n\
         for thread in threads: thread.start()\n\
         for thread in threads: thread.join()\n\
         assert counter.value == 2, counter.value\n"
    );
    let path = scratch.write("script.py", script);
    for isolated in [&["--isolate"][..], &[]] {
        let run = pyt(&[&["explore", "--schedules=60", "--json"], isolated, &[&path]].concat());
        let report = parsed(&run);
        assert_eq!(report["schedules"], 60, "{run}");
        let outcomes = report["outcomes"].as_array().map(Vec::len);
        assert_eq!(outcomes, Some(2), "right, or 1: {run}");
    }
}

#[test]
fn temporary_names_differ_from_run_to_run() {
    let scratch = Scratch::new();
    let folder = scratch.path();
    let source = format!("import tempfile\ntempfile.mkdtemp(dir={folder:?})\n");
    for how in ["--seed=0", "--isolate"] {
        let (report, run) = explore_text(&source, &["--schedules=20", how]);
        run.exited_with(0);
        assert_eq!(report["failed"], 0, "{run}");
    }
}

#[test]
fn a_traceback_is_the_same_in_every_run_and_at_every_granularity() {
    // After a run whose threads were ended, the interpreter looks for events anew.
    let source = "\
import threading
cond = threading.Condition()
state = {'full': False, 'closed': False}
def one():
    with cond:
        cond.wait_for(lambda: state['full'] or state['closed'])
        assert state['full']
def two():
    with cond:
        state['closed'] = True
        cond.notify_all()
    with cond:
        state['full'] = True
        cond.notify_all()
threads = [threading.Thread(target=f, name=f.__name__) for f in (one, two)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";
    let explored = |how: &[&str]| {
        let usual = ["--strategy=random", "--schedules=60"];
        let (report, run) = explore_text(source, &[&usual, how].concat());
        let all = report["outcomes"].as_array().into_iter().flatten();
        let written = all.map(|one| one["outcome"]["output"].as_str().unwrap_or_default());
        // Each script has a folder of its own.
        let lines = written.flat_map(str::lines);
        let mut places: Vec<String> = lines
            .filter_map(|line| {
                line.split_once("script.py\", ")
                    .map(|(_, at)| at.to_owned())
            })
            .collect();
        places.sort();
        (places, run)
    };
    let (usual, run) = explored(&[]);
    assert_eq!(usual, ["line 7, in one"], "{run}");
    for how in [
        "--isolate",
        "--granularity=instruction",
        "--granularity=line",
    ] {
        let (other, run) = explored(&[how]);
        assert_eq!(usual, other, "{how}: {run}");
    }
}

#[test]
fn exceptions_in_exit_functions_are_failures() {
    let source = "\
import atexit, threading
done = []
def check():
    assert done == [1, 2], done
atexit.register(check)
threads = [threading.Thread(target=done.append, args=(n,)) for n in (1, 2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";
    let (report, run) = explore_text(source, &["--schedules=60"]);
    run.exited_with(1);
    assert!(report["failed"].as_u64() < Some(60), "{run}");
    let finding = &report["findings"][0];
    assert_eq!(finding["failure"]["exception"], "AssertionError", "{run}");
    assert_eq!(finding["failure"]["message"], "[2, 1]", "{run}");
    assert_eq!(finding["reproducible"], true, "{run}");
}

#[test]
fn exceptions_in_finalizers_are_failures() {
    let source = "\
class Loud:
    def __del__(self):
        self.never_set
loud = Loud()
del loud
print('after')
";
    let (report, run) = explore_text(source, &["--schedules=4"]);
    run.exited_with(1);
    let failure = &report["findings"][0]["failure"];
    assert_eq!(failure["exception"], "AttributeError", "{run}");
}

#[test]
fn a_finalizer_that_raises_at_the_end_of_a_job_loses_no_report() {
    let source = "\
import string, weakref
class Loud:
    def __init__(self):
        self.me = self
    def __del__(self):
        self.never_set
string.kept = Loud()
string.watch = weakref.ref(string.kept, lambda ref: never_set)
";
    for how in ["--jobs=1", "--jobs=2"] {
        let (report, _) = explore_text(source, &["--schedules=6", how]);
        assert_eq!(report["schedules"], 6, "{report}");
    }
}

#[test]
fn what_ends_the_threads_of_a_run_is_not_seen() {
    let source = "\
import logging, threading
lock = threading.Lock()
def take():
    try:
        with lock: pass
    except BaseException:
        logging.exception('a worker must survive')
thread = threading.Thread(target=take)
with lock:
    thread.start()
    thread.join()
";
    let (report, run) = explore_text(source, &["--schedules=5"]);
    run.exited_with(1);
    assert!(!run.stdout.contains("ScheduleAbandoned"), "{run}");
    assert_eq!(report["findings"][0]["output"], "", "{run}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_failure_that_depends_on_the_process_is_said_to() {
    let scratch = Scratch::new();
    // It fails unless it is replayed.
    let source = "assert 'replay' in open('/proc/self/cmdline').read()\n";
    let script = scratch.write("script.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let (report, run) = explore(&script, &["--schedules=4", &output]);
    run.exited_with(1);
    assert_eq!(report["not_reproducible"], 1, "{run}");
    let finding = &report["findings"][0];
    assert_eq!(finding["reproducible"], false, "{run}");
    assert_eq!(finding["differs"], "its replay did not fail", "{run}");
    let run = pyt(&["explore", "--schedules=4", &output, &script]);
    assert!(
        run.stdout
            .contains("not happen again in the same way in a new process"),
        "{run}"
    );
}

#[test]
fn a_replay_says_by_its_status_whether_the_failure_happened_again() {
    let scratch = Scratch::new();
    // The failing thread is not the main one, whose status is 0.
    let source = "\
import helper, threading
thread = threading.Thread(target=helper.fail)
thread.start()
thread.join()
";
    let helper = |text: &str| scratch.write("helper.py", format!("def fail():\n    {text}\n"));
    helper("1 / 0");
    let script = scratch.write("main.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let (report, run) = explore(&script, &["--schedules=2", &output]);
    run.exited_with(1);
    let file = report["findings"][0]["schedule"].as_str().expect("a file");
    pyt(&["replay", file]).exited_with(1);
    helper("pass");
    pyt(&["replay", file]).exited_with(0);
    helper("raise KeyError");
    let other = pyt(&["replay", file]);
    other.exited_with(2);
    assert!(other.stderr.contains("another failure"), "{other}");
}

#[test]
fn an_exhaustive_search_over_isolated_runs_finds_all() {
    let source = with_state(STATEFUL[0]);
    for strategy in ["--strategy=dpor", "--strategy=dfs:2"] {
        let (report, run) = explore_text(&source, &[strategy]);
        run.exited_with(1);
        assert_eq!(report["exhausted"], true, "{run}");
        let failed = |one: &&Value| one["failed"] == true;
        let all = report["outcomes"].as_array().expect("outcomes");
        assert_eq!(all.len(), 2, "{run}");
        assert_eq!(all.iter().filter(failed).count(), 1, "{run}");
    }
}

#[test]
fn a_started_thread_is_listed() {
    let source = "\
import threading
go = threading.Event()
threads = [threading.Thread(target=go.wait, name=name) for name in 'abc']
for thread in threads: thread.start()
names = [thread.name for thread in threading.enumerate()]
count = threading.active_count()
go.set()
for thread in threads: thread.join()
print(names, count, [thread.name for thread in threading.enumerate()])
";
    let (report, run) = explore_text(source, &["--schedules=50"]);
    let only = r#"{"failure":null,"output":"['MainThread', 'a', 'b', 'c'] 4 ['MainThread']\n"}"#;
    assert_eq!(outcomes(&report), [only], "{run}");
}

/// Each run notes how much memory its process has. In every tenth run or so two threads deadlock.
#[cfg(target_os = "linux")]
#[test]
fn runs_and_deadlocks_leave_no_memory_behind() {
    const RUNS: usize = 3000;
    const WARM: usize = 1000;
    /// What differs from run to run: some pages.
    const SLACK: u64 = 4096;
    let source = "
import os, random, threading
pages = int(open('/proc/self/statm').read().split()[1])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'memory'), 'a') as file:
    print(pages * os.sysconf('SC_PAGE_SIZE') // 1024, file=file)
left, right = threading.Lock(), threading.Lock()
def work(first, second):
    with first, second: pass
turned = random.random() < 0.6
a = threading.Thread(target=work, args=(left, right))
b = threading.Thread(target=work, args=(right, left) if turned else (left, right))
a.start(); b.start(); a.join(); b.join()
";
    let scratch = Scratch::new();
    let script = scratch.write("script.py", source);
    let schedules = format!("--schedules={RUNS}");
    let output = format!("--output={}", scratch.at("found"));
    let (report, run) = explore(&script, &[&schedules, &output]);
    let failed = report["failed"].as_u64().unwrap_or_default();
    assert!(failed >= 100, "few deadlocks: {run}");
    let noted = std::fs::read_to_string(scratch.at("memory")).expect("the runs have written it");
    let noted: Vec<u64> = noted.lines().filter_map(|line| line.parse().ok()).collect();
    // Runs that search for the smallest schedule have written more.
    assert!(noted.len() >= RUNS, "{} runs", noted.len());
    let (warm, end) = (noted[WARM], noted[RUNS - 1]);
    assert!(
        end <= warm + SLACK,
        "{warm} kB after {WARM} runs, then {end}"
    );
}

#[test]
fn named_tuples_of_the_library_are_no_code_of_the_program() {
    // A traceback with carets makes some. They were steps where an earlier run had made them.
    let source = "
import threading
from functools import reduce
n = 0
def add(x, y):
    global n
    n += 1
    if n == 2:
        raise ValueError('no')
    return 0
def client():
    reduce(add, [1, 2])
a = threading.Thread(target=client, name='a')
b = threading.Thread(target=client, name='b')
a.start(); b.start()
a.join(); b.join()
";
    let (report, run) = explore_text(source, &["--schedules=60"]);
    let findings = report["findings"].as_array().expect("a list");
    assert!(!findings.is_empty(), "{run}");
    assert_eq!(report["not_reproducible"], 0, "{run}");
    for step in findings[0]["steps"].as_array().expect("steps") {
        assert_ne!(step["file"], "<string>", "{run}");
    }
}
