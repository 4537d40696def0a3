//! What code may use up.

use std::{
    thread,
    time::{Duration, Instant},
};

use pyt_runtime::{Error, ErrorKind, Limit, Limits, Output, Runtime};

use crate::support::{in_both_modes, runtime};

const GRACE: Duration = Duration::from_millis(10);

fn limits() -> Limits {
    Limits::new().grace(GRACE)
}

fn run(runtime: &Runtime, limits: &Limits, code: &str) -> Result<(), Error> {
    runtime.with_limits(limits, |py| py.exec(code))?
}

#[test]
fn a_limit_on_time_ends_whatever_runs() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let wall = Duration::from_millis(30);
        let mut worst = Duration::ZERO;
        for code in [
            "while True: pass",
            "import time\ntime.sleep(1e9)",
            "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
            "import threading\n\
             def work():\n\
             \x20 while True:\n\
             \x20   try: threading.Event().wait()\n\
             \x20   except BaseException: pass\n\
             for _ in range(10): threading.Thread(target=work).start()\n\
             work()",
        ] {
            for _ in 0..5 {
                let began = Instant::now();
                let error = run(&runtime, &limits().wall(wall), code).unwrap_err();
                let took = began.elapsed();
                assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(wall)), "{code}");
                assert!(!error.threads().is_empty());
                assert!(took >= wall && took < Duration::from_secs(10), "{took:?}");
                worst = worst.max(took.saturating_sub(wall));
                assert_eq!(runtime.threads().len(), 1, "{:#?}", runtime.threads());
            }
        }
        println!("gil={gil}: returned at most {worst:?} after the limit of time, grace included");
        // What ends in time is left alone, also long after.
        let generous = limits().wall(Duration::from_millis(100));
        assert_eq!(
            runtime
                .with_limits(&generous, |py| py.eval::<i32>("7"))
                .unwrap()
                .unwrap(),
            7
        );
        runtime.exec("import time\ntime.sleep(0.15)").unwrap();
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn a_limit_on_processor_time_counts_all_threads() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let cpu = Duration::from_millis(100);
        let busy = "import threading\n\
            def work():\n\
            \x20 while True: pass\n\
            for _ in range(3): threading.Thread(target=work).start()\n\
            threading.Event().wait()";
        let error = run(&runtime, &limits().cpu(cpu), busy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Cpu(cpu)));
        // Waiting takes none.
        run(&runtime, &limits().cpu(cpu), "import time\ntime.sleep(0.3)").unwrap();
    });
}

#[test]
fn a_limit_on_threads_ends_them_all() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let code = "import threading, time\n\
            ran = []\n\
            cleaned = []\n\
            def work():\n\
            \x20 try:\n\
            \x20   ran.append(1)\n\
            \x20   time.sleep(wait)\n\
            \x20 finally: cleaned.append(1)\n\
            threads = [threading.Thread(target=work) for _ in range(count)]\n\
            for number, thread in enumerate(threads, 1):\n\
            \x20 thread.start()\n\
            \x20 while len(ran) < number: time.sleep(0.001)\n\
            for thread in threads: thread.join()\n";
        runtime.set("count", 1000).unwrap();
        runtime.set("wait", 1e9).unwrap();
        let generous = limits().threads(5).grace(Duration::from_secs(3));
        let error = run(&runtime, &generous, code).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Threads(5)));
        // The one that would start the next stands there.
        assert_eq!(error.threads().len(), 6, "{:#?}", error.threads());
        assert_eq!(runtime.eval::<usize>("len(ran)").unwrap(), 5);
        assert_eq!(runtime.eval::<usize>("len(cleaned)").unwrap(), 5);
        assert_eq!(runtime.threads().len(), 1);
        runtime.set("count", 5).unwrap();
        runtime.set("wait", 0.01).unwrap();
        // Those that have ended do not count.
        let thrice = code.repeat(3);
        run(&runtime, &limits().threads(5), &thrice).unwrap();
        assert_eq!(runtime.finish(), 0);
    });
}

/// For every kind of handler around `start`, and every kind of caller.
#[test]
fn one_thread_too_many_never_runs() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime
            .exec(
                "import _thread, threading, time\n\
                 most = [0]\n\
                 def work():\n\
                 \x20 most.append(_thread._count())\n\
                 \x20 stubborn()\n\
                 def stubborn():\n\
                 \x20 while True:\n\
                 \x20   try: threading.Thread(target=work).start()\n\
                 \x20   except BaseException: pass\n\
                 \x20   try: _thread.start_new_thread(work, ())\n\
                 \x20   except BaseException: pass",
            )
            .unwrap();
        for most in [0, 1, 5] {
            for grace in [Duration::ZERO, GRACE] {
                let limits = limits().threads(most).grace(grace);
                // From one thread of the host's, and from several at once.
                for callers in [1, 4] {
                    runtime.exec("most[1:] = []").unwrap();
                    let began = Instant::now();
                    // In time all have come in before the first has been stopped.
                    let barrier = std::sync::Barrier::new(callers);
                    thread::scope(|scope| {
                        for _ in 0..callers {
                            scope.spawn(|| {
                                let error = runtime.with_limits(&limits, |py| {
                                    py.detach(|| barrier.wait());
                                    py.exec("stubborn()")
                                });
                                let error = error.unwrap_err();
                                assert_eq!(error.kind(), ErrorKind::Limit(Limit::Threads(most)));
                            });
                        }
                    });
                    assert!(began.elapsed() < Duration::from_secs(20));
                    // While one thread is being stopped another may take its place.
                    let seen = runtime.eval::<usize>("max(most)").unwrap();
                    assert!(seen <= most, "{seen} threads under a limit of {most}");
                    assert!(runtime.threads().len() <= 1, "{:#?}", runtime.threads());
                }
            }
        }
        // Nothing of it remains.
        let free = "for _ in range(20): threading.Thread(target=time.sleep, args=(.05,)).start()";
        runtime.exec(free).unwrap();
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn a_finally_block_may_not_start_one_more_either() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let code = "import threading, time\n\
            ran = []\n\
            seen = []\n\
            def work():\n\
            \x20 try:\n\
            \x20   ran.append(1)\n\
            \x20   time.sleep(1e9)\n\
            \x20 finally: gate.wait()\n\
            gate = threading.Event()\n\
            def start():\n\
            \x20 number = len(ran)\n\
            \x20 threading.Thread(target=work).start()\n\
            \x20 while len(ran) == number: time.sleep(0.001)\n\
            try:\n\
            \x20 while True: start()\n\
            finally:\n\
            \x20 try: start()\n\
            \x20 finally:\n\
            \x20   seen.append(len(ran))\n\
            \x20   gate.set()";
        let generous = limits().threads(2).grace(Duration::from_secs(3));
        let error = run(&runtime, &generous, code).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Threads(2)));
        assert_eq!(runtime.eval::<usize>("len(ran)").unwrap(), 2);
        assert_eq!(runtime.eval::<Vec<usize>>("seen").unwrap(), [2]);
    });
}

#[test]
fn a_limit_on_memory_looks_at_the_process() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let limit = 64 << 20;
        let code = "kept = []\nwhile True: kept.append(bytearray(b'x' * (1 << 20)))";
        let error = run(&runtime, &limits().memory(limit), code).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Memory(limit)));
        let kept: usize = runtime.eval("len(kept)").unwrap();
        println!("gil={gil}: {kept} MiB under a limit of 64");
        runtime.exec("kept.clear()").unwrap();
    });
}

#[test]
fn a_limit_on_recursion_is_the_error_that_leaves_the_code() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let code = "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return f(n + 1)\nf(0)";
        let error = run(&runtime, &limits().recursion(100), code).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Recursion(100)));
        let deep = "def g(n): return g(n - 1) if n else 0\ng(500)";
        runtime.exec(deep).unwrap();
        run(
            &runtime,
            &limits().recursion(100),
            "try: f(0)\nexcept RecursionError: pass",
        )
        .unwrap();
    });
}

#[test]
fn limits_of_a_runtime_hold_for_each_call() {
    in_both_modes(|gil| {
        // Much more than the calls take that stay below it, on a busy machine as well.
        let wall = Duration::from_secs(1);
        let runtime = Runtime::builder()
            .gil(gil)
            .limits(limits().wall(wall))
            .build()
            .unwrap();
        for _ in 0..3 {
            let error = runtime.exec("while True: pass").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(wall)));
            runtime.exec("import time\ntime.sleep(0.02)").unwrap();
        }
        thread::scope(|scope| {
            scope.spawn(|| {
                let error = runtime.exec("while True: pass").unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(wall)));
            });
        });
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn all_calls_under_way_get_to_know() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let wall = Duration::from_millis(50);
        thread::scope(|scope| {
            let other = scope.spawn(|| runtime.exec("while True: pass").unwrap_err());
            // The other is inside, or will not be stopped.
            while runtime.threads().len() < 2 {
                thread::sleep(Duration::from_millis(1));
            }
            let error = run(&runtime, &limits().wall(wall), "while True: pass").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(wall)));
            let other = other.join().unwrap();
            assert_eq!(other.kind(), ErrorKind::Limit(Limit::Wall(wall)));
            assert!(other.threads().len() >= 2);
        });
    });
}

#[test]
fn a_limit_on_output_counts_what_the_host_gets() {
    in_both_modes(|gil| {
        let runtime = Runtime::builder()
            .gil(gil)
            .stdout(Output::writer(std::io::sink()))
            .build()
            .unwrap();
        let code = "while True: print('x' * 99)";
        let error = run(&runtime, &limits().output(100_000), code).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::Output(100_000)));
        run(
            &runtime,
            &limits().output(100_000),
            "print('x' * 99, flush=True)",
        )
        .unwrap();
        assert_eq!(runtime.finish(), 0);
    });
}

/// A stop goes on for as long as a call of the host's does not come back to Python.
#[test]
fn a_thread_that_attaches_during_a_stop_is_stopped_as_well() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let (is_inside, inside) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        thread::scope(|scope| {
            let runtime = &runtime;
            scope.spawn(move || {
                runtime.enter(move |py| {
                    py.detach(move || {
                        is_inside.send(()).unwrap();
                        // Its end is the end of the other side, also in a panic.
                        let _ = released.recv();
                    });
                });
            });
            inside.recv().unwrap();
            assert!(runtime.interrupter().stop(Duration::ZERO));
            thread::sleep(Duration::from_millis(50));
            let code = "import threading\n\
                def stubborn():\n\
                \x20 while True:\n\
                \x20   try: threading.Thread(target=stubborn).start()\n\
                \x20   except BaseException: pass\n\
                stubborn()";
            let error = run(runtime, &limits().threads(3), code).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Stopped);
            assert!(runtime.threads().len() <= 2, "{:#?}", runtime.threads());
            drop(release);
        });
        assert_eq!(runtime.eval::<i32>("6 * 7").unwrap(), 42);
        assert_eq!(runtime.finish(), 0);
    });
}
