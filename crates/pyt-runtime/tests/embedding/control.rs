//! The host interrupts and stops what runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use pyt_runtime::{Error, ErrorKind, Function, Interrupter, Runtime};
use pyt_test::deadline::within;

use crate::support::{in_both_modes, runtime};

/// What a thread may be doing when it is interrupted. Each is run in a thread of its own as well.
const BUSY: [(&str, &str); 11] = [
    ("pass", "while True: pass"),
    ("calls", "def f(): pass\nwhile True: f()"),
    ("nested loops", "while True:\n  for _ in range(10**9): pass"),
    (
        "generator",
        "def g():\n  while True: yield\nfor _ in g(): pass",
    ),
    (
        "lock",
        "import threading\nl = threading.Lock(); l.acquire(); l.acquire()",
    ),
    (
        "rlock",
        "import threading\nr = threading.RLock()\nt = threading.Thread(target=lambda: (r.acquire(), ready.set()), daemon=True)\nready = threading.Event(); t.start(); ready.wait(); r.acquire()",
    ),
    ("queue", "import queue\nqueue.Queue().get()"),
    ("sleep", "import time\ntime.sleep(1e9)"),
    ("event", "import threading\nthreading.Event().wait()"),
    (
        "condition",
        "import threading\nc = threading.Condition()\nwith c: c.wait()",
    ),
    (
        // Who is joined may be interrupted as well, and end first.
        "join",
        "import threading, time\nt = threading.Thread(target=time.sleep, args=(1e9,), daemon=True); t.start()\nwhile True: t.join()",
    ),
];

/// When an interruption has come at the latest, on a machine with other work as well. How long it
/// takes on a quiet one is printed.
const LATEST: Duration = Duration::from_secs(30);

/// A runtime that has shown a traceback before: for the first one it imports `traceback`, which
/// takes longer than all that is measured here.
fn warm_runtime(gil: bool) -> Runtime {
    let runtime = runtime(gil);
    runtime.exec("1 / 0").unwrap_err();
    runtime
}

/// Interrupts as soon as a thread is attached, and returns when.
fn interrupt_after(
    interrupter: Interrupter,
    delay: Duration,
    interrupt: impl Fn(&Interrupter) -> bool + Send + 'static,
) -> thread::JoinHandle<Instant> {
    thread::spawn(move || {
        thread::sleep(delay);
        loop {
            let at = Instant::now();
            if interrupt(&interrupter) {
                return at;
            }
            thread::sleep(Duration::from_micros(200));
        }
    })
}

/// Runs `code`, has it interrupted, and says how long that took.
fn latency(
    runtime: &Runtime,
    code: &str,
    interrupt: impl Fn(&Interrupter) -> bool + Send + 'static,
) -> (Error, Duration) {
    let interrupter = runtime.interrupter();
    let delay = Duration::from_millis(5);
    let interrupting = interrupt_after(interrupter, delay, interrupt);
    let error = runtime.exec(code).unwrap_err();
    let returned = Instant::now();
    (error, returned - interrupting.join().unwrap())
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[(times.len() * 99).div_ceil(100) - 1]
}

#[test]
fn whatever_runs_or_waits_is_interrupted() {
    in_both_modes(|gil| {
        let runtime = warm_runtime(gil);
        for (name, code) in BUSY {
            let mut times = Vec::new();
            for _ in 0..20 {
                let (error, took) = latency(&runtime, code, Interrupter::interrupt);
                assert_eq!(error.kind(), ErrorKind::Interrupted, "{name}: {error}");
                times.push(took);
            }
            let p99 = p99(times);
            println!("gil={gil}: {name}: interrupted, p99 {p99:?}");
            assert!(p99 < LATEST, "{name}: {p99:?}");
        }
    });
}

/// The library keeps the source of what it runs for tracebacks, and ignores an error of that.
#[test]
fn no_interrupt_is_lost_while_the_library_keeps_the_source() {
    in_both_modes(|gil| {
        let runtime = warm_runtime(gil);
        let waits = "import threading\nl = threading.Lock(); l.acquire(); l.acquire()";
        // Shorter and longer than the time for which exceptions are kept out.
        for (duration, delay) in [(0.09, 20), (0.4, 200)] {
            runtime
                .exec(&format!(
                    "import linecache, time\n\
                     kept = linecache._register_code\n\
                     def slow(*args):\n\
                     \x20 linecache._register_code = kept\n\
                     \x20 time.sleep({duration})\n\
                     linecache._register_code = slow"
                ))
                .unwrap();
            let delay = Duration::from_millis(delay);
            let interrupting =
                interrupt_after(runtime.interrupter(), delay, Interrupter::interrupt);
            let error = runtime.exec(waits).unwrap_err();
            interrupting.join().unwrap();
            assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
            assert!(
                runtime
                    .eval::<bool>("linecache._register_code is kept")
                    .unwrap()
            );
        }
    });
}

/// An error in them is reported, and the program goes on.
#[test]
fn no_interrupt_is_lost_in_finalizers_and_callbacks() {
    let freed = [
        (
            "a finalizer",
            "class A:\n\x20 def __del__(self): pass\nobject = A()",
        ),
        (
            "a callback of the library",
            "import weakref\nclass A: pass\nobject = A(); kept = weakref.WeakSet([object])",
        ),
        (
            "another callback of the library",
            "import weakref\nclass A: pass\nobject = A(); kept = weakref.WeakValueDictionary(a=object)",
        ),
        (
            "a callback of the import system",
            "import importlib\nobject = importlib._bootstrap._get_module_lock('none')",
        ),
    ];
    in_both_modes(move |gil| {
        let runtime = warm_runtime(gil);
        let interrupter = runtime.interrupter();
        let interrupt = Function::new("interrupt", move || interrupter.interrupt());
        runtime.set("interrupt", interrupt).unwrap();
        runtime
            .exec("import threading\nl = threading.Lock(); l.acquire()")
            .unwrap();
        for (name, made) in freed {
            runtime.exec(made).unwrap();
            let error = runtime
                .exec("interrupt(); del object; l.acquire()")
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Interrupted, "{name}: {error}");
        }
    });
}

#[test]
fn visiting_threads_are_interrupted_too() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        thread::scope(|scope| {
            for (name, code) in BUSY {
                let ran = scope.spawn(|| latency(&runtime, code, Interrupter::interrupt));
                let (error, _) = ran.join().unwrap();
                assert_eq!(error.kind(), ErrorKind::Interrupted, "{name}: {error}");
            }
        });
    });
}

/// Runs `code` in ten threads and in the calling one, and calls `interrupt` once all are at it.
/// Returns the calling thread's error and how long it took.
fn eleven(
    runtime: &Runtime,
    code: &str,
    interrupt: impl Fn(&Interrupter) -> bool + Send + Sync,
) -> (Error, Duration) {
    let everyone = "import threading\n\
        begun, ended = [], []\n\
        def work():\n\
        \x20 try:\n\
        \x20   begun.append(1)\n\
        \x20   exec(code, {})\n\
        \x20 finally: ended.append(1)\n\
        threads = [threading.Thread(target=work) for _ in range(10)]\n\
        for thread in threads: thread.start()\n\
        work()";
    runtime.set("code", code).unwrap();
    runtime.exec("begun = []").unwrap();
    thread::scope(|scope| {
        let interrupting = scope.spawn(|| {
            while runtime.eval::<usize>("len(begun)").unwrap() < 11 {
                thread::sleep(Duration::from_millis(2));
            }
            // From the list to what the code does.
            thread::sleep(Duration::from_millis(100));
            let at = Instant::now();
            assert!(interrupt(&runtime.interrupter()));
            at
        });
        let error = runtime.exec(everyone).unwrap_err();
        let returned = Instant::now();
        (error, returned - interrupting.join().unwrap())
    })
}

#[test]
fn ten_threads_of_each_are_interrupted() {
    in_both_modes(|gil| {
        let runtime = warm_runtime(gil);
        runtime
            .exec("import threading\nthreading.excepthook = lambda args: None")
            .unwrap();
        let mut slowest = Vec::new();
        for (name, code) in BUSY {
            let (error, took) = eleven(&runtime, code, Interrupter::interrupt_all);
            assert_eq!(error.kind(), ErrorKind::Interrupted, "{name}: {error}");
            runtime
                .exec("for thread in threads: thread.join()\nassert len(ended) == 11, ended")
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            println!("gil={gil}: eleven threads: {name}: {took:?}");
            slowest.push(took);
        }
        assert!(p99(slowest) < LATEST);
    });
}

#[test]
fn an_exception_of_choice_arrives_in_the_thread_of_choice() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let (error, _) = latency(&runtime, "while True: pass", |interrupter| {
            interrupter.interrupt_with("TimeoutError", Some("too slow"))
        });
        assert_eq!(error.to_string(), "TimeoutError: too slow");
        let (error, _) = latency(&runtime, "while True: pass", |interrupter| {
            interrupter.interrupt_with("concurrent.futures.CancelledError", None)
        });
        assert_eq!(error.type_name(), "CancelledError");
        let (error, _) = latency(&runtime, "while True: pass", |interrupter| {
            interrupter.interrupt_with("NoSuchClass", None)
        });
        assert_eq!(error.type_name(), "AttributeError");
        runtime
            .exec(
                "import threading, time\n\
                 caught = []\n\
                 inside = threading.Event()\n\
                 def work():\n\
                 \x20 try:\n\
                 \x20   inside.set()\n\
                 \x20   time.sleep(1e9)\n\
                 \x20 except ValueError as error: caught.append(str(error))\n\
                 worker = threading.Thread(target=work); worker.start(); inside.wait()",
            )
            .unwrap();
        let worker: u64 = runtime.eval("worker.ident").unwrap();
        let interrupter = runtime.interrupter();
        assert!(interrupter.interrupt_thread_with(worker, "ValueError", Some("you")));
        runtime.exec("worker.join()").unwrap();
        assert_eq!(runtime.eval::<Vec<String>>("caught").unwrap(), ["you"]);
        assert!(!interrupter.interrupt_thread(worker));
        assert_eq!(runtime.finish(), 0);
        assert!(!interrupter.interrupt());
        assert!(!interrupter.stop(Duration::ZERO));
    });
}

#[test]
fn without_an_attached_thread_there_is_nothing_to_interrupt() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let interrupter = runtime.interrupter();
        for _ in 0..200 {
            assert!(!interrupter.interrupt());
            runtime.exec("for _ in range(10): pass").unwrap();
        }
        // One that comes just when a call ends does not reach the next.
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    interrupter.interrupt();
                    thread::sleep(Duration::from_micros(300));
                }
            });
            for _ in 0..300 {
                if let Err(error) = runtime.exec("for _ in range(1000): pass") {
                    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
                }
            }
            over.store(true, Ordering::Relaxed);
        });
        runtime.exec("for _ in range(100000): pass").unwrap();
    });
}

/// Code that catches everything and goes on.
const STUBBORN: [(&str, &str); 7] = [
    (
        "loop",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    ),
    (
        "short loop",
        "while True:\n  try: pass\n  except BaseException: pass",
    ),
    (
        "finally",
        "while True:\n  try:\n    while True: pass\n  finally: continue",
    ),
    (
        "sleep",
        "import time\nwhile True:\n  try: time.sleep(1e9)\n  except BaseException: pass",
    ),
    (
        "calls",
        "def f():\n  try: f2()\n  except BaseException: pass\ndef f2():\n  try: pass\n  finally: f3()\ndef f3(): pass\nwhile True:\n  try: f()\n  except BaseException: pass",
    ),
    (
        "context",
        "import contextlib\nwhile True:\n  with contextlib.suppress(BaseException):\n    while True: pass",
    ),
    (
        "queue",
        "import queue\nq = queue.Queue()\nwhile True:\n  try: q.get()\n  except BaseException: pass",
    ),
];

#[test]
fn what_catches_everything_is_stopped() {
    in_both_modes(|gil| {
        let runtime = warm_runtime(gil);
        for (name, code) in STUBBORN {
            let mut times = Vec::new();
            for _ in 0..20 {
                let (error, took) = latency(&runtime, code, |interrupter| {
                    interrupter.stop(Duration::ZERO)
                });
                assert_eq!(error.kind(), ErrorKind::Stopped, "{name}: {error}");
                assert!(!error.threads().is_empty(), "{name}");
                times.push(took);
                assert_eq!(runtime.eval::<i32>("6 * 7").unwrap(), 42);
            }
            let p99 = p99(times);
            println!("gil={gil}: {name}: stopped, p99 {p99:?}");
            assert!(p99 < LATEST, "{name}: {p99:?}");
        }
    });
}

#[test]
fn ten_threads_that_catch_everything_are_stopped() {
    in_both_modes(|gil| {
        let runtime = warm_runtime(gil);
        for (name, code) in STUBBORN {
            let (error, took) = eleven(&runtime, code, |interrupter| {
                interrupter.stop(Duration::from_millis(10))
            });
            assert_eq!(error.kind(), ErrorKind::Stopped, "{name}: {error}");
            runtime
                .exec("for thread in threads: thread.join()")
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            println!("gil={gil}: eleven threads that catch everything: {name}: {took:?}");
        }
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn finally_blocks_have_the_grace_period() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let is_inside = Arc::new(AtomicBool::new(false));
        let inside = is_inside.clone();
        let inside = Function::new("inside", move || inside.store(true, Ordering::Release));
        runtime.set("inside", inside).unwrap();
        let code = "try:\n\
            \x20 inside()\n\
            \x20 while True: pass\n\
            finally:\n\
            \x20 time.sleep(0.02)\n\
            \x20 done.append(1)";
        let stopped = |code: &str, grace: Duration| {
            runtime.exec("import time\ndone = []").unwrap();
            let is_inside = is_inside.clone();
            is_inside.store(false, Ordering::Release);
            latency(&runtime, code, move |interrupter| {
                is_inside.load(Ordering::Acquire) && interrupter.stop(grace)
            })
        };
        let (error, took) = stopped(code, Duration::from_secs(30));
        assert_eq!(error.kind(), ErrorKind::Stopped);
        // It does not wait until the grace period is over, nor as long as it waits for others.
        assert!(took < Duration::from_secs(3), "{took:?}");
        assert_eq!(runtime.eval::<usize>("len(done)").unwrap(), 1);
        let (_, _) = stopped(&code.replace("0.02", "1e9"), Duration::from_millis(20));
        assert_eq!(runtime.eval::<usize>("len(done)").unwrap(), 0);
    });
}

#[test]
fn native_code_is_interrupted_when_it_is_done() {
    within("a large power", || {
        let runtime = runtime(true);
        // Long enough to be met in the middle of it, short enough for a test.
        let code = "n = 0\nwhile True: n = len(bin(7 ** 400000))";
        let (error, took) = latency(&runtime, code, Interrupter::interrupt);
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        println!("in the middle of a large power: {took:?}");
        assert!(took < Duration::from_secs(30), "{took:?}");
    });
}

#[test]
fn threads_of_the_hosts_choice_run_its_code() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let worker = runtime
            .spawn("worker", |py| {
                py.eval::<String>("__import__('threading').current_thread().name")
            })
            .unwrap();
        assert_eq!(worker.join().unwrap().unwrap(), "worker");
        let sleeper = runtime
            .spawn("sleeper", |py| py.exec("import time\ntime.sleep(1e9)"))
            .unwrap();
        let sleeper = sleeper.join_timeout(Duration::from_millis(20)).unwrap_err();
        assert!(runtime.interrupter().interrupt_thread(sleeper.ident()));
        let interrupted = sleeper.join().unwrap().unwrap_err();
        assert_eq!(interrupted.kind(), ErrorKind::Interrupted);
        let panicking = runtime
            .spawn("panicking", |_| panic!("as a test does"))
            .unwrap();
        let joined = thread::scope(|scope| scope.spawn(|| panicking.join()).join());
        assert!(joined.is_err());
        // Joined from inside, which leaves room for the thread.
        let from_inside = runtime.enter(|py| py.spawn("inner", |_| 7).unwrap().join().unwrap());
        assert_eq!(from_inside, 7);
        assert_eq!(runtime.finish(), 0);
    });
}
