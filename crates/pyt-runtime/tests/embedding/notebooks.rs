//! What a notebook needs: cells with a value, completion, modes of compilation, plain tracebacks.

use pyt_runtime::{CompileMode, Display, DisplayForm, ErrorKind, Limits, Runtime};

use crate::support::runtime;

fn shown(runtime: &Runtime, cell: &str) -> Option<String> {
    let value = runtime.exec_cell(cell).unwrap();
    value.map(|value| value.repr().unwrap())
}

#[test]
fn a_cell_has_the_value_of_its_last_expression() {
    let runtime = runtime(true);
    assert_eq!(shown(&runtime, "x = 6"), None);
    assert_eq!(shown(&runtime, "y = 7\nx * y"), Some("42".to_owned()));
    assert_eq!(
        shown(&runtime, "x * y  # the product\n\n"),
        Some("42".to_owned())
    );
    assert_eq!(shown(&runtime, "x; y"), Some("7".to_owned()));
    assert_eq!(shown(&runtime, "if True:\n    x"), None);
    assert_eq!(
        shown(&runtime, "print"),
        Some("<built-in function print>".to_owned())
    );
    for nothing in ["", "\n\n", "# a comment", "None", "def f(): pass"] {
        assert_eq!(shown(&runtime, nothing), None, "{nothing:?}");
    }
    assert_eq!(shown(&runtime, "'é' * 2"), Some("'éé'".to_owned()));
    assert_eq!(
        shown(&runtime, "[n for n in (x, y)]"),
        Some("[6, 7]".to_owned())
    );
    runtime.finish();
}

#[test]
fn nothing_of_a_cell_runs_if_some_of_it_is_invalid() {
    let runtime = runtime(true);
    for cell in ["ran = 1\nx x", "ran = 1\n(yield)", "ran = 1\nreturn 1\nran"] {
        let error = runtime.exec_cell(cell).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax, "{cell:?}: {error}");
        assert!(runtime.eval::<i64>("ran").is_err());
    }
    runtime.finish();
}

#[test]
fn tracebacks_of_cells_have_their_own_frames_only() {
    let runtime = runtime(true);
    runtime.exec_cell("def half(n):\n    return n / 0").unwrap();
    let error = runtime.exec_cell("n = 1\nhalf(n)").unwrap_err();
    let frames: Vec<_> = error
        .frames()
        .iter()
        .map(|frame| (frame.file(), frame.line(), frame.source_line()))
        .collect();
    assert_eq!(
        frames,
        [
            ("<cell>", Some(2), Some("half(n)")),
            ("<cell>", Some(2), Some("return n / 0")),
        ]
    );
    let error = runtime.exec_cell("raise SystemExit(3)").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exit(3));
    runtime.finish();
}

#[test]
fn source_is_compiled_in_the_mode_that_is_asked_for() {
    let runtime = runtime(true);
    let compile = |mode, text| runtime.compile_as(mode, text, "<text>");
    let sum = compile(CompileMode::Eval, "1 + 2").unwrap();
    assert_eq!(sum.eval::<i64>().unwrap(), 3);
    compile(CompileMode::Exec, "1 + 2\n3")
        .unwrap()
        .run()
        .unwrap();
    let error = compile(CompileMode::Eval, "x = 1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    runtime
        .exec("import sys\nshown = []\nsys.displayhook = shown.append")
        .unwrap();
    compile(CompileMode::Single, "1 + 2")
        .unwrap()
        .run()
        .unwrap();
    assert_eq!(runtime.eval::<Vec<i64>>("shown").unwrap(), [3]);
    let error = compile(CompileMode::Single, "1\n2\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    runtime.finish();
}

#[test]
fn names_are_completed() {
    let runtime = runtime(true);
    runtime
        .exec("import math\nclass C:\n    _hidden = visible = 1\n    @property\n    def bad(self): raise ValueError\nc = C()\nprimes = 1")
        .unwrap();
    let complete = |text: &str| {
        let found = runtime.complete(text).unwrap();
        (found.start, found.candidates)
    };
    assert_eq!(complete("x = c.vi"), (6, vec!["visible".to_owned()]));
    assert_eq!(
        complete("c."),
        (2, vec!["bad".to_owned(), "visible".to_owned()])
    );
    assert_eq!(complete("c._hid"), (2, vec!["_hidden".to_owned()]));
    let (start, candidates) = complete("é = pri");
    assert_eq!(start, "é = ".len());
    assert_eq!(candidates, ["primes", "print"]);
    assert_eq!(complete("math.factoria").1, ["factorial"]);
    for nothing in ["", "x = ", "nothing.at.all", "c.bad.", "(1)."] {
        assert!(complete(nothing).1.is_empty(), "{nothing:?}");
    }
    runtime.finish();
}

#[test]
fn a_value_is_displayed_in_the_forms_of_its_class() {
    let runtime = runtime(true);
    let display = |cell: &str| runtime.exec_cell(cell).unwrap().unwrap().display().unwrap();
    let types = |shown: &Display| {
        let types: Vec<_> = shown.forms.iter().map(|(name, _)| name.clone()).collect();
        types.join(" ")
    };

    let number = display("42");
    assert_eq!((number.text.as_str(), types(&number).as_str()), ("42", ""));

    let table = display(
        "class Table:
    def __repr__(self): return 'table'
    def _repr_mimebundle_(self, include=None, exclude=None):
        return ({'text/plain': 'not taken', 'text/html': '<b>', 'application/x-own': {'a': [1]}}, {'text/html': {}})
    def _repr_html_(self): raise AssertionError('the bundle has it')
    def _repr_png_(self): return b'\\x89PNG', {'width': 1}
    def _repr_svg_(self): return None
    def _repr_latex_(self): return 1 / 0
Table()",
    );
    assert_eq!(table.text, "table");
    assert_eq!(types(&table), "text/html application/x-own image/png");
    assert!(matches!(table.form("text/html"), Some(DisplayForm::Text(html)) if html == "<b>"));
    assert!(matches!(table.form("image/png"), Some(DisplayForm::Bytes(png)) if png == b"\x89PNG"));
    let Some(DisplayForm::Value(own)) = table.form("application/x-own") else {
        panic!("{:?}", table.forms);
    };
    assert_eq!(own.repr().unwrap(), "{'a': [1]}");
    let [(method, error)] = &table.failures[..] else {
        panic!("{:?}", table.failures);
    };
    assert_eq!(
        (method.as_str(), error.type_name()),
        ("_repr_latex_", "ZeroDivisionError")
    );

    // A class is not one of its instances, and an object that has every attribute has no form.
    assert_eq!(types(&display("Table")), "");
    let any = "class Any:\n    def __getattr__(self, name): return lambda: name\nAny()";
    assert_eq!(types(&display(any)), "");
    let wrong = display("class Wrong:\n    def _repr_mimebundle_(self): return 1\nWrong()");
    assert_eq!(wrong.failures[0].1.type_name(), "TypeError");
    runtime.finish();
}

#[test]
fn a_limit_ends_a_display() {
    let runtime = runtime(true);
    let value = runtime
        .exec_cell(
            "class Endless:\n    def _repr_html_(self):\n        while True: pass\nEndless()",
        )
        .unwrap()
        .unwrap();
    let limits = Limits::new().steps(100_000);
    let shown = runtime.with_limits(&limits, |_| value.display());
    let error = shown.map_or_else(|error| error, |shown| shown.unwrap_err());
    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error:?}");
    runtime.finish();
}
