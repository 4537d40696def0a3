//! What objects, classes and the interpreter say of themselves, and what changes it: each way is a
//! step, or is reported and voids the proof.

use crate::{explore_text, outcomes};

/// What is set up; what one thread does; what the other sees. Under some orders it sees another
/// thing.
const SEEN: &[(&str, &str, &str)] = &[
    (
        "f = ValueError('x')",
        "f.add_note('n')",
        "getattr(f, '__notes__', None)",
    ),
    (
        "f = ValueError('x')",
        "f.add_note('n')",
        "f.__notes__ if hasattr(f, '__notes__') else 0",
    ),
    ("f = ValueError('x')", "f.__init__('y')", "str(f)"),
    (
        "f = ValueError('x')",
        "f.__setstate__({'n': 5})",
        "getattr(f, 'n', None)",
    ),
    ("f = ValueError('x')", "f.n = 5", "f.__reduce__()[2:]"),
    ("class B: pass\nb = B()", "b.new = 1", "'new' in dir(b)"),
    (
        "class B: pass\nb = B()",
        "b.new = 1",
        "'new' in b.__dir__()",
    ),
    ("class B: pass\nb = B()", "b.new = 1", "b.__getstate__()"),
    (
        "class B: pass\nb = B()",
        "b.new = 1",
        "str(b.__reduce_ex__(2)[2])",
    ),
    ("class B: pass\nb = B()", "B.new = 1", "'new' in dir(b)"),
    (
        "import sys",
        "globals()['new'] = 1",
        "'new' in dir(sys.modules[__name__])",
    ),
    ("def f(): pass", "f.__doc__ = 'g'", "f.__doc__"),
    (
        "import warnings",
        "warnings.simplefilter('error')",
        "warnings.warn('x')",
    ),
];

/// As above. No step says what is seen.
const REPORTED: &[(&str, &str, &str, &str)] = &[
    (
        "special attribute",
        "def f(a: int): pass",
        "f.__annotations__ = {}",
        "len(f.__annotations__)",
    ),
    (
        "raising",
        "f = ValueError('x')",
        "raise f",
        "f.__traceback__ is None",
    ),
    (
        "raising",
        "f = ValueError('x')",
        "raise f from KeyError(1)",
        "repr(f.__cause__)",
    ),
    (
        "raising",
        "f = ValueError('x')\ntry: raise f\nexcept ValueError: pass",
        "f.with_traceback(None)",
        "f.__traceback__ is None",
    ),
    (
        "special attribute",
        "class B: x = 1\nclass C: x = 2\nb = B()",
        "b.__class__ = C",
        "isinstance(b, C)",
    ),
    (
        "special attribute",
        "class B: pass",
        "B.__qualname__ = 'X'",
        "repr(B)",
    ),
    (
        "special attribute",
        "def f(): pass",
        "f.__name__ = 'g'",
        "f.__name__",
    ),
    (
        "special attribute",
        "def f(): pass",
        "setattr(f, '__doc__', 'g')",
        "f.__doc__",
    ),
    (
        "which objects",
        "class B: pass",
        "type('S', (B,), {})",
        "len(B.__subclasses__())",
    ),
    (
        "which objects",
        "import sys",
        "number = 1",
        "len(sys._current_frames())",
    ),
    (
        "setting",
        "import abc\nclass B(abc.ABC): pass",
        "B.register(int)",
        "isinstance(1, B)",
    ),
    (
        "setting",
        "import sys",
        "sys.setrecursionlimit(500)",
        "sys.getrecursionlimit()",
    ),
    (
        "setting",
        "import sys",
        "sys.setswitchinterval(0.5)",
        "sys.getswitchinterval()",
    ),
    (
        "setting",
        "import gc",
        "gc.set_threshold(5)",
        "gc.get_threshold()[0]",
    ),
    (
        "setting",
        "import codecs",
        "codecs.register_error('mine', lambda e: ('?', e.end))",
        "b'\\xff'.decode('ascii', 'mine')",
    ),
    (
        "which objects",
        "import weakref\nclass A: pass\na = A()\nkeep = []",
        "keep.append(weakref.ref(a))",
        "weakref.getweakrefcount(a)",
    ),
    (
        "a weak reference",
        "import weakref\nclass A: pass\na = A()\nproxy = weakref.proxy(a)",
        "a.x = 1",
        "proxy.x",
    ),
    (
        "library keeps",
        "import warnings",
        "warnings.simplefilter('error')",
        "warnings.filters[0][0]",
    ),
    (
        "library keeps",
        "import decimal",
        "decimal.DefaultContext.prec = 5",
        "decimal.Context().prec",
    ),
    (
        "library keeps",
        "import builtins",
        "builtins.__dict__['foo'] = 1",
        "getattr(builtins, 'foo', None)",
    ),
    (
        "library keeps",
        "import builtins",
        "vars(builtins)['foo'] = 1",
        "getattr(builtins, 'foo', None)",
    ),
];

fn program(made: &str, change: &str, look: &str) -> String {
    format!(
        "import threading
{made}
got = [None]
def one():
    try:
        {change}
    except Exception: pass
def two():
    try:
        got[0] = {look}
    except Exception as error:
        got[0] = repr(error)
first = threading.Thread(target=one)
second = threading.Thread(target=two)
first.start(); second.start(); first.join(); second.join()
print(got)
"
    )
}

#[test]
fn what_objects_say_of_themselves_is_seen_in_both_orders() {
    let mut wrong = Vec::new();
    for (made, change, look) in SEEN {
        let source = program(made, change, look);
        let (report, run) = explore_text(&source, &["--strategy=dpor", "--schedules=100"]);
        // Of a program that may look at which modules are imported, nothing is proven.
        let imports = "other orders of imports and of looks into `sys.modules`";
        let proves = match source.contains("sys.modules") {
            true => report["not_seen"] == serde_json::json!([imports]),
            false => report["proven"] == true,
        };
        if !proves || outcomes(&report).len() < 2 {
            wrong.push(format!("{change} and {look}: {run}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_no_step_says_of_objects_voids_the_proof() {
    let mut wrong = Vec::new();
    for (reported, made, change, look) in REPORTED {
        let source = program(made, change, look);
        let (report, run) = explore_text(&source, &["--strategy=dpor", "--schedules=100"]);
        if report["proven"] != false || !report["not_seen"].to_string().contains(reported) {
            wrong.push(format!("{change} and {look}: {run}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Looking at an exception asks it for nothing by a name, which its class may answer.
#[test]
fn what_an_exception_holds_is_found_without_its_own_code() {
    let source = "\
import threading
asked = []
class Own(Exception):
    def __getattr__(self, name):
        asked.append(name)
        raise AttributeError(name)
own = Own(2)
def show(): repr(own)
threads = [threading.Thread(target=show) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert asked == [], asked
";
    let (report, run) = explore_text(source, &["--strategy=dpor", "--schedules=100"]);
    assert_eq!(report["failed"], 0, "{run}");
    assert_eq!(report["proven"], true, "{run}");
}
