//! Values: what crosses, how it is called, and what happens when it cannot.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    thread,
};

use pyt_runtime::{ErrorKind, FromPython, IntoPython, Value, kw, unpack, unpack_kw};

use crate::support::{in_both_modes, runtime};

/// There and back: the `repr` in Python, and the same value again.
fn round_trip<T>(runtime: &pyt_runtime::Runtime, value: T, repr: &str)
where
    T: IntoPython + FromPython + Clone + PartialEq + std::fmt::Debug,
{
    let object = runtime.value(value.clone()).unwrap();
    assert_eq!(object.repr().unwrap(), repr);
    assert_eq!(object.extract::<T>().unwrap(), value);
}

#[test]
fn plain_types_cross() {
    let runtime = runtime(true);
    round_trip(&runtime, true, "True");
    round_trip(&runtime, -7_i8, "-7");
    round_trip(&runtime, u64::MAX, "18446744073709551615");
    round_trip(
        &runtime,
        i128::MIN,
        "-170141183460469231731687303715884105728",
    );
    round_trip(&runtime, 0.5_f32, "0.5");
    round_trip(&runtime, f64::INFINITY, "inf");
    round_trip(&runtime, "héllo \0 🦀".to_owned(), "'héllo \\x00 🦀'");
    round_trip(&runtime, 'é', "'é'");
    round_trip(&runtime, (), "None");
    round_trip(&runtime, Some(3), "3");
    round_trip(&runtime, None::<i64>, "None");
    round_trip(&runtime, (1, "two".to_owned(), 3.0), "(1, 'two', 3.0)");
    round_trip(&runtime, vec![vec![1], vec![]], "[[1], []]");
    round_trip(&runtime, b"\x00\xff".to_vec(), "b'\\x00\\xff'");
    round_trip(&runtime, [1, 2, 3], "[1, 2, 3]");
    round_trip(&runtime, BTreeMap::from([("a".to_owned(), 1)]), "{'a': 1}");
    round_trip(&runtime, BTreeSet::from([1, 2]), "{1, 2}");
    round_trip(&runtime, PathBuf::from("/a/ü"), "'/a/ü'");
    let map: HashMap<i64, Value> = runtime.eval("{1: 'one', 2: [2]}").unwrap();
    assert_eq!(map[&2].repr().unwrap(), "[2]");
    assert!(runtime.eval::<f64>("float('nan')").unwrap().is_nan());
    assert_eq!(runtime.eval::<f64>("3").unwrap(), 3.0);
    assert_eq!(runtime.eval::<Vec<u8>>("bytearray(b'ab')").unwrap(), b"ab");
    assert_eq!(runtime.eval::<Vec<u8>>("[1, 2]").unwrap(), [1, 2]);
    assert_eq!(runtime.eval::<Vec<i64>>("range(3)").unwrap(), [0, 1, 2]);
    runtime.finish();
}

#[test]
fn what_does_not_fit_is_an_error() {
    let runtime = runtime(true);
    let failures = [
        (runtime.eval::<u8>("256").err(), "OverflowError"),
        (runtime.eval::<u64>("-1").err(), "OverflowError"),
        (runtime.eval::<i64>("2**63").err(), "OverflowError"),
        (runtime.eval::<i128>("2**200").err(), "OverflowError"),
        (runtime.eval::<f64>("10**400").err(), "OverflowError"),
        (runtime.eval::<i64>("1.5").err(), "TypeError"),
        (runtime.eval::<bool>("1").err(), "TypeError"),
        (runtime.eval::<String>("b''").err(), "TypeError"),
        (
            runtime.eval::<String>("'\\udc80'").err(),
            "UnicodeEncodeError",
        ),
        (runtime.eval::<char>("'ab'").err(), "TypeError"),
        (runtime.eval::<Vec<String>>("'abc'").err(), "TypeError"),
        (runtime.eval::<Vec<i64>>("iter([1])").err(), "TypeError"),
        (runtime.eval::<[i64; 2]>("[1]").err(), "ValueError"),
        (runtime.eval::<(i64, i64)>("(1, 2, 3)").err(), "ValueError"),
        (runtime.eval::<HashMap<i64, i64>>("[1]").err(), "TypeError"),
        (runtime.eval::<Vec<u8>>("[300]").err(), "OverflowError"),
        (
            runtime.value(HashMap::from([(vec![1], 1)])).err(),
            "TypeError",
        ),
    ];
    for (number, (error, expected)) in failures.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("{number}: no {expected}"));
        assert_eq!(error.type_name(), expected, "{number}: {error}");
        assert_eq!(error.kind(), ErrorKind::Exception);
    }
    let surrogate: Value = runtime.eval("'a\\udc80'").unwrap();
    assert_eq!(surrogate.str().unwrap(), "a\u{fffd}");
    assert_eq!(
        runtime.eval::<i64>("1 +").unwrap_err().kind(),
        ErrorKind::Syntax
    );
    // A float beyond the largest `f32`, and a key that is not equal to itself.
    assert_eq!(runtime.eval::<f32>("1e300").unwrap(), f32::INFINITY);
    let pairs: Value = runtime.eval("{float('nan'): 1, float('nan'): 2}").unwrap();
    assert_eq!(pairs.len().unwrap(), 2);
    runtime.finish();
}

#[test]
fn calls_take_arguments_of_every_kind() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime
            .exec("def tell(*args, **kwargs): return repr((args, kwargs))")
            .unwrap();
        let tell: Value = runtime.get("tell").unwrap();
        let shown: String = tell.call(()).unwrap();
        assert_eq!(shown, "((), {})");
        let shown: String = tell
            .call((1, kw("x", "y"), unpack([2, 3]), (), kw("z", None::<i64>)))
            .unwrap();
        assert_eq!(shown, "((1, 2, 3, None), {'x': 'y', 'z': None})");
        let more = BTreeMap::from([("a", 1), ("b", 2)]);
        let shown: String = tell.call((unpack_kw(more),)).unwrap();
        assert_eq!(shown, "((), {'a': 1, 'b': 2})");
        let twice = tell.call::<()>((kw("a", 1), kw("a", 2))).unwrap_err();
        assert_eq!(twice.type_name(), "TypeError");
        let odd = tell.call::<()>((unpack_kw(HashMap::from([(1, 1)])),));
        assert_eq!(odd.unwrap_err().message(), "keywords must be strings");
        let none: Value = runtime.eval("None").unwrap();
        let error = none.call::<()>(()).unwrap_err();
        assert_eq!(error.message(), "'NoneType' object is not callable");
        assert_eq!(
            runtime
                .value("a-b")
                .unwrap()
                .call_method::<Vec<String>>("split", ("-",))
                .unwrap(),
            ["a", "b"]
        );
        runtime.finish();
    });
}

#[test]
fn attributes_items_and_iteration() {
    let runtime = runtime(true);
    runtime
        .exec("class Box: pass\nbox = Box()\nnumbers = {'one': 1}")
        .unwrap();
    let held: Value = runtime.get("box").unwrap();
    assert!(!held.hasattr("size").unwrap());
    held.setattr("size", 3).unwrap();
    assert_eq!(held.getattr::<i64>("size").unwrap(), 3);
    held.delattr("size").unwrap();
    let error = held.getattr::<i64>("size").unwrap_err();
    assert_eq!(error.type_name(), "AttributeError");
    assert_eq!(held.type_name().unwrap(), "Box");
    let class: Value = runtime.get("Box").unwrap();
    assert!(held.is_instance(&class).unwrap());
    assert!(class.is_callable() && !held.is_callable());

    let numbers: Value = runtime.get("numbers").unwrap();
    numbers.set_item("two", 2).unwrap();
    assert_eq!(numbers.get_item::<i64>("two").unwrap(), 2);
    assert!(numbers.contains("one").unwrap() && !numbers.contains(1).unwrap());
    numbers.del_item("one").unwrap();
    assert_eq!(
        numbers.get_item::<i64>("one").unwrap_err().type_name(),
        "KeyError"
    );
    assert_eq!(numbers.len().unwrap(), 1);
    assert!(numbers.is_truthy().unwrap() && !numbers.is_empty().unwrap());
    assert!(numbers.equals(HashMap::from([("two", 2)])).unwrap());
    assert!(numbers.is(&runtime.get("numbers").unwrap()));

    let items: Value = runtime.eval("(1 / n for n in (1, 2, 0, 4))").unwrap();
    let items: Vec<_> = items.iter::<f64>().unwrap().collect();
    assert_eq!(items.len(), 3);
    assert_eq!(items[1].as_ref().unwrap(), &0.5);
    assert_eq!(
        items[2].as_ref().unwrap_err().type_name(),
        "ZeroDivisionError"
    );
    runtime.finish();
}

#[test]
fn compiled_code_runs_many_times() {
    let runtime = runtime(true);
    let code = runtime
        .compile("count = globals().get('count', 0) + 1")
        .unwrap();
    for _ in 0..10 {
        code.run().unwrap();
    }
    assert_eq!(runtime.get::<i64>("count").unwrap(), 10);
    let names = runtime.value(HashMap::from([("count", 100)])).unwrap();
    code.eval_in::<()>(&names).unwrap();
    assert_eq!(names.get_item::<i64>("count").unwrap(), 101);
    assert_eq!(runtime.get::<i64>("count").unwrap(), 10);
    assert_eq!(
        code.eval_in::<()>(&runtime.value(1).unwrap())
            .unwrap_err()
            .type_name(),
        "TypeError"
    );
    let error = runtime.compile_named("x = (", "plugin.py").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    assert!(error.traceback().contains("File \"plugin.py\", line 1"));
    assert_eq!(
        runtime.get::<i64>("nothing").unwrap_err().type_name(),
        "NameError"
    );
    assert_eq!(
        runtime
            .import("os.path")
            .unwrap()
            .getattr::<String>("sep")
            .unwrap(),
        "/"
    );
    assert_eq!(
        runtime.import("no.such").unwrap_err().type_name(),
        "ModuleNotFoundError"
    );
    runtime.finish();
}

#[test]
fn values_are_used_and_dropped_on_any_thread() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime
            .exec("gone = []\nclass Noted:\n    def __del__(self): gone.append(1)")
            .unwrap();
        let class: Value = runtime.get("Noted").unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                let class = class.clone();
                scope.spawn(move || {
                    for _ in 0..25 {
                        let held: Value = class.call(()).unwrap();
                        assert_eq!(held.type_name().unwrap(), "Noted");
                    }
                });
            }
        });
        assert_eq!(runtime.eval::<usize>("len(gone)").unwrap(), 100);
        runtime.finish();
    });
}

#[test]
fn values_outlive_their_runtime() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let list: Value = runtime.eval("[1, 2]").unwrap();
        let code = runtime.compile("1").unwrap();
        let items = list.iter::<i64>().unwrap();
        let error = runtime.exec("1 / 0").unwrap_err();
        runtime.finish();
        assert_eq!(list.len().unwrap_err().kind(), ErrorKind::Gone);
        assert_eq!(list.call::<()>(()).unwrap_err().kind(), ErrorKind::Gone);
        assert_eq!(code.run().unwrap_err().kind(), ErrorKind::Gone);
        assert!(!list.is_none());
        let items: Vec<_> = items.collect();
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].as_ref().unwrap_err().kind(), ErrorKind::Gone);
        assert_eq!(error.type_name(), "ZeroDivisionError");
        assert!(error.traceback().contains("1 / 0"));
        drop((list, error.clone()));
    });
}

#[test]
fn values_do_not_cross_runtimes() {
    in_both_modes(|gil| {
        let (first, second) = (runtime(gil), runtime(gil));
        let list: Value = first.eval("[1]").unwrap();
        let len: Value = second.eval("len").unwrap();
        let error = len.call::<usize>((&list,)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongRuntime);
        let error = second.set("x", list.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongRuntime);
        // Inside one, the other's are used by way of their own.
        second.enter(|py| {
            assert_eq!(list.len().unwrap(), 1);
            assert!(list.as_object(py).is_err());
            assert_eq!(py.eval::<i64>("1 + 1").unwrap(), 2);
        });
        first.finish();
        second.finish();
    });
}
