//! Rust functions, called from Python.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use pyt_runtime::{
    Error, ErrorKind, Function, Keywords, ModuleBuilder, Python, Rest, Runtime, Value,
};

use crate::support::{in_both_modes, runtime};

fn message(runtime: &Runtime, source: &str) -> String {
    runtime.exec(source).unwrap_err().to_string()
}

#[test]
fn arguments_find_their_parameters() {
    let runtime = runtime(true);
    let add = Function::new("add", |a: i64, b: i64| a + b);
    runtime.set("add", &add).unwrap();
    let optional = |n: f64, by: Option<f64>| n * by.unwrap_or(2.0);
    let scale = Function::new("scale", optional)
        .parameters(["n", "by"])
        .doc("Multiplies.");
    runtime.set("scale", scale).unwrap();
    let all = |first: i64, Rest(rest): Rest<i64>, Keywords(named): Keywords<String>| {
        let mut named: Vec<_> = named.into_iter().collect();
        named.sort();
        (first, rest, named)
    };
    runtime.set("all", Function::new("all", all)).unwrap();

    assert_eq!(runtime.eval::<i64>("add(2, 3)").unwrap(), 5);
    assert_eq!(runtime.eval::<f64>("scale(2)").unwrap(), 4.0);
    assert_eq!(runtime.eval::<f64>("scale(by=3, n=2)").unwrap(), 6.0);
    assert_eq!(runtime.eval::<f64>("scale(2, None)").unwrap(), 4.0);
    assert_eq!(
        runtime
            .eval::<Value>("all(1, 2, 3, x='y')")
            .unwrap()
            .repr()
            .unwrap(),
        "(1, [2, 3], [('x', 'y')])"
    );
    assert_eq!(
        runtime
            .eval::<(String, String)>("(scale.__doc__, scale.__name__)")
            .unwrap(),
        ("Multiplies.".to_owned(), "scale".to_owned())
    );
    assert_eq!(
        runtime.eval::<String>("repr(add)").unwrap(),
        "<Rust function add>"
    );
    for (source, expected) in [
        ("add(1)", "TypeError: add() missing required argument 2"),
        (
            "scale()",
            "TypeError: scale() missing required argument: 'n'",
        ),
        (
            "add(1, 2, 3)",
            "TypeError: add() takes 2 positional arguments but 3 were given",
        ),
        (
            "add(1, b=2)",
            "TypeError: add() missing required argument 2",
        ),
        (
            "scale(1, m=2)",
            "TypeError: scale() got an unexpected keyword argument 'm'",
        ),
        (
            "scale(1, n=2)",
            "TypeError: scale() got multiple values for argument 'n'",
        ),
        (
            "add(1, 'x')",
            "TypeError: add() argument 2: 'str' object cannot be interpreted as an integer",
        ),
        (
            "scale('x')",
            "TypeError: scale() argument 'n': must be real number, not str",
        ),
        ("add(1, 2**64)", "OverflowError: int out of range for i64"),
        (
            "type(add)()",
            "TypeError: cannot create 'pyt.RustFunction' instances",
        ),
    ] {
        assert_eq!(message(&runtime, source), expected, "{source}");
    }
    runtime.finish();
}

#[test]
fn errors_of_the_host_are_raised() {
    let runtime = runtime(true);
    let open = || -> Result<(), io::Error> { std::fs::read("/no/such/file").map(drop) };
    let parse = |text: String| -> Result<i64, Error> { Ok(text.parse::<i64>()?) };
    let exact = || -> Result<(), Error> { Err(Error::new("decimal.InvalidOperation", "odd")) };
    let unknown = || -> Result<(), Error> { Err(Error::new("NoSuchError", "odd")) };
    let no_class = || -> Result<(), Error> { Err(Error::new("print", "odd")) };
    let exit = || -> Result<(), Error> { Err(Error::new("SystemExit", "3")) };
    let module = ModuleBuilder::new("host")
        .function("open", open)
        .function("parse", parse)
        .function("exact", exact)
        .function("unknown", unknown)
        .function("no_class", no_class)
        .function("exit", exit);
    runtime.add_module(&module).unwrap();
    runtime
        .exec(
            "import host, decimal, errno
try:
    host.open()
except FileNotFoundError as error:
    assert error.errno == errno.ENOENT and error.strerror == 'No such file or directory'
try:
    host.exact()
except decimal.InvalidOperation:
    pass",
        )
        .unwrap();
    let error = runtime.exec("host.parse('x')").unwrap_err();
    assert_eq!(
        error.to_string(),
        "ValueError: invalid digit found in string"
    );
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(error.frames().len(), 1);
    assert_eq!(
        message(&runtime, "host.unknown()"),
        "RuntimeError: NoSuchError: odd"
    );
    assert_eq!(
        message(&runtime, "host.no_class()"),
        "RuntimeError: print: odd"
    );
    assert!(matches!(
        runtime.exec("host.exit()").unwrap_err().kind(),
        ErrorKind::Exit(_)
    ));
    runtime.finish();
}

#[test]
fn panics_become_exceptions() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in drop");
            }
        }
        let number = 7;
        let bomb = Arc::new(Bomb);
        let module = ModuleBuilder::new("host")
            .function("text", || -> i64 { panic!("plain") })
            .function("formatted", move || -> i64 { panic!("number {number}") })
            .function("other", || -> i64 { std::panic::panic_any(7_u8) })
            .function("payload", || -> i64 { std::panic::panic_any(Bomb) })
            .function("index", |items: Vec<i64>| items[10])
            .function("deep", |py: Python<'_>| {
                py.detach(|| -> i64 { panic!("detached") })
            })
            .function("holds", move || Arc::strong_count(&bomb));
        runtime.add_module(&module).unwrap();
        drop(module);
        runtime.exec("import host").unwrap();
        for (source, expected) in [
            (
                "host.text()",
                "RuntimeError: Rust panicked in text(): plain",
            ),
            (
                "host.formatted()",
                "RuntimeError: Rust panicked in formatted(): number 7",
            ),
            ("host.other()", "RuntimeError: Rust panicked in other()"),
            ("host.payload()", "RuntimeError: Rust panicked in payload()"),
            (
                "host.index([])",
                "RuntimeError: Rust panicked in index(): index out of bounds: the len is 0 but \
                 the index is 10",
            ),
            (
                "host.deep()",
                "RuntimeError: Rust panicked in deep(): detached",
            ),
        ] {
            assert_eq!(message(&runtime, source), expected, "{source}");
        }
        // What a function has captured is dropped with it, and may panic.
        runtime
            .exec("import sys, gc\nsys.modules.pop('host')\ndel host\ngc.collect()")
            .unwrap();
        assert_eq!(runtime.eval::<i64>("1 + 1").unwrap(), 2);
        runtime.finish();
    });
}

#[test]
fn callbacks_come_back_in() {
    in_both_modes(|gil| {
        let runtime = Arc::new(runtime(gil));
        let again = Arc::downgrade(&runtime);
        let count = move |py: Python<'_>, n: i64| -> Result<i64, Error> {
            if n == 0 {
                return Ok(0);
            }
            let Some(runtime) = again.upgrade() else {
                return Err("gone".into());
            };
            // Three ways in, all of them inside already or again.
            let below: i64 = py.eval(&format!("count({})", n - 1))?;
            let one: i64 = py.detach(|| runtime.eval("1"))?;
            runtime.enter(|py| py.exec("visits += 1"))?;
            Ok(below + one)
        };
        runtime.set("visits", 0).unwrap();
        runtime.set("count", Function::new("count", count)).unwrap();
        assert_eq!(runtime.eval::<i64>("count(10)").unwrap(), 10);
        assert_eq!(runtime.get::<i64>("visits").unwrap(), 10);
        // Without an end it is Python's own limit that ends it.
        runtime
            .set(
                "forever",
                Function::new("forever", |py: Python<'_>| py.exec("forever()")),
            )
            .unwrap();
        let error = runtime.exec("forever()").unwrap_err();
        assert_eq!(error.type_name(), "RecursionError");
    });
}

#[test]
fn functions_are_called_by_many_threads() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let note = move |py: Python<'_>| {
            counter.fetch_add(1, Ordering::Relaxed);
            py.detach(|| thread::sleep(Duration::from_micros(100)));
        };
        runtime.set("note", Function::new("note", note)).unwrap();
        runtime
            .exec(
                "import threading
threads = [threading.Thread(target=lambda: [note() for _ in range(50)]) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]",
            )
            .unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 400);
        runtime.finish();
        assert_eq!(
            Arc::strong_count(&calls),
            1,
            "the closure went with its runtime"
        );
    });
}

#[test]
fn signatures_are_those_of_python() {
    use pyt_runtime::Keywords;

    let all = |a: i64, b: i64, Rest(rest): Rest<i64>, c: i64, Keywords(more): Keywords<i64>| {
        let mut more: Vec<_> = more.into_iter().collect();
        more.sort();
        format!("{a} {b} {rest:?} {c} {more:?}")
    };
    let all = Function::new("all", all).signature("(a, /, b=2, *rest, c=3, **more)");
    let only = |a: i64, b: Option<String>| format!("{a} {b:?}");
    let only = Function::new("only", only)
        .signature("(a, *, b=None)")
        .doc("Only.");
    let collected = Function::new("collected", |list: Value| list).signature("(list=[])");
    in_both_modes(move |gil| {
        let runtime = runtime(gil);
        runtime.set("all", all.clone()).unwrap();
        runtime.set("only", only.clone()).unwrap();
        runtime.set("collected", collected.clone()).unwrap();
        for (call, result) in [
            ("all(1)", "1 2 [] 3 []"),
            ("all(1, 5, 6, 7, c=8, d=9)", "1 5 [6, 7] 8 [(\"d\", 9)]"),
            ("all(1, b=4)", "1 4 [] 3 []"),
            // A name that is for positions only may be one of the others.
            ("all(1, a=4)", "1 2 [] 3 [(\"a\", 4)]"),
            ("all()", "TypeError: all() missing required argument: 'a'"),
            (
                "all(1, 2, b=2)",
                "TypeError: all() got multiple values for argument 'b'",
            ),
            (
                "all(1, 2, 'x')",
                "TypeError: all() argument 3: expected int, got str",
            ),
            ("only(1)", "1 None"),
            ("only(a=1, b='x')", "1 Some(\"x\")"),
            (
                "only(1, 'x')",
                "TypeError: only() takes 1 positional argument but 2 were given",
            ),
            (
                "only(1, c=2)",
                "TypeError: only() got an unexpected keyword argument 'c'",
            ),
            ("only('x')", "TypeError: only() argument 'a': "),
            (
                "str(__import__('inspect').signature(all))",
                "(a, /, b=2, *rest, c=3, **more)",
            ),
            (
                "str(__import__('inspect').signature(only))",
                "(a, *, b=None)",
            ),
            ("only.__doc__", "Only."),
            // One object for all calls, as a default of `def` is.
            ("str(collected() is collected())", "True"),
        ] {
            match runtime.eval::<String>(call) {
                Ok(value) => assert_eq!(value, result, "{call}"),
                Err(error) => {
                    let error = error.to_string();
                    let is_same = error.starts_with(result) || error.contains("argument 3: ");
                    assert!(is_same, "{call}: {error}, not {result}");
                }
            }
        }
        for signature in [
            "(a)",
            "(a, b, c)",
            "a, b",
            "(a, b=)",
            "(a, b=missing_name)",
            "()",
        ] {
            let wrong = Function::new("wrong", |_: i64, _: i64| ()).signature(signature);
            let error = runtime.set("wrong", wrong).unwrap_err();
            let class = error.type_name();
            assert!(
                ["ValueError", "SyntaxError", "NameError"].contains(&class),
                "{signature}: {error}"
            );
        }
        assert_eq!(runtime.finish(), 0);
    });
}
