//! The cause of a failure where the steps do not say what two threads share: the report names the
//! two steps whose order decides all the same, and none of the accesses around them.

use serde_json::Value;

use crate::explore_text;

/// Both threads have accesses before and after, which have nothing to do with the failure.
const FRAME: &str = "
noise = {}
def run(work):
    noise['n'] = noise.get('n', 0) + 1
    work()
    noise.pop('n', None)
first = threading.Thread(target=run, args=(one,), name='first')
second = threading.Thread(target=run, args=(two,), name='second')
first.start()
second.start()
first.join()
second.join()
check()
";

/// A step that must be named: its thread and its line.
type Named = (&'static str, u64);

/// A program, the steps of its pair, and those of the opposite pair if there is one.
struct Case {
    about: &'static str,
    source: &'static str,
    pairs: &'static [[Named; 2]],
    /// What the sentence has.
    says: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        about: "a writer of csv writes to a stream",
        source: "
import threading
import csv, io
text = io.StringIO()
writer = csv.writer(text, lineterminator=';')
got = []
def one():
    writer.writerow(['a'])
def two():
    got.append(text.getvalue())
def check(): assert got == ['a;']
",
        pairs: &[[("second", 10), ("first", 8)]],
        says: &[
            "second called `text.getvalue()`",
            "before first called `writer.writerow(['a'])`",
        ],
    },
    Case {
        about: "a handler of logging writes to a stream",
        source: "
import threading
import io, logging
text = io.StringIO()
logger = logging.getLogger('mine')
logger.propagate = False
logger.addHandler(logging.StreamHandler(text))
got = []
def one():
    logger.warning('a')
def two():
    got.append(text.getvalue())
def check(): assert got == ['a\\n']
",
        pairs: &[[("second", 12), ("first", 10)]],
        says: &[
            "first called `logger.warning('a')`",
            "second had called `text.getvalue()`",
        ],
    },
    Case {
        about: "an object goes between two looks at a weak reference",
        source: "
import threading
import weakref
class Thing: pass
box = [Thing()]
ref = weakref.ref(box[0])
got = []
def one():
    before = ref() is None
    got.append(before == (ref() is None))
def two():
    box.clear()
def check(): assert got == [True]
",
        pairs: &[
            [("first", 9), ("second", 12)],
            [("second", 12), ("first", 10)],
        ],
        says: &["second changed `box`", "after first had called `ref()`"],
    },
    Case {
        about: "a case is added between two calls of a generic function",
        source: "
import threading
import functools
@functools.singledispatch
def show(value): return 'any'
got = []
def one():
    before = show(1)
    got.append((before, show(1)))
def two():
    show.register(int, lambda value: 'int')
def check(): assert got[0][0] == got[0][1]
",
        pairs: &[
            [("first", 8), ("second", 11)],
            [("second", 11), ("first", 9)],
        ],
        says: &["after first had called `show(1)`"],
    },
    Case {
        about: "the stream of print is replaced",
        source: "
import threading
import io, sys
before = sys.stdout
text = io.StringIO()
def one():
    sys.stdout = text
def two():
    print('x')
def check():
    sys.stdout = before
    assert text.getvalue() == ''
",
        pairs: &[[("first", 7), ("second", 9)]],
        says: &["`sys.stdout`"],
    },
    Case {
        // With all that a generator does until it yields: otherwise the other one finds it running.
        about: "a generator is closed before it is resumed",
        source: "
import threading
def rows():
    yield 1
    yield 2
source = rows()
next(source)
def one():
    source.close()
def two():
    assert next(source, None) == 2
def check(): pass
",
        pairs: &[[("first", 9), ("second", 11)]],
        says: &["`source`"],
    },
    Case {
        // What `map` reads after the function has returned is said of `map`.
        about: "map goes over what grows",
        source: "
import threading
items = [1, 2]
got = []
seen = {'n': 0}
def double(n):
    seen['n'] += 1
    return 2 * n
def one():
    got.append(list(map(double, items)))
def two():
    items.append(3)
def check(): assert got == [[2, 4]]
",
        pairs: &[[("second", 12), ("first", 10)]],
        says: &["`items`"],
    },
    Case {
        about: "a queue is shut down before an item is put",
        source: "
import threading
import queue
tasks = queue.Queue()
def one():
    tasks.shutdown()
def two():
    tasks.put(1)
def check(): pass
",
        pairs: &[[("first", 6), ("second", 8)]],
        says: &["first shut down tasks", "before second put into it"],
    },
    Case {
        about: "a file is read before the end of the block that writes it",
        source: "
import threading
import os
path = os.path.join(os.path.dirname(__file__), 'data')
with open(path, 'w') as file: file.write('1')
got = []
def one():
    with open(path, 'w') as file:
        file.write('1')
def two():
    with open(path) as file:
        got.append(file.read())
def check(): assert got == ['1']
",
        pairs: &[
            [("first", 8), ("second", 12)],
            [("second", 12), ("first", 8)],
        ],
        says: &["before first called `open(path, 'w').__exit__()`"],
    },
];

/// The thread and the line of each step of a pair.
fn steps(finding: &Value, pair: &Value) -> Vec<(String, u64)> {
    let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
    ["first", "second"]
        .iter()
        .filter_map(|which| {
            let step = &finding["steps"][number(&pair[which])?];
            let thread = finding["threads"][number(&step["thread"])?].as_str()?;
            Some((thread.to_owned(), step["line"].as_u64().unwrap_or(0)))
        })
        .collect()
}

#[test]
fn steps_are_named_that_do_not_say_what_they_share() {
    let mut wrong = Vec::new();
    for case in CASES {
        let source = format!("{}{FRAME}", case.source.trim_start());
        let (report, _) = explore_text(&source, &["--stop-on-first"]);
        let finding = &report["findings"][0];
        let cause = &finding["cause"];
        let sentence = cause["sentence"].as_str().unwrap_or_default();
        let pairs = [cause, &cause["opposite"]].map(|pair| steps(finding, pair));
        let mut pairs: Vec<_> = pairs.iter().filter(|pair| !pair.is_empty()).collect();
        let of_case = |pair: &[Named; 2]| pair.map(|(thread, line)| (thread.to_owned(), line - 1));
        let mut expected: Vec<_> = case.pairs.iter().map(of_case).collect();
        pairs.sort();
        expected.sort();
        let is_right = pairs.len() == expected.len()
            && pairs
                .iter()
                .zip(&expected)
                .all(|(one, two)| one[..] == two[..]);
        let says = case.says.iter().all(|part| sentence.contains(part));
        if !is_right || !says || sentence.contains("noise") {
            wrong.push(format!("{}: {sentence} {pairs:?}", case.about));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_thread_that_runs_a_function_of_the_library_is_named_by_its_run() {
    let source = "
import threading
items = []
def run():
    if len(items) == 0:
        items.append(2)
one = threading.Thread(target=items.append, args=(1,), name='one')
two = threading.Thread(target=run, name='two')
one.start()
two.start()
one.join()
two.join()
assert items == [1], items
";
    let (report, run) = explore_text(source, &["--stop-on-first"]);
    let sentence = &report["findings"][0]["cause"]["sentence"];
    assert_eq!(
        *sentence, "two read `items` at script.py:5 before one ran.",
        "{run}"
    );
}

#[test]
fn a_change_between_two_sections_of_a_lock_is_named() {
    let source = "
import threading
lock = threading.Lock()
table = {}
def run(number):
    with lock:
        if 'k' not in table:
            table['k'] = number
    table['k']
    table.clear()
one = threading.Thread(target=run, args=(1,), name='worker')
two = threading.Thread(target=run, args=(2,), name='worker')
one.start()
two.start()
one.join()
two.join()
";
    let (report, run) = explore_text(source, &["--stop-on-first", "--schedules=400"]);
    let finding = &report["findings"][0];
    let names = ["MainThread", "worker (1)", "worker (2)"];
    assert_eq!(finding["threads"], serde_json::json!(names), "{run}");
    let sentence = finding["cause"]["sentence"].as_str().unwrap_or_default();
    let by = |one: u8, two: u8| {
        let [one, two] = [one, two].map(|number| format!("worker ({number})"));
        format!(
            "{one} changed `table['k']` at script.py:10, between the change of it by {two} at \
             script.py:8 and {two}'s read of it at script.py:9."
        )
    };
    assert!(
        [by(1, 2), by(2, 1)].iter().any(|one| one == sentence),
        "{run}"
    );
}

#[test]
fn a_thread_of_the_library_may_run_before_a_step_that_no_switch_is_at() {
    // Of a pool, of a timer; and one worker does both tasks, which the other one could do.
    let cases = [
        (
            "
import concurrent.futures
items = []
pool = concurrent.futures.ThreadPoolExecutor(1)
pool.submit(items.append, 1)
got = len(items)
pool.shutdown()
assert got == 1
",
            "MainThread read `items` at script.py:6 before ThreadPoolExecutor-0_0 ran.",
        ),
        (
            "
import threading, time
items = []
timer = threading.Timer(0.5, items.append, (1,))
timer.start()
time.sleep(0.5)
got = len(items)
timer.join()
assert got == 1
",
            "MainThread read `items` at script.py:7 before Thread-1 ran.",
        ),
        (
            "
import threading
from concurrent.futures import ThreadPoolExecutor
go = threading.Event()
rounds = []
def one():
    go.set()
    rounds.append('set')
    go.clear()
def two():
    if not go.is_set():
        rounds.append('late')
with ThreadPoolExecutor(2) as pool:
    pool.submit(one)
    pool.submit(two)
assert rounds[0] == 'late' or len(rounds) == 1
",
            "ThreadPoolExecutor-0_0 cleared go at script.py:9 before ThreadPoolExecutor-0_1 ran.",
        ),
    ];
    for (source, expected) in cases {
        let (report, run) = explore_text(source, &["--stop-on-first"]);
        let sentence = &report["findings"][0]["cause"]["sentence"];
        assert_eq!(*sentence, expected, "{run}");
    }
}

#[test]
fn where_one_worker_does_both_tasks_no_steps_are_named() {
    // Their order is that of the queue, which no schedule of this run reverses.
    let source = "
from concurrent.futures import ThreadPoolExecutor
box = []
with ThreadPoolExecutor(1) as pool:
    pool.submit(box.append, 1)
    pool.submit(box.append, 2)
assert box == [2, 1], box
";
    let (report, run) = explore_text(source, &["--stop-on-first", "--schedules=3"]);
    let cause = &report["findings"][0]["cause"];
    assert!(
        cause["first"].is_null() && cause["second"].is_null(),
        "{run}"
    );
    let sentence = cause["sentence"].as_str().unwrap_or_default();
    assert!(sentence.starts_with("No two steps were found"), "{run}");
}

#[test]
fn a_counter_reads_a_key_that_it_does_not_have() {
    let source = "
import threading
from collections import Counter
words = Counter()
def count():
    words['a'] += 1
one = threading.Thread(target=count, name='one')
two = threading.Thread(target=count, name='two')
one.start(); two.start()
one.join(); two.join()
assert words['a'] == 2, words
";
    let (report, run) = explore_text(source, &["--schedules=200"]);
    let sentence = report["findings"][0]["cause"]["sentence"].as_str();
    let sentence = sentence.unwrap_or_default();
    let both_read = "both read `words['a']` at script.py:6 before either wrote it back.";
    assert!(sentence.ends_with(both_read), "{run}");
}

#[test]
fn a_cached_property_that_has_its_value_is_read() {
    let source = "
import functools, threading
class Config:
    @functools.cached_property
    def value(self):
        return 1
config = Config()
config.value
seen = []
def read():
    return config.value + config.value
threads = [threading.Thread(target=read) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";
    let (report, run) = explore_text(source, &["--strategy=dpor"]);
    assert_eq!(report["proven"], true, "{run}");
    assert_eq!(report["schedules"], 1, "{run}");
}

/// What a step is said to read must be what is read: not the container in the place of its item,
/// nor a change where there is none.
#[test]
fn what_is_read_is_told_as_it_is() {
    let frame = |before: &str, work: &str| {
        format!(
            "import threading\n{before}\ndef work():\n{work}\n\
             one = threading.Thread(target=work, name='one')\n\
             two = threading.Thread(target=work, name='two')\n\
             one.start(); two.start()\none.join(); two.join()\ncheck()\n"
        )
    };
    let cases = [
        (
            "text = bytearray(1)\ndef check(): assert text[0] == 2",
            "    text[0] += 1",
            "both read `text[0]` at script.py:5 before either wrote it back.",
        ),
        (
            "import os\nos.environ['N'] = '0'\ndef check(): assert os.environ['N'] == '2'",
            "    os.environ['N'] = str(int(os.environ['N']) + 1)",
            "both read `os.environ['N']` at script.py:6 before either wrote it back.",
        ),
        (
            "import io\ntext = io.StringIO()\ndef check(): assert text.getvalue() == 'x'",
            "    if not text.getvalue():\n        text.write('x')",
            "both read `text.getvalue()` at script.py:6 before either changed it.",
        ),
    ];
    for (before, work, expected) in cases {
        let (report, run) = explore_text(&frame(before, work), &["--schedules=200"]);
        let sentence = report["findings"][0]["cause"]["sentence"].as_str();
        assert!(sentence.unwrap_or_default().ends_with(expected), "{run}");
    }
}
