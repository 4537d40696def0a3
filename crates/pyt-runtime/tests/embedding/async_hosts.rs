//! Futures of calls, with tokio and without.

use std::{
    future::Future,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use pyt_runtime::{ErrorKind, Limit, Limits, Runtime, Value};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use pyt_test::deadline::within;

use crate::support::{in_both_modes, runtime};

/// Long enough for a call to have begun.
const SHORT: Duration = Duration::from_millis(50);

fn executor() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

/// Waits until no thread is attached any more, for ten seconds at most.
async fn all_have_left(runtime: &Runtime) {
    let began = Instant::now();
    // The main thread shows also while it is outside.
    while runtime.threads().len() > 1 {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{:#?}",
            runtime.threads()
        );
        sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn results_and_errors_are_those_of_the_blocking_calls() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        executor().block_on(async {
            runtime.exec_async("x = 6").await.unwrap();
            assert_eq!(runtime.eval_async::<i64>("x * 7").await.unwrap(), 42);
            let list: Value = runtime.eval_async("[1, 2]").await.unwrap();
            let len = runtime.run_async(move |_| list.call_method::<usize>("__len__", ()));
            assert_eq!(len.await.unwrap(), 2);

            let error = runtime.eval_async::<i64>("1 / 0").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Exception);
            assert_eq!(error.type_name(), "ZeroDivisionError");
            let error = runtime.exec_async("x x").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Syntax);
            let error = runtime.exec_async("raise SystemExit(3)").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Exit(3));
            let limits = Limits::new().wall(SHORT);
            let limited = move |py: pyt_runtime::Python<'_>| {
                py.with_limits(&limits, |py| py.exec("while True: pass"))?
            };
            let error = runtime.run_async(limited).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(SHORT)));
        });
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn a_panic_goes_on_where_it_is_awaited() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let awaited =
            || executor().block_on(runtime.run_async::<_, ()>(|_| panic::panic_any("a payload")));
        let payload = panic::catch_unwind(AssertUnwindSafe(awaited)).unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"a payload"));
        assert_eq!(runtime.eval::<i32>("6 * 7").unwrap(), 42);
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn what_stands_in_the_way_of_a_call_is_an_error() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        // Without an executor.
        let mut alone = pin!(runtime.eval_async::<i64>("6 * 7"));
        let mut context = Context::from_waker(Waker::noop());
        let answer = loop {
            match alone.as_mut().poll(&mut context) {
                Poll::Ready(answer) => break answer,
                Poll::Pending => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        assert_eq!(answer.unwrap(), 42);
        // Borrows nothing, and begins when it is polled.
        let late = runtime.exec_async("pass");
        assert_eq!(runtime.finish(), 0);
        let error = executor().block_on(late).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone);
    });
}

#[test]
fn many_calls_at_once_each_have_their_own_result() {
    in_both_modes(|gil| {
        let runtimes = [runtime(gil), runtime(gil)];
        let executor = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap();
        executor.block_on(async {
            for runtime in &runtimes {
                let code = "import time\ndef work(n):\n  time.sleep(0.01)\n  return n * n";
                runtime.exec_async(code).await.unwrap();
            }
            let mut calls = JoinSet::new();
            for n in 0..200_usize {
                let call = runtimes[n % 2].eval_async::<usize>(&format!("work({n})"));
                calls.spawn(async move { (n, call.await.unwrap()) });
            }
            let mut done = 0;
            while let Some(call) = calls.join_next().await {
                let (n, square) = call.unwrap();
                assert_eq!(square, n * n);
                done += 1;
            }
            assert_eq!(done, 200);
        });
        for runtime in runtimes {
            assert_eq!(runtime.finish(), 0);
        }
    });
}

#[test]
fn the_executor_goes_on_while_python_is_busy() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        executor().block_on(async {
            let ticks = Arc::new(AtomicUsize::new(0));
            let counting = ticks.clone();
            let ticker = tokio::spawn(async move {
                loop {
                    sleep(Duration::from_millis(5)).await;
                    counting.fetch_add(1, Ordering::Relaxed);
                }
            });
            let busy =
                "import time\nend = time.monotonic() + 0.5\nwhile time.monotonic() < end: pass";
            let mut calls = JoinSet::new();
            for _ in 0..3 {
                calls.spawn(runtime.exec_async(busy));
            }
            while let Some(call) = calls.join_next().await {
                call.unwrap().unwrap();
            }
            ticker.abort();
            let ticks = ticks.load(Ordering::Relaxed);
            println!("gil={gil}: {ticks} ticks of 5 ms in half a second of Python or more");
            assert!(ticks >= 10, "{ticks}");
        });
        assert_eq!(runtime.finish(), 0);
    });
}

/// Also what catches all it can, and what waits.
#[test]
fn a_timeout_ends_the_code() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        executor().block_on(async {
            runtime.exec_async("import threading, time").await.unwrap();
            for code in [
                "while True: pass",
                "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
                "threading.Event().wait()",
                "time.sleep(1e9)",
            ] {
                let call = timeout(SHORT, runtime.exec_async(code));
                assert!(call.await.is_err());
                let began = Instant::now();
                all_have_left(&runtime).await;
                println!("gil={gil}: left after {:?}: {code:?}", began.elapsed());
            }
            assert_eq!(runtime.eval_async::<i64>("6 * 7").await.unwrap(), 42);
        });
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn what_is_dropped_is_stopped_and_nothing_else() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        executor().block_on(async {
            runtime
                .exec_async(
                    "import threading, time\n\
                     seen = []\n\
                     go_on = threading.Event()\n\
                     def work(name, wait, *arguments):\n\
                     \x20 try:\n\
                     \x20   wait(*arguments)\n\
                     \x20   return 'waited'\n\
                     \x20 finally: seen.append(name)",
                )
                .await
                .unwrap();
            let other = tokio::spawn(runtime.eval_async::<String>("work('other', go_on.wait)"));
            let dropped =
                tokio::spawn(runtime.eval_async::<String>("work('dropped', time.sleep, 1e9)"));
            while runtime.threads().len() < 3 {
                sleep(Duration::from_millis(1)).await;
            }
            sleep(SHORT).await;
            dropped.abort();
            assert!(dropped.await.unwrap_err().is_cancelled());
            while runtime.eval::<usize>("len(seen)").unwrap() == 0 {
                sleep(Duration::from_millis(1)).await;
            }
            runtime.exec("go_on.set()").unwrap();
            assert_eq!(other.await.unwrap().unwrap(), "waited");
            all_have_left(&runtime).await;
            assert_eq!(
                runtime.eval::<Vec<String>>("seen").unwrap(),
                ["dropped", "other"]
            );
        });
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn a_pooled_runtime_comes_back_without_calls() {
    use pyt_runtime::RuntimePool;

    in_both_modes(|gil| {
        let pool = RuntimePool::new(1, move || Runtime::builder().gil(gil)).unwrap();
        executor().block_on(async {
            for code in [
                "import time\ntime.sleep(1e9)",
                "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
            ] {
                let runtime = pool.get().unwrap();
                runtime.exec_async("mine = 1").await.unwrap();
                assert!(timeout(SHORT, runtime.exec_async(code)).await.is_err());
                drop(runtime);
                let next = pool.get().unwrap();
                assert!(next.threads().len() <= 1, "{:#?}", next.threads());
                assert!(next.eval::<i64>("mine").is_err());
            }
        });
    });
}

/// The next call may be on the same thread of the pool's.
#[test]
fn a_stop_does_not_meet_the_next_call() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let executor = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        executor.block_on(async {
            for round in 0..100 {
                let micros = round * 37 % 2000;
                let code = "for _ in range(300): pass";
                // May be over before its time.
                let _ = timeout(Duration::from_micros(micros), runtime.exec_async(code)).await;
                let next = runtime.eval_async::<i64>("sum(i for i in range(100))");
                assert_eq!(next.await.unwrap(), 4950);
            }
            // One that is given up before it is polled does not run.
            drop(runtime.exec_async("never = 1"));
            runtime.exec_async("pass").await.unwrap();
            assert!(runtime.eval::<i64>("never").is_err());
        });
        assert_eq!(runtime.finish(), 0);
    });
}

/// As many tasks as there are, and whether the executor's blocking threads are taken or not.
#[test]
fn tasks_that_wait_for_a_pool_do_not_keep_others_from_running() {
    use pyt_runtime::RuntimePool;

    in_both_modes(|gil| {
        let pool = RuntimePool::new(2, move || Runtime::builder().gil(gil)).unwrap();
        let pool = Arc::new(pool);
        let executor = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap();
        let tasks = 200;
        let sum = executor.block_on(async {
            let mut calls = JoinSet::new();
            for n in 0..tasks {
                let pool = pool.clone();
                calls.spawn(async move {
                    let runtime = pool.get_async().await.unwrap();
                    runtime
                        .eval_async::<u64>(&format!("{n} + 0"))
                        .await
                        .unwrap()
                });
            }
            // Those that are dropped while they wait take no runtime with them.
            for n in 0..tasks {
                if n % 3 == 0 {
                    let pool = pool.clone();
                    let given_up = tokio::spawn(async move { pool.get_async().await.is_ok() });
                    tokio::task::yield_now().await;
                    given_up.abort();
                }
            }
            let mut sum = 0;
            while let Some(call) = calls.join_next().await {
                sum += call.unwrap();
            }
            sum
        });
        assert_eq!(sum, tasks * (tasks - 1) / 2);
        if !gil {
            // The threads of the executor have nothing to do with the GIL.
            return;
        }
        // More than tokio has blocking threads: each waits on one.
        let sum = executor.block_on(async {
            let mut calls = JoinSet::new();
            for n in 0..600_u64 {
                let pool = pool.clone();
                calls.spawn(async move {
                    let get = move || pool.get().unwrap();
                    let runtime = tokio::task::spawn_blocking(get).await.unwrap();
                    runtime
                        .eval_async::<u64>(&format!("{n} + 0"))
                        .await
                        .unwrap()
                });
            }
            let mut sum = 0;
            while let Some(call) = calls.join_next().await {
                sum += call.unwrap();
            }
            sum
        });
        assert_eq!(sum, 600 * 599 / 2);
    });
}

/// Ten thousand tasks wait; a tenth of them gets a runtime before the pool ends.
#[test]
fn ten_thousand_tasks_may_wait() {
    use pyt_runtime::RuntimePool;

    within("ten thousand tasks", || {
        let pool = Arc::new(RuntimePool::new(2, Runtime::builder).unwrap());
        executor().block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..10_000 {
                let pool = pool.clone();
                tasks.spawn(async move {
                    let runtime = pool.get_async().await.unwrap();
                    runtime.exec_async("pass").await.unwrap();
                });
            }
            for _ in 0..1_000 {
                tasks.join_next().await.unwrap().unwrap();
            }
            tasks.shutdown().await;
            // Nothing was lost on the way.
            let (one, two) = (
                pool.get_async().await.unwrap(),
                pool.get_async().await.unwrap(),
            );
            assert_eq!(one.eval_async::<i64>("1").await.unwrap(), 1);
            assert_eq!(two.eval_async::<i64>("2").await.unwrap(), 2);
        });
    });
}
