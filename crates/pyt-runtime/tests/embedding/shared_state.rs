//! What all runtimes of a process share cannot be changed from inside any of them.
//!
//! The scan finds the shared objects by itself: two runtimes that import everything list all that
//! they can reach, and an address that both have is one object. A program of the second then tries
//! every way to change it.

use std::{fs, path::Path};

use pyt_runtime::{Capture, Isolation, Runtime};
use pyt_test::deadline::{alone, within};

/// Imports everything there is, then lists what can be reached, as `KEPT` and `IDS`.
const REACH: &str = "reach.py";

/// Tries to change each object whose address is in `SHARED`; leaves what could be changed in
/// `REPORT`.
const PROBE: &str = "probe.py";

fn script(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/embedding/shared_state");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn nothing_that_runtimes_share_can_be_changed() {
    alone("shared_state::nothing_that_runtimes_share_can_be_changed_alone");
}

#[test]
#[ignore = "run by the test of that name, in a process of its own"]
fn nothing_that_runtimes_share_can_be_changed_alone() {
    let first = Runtime::builder().build().unwrap();
    let second = Runtime::builder().build().unwrap();
    for runtime in [&first, &second] {
        runtime.exec(&script("everything.py")).unwrap();
    }
    first.exec(&script(REACH)).unwrap();
    second.exec(&script(REACH)).unwrap();
    let addresses: Vec<u64> = first.eval("IDS").unwrap();
    second.set("SHARED", addresses).unwrap();
    if let Err(error) = second.exec(&script(PROBE)) {
        panic!("{}", error.traceback());
    }
    let report: String = second.eval("REPORT").unwrap();
    let probed: i64 = second.eval("count").unwrap();
    assert!(probed > 2_000, "only {probed} shared objects were found");
    assert_eq!(report, "", "shared, and could be changed:\n{report}");
    let in_vain: Vec<String> = second.eval("SEALED_IN_VAIN").unwrap();
    assert_eq!(in_vain, [""; 0], "classes of Python code refuse attributes");
}

/// What an isolated program tries to leave for its neighbour. Each must raise, or change nothing
/// there.
const ATTACKS: &[&str] = &[
    "type(None).__bool__ = evil",
    "type(None).__getattr__ = lambda self, name: evil()",
    "type(None).helper = evil",
    "type(None).__eq__ = lambda a, b: evil()",
    "type.__setattr__(slice, 'helper', evil)",
    "int.__new__.__module__ = evil",
    "str.maketrans.__module__ = evil",
    "type.__dict__['__abstractmethods__'].__set__(int, evil)",
    "type.__dict__['__bases__'].__set__(bool, (evil, ))",
    "type.__dict__['__doc__'].__set__(type(None), evil)",
    "import types; types.MappingProxyType.helper = evil",
    "import types; types.TracebackType.helper = evil",
    "import os; os.stat_result.helper = evil",
    "import itertools; itertools.count.__next__ = evil",
    "import operator; operator.itemgetter.__call__ = evil",
    "import _io; _io.IncrementalNewlineDecoder.decode = evil",
    "import _io; _io.FileIO.__init__ = evil",
    "import _thread; _thread._ThreadHandle.join = evil",
    "import _csv; _csv.Error.__str__ = evil",
    "import zlib; zlib.error.__annotations__['x'] = evil",
    "import ast; ast.Name.visit = evil",
    "import ast; ast.Load._instance.helper = evil",
    "import ast; ast.Name._field_types['id'] = evil",
    "import ast; ast.parse('a').body[0].value.ctx.helper = evil",
    "import ast; type(ast.Name.__dict__['_fields']).helper = evil",
    "import contextvars; contextvars.Token.MISSING.helper = evil",
    "import sys; type(sys.flags).thread_inherit_context.__init__(evil)",
    "import sys; sys.monitoring.events.LINE = evil",
    "import collections.abc as abc; abc.Sequence.register(type(None)); abc.Mapping.register(object)",
    "import gc; gc.callbacks.append(evil)",
    "import codecs; codecs.register_error('strict', evil)",
    "import csv; csv.register_dialect('excel', delimiter='!'); csv.register_dialect('planted')",
    "import csv; csv.unregister_dialect('unix')",
    "import csv; csv.field_size_limit(1)",
    "import _pycodecs; _pycodecs.charmap_decode = evil; b'a'.decode('cp1252')",
];

/// What the neighbour does with all of that. `fired` is what `evil` would leave.
const NEIGHBOUR: &str = "
import _csv, _io, ast, codecs, contextvars, gc, itertools, operator, os, sys, types, zlib, weakref
assert not None and None != 1 and {None: 1}[None] == 1
for obj in (None, slice, types.MappingProxyType, types.TracebackType, os.stat_result, contextvars.Token.MISSING,
            ast.parse('a').body[0].value.ctx):
    assert not hasattr(obj, 'helper'), obj
assert int('1') == 1 and bool(1) and type(None).__doc__ != 1
assert next(itertools.count()) == 0 and operator.itemgetter(0)([7]) == 7
assert _io.IncrementalNewlineDecoder(None, True).decode('a') == 'a'
assert int.__new__.__module__ is None or isinstance(int.__new__.__module__, str), int.__new__.__module__
assert str(_csv.Error('a')) == 'a' and not zlib.error.__annotations__
assert ast.dump(ast.parse('a')) and ast.Name('a').ctx is not None
assert sys.flags.thread_inherit_context in (0, 1, True, False) and sys.monitoring.events.LINE == 32
match None:
    case [*_]: raise AssertionError('None is a sequence')
    case {}: raise AssertionError('None is a mapping')
match object():
    case {}: raise AssertionError('an object is a mapping')
gc.collect()
b'\\xff'.decode('latin-1')
try: b'\\xff'.decode()
except UnicodeDecodeError: pass
import csv
assert set(csv.list_dialects()) == {'excel', 'excel-tab', 'unix'}, csv.list_dialects()
assert next(csv.reader(['a,b!c'], 'excel')) == ['a', 'b!c'] and csv.field_size_limit() == 131072
assert b'\\xe4'.decode('cp1252') == '\\xe4'
";

#[test]
fn a_hostile_program_changes_nothing_for_its_neighbour() {
    within("a hostile neighbour", || {
        let neighbour = Runtime::builder().build().unwrap();
        neighbour
            .exec("import weakref, functools\nplanted = 1\nkept = weakref.WeakKeyDictionary({int: 1})")
            .unwrap();
        for attack in ATTACKS {
            let output = Capture::new();
            let hostile = Runtime::builder().isolated(Isolation::new());
            let hostile = hostile.stdout(&output).stderr(&output).build().unwrap();
            hostile
                .exec("fired = []\ndef evil(*args, **kwargs):\n    fired.append(1)\n    return 0")
                .unwrap();
            let _ = hostile.exec(attack);
            hostile.exec("fired.clear()").unwrap();
            if let Err(error) = neighbour.exec(NEIGHBOUR) {
                panic!("after {attack}:\n{}", error.traceback());
            }
            let fired: Vec<i64> = hostile.eval("fired").unwrap();
            assert!(fired.is_empty(), "{attack}: ran in the neighbour");
            let later = Runtime::builder()
                .isolated(Isolation::new())
                .build()
                .unwrap();
            let quiet: bool = later
                .eval("not None and not hasattr(None, 'helper')")
                .unwrap();
            assert!(quiet, "{attack}: seen by a later runtime");
            let fired: Vec<i64> = hostile.eval("fired").unwrap();
            assert!(
                fired.is_empty(),
                "{attack}: ran while a later runtime was built"
            );
        }
    });
}

#[test]
fn references_to_shared_classes_are_not_listed() {
    let neighbour = Runtime::builder().build().unwrap();
    neighbour
        .exec("import weakref\nkept = weakref.WeakKeyDictionary({int: 1, len: 2})\nassert kept[int] == 1")
        .unwrap();
    let hostile = Runtime::builder().isolated(Isolation::new());
    let hostile = hostile.build().unwrap();
    hostile
        .exec(
            "
import weakref
class Own: pass
own = weakref.ref(Own)
assert weakref.getweakrefs(Own) == [own] and weakref.getweakrefcount(Own) == 1
for shared in (int, type(None), len, int.__new__):
    assert weakref.getweakrefs(shared) == [], shared",
        )
        .unwrap();
}

#[test]
fn the_interpreter_says_what_cpython_says() {
    let runtime = Runtime::builder().build().unwrap();
    let error = runtime.exec("type(None).__bool__ = 1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "TypeError: cannot set '__bool__' attribute of immutable type 'NoneType'"
    );
    // What the classes were shared for still works.
    runtime
        .exec(
            "
import ast, collections, array, types, copy
match collections.deque([1]), array.array('i', [1]), types.MappingProxyType({}):
    case [[1], [1], {}]: pass
    case other: raise AssertionError(other)
assert ast.Name('a').ctx.__class__ is ast.Load and ast.List().elts == []
assert ast.FunctionDef('f').returns is None
assert copy.replace(ast.parse('a').body[0].value, id='b').id == 'b'
assert ast.unparse(copy.replace(ast.arg('a'), arg='b')) == 'b'
class Node(ast.Name): pass
assert Node('x').ctx.__class__ is ast.Load
for node in ast.walk(ast.parse('a + b')):
    node.parent = 1
",
        )
        .unwrap();
}
