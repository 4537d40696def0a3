//! The end of runtimes, orderly or not; and what is left of them.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use pyt_runtime::{ErrorKind, Runtime};
use pyt_test::deadline::within;

use crate::support::{in_both_modes, runtime};

/// Threads that need stopping.
const THREADS: &str = "import threading, time, queue\n\
    def spin():\n\
    \x20 while True: pass\n\
    def stubborn():\n\
    \x20 while True:\n\
    \x20   try: time.sleep(1e9)\n\
    \x20   except BaseException: pass\n\
    def get(): queue.Queue().get()\n\
    for daemon in (True, False):\n\
    \x20 for run in (spin, stubborn, get, lambda: time.sleep(1e9)):\n\
    \x20   threading.Thread(target=run, daemon=daemon).start()";

/// Threads of this process by name, without those of the test harness.
fn threads_of_process() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[test]
fn a_runtime_that_is_idle_ends_at_once() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime
            .exec("import atexit\natexit.register(print, end='')")
            .unwrap();
        let began = Instant::now();
        assert_eq!(runtime.shutdown(Duration::from_secs(60)).unwrap(), 0);
        assert!(began.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn what_ends_in_time_is_waited_for() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime
            .exec(
                "import threading, time\n\
                 threading.Thread(target=time.sleep, args=(0.1,)).start()\n\
                 threading.Thread(target=time.sleep, args=(1e9,), daemon=True).start()",
            )
            .unwrap();
        assert_eq!(runtime.shutdown(Duration::from_secs(60)).unwrap(), 0);
    });
}

#[test]
fn what_does_not_end_is_stopped() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime.exec(THREADS).unwrap();
        let began = Instant::now();
        let error = runtime.shutdown(Duration::from_millis(20)).unwrap_err();
        println!(
            "gil={gil}: eight threads, stopped and ended: {:?}",
            began.elapsed()
        );
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert_eq!(error.threads().len(), 9, "{:#?}", error.threads());
    });
}

#[test]
fn a_runtime_may_be_dropped_while_its_threads_run() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime.exec(THREADS).unwrap();
        let began = Instant::now();
        drop(runtime);
        println!(
            "gil={gil}: dropped with eight threads: {:?}",
            began.elapsed()
        );
    });
}

#[test]
fn calls_under_way_return_when_the_runtime_ends() {
    in_both_modes(|gil| {
        let runtime = Arc::new(runtime(gil));
        let interrupter = runtime.interrupter();
        let value = runtime.eval::<pyt_runtime::Value>("[1]").unwrap();
        let calls: Vec<_> = (0..3)
            .map(|_| {
                let interrupter = interrupter.clone();
                let runtime = runtime.clone();
                thread::spawn(move || {
                    let _ = interrupter;
                    runtime.exec("while True: pass").unwrap_err().kind()
                })
            })
            .collect();
        while runtime.threads().len() < 4 {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(interrupter.stop(Duration::from_millis(10)));
        for call in calls {
            assert_eq!(call.join().unwrap(), ErrorKind::Stopped);
        }
        let runtime = Arc::into_inner(runtime).unwrap();
        runtime.shutdown(Duration::from_secs(5)).unwrap();
        // A handle that outlives it.
        assert_eq!(value.repr().unwrap_err().kind(), ErrorKind::Gone);
        assert!(!interrupter.interrupt());
    });
}

#[test]
fn a_runtime_may_be_dropped_inside_of_itself_and_on_another_thread() {
    in_both_modes(|gil| {
        let runtime = Arc::new(runtime(gil));
        let inner = runtime.clone();
        let value = runtime.eval::<pyt_runtime::Value>("[1]").unwrap();
        runtime
            .exec(
                "import threading, time\nthreading.Thread(target=time.sleep, args=(1e9,)).start()",
            )
            .unwrap();
        thread::spawn(move || {
            let again = inner.clone();
            inner.enter(move |_| drop(again));
        })
        .join()
        .unwrap();
        thread::spawn(move || drop(runtime)).join().unwrap();
        assert_eq!(value.repr().unwrap_err().kind(), ErrorKind::Gone);
    });
}

#[test]
fn functions_at_exit_do_not_hold_up_the_end_for_ever() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime
            .exec(
                "import atexit\n\
                 @atexit.register\n\
                 def forever():\n\
                 \x20 while True:\n\
                 \x20   try:\n\
                 \x20     while True: pass\n\
                 \x20   except BaseException: pass",
            )
            .unwrap();
        let began = Instant::now();
        let _ = runtime.shutdown(Duration::from_millis(10));
        assert!(began.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn runtimes_leave_no_thread_behind() {
    within("runtimes come and go", || {
        let how_many = std::env::var("PYT_TEST_RUNTIMES").map_or(20, |n| n.parse().unwrap());
        let before = threads_of_process();
        let begin = |gil| {
            let runtime = Runtime::builder().gil(gil).build().unwrap();
            runtime.exec(THREADS).unwrap();
            runtime
        };
        for number in 0..how_many {
            drop(begin(number % 2 == 0));
        }
        let end = Instant::now() + Duration::from_secs(20);
        // Other tests run beside this one.
        while threads_of_process() > before + 4 && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
        let left = threads_of_process();
        println!("{how_many} runtimes with 8 threads each: {before} threads before, {left} after");
        assert!(
            left < before + 8 * how_many / 2,
            "{before} before, {left} after"
        );
    });
}
