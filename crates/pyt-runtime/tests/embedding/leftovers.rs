//! What an isolated program leaves behind does not run in another runtime, with its rights: neither
//! while it runs nor when it has ended.

use pyt_runtime::{Capture, Isolation, Runtime};
use pyt_test::{Scratch, deadline::alone};

/// `escape` makes a file, which no isolated program may. It needs no names, since those of a module
/// are gone when the interpreter has ended.
const BEGIN: &str = "
import contextvars, gc, sys, threading, weakref
def escape(*args, open=open, path=PATH):
    open(path, 'w').close()
class Cycle:
    def __init__(self):
        self.me = self
    def __del__(self, escape=escape):
        escape()
class Again(Cycle):
    def __del__(self, escape=escape, left=[200]):
        escape()
        if left[0]:
            left[0] -= 1
            type(self)()
def closing(escape=escape):
    me = yield
    try:
        yield
    finally:
        escape()
def generator():
    made = closing()
    next(made)
    made.send(made)
    return made
gc.disable()
variable = contextvars.ContextVar('variable')
";

/// What is left behind, in ways in which it may live longer than its interpreter.
const LEFT: &[(&str, &str)] = &[
    ("a cycle", "Cycle()"),
    ("a cycle that makes others", "Again()"),
    ("a generator", "generator()"),
    ("a context's value", "variable.set(Cycle())"),
    ("a context's values", "variable.set([Cycle(), generator(), Again()])"),
    ("a context's generator", "variable.set(generator())"),
    ("a thread's values", "local = threading.local(); local.x = [Cycle(), generator(), Again()]"),
    (
        "a thread's values in another thread",
        "
local = threading.local()
def work():
    local.x = Cycle()
    variable.set([Cycle(), generator()])
thread = threading.Thread(target=work); thread.start(); thread.join()",
    ),
    (
        "a weak reference's callback",
        "
class K: pass
k = K(); k.me = k
variable.set([k, weakref.ref(k, escape)])",
    ),
    (
        "a callback on a shared class",
        "variable.set([weakref.ref(int, escape), weakref.finalize(type(None), escape), Cycle()])",
    ),
    ("hooks of asynchronous generators", "sys.set_asyncgen_hooks(Cycle().__init__, Cycle().__del__)"),
    ("a trace function", "sys.setprofile(Cycle().__init__) if False else sys.settrace(Cycle().__init__)"),
    ("an exception", "sys.last_exc = ValueError(Cycle(), generator())"),
    (
        "a thread that does not end",
        "
def work():
    kept = Cycle(), generator()
    while True:
        try: threading.Event().wait()
        except BaseException: pass
threading.Thread(target=work, daemon=True).start()",
    ),
    (
        "functions of the codecs",
        "
import _pycodecs, _codecs
for name in ('charmap_decode', 'charmap_encode', 'charmap_build', 'readbuffer_encode'):
    setattr(_pycodecs, name, escape)
for act in (lambda: b'a'.decode('cp1252'), lambda: 'a'.encode('cp1252'), lambda: _codecs.charmap_build('ab'),
            lambda: _codecs.readbuffer_encode(b'a')):
    try: act()
    except Exception: pass",
    ),
    (
        "the metaclass of classes with many bases",
        "
class Top: pass
class A(Top): pass
class M(type):
    def mro(cls):
        global leaked
        try: leaked = type(B)
        except NameError: pass
        return type.mro(cls)
class X(A, metaclass=M): pass
class B(A): pass
class O: pass
class Other(O): pass
A.__bases__ = (Other,)
for metaclass in [leaked, *type.__subclasses__(type)]:
    try: metaclass.mro = escape
    except TypeError: pass",
    ),
    ("registered functions", "import atexit; atexit.register(variable.set, [Cycle(), Again()])"),
    (
        "an import lock",
        "
sys.modules['left'] = Cycle()
import importlib._bootstrap as b
b._module_locks['x'] = Cycle()",
    ),
    ("an interned string", "class S(str): __del__ = escape\ns = S('left'); s.me = s; sys.intern('left')"),
];

const NEIGHBOUR: &str = "
import _codecs, gc, weakref
for _ in range(4):
    gc.collect()
    junk = [[] for _ in range(5000)]
assert b'a\\xe4'.decode('cp1252') == 'a\\xe4' and '\\xe4'.encode('cp1252') == b'\\xe4'
assert _codecs.readbuffer_encode(b'a') == (b'a', 1)
_codecs.charmap_build('ab')
class P: pass
class Q: pass
class R: pass
class S(P, Q, R): pass
class Base: pass
class Derived(Base): pass
Derived.__bases__ = (P,)
try:
    class T(P, S, Q, R): pass
except TypeError: pass
gc.collect()
";

#[test]
fn what_programs_leave_behind_does_not_run_in_other_runtimes() {
    alone("leftovers::what_programs_leave_behind_does_not_run_in_other_runtimes_alone");
}

#[test]
#[ignore = "run by the test of that name, in a process of its own"]
fn what_programs_leave_behind_does_not_run_in_other_runtimes_alone() {
    let folder = Scratch::new();
    let mut escaped = Vec::new();
    for stays in [false, true] {
        for (name, code) in LEFT {
            println!("{name}, stays: {stays}");
            let path = folder.path().join("escaped");
            let output = Capture::new();
            let hostile = Runtime::builder().isolated(Isolation::new());
            let hostile = hostile.stdout(&output).stderr(&output).build().unwrap();
            hostile.set("PATH", path.display().to_string()).unwrap();
            hostile.exec(BEGIN).unwrap();
            let _ = hostile.exec(code);
            let hostile = if stays {
                Some(hostile)
            } else {
                drop(hostile);
                None
            };
            let neighbour = Runtime::builder().build().unwrap();
            if let Err(error) = neighbour.exec(NEIGHBOUR) {
                escaped.push(format!("{name} ({stays}): {}", error.traceback()));
            }
            neighbour.finish();
            if path.exists() {
                escaped.push(format!("{name} ({stays})"));
                std::fs::remove_file(&path).unwrap();
            }
            drop(hostile);
            if path.exists() {
                escaped.push(format!("{name} ({stays}), at its end"));
                std::fs::remove_file(&path).unwrap();
            }
        }
    }
    assert!(escaped.is_empty(), "{escaped:#?}");
}
