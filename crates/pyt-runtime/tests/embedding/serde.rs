//! Rust data to Python objects and back, by serde.

use std::collections::{BTreeMap, HashMap};

use pyt_runtime::{ErrorKind, Runtime, Serde, Value, unpack_kw};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::support::runtime;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Nothing,
    Circle(f64),
    Line(i64, i64),
    Box { width: u32, height: u32 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Metres(f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Drawing {
    name: String,
    shapes: Vec<Shape>,
    size: Option<Metres>,
    tags: BTreeMap<String, (u8, char)>,
    #[serde(default)]
    hidden: bool,
}

fn drawing() -> Drawing {
    Drawing {
        name: "plan".into(),
        shapes: vec![
            Shape::Nothing,
            Shape::Circle(1.5),
            Shape::Line(-1, 2),
            Shape::Box {
                width: 3,
                height: 4,
            },
        ],
        size: Some(Metres(2.0)),
        tags: BTreeMap::from([("a".into(), (1, 'x'))]),
        hidden: true,
    }
}

fn read<T: DeserializeOwned>(runtime: &Runtime, expression: &str) -> Result<T, pyt_runtime::Error> {
    runtime.eval::<Value>(expression)?.deserialize()
}

/// Sequences of nothing but numbers are read in another way than others. It does not show.
#[test]
fn numbers_in_sequences() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair(f64, f32);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Integer(i64),
        Float(f64),
    }

    let runtime = runtime(true);
    let floats: Vec<f64> = read(&runtime, "[1.5, -0.0, 1e300]").unwrap();
    assert_eq!(floats, [1.5, 0.0, 1e300]);
    assert!(floats[1].is_sign_negative());
    assert_eq!(read::<Vec<f64>>(&runtime, "[1, 2.5]").unwrap(), [1.0, 2.5]);
    assert_eq!(read::<Vec<f64>>(&runtime, "[2.5, 1]").unwrap(), [2.5, 1.0]);
    assert_eq!(
        read::<Vec<f32>>(&runtime, "(0.5, 2.0)").unwrap(),
        [0.5, 2.0]
    );
    assert_eq!(
        read::<Pair>(&runtime, "[1.0, 2.0]").unwrap(),
        Pair(1.0, 2.0)
    );
    assert_eq!(read::<Vec<u8>>(&runtime, "[1, 255]").unwrap(), [1, 255]);
    let large = read::<Vec<u128>>(&runtime, "[1, 2**100]").unwrap();
    assert_eq!(large, [1, 1 << 100]);
    assert!(read::<Vec<f64>>(&runtime, "[]").unwrap().is_empty());
    let some = read::<Vec<Option<f64>>>(&runtime, "[1.5, 2.5]").unwrap();
    assert_eq!(some, [Some(1.5), Some(2.5)]);
    let metres = read::<Vec<Metres>>(&runtime, "[1.5]").unwrap();
    assert_eq!(metres, [Metres(1.5)]);
    let either = read::<Vec<Either>>(&runtime, "[1, 2]").unwrap();
    assert_eq!(either, [Either::Integer(1), Either::Integer(2)]);
    let either = read::<Vec<Either>>(&runtime, "[1.0, 2.0]").unwrap();
    assert_eq!(either, [Either::Float(1.0), Either::Float(2.0)]);
    assert_eq!(
        read::<Vec<bool>>(&runtime, "[True, False]").unwrap(),
        [true, false]
    );

    let message = |expression: &str| {
        let error = read::<Vec<u8>>(&runtime, expression).unwrap_err();
        format!("{}: {}", error.type_name(), error.message())
    };
    assert_eq!(
        message("[1, 2, 256]"),
        "ValueError: [2]: invalid value: integer `256`, expected u8"
    );
    assert_eq!(
        message("[1.5]"),
        "TypeError: [0]: invalid type: floating point `1.5`, expected u8"
    );
    let error = read::<Vec<Shape>>(&runtime, "[1.5]").unwrap_err();
    assert_eq!(error.message(), "[0]: expected str or dict, got float");
    let error = read::<Vec<String>>(&runtime, "[1]").unwrap_err();
    assert_eq!(
        error.message(),
        "[0]: invalid type: integer `1`, expected a string"
    );
    runtime
        .exec("import enum\nclass Size(float, enum.Enum):\n  LARGE = 2.5\n  SMALL = 1.5")
        .unwrap();
    let sizes = read::<Vec<f64>>(&runtime, "[Size.SMALL, Size.LARGE]").unwrap();
    assert_eq!(sizes, [1.5, 2.5]);
}

#[test]
fn structs_are_dicts() {
    let runtime = runtime(true);
    let object = runtime.to_python(&drawing()).unwrap();
    assert_eq!(
        object.repr().unwrap(),
        "{'name': 'plan', 'shapes': ['Nothing', {'Circle': 1.5}, {'Line': (-1, 2)}, \
         {'Box': {'width': 3, 'height': 4}}], 'size': 2.0, 'tags': {'a': (1, 'x')}, \
         'hidden': True}"
    );
    assert_eq!(object.deserialize::<Drawing>().unwrap(), drawing());
    let Serde(again) = object.extract::<Serde<Drawing>>().unwrap();
    assert_eq!(again, drawing());
    // Whatever JSON can say, and more.
    let json = serde_json::json!({"a": [1, 2.5, null, true, "x", {"b": [[]]}], "n": u64::MAX});
    let object = runtime.to_python(&json).unwrap();
    assert_eq!(object.deserialize::<serde_json::Value>().unwrap(), json);
    let keys = HashMap::from([((1_u8, "x".to_owned()), vec![1_i128 << 100])]);
    let object = runtime.to_python(&keys).unwrap();
    assert_eq!(
        object.repr().unwrap(),
        "{(1, 'x'): [1267650600228229401496703205376]}"
    );
    assert_eq!(
        object
            .deserialize::<HashMap<(u8, String), Vec<i128>>>()
            .unwrap(),
        keys
    );
    let lists_as_keys = HashMap::from([(vec![1], ())]);
    let object = runtime.to_python(&lists_as_keys).unwrap();
    assert_eq!(object.repr().unwrap(), "{(1,): None}");
    let nan = runtime.to_python(&f64::NAN).unwrap();
    assert!(nan.deserialize::<f64>().unwrap().is_nan());
    runtime.finish();
}

#[test]
fn structs_are_read_from_many_things() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: f64,
        y: i64,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Segment {
        from: Point,
        to: Point,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum Colour {
        Red,
        Green,
    }
    let runtime = runtime(true);
    runtime
        .exec(
            "import enum, types
from collections import namedtuple, OrderedDict, deque, ChainMap
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
@dataclass
class Point:
    x: float
    y: int
    def length(self): return 1
@dataclass(slots=True, frozen=True)
class Segment:
    start: int
    to: Point
    @property
    def other(self): return 1
class From:
    def __init__(self, **names): self.__dict__.update(names)
Pair = namedtuple('Pair', 'x y')
class Colour(enum.Enum):
    Red = 1
    Other = 'Green'",
        )
        .unwrap();
    let point = Point { x: 1.0, y: 2 };
    for source in [
        "Point(1, 2)",
        "Pair(1, 2)",
        "{'x': 1, 'y': 2, 'z': 3}",
        "From(x=1, y=2, z=3)",
        "types.SimpleNamespace(x=1.0, y=2)",
        "(1, 2)",
        "[1, 2]",
        "OrderedDict(x=1, y=2)",
        "ChainMap({'x': 1}, {'y': 2})",
        "types.MappingProxyType({'x': 1, 'y': 2})",
        "Point(Decimal(1), True + 1)",
        "Point(Fraction(2, 2), 2)",
    ] {
        assert_eq!(read::<Point>(&runtime, source).unwrap(), point, "{source}");
    }
    let segment = read::<Segment>(&runtime, "{'from': Pair(0.5, 0), 'to': Point(1, 2)}").unwrap();
    assert_eq!((segment.from.x, segment.to), (0.5, point));
    assert_eq!(read::<Colour>(&runtime, "Colour.Red").unwrap(), Colour::Red);
    assert_eq!(
        read::<Colour>(&runtime, "Colour.Other").unwrap(),
        Colour::Green
    );
    assert_eq!(read::<Vec<i64>>(&runtime, "deque([1, 2])").unwrap(), [1, 2]);
    assert_eq!(read::<Vec<i64>>(&runtime, "{3}").unwrap(), [3]);
    assert_eq!(
        read::<HashMap<i64, Option<f64>>>(&runtime, "{1: None, 2: 3}").unwrap(),
        HashMap::from([(1, None), (2, Some(3.0))])
    );
    assert_eq!(
        read::<serde_json::Value>(&runtime, "Point(1.5, 2)").unwrap(),
        serde_json::json!({"x": 1.5, "y": 2})
    );
    runtime.finish();
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let runtime = runtime(true);
    runtime
        .exec(
            "ring = []
ring.append(ring)
loop = {}
loop['x'] = loop
class Bad:
    @property
    def name(self): return 1 / 0
class Keys:
    def keys(self): raise KeyError('no keys')",
        )
        .unwrap();
    for (error, expected) in [
        (read::<i64>(&runtime, "'x'").err(), "TypeError"),
        (read::<u8>(&runtime, "256").err(), "ValueError"),
        (read::<i64>(&runtime, "2**200").err(), "OverflowError"),
        (
            read::<String>(&runtime, "'\\udc80'").err(),
            "UnicodeEncodeError",
        ),
        (read::<String>(&runtime, "1").err(), "TypeError"),
        (read::<Drawing>(&runtime, "{}").err(), "ValueError"),
        (read::<Drawing>(&runtime, "print").err(), "TypeError"),
        (
            read::<Drawing>(&runtime, "Bad()").err(),
            "ZeroDivisionError",
        ),
        (read::<Drawing>(&runtime, "Keys()").err(), "KeyError"),
        (read::<Shape>(&runtime, "'Square'").err(), "ValueError"),
        (read::<Shape>(&runtime, "'Circle'").err(), "ValueError"),
        (
            read::<Shape>(&runtime, "{'Circle': 1, 'Line': 2}").err(),
            "ValueError",
        ),
        (read::<Shape>(&runtime, "3").err(), "TypeError"),
        (read::<(i64, i64)>(&runtime, "(1,)").err(), "ValueError"),
        (
            read::<serde_json::Value>(&runtime, "ring").err(),
            "RecursionError",
        ),
        (
            read::<serde_json::Value>(&runtime, "loop").err(),
            "RecursionError",
        ),
        (
            read::<serde_json::Value>(&runtime, "object()").err(),
            "TypeError",
        ),
        (read::<Vec<i64>>(&runtime, "iter([])").err(), "TypeError"),
    ] {
        let error = error.expect(expected);
        assert_eq!(error.type_name(), expected, "{error}");
    }
    #[derive(Serialize)]
    struct Deep(Option<Box<Deep>>);
    let mut deep = Deep(None);
    for _ in 0..1000 {
        deep = Deep(Some(Box::new(deep)));
    }
    let error = runtime.to_python(&deep).unwrap_err();
    assert_eq!(error.type_name(), "RecursionError");
    #[derive(Serialize)]
    struct Odd {
        keys: HashMap<Metre, i64>,
    }
    #[derive(PartialEq, Eq, Hash, Serialize)]
    struct Metre {
        length: u8,
    }
    let odd = Odd {
        keys: HashMap::from([(Metre { length: 1 }, 1)]),
    };
    let error = runtime.to_python(&odd).unwrap_err();
    assert_eq!(error.type_name(), "TypeError", "{error}");
    let value: Value = runtime.eval("{}").unwrap();
    runtime.finish();
    let error = value.deserialize::<Drawing>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gone);
}

#[test]
fn structs_become_dataclasses() {
    #[derive(Serialize)]
    struct Leaf {
        n: i64,
    }
    #[derive(Serialize)]
    struct Tree {
        first: Option<Leaf>,
        all: Vec<Leaf>,
        named: BTreeMap<String, Leaf>,
        plain: Vec<i64>,
    }
    let runtime = runtime(true);
    runtime
        .exec(
            "from __future__ import annotations
from dataclasses import dataclass, field
@dataclass
class Leaf:
    n: int
@dataclass
class Tree:
    first: Leaf | None
    all: list[Leaf]
    named: dict[str, Leaf]
    plain: list[int]
    note: str = 'none'
def tell(**names): return sorted(names)",
        )
        .unwrap();
    let tree = Tree {
        first: Some(Leaf { n: 1 }),
        all: vec![Leaf { n: 2 }],
        named: BTreeMap::from([("x".into(), Leaf { n: 3 })]),
        plain: vec![4],
    };
    let class: Value = runtime.get("Tree").unwrap();
    let made = runtime.enter(|py| py.to_dataclass(&class, &tree)).unwrap();
    assert_eq!(
        made.repr().unwrap(),
        "Tree(first=Leaf(n=1), all=[Leaf(n=2)], named={'x': Leaf(n=3)}, plain=[4], note='none')"
    );
    let leaf: Value = runtime.get("Leaf").unwrap();
    let error = runtime
        .enter(|py| py.to_dataclass(&leaf, &tree))
        .unwrap_err();
    assert_eq!(error.type_name(), "TypeError");
    let tell: Value = runtime.get("tell").unwrap();
    assert_eq!(
        tell.call::<Vec<String>>((unpack_kw(Serde(&tree)),))
            .unwrap(),
        ["all", "first", "named", "plain"]
    );
    runtime.finish();
}

#[test]
fn errors_name_the_path_to_the_data() {
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct User {
        name: String,
        age: u8,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Group {
        users: Vec<User>,
        scores: BTreeMap<i64, Option<i64>>,
    }

    let runtime = runtime(true);
    let read = |text: &str| {
        let value: Value = runtime.eval(text).unwrap();
        value.deserialize::<Group>().unwrap_err()
    };
    let good = "{'name': 'a', 'age': 1}";
    for (text, expected, class) in [
        (
            format!("{{'users': [{good}, {{'name': 'b', 'age': 'x'}}], 'scores': {{}}}}"),
            "users[1].age: invalid type: string \"x\", expected u8",
            "TypeError",
        ),
        (
            format!("{{'users': [{good}, {{'name': 'b'}}], 'scores': {{}}}}"),
            "users[1]: missing field `age`",
            "ValueError",
        ),
        (
            "{'users': [], 'scores': {1: 2, 7: 'x'}}".to_owned(),
            "scores[7]: invalid type: string \"x\", expected i64",
            "TypeError",
        ),
        (
            "{'users': [{'name': '\\ud800', 'age': 1}], 'scores': {}}".to_owned(),
            "users[0].name: ",
            "UnicodeEncodeError",
        ),
        ("[]".to_owned(), "invalid", "ValueError"),
        (
            "3".to_owned(),
            "invalid type: integer `3`, expected struct Group",
            "TypeError",
        ),
    ] {
        let error = read(&text);
        assert!(error.message().starts_with(expected), "{text}: {error}");
        assert_eq!(error.type_name(), class, "{text}: {error}");
    }

    type ByList = BTreeMap<Vec<Option<BTreeMap<u8, u8>>>, u8>;
    #[derive(Serialize)]
    struct Keyed {
        by_list: BTreeMap<u8, ByList>,
    }
    let inner = BTreeMap::from([(vec![Some(BTreeMap::from([(1, 1)]))], 1)]);
    let keyed = Keyed {
        by_list: BTreeMap::from([(4, inner)]),
    };
    let error = runtime.to_python(&keyed).unwrap_err();
    assert!(error.message().starts_with("by_list[4]: "), "{error}");
    runtime.finish();
}
