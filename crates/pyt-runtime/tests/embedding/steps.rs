//! A limit on instructions is exact, and a program takes the same number in every run.

use pyt_runtime::{Builder, ErrorKind, Limit, Limits, Runtime};
use pyt_test::deadline::within;

/// More than any program here takes.
const PLENTY: u64 = 32_768;

/// Whether the program gets to its end with so many instructions, in a runtime of its own.
fn is_enough(builder: &dyn Fn() -> Builder, code: &str, steps: u64) -> bool {
    let runtime = builder().build().unwrap();
    let limits = Limits::new().steps(steps);
    let result = runtime.with_limits(&limits, |py| py.exec(code));
    let result = result.and_then(|inner| inner);
    runtime.finish();
    match result {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(
                error.kind(),
                ErrorKind::Limit(Limit::Steps(steps)),
                "{error}"
            );
            false
        }
    }
}

/// How many instructions the program takes: one less is not enough, in each of several runs.
#[track_caller]
fn count(builder: &dyn Fn() -> Builder, code: &str) -> u64 {
    let (mut too_few, mut enough) = (0, PLENTY);
    assert!(is_enough(builder, code, enough), "{code}");
    while enough - too_few > 1 {
        let middle = u64::midpoint(too_few, enough);
        if is_enough(builder, code, middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    for run in 0..3 {
        assert!(is_enough(builder, code, enough), "run {run}: {code}");
        assert!(!is_enough(builder, code, too_few), "run {run}: {code}");
    }
    enough
}

#[test]
fn the_number_is_exact_and_the_same_in_every_run() {
    within("counting", || {
        let builder = Runtime::builder;
        let short = count(&builder, "for i in range(100): i * i");
        let long = count(&builder, "for i in range(1100): i * i");
        // Each turn takes the same number.
        assert_eq!((long - short) % 1000, 0);
        assert!((3000..20_000).contains(&(long - short)), "{short} {long}");
        let functions = "
class A:
    def __init__(self, n): self.n = n
    def __add__(self, other): return A(self.n + other.n)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
total = A(0)
for i in range(9): total += A(fib(i))
assert total.n == 54
d = {k: [x for x in range(k)] for k in range(20)}
try: d[99]
except KeyError: pass
";
        count(&builder, functions);
    });
}

#[test]
fn the_number_is_the_same_with_threads() {
    within("counting", || {
        let builder = Runtime::builder;
        // The program joins its threads: an unlocked lock says that they are nearly done only.
        let code = "
import _thread
done = []
def work():
    for i in range(300): i * i
    done.append(1)
threads = [_thread.start_joinable_thread(work) for _ in range(3)]
for thread in threads: thread.join()
assert len(done) == 3
";
        count(&builder, code);
    });
}

#[test]
fn the_number_is_the_same_with_a_virtual_clock() {
    let builder = || Runtime::builder().virtual_time(true);
    let code = "
import time
for i in range(20): time.sleep(1000)
";
    count(&builder, code);
}

/// Without the GIL, threads that begin the same function at once would run some of its instructions
/// uncounted.
#[test]
fn the_number_needs_the_gil() {
    let limits = Limits::new().steps(PLENTY);
    let of_all_calls = Runtime::builder().gil(false).limits(limits.clone()).build();
    assert_eq!(of_all_calls.err().unwrap().kind(), ErrorKind::Option);
    let runtime = Runtime::builder().gil(false).build().unwrap();
    let refused = runtime.with_limits(&limits, |py| py.exec("ran = True"));
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert!(error.to_string().contains("needs the GIL"), "{error}");
    let nested = runtime.with_limits(&Limits::new(), |py| {
        py.with_limits(&limits, |py| py.exec("ran = True"))
    });
    assert_eq!(nested.unwrap().unwrap_err().kind(), ErrorKind::Option);
    assert!(!runtime.eval::<bool>("'ran' in globals()").unwrap());
    runtime.finish();
}
