//! `pyt run --seed S` gives what `pyt explore` said of S, for programs that use modules of the
//! library which keep state, and modules of their own.
//!
//! `PYT_TEST_SEED_PROGRAMS` says how many of the 50 programs (usually few), each with the seeds of
//! a short exploration that give different outputs. Of all 50, 500 seeds are demanded.

use pyt_test::Scratch;
use std::path::Path;

use crate::{count, runs::seeds_show_what_was_said};

/// A name, what comes before the threads, and what each notes, an expression.
const NOTED: [(&str, &str, &str); 10] = [
    ("nothing", "", "len(log)"),
    (
        "logging",
        "import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(threadName)s %(message)s')",
        "logging.info('at %d', len(log))",
    ),
    (
        "asyncio",
        "import asyncio
async def wait(name):
    await asyncio.sleep(0.01)
    return name, len(log)",
        "asyncio.run(wait(name))",
    ),
    (
        "concurrent.futures",
        "import concurrent.futures
pool = concurrent.futures.ThreadPoolExecutor(2)",
        "pool.submit(lambda: len(log)).result()",
    ),
    (
        "tempfile",
        "import tempfile
def file(name):
    with tempfile.TemporaryFile('w+') as file:
        file.write(name * len(log))
        file.seek(0)
        return file.read()",
        "file(name)",
    ),
    (
        "decimal",
        "import decimal
def root():
    decimal.getcontext().prec += len(log)
    return str(decimal.Decimal(2).sqrt())",
        "root()",
    ),
    ("json", "import json", "json.dumps(log[-1:])"),
    ("random", "import random", "random.randrange(1000)"),
    (
        "a module of its own",
        "import helper",
        "helper.next_number()",
    ),
    (
        "uuid and time",
        "import time, uuid",
        "(str(uuid.uuid4())[:8], time.time())",
    ),
];

/// How the threads meet: statements, where `NOTE` notes something.
const MEETINGS: [&str; 5] = [
    "
def work(name):
    NOTE
    NOTE
",
    "
lock = threading.Lock()
def work(name):
    for _ in range(2):
        with lock:
            NOTE
",
    "
import queue
line = queue.Queue(1)
def work(name):
    NOTE
    try:
        line.put(name, timeout=0.1)
    except queue.Full:
        log.append((name, line.get()))
",
    "
import random as chance, time as clock
def work(name):
    clock.sleep(chance.random())
    NOTE
    clock.sleep(0)
    NOTE
",
    "
barrier = threading.Barrier(3)
def work(name):
    NOTE
    log.append((name, barrier.wait()))
    NOTE
",
];

fn source(number: usize) -> String {
    let (_, before, noted) = NOTED[number % NOTED.len()];
    let meeting = MEETINGS[number / NOTED.len() % MEETINGS.len()];
    let work = meeting.replace("NOTE", &format!("log.append((name, {noted}))"));
    format!(
        "import threading
log = []
{before}
{work}
threads = [threading.Thread(target=work, args=(name,), name=name) for name in 'abc']
for thread in threads: thread.start()
for thread in threads: thread.join()
print(log)
"
    )
}

const HELPER: &str = "
number = 0
def next_number():
    global number
    number += 1
    return number
";

#[test]
fn programs_with_modules_do_for_a_seed_what_exploration_said() {
    let programs = count("PYT_TEST_SEED_PROGRAMS", 3);
    let is_long = programs > 3;
    // Some programs have few outputs, so all others need more than ten seeds for 500 of all.
    let schedules = if is_long { 18 } else { 12 };
    // Few programs are not all of one kind.
    let step = if is_long { 1 } else { 11 };
    let scratch = Scratch::new();
    scratch.write("helper.py", HELPER);
    let mut seeds = 0;
    let mut wrong = Vec::new();
    for number in (0..50)
        .step_by(step)
        .take(usize::try_from(programs).unwrap_or(50))
    {
        let script = scratch.write("script.py", source(number));
        match seeds_show_what_was_said(Path::new(&script), schedules) {
            Ok(more) => seeds += more,
            Err(error) => {
                let text = format!("program {number}: {error}");
                if is_long {
                    eprintln!("{text}");
                }
                wrong.push(text);
            }
        }
        if is_long {
            eprintln!(
                "program {number} done: {seeds} seeds, {} wrong",
                wrong.len()
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let least = if programs >= 50 { 500 } else { 4 * programs };
    assert!(seeds >= least, "only {seeds} seeds");
}
