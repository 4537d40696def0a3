//! Programs that use more of Python than threads and locks: each must be explored like any other.

use pyt_test::Scratch;

use crate::{explore, explore_text, outcomes, parsed, pyt};

/// Explores 20 schedules; none may fail, and all must print `expected`.
#[track_caller]
fn prints(source: &str, expected: &str) {
    let (report, run) = explore_text(source, &["--schedules=20"]);
    run.exited_with(0);
    let all = report["outcomes"].as_array().expect("outcomes");
    assert_eq!(all.len(), 1, "{run}");
    assert_eq!(all[0]["outcome"]["output"], expected, "{run}");
    assert_eq!(all[0]["count"], 20, "{run}");
}

#[test]
fn modules_beside_the_script_are_imported_anew() {
    let scratch = Scratch::new();
    scratch.write(
        "counted.py",
        "import helper\nhelper.calls += 1\nvalue = helper.calls\n",
    );
    scratch.write("helper.py", "calls = 0\n");
    let script = scratch.write(
        "main.py",
        "import counted, helper\nprint(counted.value, helper.calls)\n",
    );
    let (report, run) = explore(&script, &["--schedules=10"]);
    run.exited_with(0);
    assert_eq!(
        outcomes(&report),
        [r#"{"failure":null,"output":"1 1\n"}"#],
        "{run}"
    );
}

#[test]
fn races_in_modules_beside_the_script_are_found() {
    let scratch = Scratch::new();
    scratch.write(
        "shared.py",
        "value = 0\ndef add():\n    global value\n    value += 1\n",
    );
    let source = "\
import shared, threading
threads = [threading.Thread(target=shared.add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert shared.value == 2
";
    let script = scratch.write("main.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let (report, run) = explore(&script, &["--stop-on-first", &output]);
    run.exited_with(1);
    assert_eq!(
        report["findings"][0]["failure"]["exception"], "AssertionError",
        "{run}"
    );
}

#[test]
fn atexit_runs_in_each() {
    prints(
        "import atexit\natexit.register(print, 'bye')\nprint('hello')\n",
        "hello\nbye\n",
    );
}

#[test]
fn pools_of_threads() {
    prints(
        "\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(lambda n: n * n, range(4))))
",
        "[0, 1, 4, 9]\n",
    );
}

#[test]
fn pools_that_are_left_open() {
    prints(
        "\
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)
print(pool.submit(pow, 2, 5).result())
",
        "32\n",
    );
}

#[test]
fn logging_is_set_up_in_each() {
    prints(
        "\
import logging
logging.basicConfig(format='%(levelname)s %(threadName)s %(message)s', level=logging.INFO)
logging.getLogger('app').info('started')
",
        "INFO MainThread started\n",
    );
}

#[test]
fn random_numbers_come_from_the_seed() {
    let source = "import random\nprint(random.random(), random.randrange(10**9))\n";
    let (report, run) = explore_text(source, &["--schedules=10"]);
    run.exited_with(0);
    assert_eq!(outcomes(&report).len(), 10, "a seed each: {run}");
    let (again, _) = explore_text(source, &["--schedules=10"]);
    assert_eq!(outcomes(&report), outcomes(&again));
}

#[test]
fn input_finds_the_end_of_the_file() {
    prints(
        "try:\n    input()\nexcept EOFError:\n    print('end')\n",
        "end\n",
    );
}

#[test]
fn exit_statuses_are_failures() {
    let (report, run) = explore_text("import sys\nsys.exit(3)\n", &["--schedules=5"]);
    run.exited_with(1);
    assert_eq!(report["failed"], 5, "{run}");
    let failure = &report["findings"][0]["failure"];
    assert_eq!(failure["kind"], "exit_status", "{run}");
    assert_eq!(failure["status"], 3, "{run}");
    let (_, run) = explore_text("import sys\nsys.exit(0)\n", &["--schedules=5"]);
    run.exited_with(0);
}

#[test]
fn a_program_that_ends_its_process_ends_its_own_run() {
    let source = "import os\nprint('working')\nos._exit(5)\n";
    for how in ["--jobs=2", "--isolate"] {
        let (report, run) = explore_text(source, &["--schedules=6", how]);
        run.exited_with(1);
        assert_eq!(report["failed"], 6, "{how}: {run}");
        let outcome = &report["outcomes"][0]["outcome"];
        assert_eq!(outcome["failure"]["status"], 5, "{how}: {run}");
        assert_eq!(outcome["output"], "working\n", "{how}: {run}");
    }
    let (report, run) = explore_text("import os\nos._exit(0)\n", &["--schedules=6"]);
    run.exited_with(0);
    assert_eq!(report["schedules"], 6, "{run}");
}

/// The first run does not do it.
const DIES_LATER: &str = "import os, random\nif random.random() < 0.7: os.kill(os.getpid(), 9)\n";

/// Two threads count, and may count once only.
const LOST_COUNT: &str = "
import threading
import os
count = 0
def work():
    global count
    count += 1
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";

#[test]
fn a_later_run_that_ends_its_process_is_an_outcome() {
    let arguments = ["--schedules=20", "--seed=5"];
    let (isolated, _) = explore_text(DIES_LATER, &[&arguments[..], &["--isolate"]].concat());
    for jobs in ["--jobs=1", "--jobs=2"] {
        let (report, run) = explore_text(DIES_LATER, &[&arguments[..], &[jobs]].concat());
        run.exited_with(1);
        assert!(run.stderr.contains("has ended its process"), "{run}");
        assert_eq!(report["schedules"], 20, "{run}");
        assert_eq!(outcomes(&report), outcomes(&isolated), "{run}");
    }
    let source = &format!("{LOST_COUNT}if count < 2: os.kill(os.getpid(), 9)\n");
    let (report, run) = explore_text(source, &["--strategy=dpor"]);
    run.exited_with(1);
    assert_eq!(report["proven"], false, "{run}");
    assert!(run.stdout.contains("\"status\": 137"), "{run}");
    assert_eq!(report["not_reproducible"], 0, "{run}");
    let reasons = report["not_seen"].to_string();
    assert!(reasons.contains("ends its process"), "{run}");
    let (_, run) = explore_text(source, &["--schedules=40"]);
    run.exited_with(1);
    // It does happen again, with its seed; only its steps are not known.
    let scratch = Scratch::new();
    let script = scratch.write("dies.py", source);
    let run = pyt(&["explore", "--schedules=40", &script]);
    run.exited_with(1);
    assert!(run.stdout.contains("the steps are not known"), "{run}");
    assert!(!run.stdout.contains("did not happen again"), "{run}");
}

#[test]
fn a_call_of_os_exit_has_a_cause_and_a_schedule() {
    let source = format!(
        "{LOST_COUNT}print(count)
try:
    if count < 2: os._exit(7)
finally:
    print('not by os._exit')
"
    );
    let scratch = Scratch::new();
    let script = scratch.write("exits.py", source);
    let output = format!("--output={}", scratch.at("found"));
    for strategy in ["--strategy=random", "--strategy=dpor"] {
        let (report, run) = explore(&script, &["--schedules=200", strategy, &output]);
        run.exited_with(1);
        assert_eq!(report["proven"], false, "{run}");
        let finding = &report["findings"][0];
        assert_eq!(finding["failure"]["status"], 7, "{run}");
        let cause = finding["cause"].to_string();
        assert!(cause.contains("count"), "{run}");
        let failed = "1\n";
        let texts = outcomes(&report);
        assert!(
            texts
                .iter()
                .any(|text| text.contains(&format!("{failed:?}"))),
            "{run}"
        );
    }
    let schedule = scratch.at("found/exits-exit.schedule");
    for _ in 0..5 {
        pyt(&["replay", &schedule]).exited_with(1);
    }
}

#[test]
fn handlers_of_signals_belong_to_their_run() {
    let source = "
import signal
assert not callable(signal.getsignal(signal.SIGTERM)), signal.getsignal(signal.SIGTERM)
seen = []
def handle(number, frame):
    seen.append(number)
signal.signal(signal.SIGTERM, handle)
assert signal.getsignal(signal.SIGTERM) is handle
for _ in range(3): pass
";
    for how in [&[][..], &["--isolate"], &["--granularity=instruction"]] {
        let arguments = [&["--inject=signal:SIGTERM", "--schedules=200"], how].concat();
        let (report, run) = explore_text(source, &arguments);
        run.exited_with(0);
        assert_eq!(report["failed"], 0, "{run}");
    }
}

#[test]
fn faults_come_before_a_sleep() {
    let source = "
import time
try:
    for _ in range(10): time.sleep(1)
except KeyboardInterrupt:
    print('interrupted')
";
    let (report, run) = explore_text(
        source,
        &["--inject=interrupt", "--schedules=40", "--granularity=sync"],
    );
    assert_eq!(outcomes(&report).len(), 2, "{run}");
}

#[test]
fn a_program_that_looks_at_the_modules_finds_none_of_an_earlier_run() {
    let source = "
import sys
print('colorsys' in sys.modules)
import colorsys
";
    for how in [&[][..], &["--isolate"]] {
        let (report, run) = explore_text(source, &[&["--schedules=20"], how].concat());
        assert_eq!(outcomes(&report).len(), 1, "{run}");
        assert!(outcomes(&report)[0].contains("False"), "{run}");
    }
    let source = "
import sys, threading
def imports():
    import colorsys
def looks():
    print('colorsys' in sys.modules)
threads = [threading.Thread(target=one) for one in (imports, looks)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";
    let (report, run) = explore_text(source, &["--strategy=dpor"]);
    assert_eq!(report["proven"], false, "{run}");
    let (report, run) = explore_text(source, &["--schedules=40"]);
    assert_eq!(outcomes(&report).len(), 2, "{run}");
}

#[test]
fn a_script_that_writes_a_file_is_explored_by_one_job() {
    let scratch = Scratch::new();
    let source = "
import os
import threading
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'log')
def work(text):
    with open(path, 'a') as file:
        file.write(text)
open(path, 'w').close()
threads = [threading.Thread(target=work, args=(text,)) for text in 'ab']
for thread in threads: thread.start()
for thread in threads: thread.join()
with open(path) as file:
    print(len(file.read()))
";
    let script = scratch.write("writes.py", source);
    let run = pyt(&["explore", "--json", "--schedules=200", &script]);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores > 1 {
        assert!(run.stderr.contains("by one job"), "{run}");
    }
    let report = parsed(&run);
    assert_eq!(report["schedules"], 200, "{run}");
    assert_eq!(outcomes(&report).len(), 1, "{run}");
    let source = "
import tempfile
with tempfile.NamedTemporaryFile('w') as file:
    file.write('x')
";
    let script = scratch.write("temporary.py", source);
    let run = pyt(&["explore", "--json", "--schedules=20", &script]);
    assert!(run.stderr.is_empty(), "{run}");
}

#[test]
fn daemons_that_never_end_are_left_behind() {
    prints(
        "\
import threading
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()
print('through')
",
        "through\n",
    );
    prints(
        "\
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
print('through')
",
        "through\n",
    );
}

#[test]
fn threads_that_catch_everything_are_abandoned() {
    let source = "\
import threading
lock = threading.Lock()
lock.acquire()
def stubborn():
    while True:
        try:
            lock.acquire()
        except BaseException:
            continue
thread = threading.Thread(target=stubborn)
thread.start()
thread.join()
";
    let (report, run) = explore_text(source, &["--schedules=3"]);
    run.exited_with(1);
    assert_eq!(report["failed"], 3, "{run}");
    assert_eq!(
        report["findings"][0]["failure"]["kind"], "deadlock",
        "{run}"
    );
    let source = source.replace("lock.acquire()\n        except", "pass\n        except");
    let (report, run) = explore_text(&source, &["--schedules=3", "--max-steps=2000"]);
    run.exited_with(1);
    assert_eq!(
        report["findings"][0]["failure"]["kind"], "livelock",
        "{run}"
    );
}

#[test]
fn subprocesses_work_and_are_marked() {
    let source = "import subprocess\nprint(subprocess.run(['sleep', '0.3']).returncode)\n";
    let (report, run) = explore_text(source, &["--schedules=2"]);
    run.exited_with(0);
    assert_eq!(
        outcomes(&report),
        [r#"{"failure":null,"output":"0\n"}"#],
        "{run}"
    );
    assert_eq!(report["irreproducible"], 2, "{run}");
}

#[test]
fn exceptions_in_threads_are_failures() {
    let source = "\
import threading
thread = threading.Thread(target=lambda: 1 / 0, name='divider')
thread.start()
thread.join()
";
    let (report, run) = explore_text(source, &["--schedules=5"]);
    run.exited_with(1);
    assert_eq!(report["failed"], 5, "{run}");
    let failure = &report["findings"][0]["failure"];
    assert_eq!(failure["exception"], "ZeroDivisionError", "{run}");
    assert_eq!(failure["thread"], "divider", "{run}");
}

#[test]
fn two_bugs_that_raise_the_same_exception_are_two_findings() {
    let source = "import threading\ncache = {'x': 1}\nstock = {'x': 1}\ndef drop():\n    if 'x' in cache:\n        del cache['x']\n\
                  def sell():\n    if 'x' in stock:\n        del stock['x']\n\
                  ts = [threading.Thread(target=f, name='one') for f in (drop, drop, sell, sell)]\n\
                  for t in ts: t.start()\nfor t in ts: t.join()\n";
    let scratch = Scratch::new();
    let script = scratch.write("two.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let (report, run) = explore(&script, &["--schedules=200", &output]);
    let findings = report["findings"].as_array().expect("a list");
    let told: Vec<_> = (findings.iter())
        .map(|finding| {
            let name = finding["schedule"]
                .as_str()
                .and_then(|file| file.rsplit('/').next());
            (finding["failure"]["place"].as_str(), name)
        })
        .collect();
    let mut expected = [(Some("two.py:6"), 0), (Some("two.py:9"), 0)];
    for (place, count) in &mut expected {
        *count = told.iter().filter(|(told, _)| told == place).count();
    }
    assert_eq!(expected.map(|(_, count)| count), [1, 1], "{run}");
    let mut names: Vec<_> = told.iter().filter_map(|(_, name)| *name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["two-KeyError-2.schedule", "two-KeyError.schedule"],
        "{run}"
    );
    for finding in findings {
        assert_eq!(finding["reproducible"], true, "{run}");
    }
    // Both have one text in the table of outcomes.
    let run = pyt(&["explore", "--schedules=200", &output, &script]);
    for line in [6, 9] {
        let row = format!("FAILED at two.py:{line}: KeyError in one: 'x'");
        assert!(run.stdout.contains(&row), "{run}");
    }
}
