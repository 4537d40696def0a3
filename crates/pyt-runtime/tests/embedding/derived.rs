//! Classes by derive macros, and stubs of modules.

use pyt_runtime::{
    Buffer, Class, Error, Instance, Keywords, ModuleBuilder, PyClass, Python, Rest, Value,
    py_methods,
};

use crate::support::{in_both_modes, runtime};

/// A shape.
///
/// With "corners", and \ a backslash.
#[derive(Debug, PyClass)]
#[pyclass(name = "Shape", module = "shapes")]
struct Polygon {
    /// How many there are.
    #[py(get)]
    corners: usize,
    #[py(get, set)]
    r#type: String,
    hidden: i64,
}

#[py_methods]
impl Polygon {
    /// The most corners.
    const MOST: usize = 100;

    #[new]
    fn new(corners: usize, kind: Option<String>) -> Result<Self, Error> {
        if corners > Self::MOST {
            return Err(Error::new("ValueError", "too many corners"));
        }
        Ok(Self {
            corners,
            r#type: kind.unwrap_or_default(),
            hidden: 0,
        })
    }

    /// Counts up.
    fn count(&mut self, py: Python<'_>, by: i64) -> i64 {
        py.detach(|| ());
        self.hidden += by;
        self.hidden
    }

    #[py(name = "label", signature = "(prefix='', *, suffix='')")]
    fn make_label(&self, prefix: String, suffix: String) -> String {
        format!("{prefix}{}{suffix}", self.corners)
    }

    fn all(&self, Rest(parts): Rest<i64>, Keywords(more): Keywords<i64>) -> i64 {
        parts.into_iter().chain(more.into_values()).sum()
    }

    #[getter]
    fn hidden(&self) -> i64 {
        self.hidden
    }

    #[setter]
    fn set_hidden(&mut self, value: i64) {
        self.hidden = value;
    }

    #[staticmethod]
    fn most() -> usize {
        Self::MOST
    }

    #[classmethod]
    fn triangle(class: Class<Polygon>) -> Result<Instance<Polygon>, Error> {
        let kind = String::new();
        class.instance(Self {
            corners: 3,
            r#type: kind,
            hidden: 0,
        })
    }

    fn chained(slf: Instance<Self>) -> Instance<Self> {
        slf
    }

    fn __add__(&self, other: Instance<Polygon>) -> Result<usize, Error> {
        other.with(|other| self.corners + other.corners)
    }

    #[py(skip)]
    fn not_for_python(&self) -> usize {
        self.corners
    }
}

#[derive(PyClass)]
enum Bare {
    #[expect(dead_code, reason = "only the class is of interest")]
    Only,
}

#[test]
fn a_derived_class_is_as_one_that_is_built() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let shapes = ModuleBuilder::new("shapes").class(Polygon::class_builder());
        runtime.add_module(&shapes).unwrap();
        runtime
            .exec(
                "from shapes import Shape\nimport inspect\nshape = Shape(4, kind='square')\n\
                 class Sub(Shape):\n    def count(self, by): return -super().count(by)\n\
                 class Other:\n    def __radd__(self, left): return 'radd'",
            )
            .unwrap();
        for (text, result) in [
            ("Shape.__name__, Shape.__module__", "('Shape', 'shapes')"),
            (
                "Shape.__doc__",
                r#"'A shape.\n\nWith "corners", and \\ a backslash.'"#,
            ),
            (
                "shape.corners, shape.type, Shape(3).type",
                "(4, 'square', '')",
            ),
            ("Shape.corners.__doc__", "'How many there are.'"),
            (
                "setattr(shape, 'type', 'rect'), shape.type",
                "(None, 'rect')",
            ),
            ("setattr(shape, 'corners', 1)", "AttributeError"),
            (
                "shape.count(2), shape.count(by=3), shape.hidden",
                "(2, 5, 5)",
            ),
            ("setattr(shape, 'hidden', 9), shape.hidden", "(None, 9)"),
            ("Shape.count.__doc__", "'Counts up.'"),
            ("str(inspect.signature(Shape))", "'(corners, kind=None)'"),
            ("str(inspect.signature(shape.count))", "'(by)'"),
            (
                "shape.label(), shape.label('a', suffix='b')",
                "('4', 'a4b')",
            ),
            ("shape.label('a', 'b')", "TypeError"),
            ("shape.all(1, 2, x=3)", "6"),
            (
                "Shape.most(), Shape.triangle().corners, type(Sub.triangle()).__name__",
                "(100, 3, 'Sub')",
            ),
            ("shape.chained() is shape", "True"),
            ("shape + Shape(3), shape + Other()", "(7, 'radd')"),
            ("shape + 1", "TypeError"),
            (
                "hasattr(shape, 'not_for_python'), hasattr(shape, 'make_label')",
                "(False, False)",
            ),
            ("Sub(3).count(1), Sub(3).corners", "(-1, 3)"),
            ("Shape(101)", "ValueError"),
            ("Shape()", "TypeError"),
        ] {
            match runtime.eval::<Value>(text) {
                Ok(value) => assert_eq!(value.repr().unwrap(), result, "{text}"),
                Err(error) => assert_eq!(error.type_name(), result, "{text}: {error}"),
            }
        }
        let class: Class<Polygon> = runtime.get("Shape").unwrap();
        let kind = "made".to_owned();
        let made = class
            .instance(Polygon {
                corners: 1,
                r#type: kind,
                hidden: 2,
            })
            .unwrap();
        assert_eq!(made.with(Polygon::not_for_python).unwrap(), 1);
        let bare = runtime.class::<Bare>().unwrap();
        assert_eq!(
            bare.as_value().getattr::<String>("__name__").unwrap(),
            Bare::NAME
        );
        drop((class, made, bare));
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn a_stub_says_what_a_module_has() {
    let sum = |numbers: Buffer<f64>| numbers.with(|items| items.iter().sum::<f64>());
    let module = ModuleBuilder::new("shapes")
        .doc("Shapes.")
        .function("sum", sum)
        .function("paths", |_: std::path::PathBuf, _: Vec<Option<i64>>| {
            std::collections::HashMap::<String, Vec<u8>>::new()
        })
        .class(Polygon::class_builder())
        .value("LIMIT", 3);
    let stub = module.stub();
    let expected = "\
\"\"\"Shapes.\"\"\"

import os
from collections.abc import Buffer, Sequence

def sum(arg0: Buffer, /) -> float: ...

def paths(arg0: str | bytes | os.PathLike[str], arg1: Sequence[int | None], /) -> dict[str, bytes]: ...

class Shape:
    \"\"\"A shape.

    With \"corners\", and \\\\ a backslash.\"\"\"
    @property
    def corners(self) -> int:
        \"\"\"How many there are.\"\"\"
    @property
    def type(self) -> str: ...
    @type.setter
    def type(self, arg0: str, /) -> None: ...
    def __init__(self, corners: int, kind: str | None = None) -> None: ...
    def count(self, by: int) -> int:
        \"\"\"Counts up.\"\"\"
    def label(self, prefix: str = '', *, suffix: str = '') -> str: ...
    def all(self, *parts: int, **more: int) -> int: ...
    @staticmethod
    def most() -> int: ...
    @classmethod
    def triangle(cls, /) -> Polygon: ...
    def chained(self, /) -> Polygon: ...
    def __add__(self, other: Polygon) -> int: ...
    @property
    def hidden(self) -> int: ...
    @hidden.setter
    def hidden(self, arg0: int, /) -> None: ...

LIMIT: int
";
    assert_eq!(stub, expected, "{stub}");
    // It is Python.
    let runtime = runtime(true);
    runtime.set("stub", stub).unwrap();
    runtime.exec("import ast\nast.parse(stub)").unwrap();
    runtime.finish();
}
