//! What a call from Rust into Python costs, and one back: pyt-runtime beside PyO3 with CPython, in one
//! program run. Prints nanoseconds per call: the median of many batches, in turns.

use std::{hint::black_box, time::Instant};

use pyo3::{
    prelude::*,
    types::{PyCFunction, PyDict, PyTuple},
};
use pyt_runtime::{Function, Runtime, Value};

#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCHES: usize = 61;
const CALLS: usize = 20_000;
const SOURCE: &str = "
def add(a, b):
    return a + b
def call_many(f, n):
    for _ in range(n):
        f(1, 2)
";

/// Nanoseconds per call of one batch of `f`, which makes `calls` calls.
fn batch(calls: usize, f: impl FnOnce()) -> f64 {
    let start = Instant::now();
    f();
    start.elapsed().as_secs_f64() * 1e9 / calls as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Measures both in turns, so that what else the machine does meets both.
fn compare(what: &str, mut ours: impl FnMut() -> f64, mut theirs: impl FnMut() -> f64) {
    (ours(), theirs());
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..BATCHES {
        our_times.push(ours());
        their_times.push(theirs());
    }
    let (ours, theirs) = (median(our_times), median(their_times));
    println!(
        "{what:45} {ours:8.0} ns {theirs:8.0} ns {:6.2}",
        ours / theirs
    );
}

fn main() {
    let runtime = Runtime::builder().build().expect("a runtime");
    runtime.exec(SOURCE).expect("the source runs");
    let add: Value = runtime.get("add").expect("defined above");
    let call_many: Value = runtime.get("call_many").expect("defined above");
    let native: Value = runtime
        .value(Function::new("add", |a: i64, b: i64| a + b))
        .expect("a function");

    let (py_add, py_call_many, py_native) = Python::attach(|py| {
        let names = PyDict::new(py);
        py.run(
            &std::ffi::CString::new(SOURCE).expect("no null"),
            Some(&names),
            None,
        )
        .expect("the source runs");
        let get = |name| names.get_item(name).ok().flatten().expect("defined above");
        let native = PyCFunction::new_closure(
            py,
            None,
            None,
            |args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>| -> PyResult<i64> {
                let (a, b) = args.extract::<(i64, i64)>()?;
                Ok(a + b)
            },
        )
        .expect("a function");
        (
            get("add").unbind(),
            get("call_many").unbind(),
            native.into_any().unbind(),
        )
    });

    println!("{:45} {:>11} {:>11} {:>6}", "", "pyt", "PyO3", "ratio");
    compare(
        "call add(1, 2) -> i64, inside",
        || {
            runtime.enter(|_| {
                batch(CALLS, || {
                    for _ in 0..CALLS {
                        let sum: i64 = add.call((black_box(1_i64), 2_i64)).expect("adds");
                        black_box(sum);
                    }
                })
            })
        },
        || {
            Python::attach(|py| {
                let add = py_add.bind(py);
                batch(CALLS, || {
                    for _ in 0..CALLS {
                        let sum = add.call1((black_box(1_i64), 2_i64)).expect("adds");
                        black_box(sum.extract::<i64>().expect("an int"));
                    }
                })
            })
        },
    );
    compare(
        "the same, entering for each call",
        || {
            batch(CALLS, || {
                for _ in 0..CALLS {
                    let sum: i64 = add.call((black_box(1_i64), 2_i64)).expect("adds");
                    black_box(sum);
                }
            })
        },
        || {
            batch(CALLS, || {
                for _ in 0..CALLS {
                    Python::attach(|py| {
                        let sum = py_add.call1(py, (black_box(1_i64), 2_i64)).expect("adds");
                        black_box(sum.extract::<i64>(py).expect("an int"));
                    });
                }
            })
        },
    );
    compare(
        "Python calls a Rust closure (i64, i64) -> i64",
        || {
            batch(CALLS, || {
                call_many
                    .call::<()>((&native, CALLS))
                    .expect("calls");
            })
        },
        || {
            Python::attach(|py| {
                batch(CALLS, || {
                    py_call_many
                        .call1(py, (&py_native, CALLS))
                        .expect("calls");
                })
            })
        },
    );
    drop((add, call_many, native));
    runtime.finish();
}
