//! Classes made of Rust types.

use std::sync::Arc;

use pyt_runtime::{
    Class, ClassBuilder, Error, ErrorKind, Instance, ModuleBuilder, Python, Runtime, Value,
};

use crate::support::{in_both_modes, runtime};

struct Counter {
    count: i64,
}

fn counter() -> ClassBuilder<Counter> {
    ClassBuilder::<Counter>::new("Counter")
        .doc("Counts.")
        .init(|start: Option<i64>| match start {
            Some(start) if start < 0 => Err(Error::new("ValueError", "negative")),
            start => Ok(Counter {
                count: start.unwrap_or(0),
            }),
        })
        .method_mut("add", |counter: &mut Counter, by: Option<i64>| {
            counter.count += by.unwrap_or(1);
            counter.count
        })
        .method_mut(
            "apply",
            |counter: &mut Counter, f: Value| -> Result<(), Error> {
                counter.count = f.call((counter.count,))?;
                Ok(())
            },
        )
        .method("look", |counter: &Counter, _: Python<'_>, f: Value| {
            f.call::<Value>((counter.count,))
        })
        .method("__repr__", |counter: &Counter| {
            format!("Counter({})", counter.count)
        })
        .method("__len__", |counter: &Counter| counter.count)
        .method("__eq__", |counter: &Counter, other: Instance<Counter>| {
            other.with(|other| other.count == counter.count)
        })
        .method_mut("panic", |counter: &mut Counter| -> () {
            counter.count = 1000;
            panic!("inside")
        })
        .method_on_self("me", |this: Value| this)
        .property("count", |counter: &Counter| counter.count)
        .property_mut(
            "value",
            |counter: &Counter| counter.count,
            |counter: &mut Counter, value: i64| counter.count = value,
        )
        .static_method("zero", || 0)
        .value("STEP", 1)
}

#[test]
fn classes_hold_rust_values() {
    let runtime = Runtime::builder()
        .module(ModuleBuilder::new("host.counting").class(counter()))
        .build()
        .unwrap();
    runtime
        .exec(
            "from host.counting import Counter
import host
assert host.counting.Counter is Counter
c = Counter(5)
assert c.add() == 6 and c.add(4) == 10 and c.count == 10
c.value = 3
assert c.value == 3 and len(c) == 3 and repr(c) == 'Counter(3)' and c.me() is c
assert c == Counter(3) and not c == Counter(4)
c.apply(lambda n: n * 7)
assert c.count == 21 and c.look(lambda n: n + c.count) == 42
assert Counter.zero() == 0 and Counter.STEP == 1 and Counter.__doc__ == 'Counts.'
assert Counter.__module__ == 'host.counting'
class Sub(Counter):
    def __init__(self, n):
        super().__init__(n)
        self.note = 'noted'
    def add(self, by=1): return super().add(by * 10)
s = Sub(1)
assert s.add() == 11 and s.note == 'noted' and isinstance(s, Counter)
c.__init__(7)
assert c.count == 7",
        )
        .unwrap();
    for (source, expected) in [
        ("Counter(-1)", "ValueError: negative"),
        (
            "Counter('x')",
            "TypeError: __init__() argument 1: 'str' object cannot be interpreted as an integer",
        ),
        (
            "Counter.__new__(Counter).add()",
            "RuntimeError: __init__() of the Rust class has not been called",
        ),
        (
            "c.panic()",
            "RuntimeError: Rust panicked in panic(): inside",
        ),
        (
            "Counter.add(1)",
            "TypeError: expected an instance of a class of the Rust type Counter, got int",
        ),
        (
            "Counter.add()",
            "TypeError: add() needs an instance as its first argument",
        ),
    ] {
        assert_eq!(
            runtime.exec(source).unwrap_err().to_string(),
            expected,
            "{source}"
        );
    }
    // Nothing is poisoned by a panic.
    assert_eq!(runtime.eval::<i64>("c.count").unwrap(), 1000);
    assert_eq!(
        runtime.exec("c.count = 1").unwrap_err().type_name(),
        "AttributeError"
    );
    runtime.finish();
}

#[test]
fn classes_go_with_the_host() {
    let runtime = runtime(true);
    let counters: Class<Counter> = runtime.enter(|py| counter().build(py)).unwrap();
    let mine = counters.instance(Counter { count: 1 }).unwrap();
    runtime.set("mine", &mine).unwrap();
    runtime.exec("mine.add(4)").unwrap();
    assert_eq!(mine.with(|counter| counter.count).unwrap(), 5);
    mine.with_mut(|counter| counter.count = 9).unwrap();
    assert_eq!(runtime.eval::<i64>("mine.count").unwrap(), 9);
    let again: Instance<Counter> = runtime.get("mine").unwrap();
    assert!(again.as_value().is(mine.as_value()));
    assert_eq!(
        runtime
            .eval::<Instance<Counter>>("1")
            .unwrap_err()
            .type_name(),
        "TypeError"
    );
    // A class of another Rust type is another class, whatever its name.
    let other = ClassBuilder::<String>::new("Counter").init(String::new);
    runtime.set("Other", other).unwrap();
    assert_eq!(
        runtime
            .eval::<Instance<Counter>>("Other()")
            .unwrap_err()
            .type_name(),
        "TypeError"
    );
    runtime.finish();
    let error = mine.with(|counter| counter.count).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gone);
}

#[test]
fn borrows_that_meet_are_errors_and_others_wait() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime.set("Counter", counter()).unwrap();
        runtime.exec("c = Counter(0)").unwrap();
        for (source, expected) in [
            (
                "c.apply(lambda n: c.add())",
                "RuntimeError: Already borrowed",
            ),
            (
                "c.apply(lambda n: c.count)",
                "RuntimeError: Already mutably borrowed",
            ),
            (
                "c.look(lambda n: c.add())",
                "RuntimeError: Already borrowed",
            ),
            (
                "c.look(lambda n: c.__init__(1))",
                "RuntimeError: Already borrowed",
            ),
        ] {
            assert_eq!(
                runtime.exec(source).unwrap_err().to_string(),
                expected,
                "{source}"
            );
        }
        assert_eq!(runtime.eval::<i64>("c.look(lambda n: c.count)").unwrap(), 0);
        let mine: Instance<Counter> = runtime.get("c").unwrap();
        let inner = mine.with(|_| mine.with_mut(|_| ()));
        assert_eq!(inner.unwrap().unwrap_err().message(), "Already borrowed");
        runtime
            .exec(
                "import threading, time
def slowly(n):
    time.sleep(0.001)
    return n + 1
def work():
    for _ in range(20):
        c.apply(slowly)
        c.add()
        c.count
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]",
            )
            .unwrap();
        assert_eq!(runtime.eval::<i64>("c.count").unwrap(), 160);
        runtime.finish();
    });
}

#[test]
fn what_instances_hold_is_dropped_with_them() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let held = Arc::new(());
        let (for_init, for_host) = (held.clone(), held.clone());
        let class = ClassBuilder::<Arc<()>>::new("Holder").init(move || for_init.clone());
        let class: Class<Arc<()>> = runtime.enter(|py| class.build(py)).unwrap();
        runtime.set("Holder", &class).unwrap();
        for _ in 0..1000 {
            drop(class.instance(for_host.clone()).unwrap());
        }
        runtime
            .exec("for _ in range(1000): Holder().__init__()\nkept = [Holder() for _ in range(10)]")
            .unwrap();
        // Ours, the constructor's, the host's, and those kept.
        assert_eq!(Arc::strong_count(&held), 3 + 10);
        runtime.exec("del kept").unwrap();
        assert_eq!(Arc::strong_count(&held), 3);
        drop(class);
        runtime.finish();
    });
}

#[test]
fn an_operator_may_leave_the_work_to_the_other_operand() {
    #[derive(Debug)]
    struct Money(i64);

    in_both_modes(|gil| {
        let money = ClassBuilder::<Money>::new("Money")
            .init(|amount: i64| Money(amount))
            .method("__add__", |money: &Money, other: i64| money.0 + other)
            .method("__sub__", |money: &Money, other: Instance<Money>| {
                other.with(|other| money.0 - other.0)
            })
            .method("__rshift__", |_: &Money, _: i64| {
                Err::<(), _>(Error::not_implemented())
            })
            .method("__eq__", |money: &Money, other: Instance<Money>| {
                other.with(|other| money.0 == other.0)
            })
            .method("__radd__", |money: &Money, other: i64| money.0 + other)
            .method("add", |money: &Money, other: i64| money.0 + other);
        let runtime = runtime(gil);
        runtime.set("Money", money).unwrap();
        runtime
            .exec(
                "class Other:\n  def __radd__(self, left): return 'radd'\n  def __rsub__(self, left): \
                 return 'rsub'\n  def __rrshift__(self, left): return 'rrshift'\n  def __eq__(self, \
                 other): return 'eq'",
            )
            .unwrap();
        for (text, result) in [
            ("Money(1) + Other()", "'radd'"),
            ("Money(1) - Other()", "'rsub'"),
            ("Money(1) >> 2", "TypeError"),
            ("Money(1) >> Other()", "'rrshift'"),
            ("Money(1) == Other()", "'eq'"),
            ("Money(1) == Money(1)", "True"),
            ("Money(1) == 'x', Money(1) != 'x'", "(False, True)"),
            ("Money(1) + 2, 2 + Money(1)", "(3, 3)"),
            ("Money(1) + 'x'", "TypeError"),
            ("'x' + Money(1)", "TypeError"),
            ("Money(1).__add__('x')", "NotImplemented"),
            // A method that is no operator's says what is wrong.
            ("Money(1).add('x')", "TypeError"),
        ] {
            match runtime.eval::<Value>(text) {
                Ok(value) => assert_eq!(value.repr().unwrap(), result, "{text}"),
                Err(error) => assert_eq!(error.type_name(), result, "{text}: {error}"),
            }
        }
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn methods_are_described_and_classes_have_methods_of_their_own() {
    struct Point(f64, f64);

    in_both_modes(|gil| {
        let point = ClassBuilder::<Point>::new("Point")
            .init(|x: f64, y: f64| Point(x, y))
            .signature("__init__", "(x=0, y=0)")
            .method("scaled", |point: &Point, by: f64, and: f64| {
                point.0 * by * and
            })
            .signature("scaled", "(by, *, extra=1)")
            .method_doc("scaled", "Scales.")
            .method_on_self("same", |this: Value, other: Value| this.is(&other))
            .signature("same", "(other)")
            .method_doc("same", "Is it?")
            .class_method("at", |class: Class<Point>, x: f64| {
                class.instance(Point(x, 0.0))
            })
            .signature("at", "(x=7)")
            .static_method("zero", || 0)
            .property("x", |point: &Point| point.0)
            .property("y", |point: &Point| point.1)
            .method_doc("x", "To the right.");
        let runtime = runtime(gil);
        runtime.set("Point", point).unwrap();
        runtime
            .exec(
                "import inspect\nclass Sub(Point):\n    def __init__(self, x):\n        \
                 super().__init__(y=1, x=x)\n    def scaled(self, by):\n        return \
                 super().scaled(by, extra=10)",
            )
            .unwrap();
        for (text, result) in [
            (
                "Point().x, Point(2).x, Point(y=1, x=3).x",
                "(0.0, 2.0, 3.0)",
            ),
            (
                "Point(2).scaled(3), Point(2).scaled(extra=2, by=3)",
                "(6.0, 12.0)",
            ),
            ("Sub(2).scaled(3)", "60.0"),
            (
                "Point.at().x, Sub.at(4).x, type(Sub.at(4)).__name__",
                "(7.0, 4.0, 'Sub')",
            ),
            ("Point.zero(), Point().zero()", "(0, 0)"),
            (
                "(p := Point()).same(p), p.same(other=Point())",
                "(True, False)",
            ),
            (
                "Point.scaled.__doc__, Point.same.__doc__, Point.x.__doc__",
                "('Scales.', 'Is it?', 'To the right.')",
            ),
            ("str(inspect.signature(Point))", "'(x=0, y=0)'"),
            (
                "str(inspect.signature(Point().scaled))",
                "'(by, *, extra=1)'",
            ),
            (
                "str(inspect.signature(Point.scaled))",
                "'(self, by, *, extra=1)'",
            ),
            ("str(inspect.signature(Point().same))", "'(other)'"),
        ] {
            match runtime.eval::<Value>(text) {
                Ok(value) => assert_eq!(value.repr().unwrap(), result, "{text}"),
                Err(error) => panic!("{text}: {error}"),
            }
        }
        let unknown = ClassBuilder::<Point>::new("Point").signature("nothing", "()");
        assert_eq!(
            runtime.set("P", unknown).unwrap_err().type_name(),
            "ValueError"
        );
        assert_eq!(runtime.finish(), 0);
    });
}
