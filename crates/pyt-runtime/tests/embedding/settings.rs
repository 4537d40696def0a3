//! The builder's settings.

use std::time::{Duration, Instant};

use pyt_runtime::{Builder, ErrorKind, Runtime};
use pyt_test::deadline::within;

use crate::support::in_both_modes;

/// Builds, and runs `code`, which must not raise.
fn run(builder: Builder, code: &str) {
    let runtime = builder.build().unwrap();
    if let Err(error) = runtime.exec(code) {
        panic!("{}", error.traceback());
    }
    assert_eq!(runtime.finish(), 0);
}

#[test]
fn the_switch_interval() {
    in_both_modes(|gil| {
        run(
            Runtime::builder()
                .gil(gil)
                .switch_interval(Duration::from_millis(20)),
            "import sys; assert abs(sys.getswitchinterval() - 0.02) < 1e-6",
        );
    });
}

#[test]
fn the_stack_of_threads() {
    in_both_modes(|gil| {
        run(
            Runtime::builder()
                .gil(gil)
                .stack_size(1 << 20)
                .recursion_limit(1_000_000),
            "import threading
# Asking for it sets it back.
assert threading.stack_size() == 1 << 20
threading.stack_size(1 << 20)
depths = []
def deeper(n):
    # Through native code, which takes stack.
    depths[-1] = n
    return max([n], key=lambda n: deeper(n + 1))
def dive():
    depths.append(0)
    try:
        deeper(0)
    except RecursionError:
        pass
t = threading.Thread(target=dive)
t.start(); t.join()
threading.stack_size(8 << 20)
t = threading.Thread(target=dive)
t.start(); t.join()
assert 0 < depths[0] * 3 < depths[1], depths",
        );
    });
}

#[test]
fn the_recursion_limit_holds_in_every_thread() {
    in_both_modes(|gil| {
        let builder = Runtime::builder().gil(gil).recursion_limit(300);
        let runtime = builder.build().unwrap();
        let code = "
import sys, threading
def depth(n=1):
    try:
        return depth(n + 1)
    except RecursionError:
        return n
assert sys.getrecursionlimit() == 300
assert 200 < depth() <= 300, depth()
found = []
t = threading.Thread(target=lambda: found.append(depth()))
t.start(); t.join()
assert 200 < found[0] <= 300, found";
        runtime.exec(code).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| runtime.exec(code).unwrap());
        });
    });
}

#[test]
fn an_environment_of_its_own() {
    in_both_modes(|gil| {
        // No test changes the process's environment; this one sees that no runtime does.
        let path = std::env::var_os("PATH");
        run(
            Runtime::builder()
                .gil(gil)
                .env_clear()
                .env("NAME", "välue")
                .envs([("A", "1"), ("B", "2")]),
            "import os
assert dict(os.environ) == {'NAME': 'välue', 'A': '1', 'B': '2'}, os.environ
os.environ['PATH'] = 'changed'
os.environ['PYT_TEST_ENVIRONMENT'] = 'leaked'
assert os.getenv('PATH') == 'changed'
del os.environ['A']
os.putenv('C', '3')
assert 'C' not in os.environ
os.reload_environ()
assert os.environ['C'] == '3' and 'A' not in os.environ and os.environ['PATH'] == 'changed'
for name, value in (('', 'x'), ('a=b', 'x')):
    try:
        os.putenv(name, value)
    except ValueError:
        pass
    else:
        assert False, name
import subprocess
del os.environ['PATH']
out = subprocess.run(['/usr/bin/env'], capture_output=True, text=True).stdout
assert sorted(out.splitlines()) == ['B=2', 'C=3', 'NAME=välue', 'PYT_TEST_ENVIRONMENT=leaked'], out
out = subprocess.run(['/usr/bin/env'], env={'X': 'y'}, capture_output=True, text=True).stdout
assert out == 'X=y\\n', out",
        );
        assert_eq!(std::env::var_os("PATH"), path);
        assert_eq!(std::env::var_os("PYT_TEST_ENVIRONMENT"), None);
        // A copy of the process's to begin with.
        run(
            Runtime::builder().gil(gil).env("PYT_TEST_MORE", "1"),
            "import os; assert os.environ['PYT_TEST_MORE'] == '1' and 'PATH' in os.environ",
        );
        run(
            Runtime::builder().gil(gil),
            "import os; assert 'PYT_TEST_MORE' not in os.environ",
        );
    });
}

#[test]
fn without_the_standard_library() {
    in_both_modes(|gil| {
        run(
            Runtime::builder().gil(gil).stdlib(false),
            "import sys, math, time, threading, queue, _thread
done = []
t = threading.Thread(target=lambda: done.append(math.sqrt(4)))
t.start(); t.join()
assert done == [2.0]
assert 'ä'.encode('latin-1') == b'\\xe4'
assert queue.Queue().empty()
for name in ('json', 're', 'subprocess', 'site', 'logging', 'typing'):
    try:
        __import__(name)
    except ImportError:
        pass
    else:
        assert False, name",
        );
    });
}

#[test]
fn a_virtual_clock_leaps() {
    within("virtual time", || {
        let begun = Instant::now();
        run(
            Runtime::builder().virtual_time(true),
            "import time; t = time.monotonic(); time.sleep(3600); assert time.monotonic() - t >= 3600",
        );
        assert!(begun.elapsed() < Duration::from_secs(60));
    });
}

#[test]
fn bad_values_are_refused_before_anything_runs() {
    within("bad values", || {
        let bad: [Builder; 8] = [
            Runtime::builder().switch_interval(Duration::ZERO),
            Runtime::builder().switch_interval(Duration::from_secs(7200)),
            Runtime::builder().stack_size(1000),
            Runtime::builder().stack_size(usize::MAX),
            Runtime::builder().recursion_limit(5),
            Runtime::builder().recursion_limit(usize::MAX),
            Runtime::builder().env("a=b", "c"),
            Runtime::builder().env("a", "b\0c"),
        ];
        for builder in bad {
            let shown = format!("{builder:?}");
            let Err(error) = builder.build() else {
                panic!("taken: {shown}");
            };
            assert_eq!(error.kind(), ErrorKind::Option, "{error}");
            assert!(!error.message().is_empty() && error.traceback().is_empty());
        }
    });
}

#[test]
fn one_hash_seed_for_a_process() {
    within("hash seeds", || {
        // Other tests have made runtimes of this process without a seed, or will find this one's.
        drop(Runtime::builder().build().unwrap());
        let first = Runtime::builder().hash_seed(7).build();
        let second = Runtime::builder().hash_seed(8).build();
        let refused = [first, second]
            .into_iter()
            .filter_map(Result::err)
            .collect::<Vec<_>>();
        assert_eq!(refused.len(), 2);
        assert_eq!(refused[0].kind(), ErrorKind::Option);
        assert!(refused[0].message().contains("hash seed"), "{}", refused[0]);
    });
}
