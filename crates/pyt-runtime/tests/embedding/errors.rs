//! Errors: what they tell, and their way through several layers of Rust and Python.

use std::{fmt, sync::Arc};

use pyt_runtime::{Error, ErrorKind, Function, ModuleBuilder, Python, Runtime, Value};

use crate::support::{in_both_modes, runtime};

#[test]
fn errors_say_where_and_why() {
    let runtime = runtime(true);
    let code = runtime
        .compile_named(
            "def load(name):
    try:
        return {}[name]
    except KeyError as error:
        raise RuntimeError('cannot load') from error
def main():
    load('x')
main()",
            "plugin.py",
        )
        .unwrap();
    let error = code.run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exception);
    assert_eq!(
        (error.type_name(), error.message()),
        ("RuntimeError", "cannot load")
    );
    let frames: Vec<_> = error
        .frames()
        .iter()
        .map(|frame| {
            (
                frame.file(),
                frame.line(),
                frame.function(),
                frame.source_line(),
            )
        })
        .collect();
    assert_eq!(
        frames,
        [
            ("plugin.py", Some(8), "<module>", Some("main()")),
            ("plugin.py", Some(7), "main", Some("load('x')")),
            (
                "plugin.py",
                Some(5),
                "load",
                Some("raise RuntimeError('cannot load') from error")
            ),
        ]
    );
    let cause = error.cause().unwrap();
    assert_eq!((cause.type_name(), cause.message()), ("KeyError", "'x'"));
    assert_eq!(cause.frames()[0].line(), Some(3));
    assert!(cause.cause().is_none());
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "KeyError: 'x'"
    );
    assert!(error.traceback().contains("direct cause of the following"));
    assert!(error.traceback().ends_with("RuntimeError: cannot load\n"));
    runtime.finish();
}

#[test]
fn causes_are_followed_as_python_does() {
    let runtime = runtime(true);
    let handled = "try: 1 / 0\nexcept Exception: ";
    let error = runtime.exec(&format!("{handled}missing")).unwrap_err();
    assert_eq!(error.cause().unwrap().type_name(), "ZeroDivisionError");
    let error = runtime
        .exec(&format!("{handled}raise KeyError from None"))
        .unwrap_err();
    assert!(error.cause().is_none());
    // A circle, and a chain longer than anybody would read.
    let error = runtime
        .exec("a, b = KeyError(1), KeyError(2)\na.__cause__, b.__cause__ = b, a\nraise a")
        .unwrap_err();
    assert!(error.cause().unwrap().cause().is_none());
    let error = runtime
        .exec(
            "error = None
for n in range(1000):
    new = ValueError(n)
    new.__cause__ = error
    error = new
raise error",
        )
        .unwrap_err();
    let length = std::iter::successors(Some(&error), |error| error.cause()).count();
    assert!((2..=32).contains(&length), "{length}");
    // Exceptions that cannot be converted to text.
    let error = runtime
        .exec("class Bad(Exception):\n    def __str__(self): 1 / 0\nraise Bad")
        .unwrap_err();
    assert_eq!(
        (error.type_name(), error.message()),
        ("Bad", "<exception str() failed>")
    );
    let error = runtime
        .exec("raise ExceptionGroup('g', [KeyError(1)])")
        .unwrap_err();
    assert_eq!(error.type_name(), "ExceptionGroup");
    assert!(error.traceback().contains("KeyError"));
    for (source, kind) in [
        ("raise SystemExit(4)", ErrorKind::Exit(4)),
        ("raise KeyboardInterrupt", ErrorKind::Interrupted),
        ("a b", ErrorKind::Syntax),
    ] {
        assert_eq!(runtime.exec(source).unwrap_err().kind(), kind);
    }
    runtime.finish();
}

/// Rust calls Python, which calls Rust, which calls Python, which raises.
fn layers(
    runtime: &Runtime,
    middle: impl Fn(Python<'_>) -> Result<Value, Error> + Send + Sync + 'static,
) {
    runtime
        .exec(
            "class Special(ValueError):
    def __init__(self, number):
        super().__init__(f'number {number}')
        self.number = number
raised = None
def innermost():
    global raised
    raised = Special(7)
    raise raised
def outermost():
    return middle()",
        )
        .unwrap();
    runtime
        .set("middle", Function::new("middle", middle))
        .unwrap();
}

#[test]
fn exceptions_pass_through_three_layers() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        layers(&runtime, |py| py.eval::<Value>("innermost()"));
        // Python, at the outside, sees the class, the object and each line.
        runtime
            .exec(
                "import traceback
try:
    outermost()
except Special as error:
    assert error is raised and error.number == 7
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names == ['<module>', 'outermost', '<module>', 'innermost'], names
    assert error.__cause__ is None and error.__context__ is None
else:
    assert False",
            )
            .unwrap();
        // So does Rust.
        let error = runtime.exec("outermost()").unwrap_err();
        assert_eq!(error.to_string(), "Special: number 7");
        let names: Vec<_> = error
            .frames()
            .iter()
            .map(pyt_runtime::Frame::function)
            .collect();
        assert_eq!(names, ["<module>", "outermost", "<module>", "innermost"]);
        let exception = error.value().unwrap();
        assert_eq!(exception.getattr::<i64>("number").unwrap(), 7);
        assert!(exception.is(&runtime.get("raised").unwrap()));
        runtime.finish();
    });
}

#[test]
fn the_layer_between_may_look_and_wrap() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        layers(&runtime, |py| {
            let error = py.eval::<Value>("innermost()").unwrap_err();
            assert_eq!(error.type_name(), "Special");
            assert_eq!(error.frames().last().unwrap().function(), "innermost");
            assert!(error.traceback().contains("raise raised"));
            Err(Error::new("LookupError", "wrapped").with_cause(error))
        });
        let error = runtime.exec("outermost()").unwrap_err();
        assert_eq!(error.to_string(), "LookupError: wrapped");
        let cause = error.cause().unwrap();
        assert_eq!(cause.to_string(), "Special: number 7");
        assert!(cause.value().unwrap().is(&runtime.get("raised").unwrap()));
        runtime.finish();
    });
}

#[derive(Debug)]
struct Refused {
    code: i32,
    source: std::num::ParseIntError,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}", self.code)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[test]
fn errors_of_the_host_come_back_whole() {
    let runtime = runtime(true);
    let refuse = || -> Result<(), Refused> {
        let source = "x".parse::<i32>().unwrap_err();
        Err(Refused { code: 12, source })
    };
    let host = ModuleBuilder::new("host").function("refuse", refuse);
    runtime.add_module(&host).unwrap();
    runtime
        .exec("import host\ndef carry():\n    try:\n        host.refuse()\n    finally:\n        pass")
        .unwrap();
    let error = runtime.exec("carry()").unwrap_err();
    assert_eq!(error.to_string(), "RuntimeError: refused with 12");
    assert_eq!(error.downcast_ref::<Refused>().unwrap().code, 12);
    assert_eq!(
        error.cause().unwrap().to_string(),
        "ValueError: invalid digit found in string"
    );
    assert_eq!(error.frames().len(), 2);
    let error = runtime
        .exec("try:\n    carry()\nexcept RuntimeError as error:\n    raise KeyError('other') from error")
        .unwrap_err();
    assert!(error.downcast_ref::<Refused>().is_none());
    assert!(error.cause().unwrap().downcast_ref::<Refused>().is_some());
    // As any error type that it is made of.
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
    assert_eq!(Error::other(boxed).type_name(), "KeyError");
    runtime.finish();
}

#[test]
fn errors_cross_runtimes_as_text() {
    in_both_modes(|gil| {
        let first = runtime(gil);
        first.exec("class Special(Exception): pass").unwrap();
        let special = first.exec("raise Special('odd')").unwrap_err();
        let known = first.exec("1 / 0").unwrap_err();
        let second = runtime(gil);
        let errors = Arc::new([special.clone(), known]);
        let raise = move |index: usize| -> Result<(), Error> { Err(errors[index].clone()) };
        second.set("fail", Function::new("fail", raise)).unwrap();
        let error = second.exec("fail(0)").unwrap_err();
        assert_eq!(error.to_string(), "RuntimeError: Special: odd");
        let error = second.exec("fail(1)").unwrap_err();
        assert_eq!(error.to_string(), "ZeroDivisionError: division by zero");
        first.finish();
        // The first is gone; its error is what it was.
        assert_eq!(special.to_string(), "Special: odd");
        assert!(special.traceback().contains("raise Special('odd')"));
        let error = second.exec("fail(0)").unwrap_err();
        assert_eq!(error.to_string(), "RuntimeError: Special: odd");
        second.finish();
    });
}
