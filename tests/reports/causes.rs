//! The cause that a report of `pyt explore` names, and how outcomes are grouped.

use pyt_test::{CompletedProcess, Scratch, pyt};

use crate::{assert_process, explorations::run};

/// Explores a script of this text.
fn explored(name: &str, source: &str, arguments: &[&str]) -> CompletedProcess {
    let scratch = Scratch::new();
    let script = scratch.write(&format!("{name}.py"), source);
    let output = format!("--output={}", scratch.at("found"));
    run(pyt(["explore", "--jobs=1"])
        .args(arguments)
        .arg(output)
        .arg(script))
}

/// What the report says before the schedule.
fn cause(done: &CompletedProcess) -> String {
    let mut parts = done.stdout.split("\n\n").filter(|part| {
        part.contains("(>)") || part.starts_with("No two steps were found whose order decides")
    });
    parts.next().unwrap_or_else(|| panic!("{done}")).to_owned()
}

const START: &str = "
threads = [threading.Thread(target=f, name=f.__name__) for f in (one, two)]
for t in threads:
    t.start()
for t in threads:
    t.join()
";

#[test]
fn a_race_beside_the_cause_is_not_named() {
    let source = format!(
        "import threading
hits = {{}}
seen = {{}}
def work(name):
    seen.pop(name, None)
    old = hits.get('n', 0)
    hits['n'] = old + 1
def one(): work('x')
def two(): work('x')
{START}
assert hits['n'] == 2, hits
"
    );
    let done = explored("beside", &source, &["--schedules=60"]);
    let cause = cause(&done);
    assert!(
        cause.contains("both read `hits['n']` at beside.py:6"),
        "{cause}"
    );
    assert!(
        cause.contains("nothing orders these two accesses"),
        "{cause}"
    );
    assert!(!cause.contains("seen"), "{cause}");
}

#[test]
fn an_event_beside_the_cause_is_not_named() {
    let source = "import threading
from concurrent.futures import ThreadPoolExecutor
class Box:
    state = 1
box = Box()
ran = threading.Event()
pool = ThreadPoolExecutor(1)
def submitting():
    future = pool.submit(ran.set)
    future.add_done_callback(print)
    assert box.state == 1, 'stopped under way'
t = threading.Thread(target=submitting, name='submitting')
t.start()
ran.wait()
box.state = 0
t.join()
pool.shutdown()
";
    let done = explored("event", source, &["--schedules=60"]);
    let cause = cause(&done);
    assert!(
        cause.starts_with(
            "submitting read `box.state` at event.py:11 after MainThread had changed it at \
             event.py:15.\n"
        ),
        "{cause}"
    );
    assert!(
        cause.contains("MainThread writes box.state: 1 -> 0"),
        "{cause}"
    );
}

#[test]
fn the_lines_of_the_cause_are_not_left_out() {
    let many = "    log.append(0)\n".repeat(60);
    let source = format!(
        "import threading
class Box:
    items = []
box = Box()
log = []
def one():
    log.append(-1)
    if box.items is not None:
        box.items.append(1)
def two():
{many}    box.items = None  # the cause
{many}
{START}"
    );
    let done = explored("far", &source, &["--schedules=300", "--stop-on-first"]);
    let cause = cause(&done);
    assert!(cause.contains("`box.items`"), "{cause}");
    assert!(cause.contains("# the cause"), "{cause}");
    let (_, schedule) = done.stdout.split_once("(>)").expect("a pair");
    assert!(schedule.contains("box.items = None"), "{done}");
    assert!(schedule.contains("... "), "the rest is left out: {done}");
}

#[test]
fn no_pair_is_named_where_none_decides() {
    let source = format!(
        "import threading
counter = 0
def one():
    global counter
    counter += 1
two = one
{START}
assert counter == 3
"
    );
    let done = explored("always", &source, &["--schedules=5"]);
    let cause = cause(&done);
    assert!(cause.starts_with("No two steps were found"), "{cause}");
    assert!(!done.stdout.contains("nothing orders"), "{done}");
}

#[test]
fn sources_that_are_not_ascii() {
    let source = "import threading
class T\u{e4}ler:
    gr\u{f6}\u{df}e = 0
tal = T\u{e4}ler()
def w\u{e4}chst():
    tal.gr\u{f6}\u{df}e = tal.gr\u{f6}\u{df}e + 1  # \u{9ad8}\u{3055}\u{9ad8}\u{3055}
ts = [threading.Thread(target=w\u{e4}chst, name=f'l\u{e4}ufer-{i}') for i in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert tal.gr\u{f6}\u{df}e == 2
";
    let done = explored("umlauts", source, &["--schedules=60"]);
    assert_process("explore_not_ascii", &done);
}

#[test]
fn addresses_and_temporary_names_make_no_outcomes() {
    let source = "import threading, tempfile
class Loud:
    def __repr__(self): return object.__repr__(self)
lock = threading.Lock()
def work():
    print(Loud(), threading.current_thread())
    with lock:
        with lock:
            pass
t = threading.Thread(target=work)
t.start()
t.join()
";
    let done = explored("addresses", source, &["--schedules=20"]);
    let first = done.stdout.lines().next().unwrap_or_default();
    assert!(first.ends_with("20 failed, 1 distinct outcome"), "{done}");
}

#[test]
fn outputs_that_differ_can_be_told_apart() {
    let source = format!(
        "import threading
def one(): print('a line that is the same in all runs, and wider than a column: one', flush=True)
def two(): print('a line that is the same in all runs, and wider than a column: two', flush=True)
{START}"
    );
    let done = explored("apart", &source, &["--schedules=20", "--same-output"]);
    let (_, shown) = done.stdout.split_once("\nIt writes:\n").expect("an output");
    let (output, rest) = shown.split_once("\ninstead of:\n").expect("two outputs");
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().take_while(|line| line.starts_with("    "));
        lines.map(str::to_owned).collect()
    };
    let (output, mut expected) = (lines(output), lines(rest));
    expected.reverse();
    assert_eq!(output, expected, "the lines in the other order: {done}");
    let (_, table) = done.stdout.split_once("\nOutcomes:\n").expect("a table");
    let rows = table.lines().skip(2);
    let rows: Vec<_> = rows.take_while(|row| row.starts_with(' ')).collect();
    assert_eq!(rows.len(), 2, "{done}");
    assert!(
        rows.iter()
            .any(|row| row.contains("FAILED: another output: ")),
        "{done}"
    );
}

#[test]
fn a_module_of_a_package_is_named_with_it() {
    let scratch = Scratch::new();
    scratch.write(
        "shop/__init__.py",
        "total = 0\ndef sell():\n    global total\n    total += 1\n",
    );
    let script = scratch.write(
        "shopping.py",
        format!("import threading, shop\none = two = shop.sell\n{START}\nassert shop.total == 2\n"),
    );
    let output = format!("--output={}", scratch.at("found"));
    let done = run(pyt([
        "explore",
        "--jobs=1",
        "--schedules=60",
        &output,
        &script,
    ]));
    let cause = cause(&done);
    assert!(cause.contains(" at shop/__init__.py:4 "), "{cause}");
    assert!(!done.stdout.contains(" __init__.py"), "{done}");
}

#[test]
fn the_schedule_is_as_wide_as_the_terminal() {
    let source = format!(
        "import threading\ncounter = 0\ndef one():\n    global counter\n    counter += 1\ntwo = one\n{START}\n\
         assert counter == 2\n"
    );
    let scratch = Scratch::new();
    let script = scratch.write("wide.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let widest_rule = |columns: &str| {
        let arguments = ["explore", "--jobs=1", "--schedules=30", &output, &script];
        let done = run(pyt(arguments).env("COLUMNS", columns));
        let rules = done.stdout.lines().filter(|line| line.starts_with("-----"));
        rules
            .map(str::len)
            .max()
            .unwrap_or_else(|| panic!("{done}"))
    };
    assert!((118..=120).contains(&widest_rule("120")));
    assert!((78..=80).contains(&widest_rule("80")));
    assert!((98..=100).contains(&widest_rule("")), "no terminal");
}

#[test]
fn a_run_as_data() {
    let scratch = Scratch::new();
    let source = format!(
        "import threading\ncounter = 0\nlock = threading.Lock()\ndef one():\n    global counter\n    \
         with lock:\n        old = counter\n    counter = old + 1\ntwo = one\n{START}\n\
         assert counter == 2\n"
    );
    let script = scratch.write("data.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let done = run(pyt([
        "explore",
        "--jobs=1",
        "--schedules=60",
        "--json",
        &output,
        &script,
    ]));
    let report: serde_json::Value =
        serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done}"));
    assert_eq!(report["schema"], 1);
    let finding = &report["findings"][0];
    let cause = &finding["cause"];
    let step = |number: &serde_json::Value| {
        let number = number.as_u64().expect("a step's number");
        &finding["steps"][usize::try_from(number).expect("a small number")]
    };
    let (first, second) = (step(&cause["first"]), step(&cause["second"]));
    for side in [first, second] {
        assert_eq!(side["variable"], "counter", "{cause}");
        assert_eq!(side["object"], first["object"]);
        let line = side["line"].as_u64().expect("a line");
        assert!(line == 7 || line == 8, "{side}");
        assert!(
            side["file"]
                .as_str()
                .is_some_and(|file| file.ends_with("/data.py"))
        );
    }
    assert_ne!(first["thread"], second["thread"]);
    assert_eq!(
        (&second["before"], &second["after"]),
        (&"0".into(), &"1".into())
    );
    let steps = finding["steps"].as_array().expect("steps");
    let taken = steps.iter().filter(|step| step["operation"] == "acquire");
    assert!(taken.clone().count() == 2, "{finding}");
    assert!(taken.into_iter().all(|step| step["object_name"] == "lock"));
    assert_eq!(finding["threads"][1], "one (1)");
    assert_eq!(
        (&finding["steps_left_out"], &finding["deadlock"]),
        (&0.into(), &().into())
    );
}

/// How many columns a text takes: two for each character of these scripts.
fn columns(line: &str) -> usize {
    let is_wide = |one: char| matches!(u32::from(one), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xff00..=0xff60);
    line.chars().map(|one| 1 + usize::from(is_wide(one))).sum()
}

#[test]
fn wide_characters_keep_the_width_of_the_report() {
    let source = "import threading
在庫 = {'りんご': 1}
def 売る_売る_売る():
    if 在庫['りんご'] > 0:  # 一つだけ残っている、とても大事なりんごの在庫を確かめてから売る
        在庫['りんご'] -= 1; 記録.append('一つ売れました、ありがとうございました')
記録 = []
threads = [threading.Thread(target=売る_売る_売る, name=名) for 名 in ('最初のとても長い名前', '二番目')]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert 在庫['りんご'] == 0, 在庫
";
    let scratch = Scratch::new();
    let script = scratch.write("wide.py", source);
    for width in [40, 80, 200] {
        let output = format!("--output={}", scratch.at("found"));
        let arguments = ["explore", "--jobs=1", "--stop-on-first", &output, &script];
        let done = run(pyt(arguments).env("COLUMNS", width.to_string()));
        let (_, report) = done
            .stdout
            .split_once("again: ")
            .unwrap_or_else(|| panic!("{done}"));
        let (schedule, _) = report
            .split_once("\nIt writes:")
            .unwrap_or_else(|| panic!("{done}"));
        // The first line is a command, which has no width.
        for line in schedule.lines().skip(1) {
            assert!(
                columns(line) <= width,
                "{width}: {} in {line}",
                columns(line)
            );
        }
        assert!(schedule.contains("在庫"), "{schedule}");
    }
}
