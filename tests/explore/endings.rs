//! How runs end: livelocks, long loops, runs that are given up.

use pyt_test::Scratch;

use crate::{explore_text, pyt};

/// What an exploration of `source` says of its runs.
fn ends(source: &str, arguments: &[&str]) -> (u64, u64) {
    let arguments = [&["--schedules=4", "--max-steps=1000"], arguments].concat();
    let (report, run) = explore_text(source, &arguments);
    let number = |key: &str| report[key].as_u64().unwrap_or_else(|| panic!("{run}"));
    (number("failed"), number("given_up"))
}

/// A program whose two threads do this.
fn of_two(before: &str, body: &str) -> String {
    format!(
        "import threading, random, time, itertools, os\n{before}\ndef work():\n{body}\n\
         ts = [threading.Thread(target=work) for _ in range(2)]\n\
         for t in ts: t.start()\nfor t in ts: t.join()\n"
    )
}

#[test]
fn a_finite_loop_is_never_a_livelock() {
    let loops = [
        // Ends after more steps than are looked at.
        (
            "box = [0]",
            "    for i in range(3000):\n        box[0] = box[0]",
        ),
        (
            "box = [0]",
            "    n = 0\n    while n < 3000:\n        n += 1\n        box[0] = 1",
        ),
        ("n = 0", "    global n\n    while n < 3000: n += 1"),
        ("d = {}", "    while len(d) < 2000: d[len(d)] = 1"),
        (
            "c = itertools.count()\nbox = [0]",
            "    while next(c) < 3000: box[0] = 1",
        ),
        (
            "box = [0]\ndef g():\n    for i in range(3000): yield i",
            "    for i in g(): box[0] = 1",
        ),
        // What ends it is hidden in the library.
        (
            "box = [0]",
            "    while random.randint(1, 1000) != 7: box[0] = 1",
        ),
        ("box = [0]", "    while random.random() > 0.001: box[0] = 1"),
        (
            "box = [0]",
            "    end = time.monotonic() + 0.001\n    while time.monotonic() < end: box[0] = 1",
        ),
        (
            "def roll(): return random.randint(1, 1000) == 7\nbox = [0]",
            "    while not roll(): box[0] = 1",
        ),
        (
            "box = [0]",
            "    while True:\n        box[0] = 1\n        if random.randint(1, 1000) == 7: break",
        ),
    ];
    for (before, body) in loops {
        let source = of_two(before, body);
        for granularity in ["--granularity=access", "--granularity=instruction"] {
            let (failed, _) = ends(&source, &[granularity]);
            assert_eq!(failed, 0, "{granularity}\n{source}");
        }
    }
    // Outside of functions, of two threads or one, and what keeps its values in places of its own.
    let alone = [
        "n = 0\nwhile n < 5000: n += 1\n",
        "class C:\n    n = 0\n    while n < 5000: n += 1\n",
        "exec('n = 0\\nwhile n < 5000: n += 1', {}, {})\n",
        "import threading\ndone = threading.Event()\nt = threading.Thread(target=done.wait)\n\
         t.start()\nn = 0\nwhile n < 5000: n += 1\ndone.set()\nt.join()\n",
        "b = bytearray(2)\nwhile b[1] < 30:\n    b[0] = (b[0] + 1) % 256\n    b[1] += b[0] == 0\n",
        "b = memoryview(bytearray(8)).cast('q')\nwhile b[0] < 5000: b[0] += 1\n",
        "import array\na = array.array('i', [0])\nwhile a[0] < 5000: a[0] += 1\n",
        "import ctypes\nc = ctypes.c_int(0)\nwhile c.value < 5000: c.value += 1\n",
        "a = [0]\nwhile a[0] < 5000: a[:] = [a[0] + 1]\n",
        "class P:\n    n = property(lambda self: self.m, lambda self, m: setattr(self, 'm', m))\n\
         p = P()\np.n = 0\nwhile p.n < 2000: p.n += 1\n",
        "class S:\n    __slots__ = 'n'\ns = S()\ns.n = 0\nwhile s.n < 5000: s.n += 1\n",
    ];
    for source in alone {
        assert_eq!(ends(source, &[]).0, 0, "{source}");
    }
    // What goes round is native code, which keeps its progress to itself.
    let native = [
        "max(range(5000), key=lambda v: box[0])",
        "sorted([0] * 5000, key=lambda v: box[0])",
        "re.sub('x', lambda m: str(box[0]), 'x' * 5000)",
        "list(itertools.starmap(lambda a, b: box[0], [(1, 2)] * 5000))",
        "k in [k] + [K()] * 3000 + [0]",
        "K() in [K()] * 3000",
        "sorted([K()] * 3000)",
        "sorted([0] * 5000, key=lambda v: event.is_set())",
        "list(map(lambda v: event.is_set(), range(5000)))",
        "d |= {len(d): 1}\n    while len(d) < 2000: d |= {len(d): 1}",
        "v = d.values()\n    while max(v) < 2000: d['a'] += 1",
    ];
    let before = "import itertools, re, threading\nbox = [0]\nd = {'a': 0}\nevent = threading.Event()\n\
                  class K:\n    def __lt__(self, other): return box[0] > 1\n    \
                  def __eq__(self, other): return box[0] > 1\nk = K()\n";
    for body in native {
        let sources = [
            format!("{before}{}\n", body.replace("\n    ", "\n")),
            of_two(before, &format!("    global d\n    {body}")),
        ];
        for source in sources {
            for granularity in ["access", "instruction", "line", "sync"] {
                let granularity = format!("--granularity={granularity}");
                assert_eq!(
                    ends(&source, &[&granularity]).0,
                    0,
                    "{granularity}\n{source}"
                );
            }
        }
    }
    assert_eq!(ends("n = 1\nwhile n: n = 1\n", &[]), (4, 0));
    // A thread that sleeps ends it: here time passes only when none can go on.
    let source = "import threading, time\nready = False\ndef work():\n    global ready\n    \
                  time.sleep(0.01)\n    ready = True\nt = threading.Thread(target=work)\n\
                  t.start()\nwhile not ready: pass\nt.join()\n";
    assert_eq!(ends(source, &[]), (0, 4));
}

#[test]
fn loops_that_wait_for_nothing_are_livelocks() {
    let loops = [
        ("wants = [True]", "    while wants[0]: pass"),
        ("wants = [True]", "    while wants[0]: wants[0] = True"),
        (
            "done = threading.Event()",
            "    while not done.is_set(): pass",
        ),
        (
            "n = 0",
            "    global n\n    while n < 2:\n        n += 1\n        n -= 1",
        ),
        // With a call in the loop.
        (
            "class Flag:\n    up = False\nflag = Flag()\ndef look(): return flag.up",
            "    while not look(): pass",
        ),
        (
            "class Flag:\n    up = False\nflag = Flag()\ndef look(flag):\n    found = flag.up\n    return found",
            "    while not look(flag): pass",
        ),
    ];
    for (before, body) in loops {
        let source = of_two(before, body);
        assert_eq!(ends(&source, &[]), (4, 0), "{source}");
    }
    for granularity in ["sync", "line"] {
        let source = of_two(
            "done = threading.Event()",
            "    while not done.is_set(): pass",
        );
        let granularity = format!("--granularity={granularity}");
        assert_eq!(ends(&source, &[&granularity]), (4, 0), "{granularity}");
    }
}

#[test]
fn a_livelock_is_told_by_the_steps_that_repeat_and_replays() {
    let source = of_two("wants = [True]", "    while wants[0]: pass");
    let scratch = Scratch::new();
    let script = scratch.write("spins.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let arguments = [
        "explore",
        "--jobs=1",
        "--schedules=2",
        "--max-steps=1000",
        &output,
    ];
    let run = pyt(&[&arguments[..], &[&script]].concat());
    run.exited_with(1);
    let title = "livelock: Thread-1 (work) and Thread-2 (work) repeat the same steps for ever";
    assert!(run.stdout.contains(&format!("FAILED: {title}\n")), "{run}");
    let repeated = "These steps repeat for ever; nothing that they depend on changes:\n    Thread-";
    assert!(run.stdout.contains(repeated), "{run}");
    let replay = pyt(&["replay", &scratch.at("found/spins-livelock.schedule")]);
    replay.exited_with(1);
    assert!(
        replay.stderr.contains(&format!("pyt: {title}\n")),
        "{replay}"
    );
}

#[test]
fn a_coroutine_that_is_never_awaited_is_a_failure_if_strict() {
    let source = "import threading\nasync def lost(): pass\ndef work(): lost()\n\
                  t = threading.Thread(target=work, name='worker')\nt.start()\nt.join()\n";
    let (report, run) = explore_text(source, &["--schedules=3"]);
    assert_eq!(report["failed"], 0, "{run}");
    let (report, run) = explore_text(source, &["--schedules=3", "--strict"]);
    assert_eq!(report["failed"], 3, "{run}");
    assert_eq!(
        report["findings"][0]["summary"],
        "RuntimeWarning in worker: coroutine 'lost' was never awaited"
    );
    assert_eq!(report["not_reproducible"], 0, "{run}");
}

#[test]
fn what_ends_the_threads_of_a_run_is_not_shown() {
    let logged = "import logging, threading
lock = threading.Lock()
def take():
    try:
        with lock:
            pass
    except BaseException:
        logging.exception('a worker must survive')
        print('survived')
        raise RuntimeError('lost')
t = threading.Thread(target=take)
with lock:
    print('before')
    t.start()
    t.join()
";
    let called = "import threading
from concurrent.futures import ThreadPoolExecutor
lock = threading.Lock()
def take():
    with lock:
        pass
print('before')
with lock:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(take).add_done_callback(lambda future: future.result())
";
    for source in [logged, called] {
        let scratch = Scratch::new();
        let script = scratch.write("stuck.py", source);
        let output = format!("--output={}", scratch.at("found"));
        let schedule = scratch.at("found/stuck-deadlock.schedule");
        let commands: [&[&str]; 3] = [
            &["explore", "--jobs=1", "--schedules=2", &output, &script],
            &["run", "--seed=1", &script],
            &["replay", &schedule],
        ];
        for command in commands {
            let run = pyt(command);
            let shown = format!("{}{}", run.stdout, run.stderr);
            for hidden in ["Abandoned", "survive", "RuntimeError", "Traceback"] {
                assert!(!shown.contains(hidden), "{run}");
            }
            assert!(
                shown.contains("before") && shown.contains("deadlock"),
                "{run}"
            );
        }
    }
}
