//! What reports call locks and the like; what of a schedule they show, and of stacks.

use pyt_test::{CompletedProcess, Scratch, pyt};

use crate::{assert_process, explorations::run, program};

/// Explores a script of this text, and replays what was found first.
fn explored(name: &str, source: &str, arguments: &[&str]) -> CompletedProcess {
    let scratch = Scratch::new();
    let script = scratch.write(&format!("{name}.py"), source);
    let output = format!("--output={}", scratch.at("found"));
    run(pyt(["explore", "--jobs=1"])
        .args(arguments)
        .arg(output)
        .arg(script))
}

const BANK: &str = "\
import threading
audit = threading.Lock()
class Account:
    def __init__(self):
        self.lock = threading.Lock()

    def move(self, target):
        with self.lock:
            with target.lock:
                pass

def main():
    a, b = Account(), Account()
    ready = threading.Event()

    def go(x, y):
        ready.wait()
        with audit:
            pass
        x.move(y)

    one = threading.Thread(target=go, args=(a, b), name='one')
    two = threading.Thread(target=go, args=(b, a), name='two')
    bystander = threading.Thread(target=print, args=('hello',), name='bystander')
    for thread in (bystander, one, two):
        thread.start()
    ready.set()
    for thread in (one, two):
        thread.join()

main()
";

#[test]
fn attributes_of_instances() {
    let done = explored("bank", BANK, &["--schedules=60"]);
    assert_process("names_of_attributes", &done);
    let whole = explored("bank", BANK, &["--schedules=60", "--full"]);
    let (sliced, whole) = (&done.stdout, &whole.stdout);
    assert!(sliced.contains("\nNot shown: bystander and "), "{sliced}");
    assert!(!whole.contains("Not shown"), "{whole}");
    assert!(whole.contains("bystander"), "{whole}");
}

#[test]
fn what_is_not_shown_is_counted() {
    let scratch = Scratch::new();
    let script = scratch.write("bank.py", BANK);
    let output = format!("--output={}", scratch.at("found"));
    // So wide that the threads stand side by side, and no line is wrapped.
    let explored = |arguments: &[&str]| {
        let usual = ["explore", "--jobs=1", "--schedules=60", &output];
        let all = [&usual[..], arguments, &[&script]].concat();
        run(pyt(all).env("COLUMNS", "400")).stdout
    };
    let (sliced, whole) = (explored(&[]), explored(&["--full"]));
    assert!(
        whole.lines().count() > sliced.lines().count(),
        "{whole}{sliced}"
    );
    let report: serde_json::Value =
        serde_json::from_str(&explored(&["--json"])).expect("a report as JSON");
    let steps = report["findings"][0]["steps"].as_array().expect("steps");
    let hidden = steps.iter().filter(|step| step["shown"] == false).count();
    let told = format!("\nNot shown: bystander and {hidden} steps that have nothing to do");
    assert!(hidden > 1 && sliced.contains(&told), "{told}{sliced}");
}

#[test]
fn of_all_kinds_of_objects_and_holders() {
    let source = "\
import queue, threading
forks = [threading.Lock() for _ in range(2)]
by_name = {'inbox': queue.Queue()}
class Table:
    seats = threading.Semaphore(0)
    def __init__(self):
        self.cond = threading.Condition()
        self.gates = (threading.Event(), threading.Event())
table = Table()
def fork(): forks[1].acquire()
def item(): by_name['inbox'].get()
def seat(): Table.seats.acquire()
def gate(): table.gates[0].wait()
def notified():
    with table.cond: table.cond.wait()
def local():
    barrier = threading.Barrier(2)
    barrier.wait()
def hidden(): next(iter(held)).acquire()
held = {threading.Semaphore(0)}
forks[1].acquire()
threads = [threading.Thread(target=f, name=f.__name__)
           for f in (fork, item, seat, gate, notified, local, hidden)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";
    let done = explored("kinds", source, &["--schedules=1"]);
    let waits = [
        "fork waits for forks[1] (lock, kinds.py:2), held by MainThread",
        "item waits for an item from by_name['inbox'] (queue, kinds.py:3)",
        "seat waits for Table.seats (semaphore, kinds.py:5)",
        "gate waits for self.gates[0] of <Table #1>, an event made at kinds.py:8",
        "notified waits for self.cond of <Table #1>, made at kinds.py:7",
        "local waits for barrier of local(), made at kinds.py:17",
        "hidden waits for semaphore 1, made at kinds.py:20",
    ];
    for wait in waits {
        assert!(
            done.stdout.contains(&format!("\n  {wait}\n")),
            "{wait}\n{done}"
        );
    }
    // Plain runs, without where they were made.
    let plain = program("kinds", source, &["-X", "deadlock=abort"]).run();
    for wait in waits {
        let name = wait.split_once(" waits for ").expect("a wait").1;
        let name = name.split([',', '(']).next().unwrap_or_default().trim();
        assert!(plain.stderr.contains(name), "{name}\n{plain}");
    }
}

#[test]
fn the_callers_of_steps_that_matter() {
    let source = "\
import functools, threading
class Counter:
    total = 0
    def add(self):
        self.total += 1
counter = Counter()
def twice():
    functools.reduce(lambda _, number: counter.add(), [1], 0)
def work():
    twice()
threads = [threading.Thread(target=work, name=f'worker-{i}') for i in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert counter.total == 2, counter.total
";
    let done = explored("callers", source, &["--schedules=60"]);
    let callers = "\n        called by twice.<locals>.<lambda> at callers.py:8, by twice at callers.py:8, by \
                   work at\n        callers.py:10\n";
    let direct = callers.replace("\n        callers.py:10", " callers.py:10");
    let found = [callers, &direct]
        .iter()
        .any(|callers| done.stdout.contains(*callers));
    assert!(found, "{done}");
}

#[test]
fn tasks_of_an_event_loop_that_waits_for_ever() {
    let source = "\
import asyncio, threading
async def inner(lost):
    await lost
async def main():
    lost = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(inner(lost), name='asks')
    thread = threading.Thread(target=int)
    thread.start()
    await task
asyncio.run(main())
";
    let done = explored("lost", source, &["--schedules=3"]);
    let expected = "\
  MainThread waits for I/O or a call in its event loop
      at lost.py:10: asyncio.run(main())
      asks awaits a future that nothing has set
        in inner at lost.py:3: await lost
      Task-1 (main) awaits the end of asks
        in main at lost.py:9: await task
";
    assert!(done.stdout.contains(expected), "{done}");
}

#[test]
fn a_replay_shows_all_steps_if_asked() {
    let source = "\
import threading
counter = 0
def work():
    global counter
    counter += 1
threads = [threading.Thread(target=work, name=f'worker-{i}') for i in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert counter == 2
";
    let scratch = Scratch::new();
    let script = scratch.write("count.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let explore = ["explore", "--jobs=1", "--schedules=60", &output, &script];
    run(pyt(explore)).exited_with(1);
    let schedule = scratch.at("found/count-AssertionError.schedule");
    let replay = |arguments: &[&str]| {
        let done = run(pyt(["replay"])
            .args(arguments)
            .arg(&schedule)
            .env("COLUMNS", "90"));
        done.exited_with(1);
        done.stderr
    };
    assert!(!replay(&[]).contains("writes counter"));
    let full = replay(&["--full"]);
    assert!(full.contains("MainThread "), "{full}");
    assert!(full.contains("writes counter: 0 -> 1"), "{full}");
    assert!(
        full.lines().all(|line| line.chars().count() <= 90),
        "{full}"
    );
}
