//! What a call from Rust into Python costs, and one back: pyt-runtime beside PyO3 with CPython, in
//! one program run. Prints nanoseconds per call: the median of many batches, in turns.

use std::{hint::black_box, time::Instant};

use pyo3::{
    ffi,
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

/// Starts CPython, and leaves this thread attached to it permanently.
///
/// Not by PyO3's `Python::attach`: it calls `PyGILState_Ensure`, which `pyt-modules` defines for
/// `ctypes.pythonapi`, so that in a program with both the call goes to the wrong interpreter.
fn start_cpython() -> Python<'static> {
    // SAFETY: called once, by the only thread that uses CPython. The thread stays attached but
    // where `main` says otherwise.
    unsafe {
        ffi::Py_InitializeEx(0);
        Python::assume_attached()
    }
}

fn main() {
    let runtime = Runtime::builder().build().expect("a runtime");
    runtime.exec(SOURCE).expect("the source runs");
    let add: Value = runtime.get("add").expect("defined above");
    let call_many: Value = runtime.get("call_many").expect("defined above");
    let native: Value = runtime
        .value(Function::new("add", |a: i64, b: i64| a + b))
        .expect("a function");

    let py = start_cpython();
    let (py_add, py_call_many, py_native) = {
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
    };

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
            let add = py_add.bind(py);
            batch(CALLS, || {
                for _ in 0..CALLS {
                    let sum = add.call1((black_box(1_i64), 2_i64)).expect("adds");
                    black_box(sum.extract::<i64>().expect("an int"));
                }
            })
        },
    );
    compare(
        "the same by RustPython's own vectorcall",
        || {
            runtime.enter(|py| {
                let (vm, add) = (py.vm(), add.as_object(py).expect("the same runtime"));
                batch(CALLS, || {
                    for _ in 0..CALLS {
                        let (a, b) = (black_box(1_i64), 2_i64);
                        let args = vec![vm.ctx.new_int(a).into(), vm.ctx.new_int(b).into()];
                        let sum = add.vectorcall(args, 2, None, vm).expect("adds");
                        black_box(sum.try_into_value::<i64>(vm).expect("an int"));
                    }
                })
            })
        },
        || {
            let add = py_add.bind(py);
            batch(CALLS, || {
                for _ in 0..CALLS {
                    let sum = add.call1((black_box(1_i64), 2_i64)).expect("adds");
                    black_box(sum.extract::<i64>().expect("an int"));
                }
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
            let add = py_add.bind(py);
            // SAFETY: the thread is attached, and is again before it touches an object.
            let mut state = unsafe { ffi::PyEval_SaveThread() };
            let time = batch(CALLS, || {
                for _ in 0..CALLS {
                    // SAFETY: as above.
                    unsafe { ffi::PyEval_RestoreThread(state) };
                    let sum = add.call1((black_box(1_i64), 2_i64)).expect("adds");
                    black_box(sum.extract::<i64>().expect("an int"));
                    drop(sum);
                    // SAFETY: as above.
                    state = unsafe { ffi::PyEval_SaveThread() };
                }
            });
            // SAFETY: as above.
            unsafe { ffi::PyEval_RestoreThread(state) };
            time
        },
    );
    compare(
        "Python calls a Rust closure (i64, i64) -> i64",
        || {
            batch(CALLS, || {
                call_many.call::<()>((&native, CALLS)).expect("calls");
            })
        },
        || {
            let (call_many, native) = (py_call_many.bind(py), py_native.bind(py));
            batch(CALLS, || {
                call_many.call1((native, CALLS)).expect("calls");
            })
        },
    );
    std::mem::forget((py_add, py_call_many, py_native));
    drop((add, call_many, native));
    runtime.finish();
}
