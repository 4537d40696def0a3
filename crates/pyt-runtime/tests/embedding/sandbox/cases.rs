//! The programs that once got out, ended the host or outlasted their limits: each ends within its
//! limit, and the host lives.

use std::time::Duration;

use pyt_runtime::{Error, ErrorKind, Limit, Limits, Runtime};
use pyt_test::deadline::within;

use super::{run, small, with};

/// How long each may take.
const WALL: Duration = Duration::from_secs(1);

/// Programs that end an interpreter's process.
const ENDS_THE_HOST: &[(&str, &str)] = &[
    (
        "panic in a destructor",
        "import sys\ndel sys.unraisablehook\nclass A:\n  def __del__(self): 1/0\nA()",
    ),
    (
        "panic in a destructor without imports",
        "import builtins\ndel builtins.__import__\nclass A:\n  def __del__(self): 1/0\nA()",
    ),
    ("end without modules", "import sys\ndel sys.modules"),
    ("end without sys", "import sys\nsys.__dict__.clear()"),
    (
        "end without builtins",
        "import builtins\nbuiltins.__dict__.clear()",
    ),
    (
        "a condition of itself",
        "import threading\nc = threading.Condition()\nc.__init__(c)\nc.acquire()",
    ),
    (
        "object without its __new__",
        "from collections import OrderedDict\nt = type(OrderedDict().keys())\n0 in t.__new__(t)",
    ),
    (
        "unvalidated program",
        "import _sre\n_sre.compile('x', 0, [99]*10, 0, {}, (None,)).match('a')",
    ),
    (
        "chain of map",
        "i = iter([1])\nfor _ in range(30000): i = map(int, i)\nnext(i)",
    ),
    (
        "chain of filter",
        "i = iter([1])\nfor _ in range(30000): i = filter(None, i)\nnext(i)",
    ),
    (
        "chain of zip",
        "i = iter([1])\nfor _ in range(30000): i = zip(i)\nnext(i)",
    ),
    (
        "chain of chain",
        "import itertools\ni = iter([1])\nfor _ in range(30000): i = itertools.chain(i)\nnext(i)",
    ),
    (
        "chain of enumerate",
        "i = iter([1])\nfor _ in range(30000): i = enumerate(i)\nnext(i)",
    ),
    (
        "chain of islice",
        "import itertools\ni = iter([1])\nfor _ in range(30000): i = itertools.islice(i, 1)\nnext(i)",
    ),
    (
        "chain of cycle",
        "import itertools\ni = iter([1])\nfor _ in range(30000): i = itertools.cycle(i)\nnext(i)",
    ),
    (
        "chain of tee",
        "import itertools\ni = iter([1])\nfor _ in range(30000): i = itertools.tee(i)[0]\nnext(i)",
    ),
    (
        "yield from",
        "def g(i): yield from i\ni = iter([1])\nfor _ in range(30000): i = g(i)\nnext(i)",
    ),
    (
        "generator expressions",
        "i = iter([1])\nfor _ in range(30000): i = (x for x in i)\nnext(i)",
    ),
    (
        "staticmethod",
        "f = len\nfor _ in range(100000): f = staticmethod(f)\nf([])",
    ),
    (
        "classmethod",
        "f = len\nfor _ in range(100000): f = classmethod(f)\nclass A: g = f\nA.g()",
    ),
    (
        "bound methods",
        "import types\nf = len\nfor _ in range(100000): f = types.MethodType(f, 1)\nf()",
    ),
    ("minus", "eval('-'*10**6 + '1')"),
    ("plus", "eval('1' + '+1'*300000)"),
    ("attributes", "eval('a' + '.b'*300000)"),
    ("calls", "eval('a' + '()'*300000)"),
    ("subscripts", "eval('a' + '[0]'*300000)"),
    ("not", "eval('not '*300000 + '1')"),
    ("elif", "exec('if 0: pass\\n' + 'elif 0: pass\\n'*50000)"),
    ("parentheses", "eval('('*100000 + ')'*100000)"),
    (
        "seek and write",
        "import io\nb = io.BytesIO()\nb.seek(10**15)\nb.write(b'x')",
    ),
    ("format width", "'%99999999999d' % 1"),
    ("urandom", "import os\nos.urandom(10**11)"),
    ("getrandbits", "import random\nrandom.getrandbits(10**12)"),
    ("replace", "('x' * 10**6).replace('x', 'y' * 10**6)"),
    ("join", "('x' * 10**6).join(['y'] * 10**6)"),
    ("translate", "('x' * 10**6).translate({120: 'y' * 10**6})"),
    (
        "codec handler",
        "import codecs\ncodecs.lookup_error('replace')(UnicodeEncodeError('a', 'abc', 2, 1, 'r'))",
    ),
];

/// Programs that outlast every limit of an interpreter's.
const OUTLASTS_THE_LIMITS: &[(&str, &str)] = &[
    (
        "__str__ of the error",
        "class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E",
    ),
    (
        "__repr__ of a key",
        "class K:\n  def __repr__(self):\n    while True: pass\n{}[K()]",
    ),
    (
        "__dir__ of suggestions",
        "class A:\n  def __dir__(self):\n    while True: pass\nA().x",
    ),
    (
        "the object of SystemExit",
        "class A:\n  def __str__(self):\n    while True: pass\nraise SystemExit(A())",
    ),
    ("sum", "sum(range(10**12))"),
    ("all", "import itertools\nall(itertools.repeat(1))"),
    ("list", "import itertools\nlist(itertools.count())"),
    ("in", "1.5 in range(10**12)"),
    ("fromkeys", "dict.fromkeys(range(10**12))"),
    ("format precision", "f'{1.5:.999999999f}'"),
    ("round", "round(10**10, -10**9)"),
    ("pow", "pow(7, 10**7) and pow(7, 10**8)"),
    (
        "constants",
        "exec('x = [' + ','.join(str(i) + '.5' for i in range(200000)) + ']')\nwhile True: pass",
    ),
    (
        "regular expression",
        "import re\nre.match('(a*)*b', 'a' * 40)",
    ),
    (
        "trace function",
        "import sys\ndef t(*a):\n  while True: pass\nsys.settrace(t)\n(lambda: 1)()",
    ),
];

/// Runs each program in a sandbox of its own.
fn each(programs: &'static [(&str, &str)], check: fn(&str, &Result<(), Error>)) {
    for chunk in programs.chunks(10) {
        within(chunk[0].0, move || {
            for (name, code) in chunk {
                let (result, late) = run(WALL, code);
                check(name, &result);
                let outcome = result.map_or_else(|error| error.to_string(), |()| "ok".to_owned());
                let outcome: String = outcome.chars().take(90).collect();
                println!("{:5} ms late  {name}: {outcome}", late.as_millis());
            }
        });
    }
}

#[test]
fn what_ended_hosts_ends_in_time_and_hosts_live() {
    each(ENDS_THE_HOST, |_, _| {});
}

#[test]
fn what_outlasted_limits_ends_in_time() {
    each(OUTLASTS_THE_LIMITS, |name, result| {
        assert!(result.is_err(), "{name}");
    });
}

/// What ends the process of an isolated runtime, and what once did.
#[test]
fn what_is_open_in_the_process_ends_in_time() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/embedding/hostile");
    for file in ["open.txt", "crashes.txt"] {
        let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        let programs: Vec<(String, String)> = text
            .split("=== ")
            .skip(1)
            .filter_map(|program| program.split_once('\n'))
            .map(|(name, code)| (name.to_owned(), code.to_owned()))
            .collect();
        assert!(programs.len() > 2, "{file}");
        for chunk in programs.chunks(10) {
            let chunk = chunk.to_vec();
            within(file, move || {
                for (name, code) in &chunk {
                    let (_, late) = run(WALL, code);
                    println!("{:5} ms late  {name}", late.as_millis());
                }
            });
        }
    }
}

#[test]
fn ok_means_within_the_limits() {
    within("memory", || {
        let limits = Limits::new().wall(Duration::from_secs(30));
        let builder = Runtime::builder().limits(limits);
        let sandbox = with(builder, small().memory(50 << 20)).build().unwrap();
        let error = sandbox.exec("b'x' * (200 << 20)").unwrap_err();
        let is_limit = matches!(error.kind(), ErrorKind::Limit(Limit::Memory(_)));
        assert!(is_limit || error.type_name() == "MemoryError", "{error:?}");
    });
}

/// Functions are planted on every class that can be reached; each neighbour is another process.
const PLANTS: &str = "
import ast, io, itertools, operator, os, sys, types
def planted(*args, **kwargs):
    os.system('touch /tmp/pyt-sandbox-planted')
    return 42
def every(cls, seen):
    if cls in seen: return
    seen.add(cls)
    try: subclasses = type.__subclasses__(cls)
    except Exception: return
    for each in subclasses: every(each, seen)
classes = set()
every(object, classes)
for cls in classes:
    for name in ['__bool__', '__repr__', '__eq__', '__hash__', '__init__', '__getattribute__', 'x']:
        try: setattr(cls, name, planted)
        except BaseException: pass
for module in list(sys.modules.values()):
    for name in ['open', 'len', 'dumps', 'loads', 'path']:
        try: setattr(module, name, planted)
        except BaseException: pass
";

#[test]
fn what_is_planted_stays_in_its_process() {
    within("planted functions", || {
        let own = Runtime::builder().build().unwrap();
        let neighbour = with(Runtime::builder(), small()).build().unwrap();
        // Whatever comes of it there.
        let (_, _) = run(Duration::from_secs(20), PLANTS);
        let late = with(Runtime::builder(), small()).build().unwrap();
        let check =
            "assert not None and len([1]) == 1 and repr(slice(1)) == 'slice(None, 1, None)'";
        own.exec(check).unwrap();
        own.exec("import ast\nassert ast.dump(ast.parse('1')).startswith('Module')")
            .unwrap();
        neighbour.exec(check).unwrap();
        late.exec(check).unwrap();
        assert!(!std::path::Path::new("/tmp/pyt-sandbox-planted").exists());
        own.finish();
    });
}
