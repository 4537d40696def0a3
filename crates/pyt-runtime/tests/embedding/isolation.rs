//! Isolated programs, and attempts to get out. Each attempt is what a program could really do.

use std::{fs, path::Path};

use pyt_runtime::{Builder, Capture, ErrorKind, Isolation, Output, Runtime};
use pyt_test::{
    Scratch,
    deadline::{alone, within},
};

use crate::support::in_both_modes;

/// What attempts are made with: a file that holds this, and is not granted.
const SECRET: &str = "the secret of the host";

/// A folder of a test's own: a secret, and a folder that may be granted, with links out of it.
struct Folder(Scratch);

impl Folder {
    fn new() -> Self {
        let scratch = Scratch::new();
        scratch.write("secret", format!("first line\n{SECRET}\n"));
        scratch.write("granted/open.txt", "may be read");
        scratch.write("granted/sub/module_of_the_host.py", "answer = 42");
        let path = scratch.path();
        std::os::unix::fs::symlink(path.join("secret"), path.join("granted/link")).unwrap();
        std::os::unix::fs::symlink(path, path.join("granted/up")).unwrap();
        std::os::unix::fs::symlink(path.join("new"), path.join("granted/dangling")).unwrap();
        Self(scratch)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A runtime in which everything has been imported that there is, so that what its modules leave in
/// the process is there to be found.
fn unguarded() -> Runtime {
    let runtime = Runtime::builder().build().unwrap();
    runtime
        .exec(
            "import sys
for name in sys.builtin_module_names:
    try:
        __import__(name)
    except ImportError:
        pass
# The first to come finds attributes missing in the interpreter's own classes, and adds them.
import ast
class Leaky:
    def read(self, path):
        return open(path).read()",
        )
        .unwrap();
    runtime
}

fn isolated(grants: Isolation) -> Builder {
    Runtime::builder().isolated(grants)
}

/// Runs `code` in an isolated runtime, with `FOLDER` and `SECRET` (a path) set. It must not raise.
fn run(builder: Builder, folder: &Folder, code: &str) {
    let output = Capture::new();
    let builder = builder.stdout(&output).stderr(&output);
    let runtime = builder.build().unwrap();
    let folder = folder.path().display();
    let code = format!("FOLDER = '{folder}'\nSECRET = FOLDER + '/secret'\n{code}");
    if let Err(error) = runtime.exec(&code) {
        panic!("{}\n{}", error.traceback(), output.text());
    }
    let text = output.text();
    assert!(!text.contains(SECRET), "{text}");
    runtime.finish();
}

/// Makes an attempt of a program with no grants: `code` may use `denied(f, *args)`, which fails if
/// the call does anything but raise the error that says what is not granted, and `missing(f,
/// *args)`, for imports that find nothing.
fn attempt(code: &str) {
    let code = code.to_owned();
    within("an attempt", move || {
        let folder = Folder::new();
        let other = unguarded();
        let helper = "
def denied(f, *args, **kwargs):
    try:
        result = f(*args, **kwargs)
    except PermissionError as error:
        assert 'is not granted in this isolated runtime' in str(error), error
        return error
    raise AssertionError(f'{f} gave {result!r}')
def missing(f, *args):
    try:
        result = f(*args)
    except ImportError as error:
        return error
    raise AssertionError(f'{f} gave {result!r}')
";
        run(
            isolated(Isolation::new()),
            &folder,
            &format!("{helper}\n{code}"),
        );
        assert!(!folder.path().join("made").exists());
        other.finish();
    });
}

#[test]
fn plain_calls() {
    attempt(
        "
import os, io, sys
error = denied(open, SECRET)
assert isinstance(error, PermissionError) and error.errno == 1, error
denied(open, '/dev/null', 'w')
denied(open, 1, 'w', closefd=False)
denied(open, SECRET, opener=lambda path, flags: 0)
denied(io.open_code, SECRET)
denied(io.FileIO, SECRET)
denied(io.FileIO, 0)
for f in (os.stat, os.listdir, os.remove, os.mkdir, os.scandir, os.readlink, os.rmdir, os.chdir):
    denied(f, FOLDER + '/made' if f is os.mkdir else SECRET)
denied(os.open, SECRET, 0)
denied(os.read, 0, 10)
denied(os.write, 1, b'x')
denied(os.close, 0)
denied(os.rename, SECRET, FOLDER + '/made')
denied(os.symlink, SECRET, FOLDER + '/made')
denied(os.system, 'true')
denied(os.fork)
denied(os.execv, '/bin/true', ['true'])
denied(os._exit, 0)
denied(os.abort)
denied(os.kill, os.getpid(), 0)
denied(os.pipe)
denied(os.uname)
assert not os.path.exists(SECRET) and not os.path.isdir('/')
assert os.getcwd() == '/'
assert dict(os.environ) == {}
assert sys.executable == '' and sys.path == []
",
    );
}

#[test]
fn modules() {
    attempt(
        "
for name in ('_ctypes', 'mmap', 'faulthandler', 'resource', 'termios', 'syslog', 'pwd', 'grp',
             '_posixshmem', '_multiprocessing', '_interpreters', '_interpchannels',
             '_interpqueues', '_testinternalcapi', '_remote_debugging', '_uuid', '_pyt',
             '_pyt_explore', '_pyt_tier', 'ctypes', '_ssl', '_sqlite3', 'concurrent.interpreters',
             'multiprocessing.shared_memory', 'pyt'):
    try:
        __import__(name)
    except ImportError:
        pass
    else:
        raise AssertionError(name)
import socket, select, subprocess, signal, fcntl, gc, marshal, time, _thread
denied(socket.socket)
denied(socket.socketpair)
denied(socket.create_connection, ('127.0.0.1', 9))
denied(socket.gethostname)
denied(select.select, [], [], [], 0)
denied(subprocess.run, ['true'])
denied(signal.signal, signal.SIGTERM, signal.SIG_IGN)
denied(signal.raise_signal, signal.SIGTERM)
denied(signal.pthread_kill, _thread.get_ident(), 0)
denied(signal.alarm, 1)
denied(signal.sigwait, [signal.SIGTERM])
denied(time.clock_settime, 0, 0)
denied(time.pthread_getcpuclockid, 1)
denied(time.tzset)
denied(gc.get_objects)
denied(gc.get_referrers, object)
import _signal, _socket, _posixsubprocess
denied(_posixsubprocess.fork_exec)
class Socket(_socket.socket): pass
denied(Socket)
denied(_socket.socket.__new__, Socket)
assert not hasattr(_socket.socket, 'connect')
",
    );
}

#[test]
fn the_import_system() {
    attempt(
        "
import sys, importlib, importlib.machinery, importlib.util, _imp
for name in ('posix', '_io', '_signal', 'time', '_socket', 'marshal', '_imp', 'gc', 'builtins'):
    spec = importlib.machinery.ModuleSpec(name, importlib.machinery.BuiltinImporter)
    old = sys.modules.pop(name, None)
    fresh = _imp.create_builtin(spec)
    if old is not None:
        sys.modules[name] = old
    if name == 'posix':
        denied(fresh.open, SECRET, 0)
        denied(fresh.system, 'true')
        denied(fresh.read, 0, 1)
        assert dict(fresh.environ) == {}, fresh.environ
        denied(fresh._create_environ)
    if name == '_io':
        denied(fresh.open, SECRET)
        denied(fresh.FileIO, SECRET)
    if name == '_signal':
        denied(fresh.raise_signal, 15)
        denied(fresh.signal, 15, 0)
    if name == '_socket':
        denied(fresh.socket)
    if name == 'marshal':
        denied(fresh.loads, b'i\\0\\0\\0\\0')
    if name == 'time':
        denied(fresh.pthread_getcpuclockid, 1)
    if name == 'gc':
        denied(fresh.get_objects)
    if name == 'builtins':
        try:
            fresh.compile('return', SECRET, 'exec')
        except (SyntaxError, AttributeError) as error:
            assert not getattr(error, 'text', None), error.text
import os
importlib.reload(os)
denied(os.open, SECRET, 0)
posix = sys.modules['posix']
importlib.reload(posix)
denied(posix.open, SECRET, 0)
denied(importlib.reload(sys.modules['_signal']).raise_signal, 15)
spec = importlib.machinery.ModuleSpec('x', None, origin='/lib/libc.so.6')
denied(_imp.create_dynamic, spec)
denied(_imp._fix_co_filename, compile('', 'x', 'exec'), SECRET)
denied(_imp.get_frozen_object, 'os', b'c')
denied(importlib.machinery.SourceFileLoader('x', SECRET).get_data, SECRET)
denied(importlib.machinery.SourceFileLoader('x', SECRET).load_module)
denied(importlib.machinery.ExtensionFileLoader('x', SECRET).create_module, spec)
denied(importlib.machinery.SourcelessFileLoader('x', SECRET).get_code, 'x')
import random, threading, tempfile
denied(random._os.open, SECRET, 0)
denied(threading._os.open, SECRET, 0) if hasattr(threading, '_os') else None
try:
    tempfile.mkdtemp()
except FileNotFoundError:
    pass
else:
    assert False
import linecache, tokenize, codecs, fileinput, pathlib, shutil, zipfile
assert linecache.getlines(SECRET) == []
denied(tokenize.open, SECRET)
denied(codecs.open, SECRET)
denied(pathlib.Path(SECRET).read_text)
denied(shutil.copy, SECRET, FOLDER + '/made')
denied(zipfile.ZipFile, SECRET)
import runpy
denied(runpy.run_path, SECRET)
sys.path.append(FOLDER + '/granted/sub')
missing(importlib.import_module, 'module_of_the_host')
import site
site.addsitedir(FOLDER + '/granted')
missing(importlib.import_module, 'module_of_the_host')
",
    );
}

#[test]
fn classes_of_other_runtimes() {
    attempt(
        "
import io
seen, todo = set(), [object]
while todo:
    one = todo.pop()
    if one not in seen:
        seen.add(one)
        todo += type.__subclasses__(one)
names = {(getattr(c, '__module__', None), c.__name__) for c in seen}
assert len(seen) > 100
assert not any(name == 'Leaky' for _, name in names)
bad = {'mmap', 'ctypes', '_ctypes', '_socket', 'socket', 'select', '_posixsubprocess', '_interpreters',
       '_interpchannels', '_interpqueues', '_multiprocessing', '_ssl', 'signal', 'subprocess'}
assert not [n for n in names if n[0] in bad and n[0] not in ('socket',)], names
FileIO = [c for c in seen if c.__name__ == 'FileIO'][0]
denied(FileIO, SECRET)
class Sub(FileIO):
    def __init__(self): pass
    def open(self): super().__init__(SECRET)
denied(Sub().open)
raw = FileIO.__new__(FileIO)
denied(FileIO.__init__, raw, SECRET)
denied(raw.__init__, SECRET)
denied(raw.__init__, 0)
raw = object.__reduce_ex__
for init in (FileIO.__init__, FileIO.__dict__['__init__']):
    denied(init, FileIO.__new__(FileIO), 0)
    try:
        init(io.BytesIO(), SECRET)
    except TypeError:
        pass
    else:
        assert False
code = (lambda: 0).__code__
Code = type(code)
denied(Code)
denied(Code.__new__, Code)
denied(code.replace, co_code=b'')
denied(code.__replace__, co_consts=())
denied(code.replace, co_filename=SECRET)
denied(code.replace, co_flags=0)
assert code.replace(co_name='x').co_name == 'x'
import types, sys
# A copy of instrumented code cannot run.
def watched(): return 1
sys.monitoring.use_tool_id(3, 'x')
sys.monitoring.register_callback(3, sys.monitoring.events.INSTRUCTION, lambda *a: None)
sys.monitoring.set_local_events(3, watched.__code__, sys.monitoring.events.INSTRUCTION)
assert watched() == 1
denied(watched.__code__.replace, co_name='copy')
sys.monitoring.free_tool_id(3)
# Classes whose objects the interpreter cannot bear to be empty.
assert not {'HeapMethodDef', '_SandboxStdio'} & {name for _, name in names}
assert types.coroutine(lambda: (yield)) is not None
try:
    object.__new__(Code)
except TypeError:
    pass
else:
    assert False
for cls in (FileIO, type, Code, int):
    for name in ('__init__', '__subclasses__', 'replace', 'x'):
        try:
            setattr(cls, name, None)
        except TypeError:
            pass
        else:
            assert False, (cls, name)
for cls in (FileIO, Code):
    try:
        sys._clear_type_descriptors(cls)
    except TypeError:
        pass
    else:
        assert False, cls
",
    );
}

#[test]
fn what_the_interpreter_reads_by_itself() {
    attempt(
        "
import io, sys, traceback, warnings, threading
def text_of(source, filename):
    try:
        exec(compile(source, filename, 'exec'))
    except SyntaxError as error:
        return str(error.text) + str(error.filename)
    except Exception as error:
        said = io.StringIO()
        old, sys.stderr = sys.stderr, said
        try:
            sys.__excepthook__(type(error), error, error.__traceback__)
            sys.excepthook(type(error), error, error.__traceback__)
            traceback.print_exc()
            threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
            del sys.excepthook
            code = compile(source, filename, 'exec')
            t = threading.Thread(target=lambda: exec(code))
            t.start(); t.join()
            class Unraisable:
                def __del__(self): raise error
            Unraisable()
        finally:
            sys.excepthook = sys.__excepthook__
            sys.stderr = old
        return said.getvalue()
for filename in (SECRET, SECRET.encode(), '/../' + SECRET, './../../../../../../../..' + SECRET):
    for source in ('\\nreturn', '\\n1/0', '\\nbreak', '\\nawait x', '\\n(', '\\nnonlocal x'):
        try:
            said = text_of(source, filename)
        except TypeError:
            continue
        assert 'secret of' not in said, said
class Path:
    def __fspath__(self): return SECRET
assert 'secret of' not in str(text_of('\\nreturn', Path()))
import ast
try:
    compile(ast.parse('return'), filename=SECRET, mode='exec')
except SyntaxError as error:
    assert 'secret of' not in str(error.text)
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter('always')
    warnings.warn_explicit('x', UserWarning, SECRET, 2)
sys.stderr, old = io.StringIO(), sys.stderr
warnings.warn_explicit('y', UserWarning, SECRET, 2)
raised = SyntaxError('x', (SECRET, 2, 1, None))
sys.excepthook(SyntaxError, raised, None)
said, sys.stderr = sys.stderr.getvalue(), old
assert 'secret of' not in said, said
import symtable
denied(symtable.symtable, 'return', SECRET, 'exec')
# input() from a terminal that is not the program's.
class Terminal:
    def fileno(self): return 0
    def isatty(self): return True
    def readline(self): return 'mine\\n'
    def write(self, text): pass
    def flush(self): pass
old = sys.stdin, sys.stdout
sys.stdin = Terminal(); sys.stdout = Terminal()
said = input('? ')
sys.stdin, sys.stdout = old
assert said == 'mine'
denied(sys._baserepl)
",
    );
}

#[test]
fn frames_objects_and_interrupts() {
    attempt(
        "
import sys, types, threading, _thread, builtins, pickle, gc
# Frames of this thread and of others lead to this program only.
frame = sys._getframe()
while frame:
    assert frame.f_globals.get('__name__') in ('__main__',), frame
    frame = frame.f_back
for frame in sys._current_frames().values():
    denied(frame.f_builtins['open'], SECRET)
denied(globals()['__builtins__'].open if hasattr(globals()['__builtins__'], 'open')
       else globals()['__builtins__']['open'], SECRET)
# A stream's way down to a file.
for stream in (sys.stdout, sys.stderr, sys.stdin, sys.__stdout__, sys.__stderr__, sys.__stdin__):
    raw = stream.buffer
    raw = getattr(raw, 'raw', raw)
    assert type(raw).__module__ == '_pyt_streams', raw
    try:
        type(raw)()
    except TypeError:
        pass
    else:
        assert False
# Pickles name what they call; they can name nothing more.
for payload in (b'cposix\\nsystem\\n(S\"true\"\\ntR.', b'c_io\\nopen\\n(S\"/etc/passwd\"\\ntR.',
                b'cos\\npopen\\n(S\"true\"\\ntR.'):
    denied(pickle.loads, payload)
# Interrupting the main thread is the program's own affair.
try:
    _thread.interrupt_main()
    for _ in range(1000): pass
except KeyboardInterrupt:
    pass
# Tracing sees Python frames only.
seen = []
sys.settrace(lambda frame, event, arg: seen.append(frame.f_code.co_filename))
(lambda: 0)()
sys.settrace(None)
assert set(seen) == {'<string>'}, seen
# A debugger reads what the program reads.
import pdb
sys.stdin_lines = None
try:
    breakpoint()
except (Exception, SystemExit):
    pass
sys.settrace(None)
import marshal
denied(marshal.loads, marshal.dumps((lambda: 0).__code__))
missing(exec, 'import ctypes')
import locale
denied(locale.setlocale, locale.LC_ALL, 'C')
# More code objects, by more ways.
import zipimport
missing(zipimport.zipimporter, FOLDER)
def outer():
    x = 1
    def inner(): return x
    return inner
for closure in ((), (1,), (types.CellType(1), types.CellType(2))):
    try:
        types.FunctionType(outer().__code__, {}, closure=closure)
    except (ValueError, TypeError):
        pass
    else:
        assert False, closure
",
    );
}

/// In a process of its own: objects that runtimes leave behind when they end belong to the
/// collectors of all others.
#[test]
fn traced_programs_cannot_jump() {
    attempt(
        "
import sys
jumped = []
def traced():
    first = 1
    second = 2
    return first, second
def trace(frame, event, arg):
    if event == 'line':
        denied(setattr, frame, 'f_lineno', frame.f_lineno)
        denied(setattr, frame.f_back, 'f_lineno', 1)
        denied(type(frame).f_lineno.__set__, frame, 1)
        jumped.append(frame.f_lineno)
    return trace
sys.settrace(trace)
try: traced()
finally: sys.settrace(None)
line = traced.__code__.co_firstlineno
assert jumped == [line + 1, line + 2, line + 3], jumped",
    );
    let runtime = Runtime::builder().build().unwrap();
    runtime
        .exec(
            "
import sys
def traced():
    a = 1
    a = 2
    return a
def trace(frame, event, arg):
    if event == 'line' and frame.f_lineno == traced.__code__.co_firstlineno + 2:
        frame.f_lineno += 1
    return trace
sys.settrace(trace)
try: assert traced() == 1
finally: sys.settrace(None)",
        )
        .unwrap();
}

#[test]
fn nothing_of_the_process_is_left_in_the_interpreter() {
    alone("isolation::walk_over_all_objects");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn walk_over_all_objects() {
    within("a walk", || {
        let other = unguarded();
        let runtime = isolated(Isolation::new())
            .stdout(Output::null())
            .stderr(Output::null())
            .build()
            .unwrap();
        runtime
            .exec("import os, io, sys, threading, json, subprocess, socket, asyncio, logging")
            .unwrap();
        runtime.enter(|py| {
            for object in py.vm().state.gc.get_objects(None) {
                let class = object.class().name().to_string();
                assert!(
                    !["FileIO", "mmap", "CFuncPtr", "SSLContext"].contains(&&*class),
                    "a {class} is left"
                );
            }
        });
        other.finish();
        runtime.finish();
    });
}

#[test]
fn what_programs_want_works() {
    in_both_modes(|gil| {
        let folder = Folder::new();
        run(
            isolated(Isolation::new()).gil(gil),
            &folder,
            "
import abc, argparse, array, ast, base64, bisect, calendar, collections, colorsys, contextlib
import contextvars, copy, csv, dataclasses, datetime, decimal, difflib, enum, fractions, functools
import hashlib, heapq, hmac, html, inspect, io, itertools, json, locale, logging, math, operator, os
import pathlib, pickle, pprint, queue, random, re, secrets, shlex, statistics, string, struct
import subprocess, sys, tempfile, textwrap, threading, time, traceback, types, typing, unittest
import unicodedata, urllib.parse, uuid, warnings, weakref, xml.etree.ElementTree, zlib, asyncio
import concurrent.futures, email.message, http.client, socket, selectors, signal, shutil, glob
assert json.loads(json.dumps({'a': [1, 2.5, None]})) == {'a': [1, 2.5, None]}
assert re.sub(r'(\\w)(\\d)', r'\\2\\1', 'a1 b2') == '1a 2b'
assert math.isclose(math.sin(math.pi / 2), 1)
assert datetime.date(2026, 11, 22).isoformat() == '2026-11-22' and datetime.datetime.now()
@dataclasses.dataclass(slots=True, frozen=True)
class Point:
    x: int
    y: int = 2
assert dataclasses.asdict(Point(1)) == {'x': 1, 'y': 2}
assert collections.namedtuple('N', 'a b')(1, 2).b == 2
assert pickle.loads(pickle.dumps([1, 'two'])) == [1, 'two']
assert uuid.uuid4() and secrets.token_hex() and random.random() < 1
assert hashlib.sha256(b'').hexdigest().startswith('e3b0')
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    assert sum(pool.map(lambda n: n * n, range(10))) == 285
q = queue.Queue()
t = threading.Thread(target=lambda: q.put(threading.current_thread().name), name='worker')
t.start(); t.join()
assert q.get() == 'worker'
logging.basicConfig(format='%(process)d %(message)s')
logging.warning('logged')
print('printed', file=sys.stderr)
try:
    1 / 0
except ZeroDivisionError:
    assert 'ZeroDivisionError' in traceback.format_exc()
time.sleep(0.001)
assert time.strftime('%Y', time.gmtime(0)) == '1970'
async def three():
    return 3
coroutine = three()
try:
    coroutine.send(None)
except StopIteration as stop:
    assert stop.value == 3
assert eval(compile('1 + 1', 'a.py', 'eval')) == 2
assert decimal.Decimal('0.1') + decimal.Decimal('0.2') == decimal.Decimal('0.3')
class Case(unittest.TestCase):
    def test(self): self.assertTrue(True)
assert unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(Case)).wasSuccessful()
assert inspect.signature(Point).parameters['x'].annotation is int
assert typing.get_type_hints(Point) == {'x': int, 'y': int}
",
        );
    });
}

#[test]
fn granted_files_can_be_read_and_no_others() {
    within("reading", || {
        let folder = Folder::new();
        let grants = Isolation::new().read(folder.path().join("granted"));
        run(
            isolated(grants),
            &folder,
            "
import os, pathlib, glob
G = FOLDER + '/granted'
def denied(f, *args, **kwargs):
    try:
        result = f(*args, **kwargs)
    except PermissionError:
        return
    raise AssertionError(f'{f}{args} gave {result!r}')
with open(G + '/open.txt') as file:
    assert file.read() == 'may be read' and file.name == G + '/open.txt'
assert open(G + '/sub/../open.txt', 'rb').read() == b'may be read'
assert pathlib.Path(G, 'open.txt').read_text() == 'may be read'
assert sorted(os.listdir(G)) == ['dangling', 'link', 'open.txt', 'sub', 'up']
assert os.stat(G + '/open.txt').st_size == 11 and os.path.isdir(G + '/sub')
assert [os.path.basename(p) for p in glob.glob(G + '/*.txt')] == ['open.txt']
assert sorted(n for _, _, files in os.walk(G) for n in files if n.endswith('.py')) == ['module_of_the_host.py']
assert os.access(G + '/open.txt', os.R_OK)
for path in (SECRET, G + '/link', G + '/up/secret', G + '/../secret', G + '/sub/../../secret',
             G + 'x', FOLDER, G + '/..', '/', G + '/dangling', '/proc/self/environ',
             '/proc/self/cwd/' + SECRET, G + '/./link', '/dev/fd/0', os.path.relpath(SECRET, '/')):
    denied(open, path)
    denied(os.stat, path)
    denied(os.listdir, path)
for mode in ('w', 'a', 'x', 'r+', 'rb+', 'wb'):
    denied(open, G + '/open.txt', mode)
    denied(open, file=G + '/made', mode=mode)
for call in (os.remove, os.mkdir, os.rmdir, os.unlink):
    denied(call, G + '/open.txt')
denied(os.rename, G + '/open.txt', G + '/made')
denied(os.stat, 'open.txt', dir_fd=3)
denied(os.stat, 0)
file = open(G + '/open.txt')
denied(open, file.fileno())
denied(os.read, file.fileno(), 1)
try:
    open(G + '/nothing/here')
except FileNotFoundError:
    pass
else:
    assert False
try:
    open(G + '/none')
except FileNotFoundError:
    pass
else:
    assert False
",
        );
        assert!(!folder.path().join("granted/made").exists());
    });
}

#[test]
fn granted_files_can_be_written_and_no_others() {
    within("writing", || {
        let folder = Folder::new();
        let grants = Isolation::new().write(folder.path().join("granted"));
        run(
            isolated(grants),
            &folder,
            "
import os, shutil, tempfile, pathlib
G = FOLDER + '/granted'
def denied(f, *args, **kwargs):
    try:
        result = f(*args, **kwargs)
    except PermissionError:
        return
    raise AssertionError(f'{f}{args} gave {result!r}')
with open(G + '/made', 'w') as file:
    print('text', file=file)
assert open(G + '/made').read() == 'text\\n'
os.mkdir(G + '/folder')
os.rename(G + '/made', G + '/folder/renamed')
os.makedirs(G + '/a/b/c')
pathlib.Path(G, 'a/b/c/d').write_text('x')
shutil.rmtree(G + '/a')
assert not os.path.exists(G + '/a')
os.truncate(G + '/folder/renamed', 2)
assert os.stat(G + '/folder/renamed').st_size == 2
os.remove(G + '/folder/renamed')
os.rmdir(G + '/folder')
for path in (G + '/link', G + '/dangling', G + '/up/made', G + '/../made', SECRET, FOLDER + '/made'):
    denied(open, path, 'w')
denied(os.rename, G + '/open.txt', FOLDER + '/made')
denied(os.rename, G + '/open.txt', G + '/up/made')
denied(os.rename, SECRET, G + '/taken')
denied(os.replace, src=SECRET, dst=G + '/taken')
denied(os.mkdir, FOLDER + '/made')
denied(os.mkdir, G + '/up/made')
denied(os.remove, G + '/up/secret')
denied(os.symlink, SECRET, G + '/made')
denied(os.link, SECRET, G + '/made')
denied(os.truncate, G + '/link', 0)
# The link itself lies where things may be removed.
os.unlink(G + '/link')
",
        );
        let secret = fs::read_to_string(folder.path().join("secret")).unwrap();
        assert!(secret.contains(SECRET));
        assert!(!folder.path().join("made").exists() && !folder.path().join("new").exists());
    });
}

#[test]
fn search_paths_are_readable() {
    in_both_modes(|gil| {
        let folder = Folder::new();
        let sub = folder.path().join("granted/sub");
        // Bytecode that lies beside the source is not used.
        fs::create_dir(sub.join("__pycache__")).unwrap();
        fs::write(sub.join("__pycache__/module_of_the_host.pyc"), "junk").unwrap();
        fs::write(sub.join("bare.pyc"), "junk").unwrap();
        let builder = isolated(Isolation::new())
            .gil(gil)
            .search_path(sub.display().to_string());
        run(
            builder,
            &folder,
            "
import module_of_the_host, sys
assert module_of_the_host.answer == 42
assert sys.path == [FOLDER + '/granted/sub']
try:
    import bare
except (ImportError, PermissionError):
    pass
else:
    assert False
",
        );
    });
}

#[test]
fn the_network_can_be_granted() {
    in_both_modes(|gil| {
        let folder = Folder::new();
        run(
            isolated(Isolation::new().network()).gil(gil),
            &folder,
            "
import asyncio, socket
async def main():
    server = await asyncio.start_server(answer, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    assert await reader.read() == b'hello'
    writer.close()
    server.close()
async def answer(reader, writer):
    writer.write(b'hello')
    await writer.drain()
    writer.close()
asyncio.run(main())
try:
    open(SECRET)
except PermissionError:
    pass
else:
    assert False
",
        );
    });
}

#[test]
fn others_are_not_touched() {
    in_both_modes(|gil| {
        let folder = Folder::new();
        let before = Runtime::builder().gil(gil).build().unwrap();
        let isolated = isolated(Isolation::new()).gil(gil).build().unwrap();
        let after = Runtime::builder().gil(gil).build().unwrap();
        let secret = folder.path().join("secret");
        for open in [&before, &after] {
            let code = format!(
                "
import io, os, types, ctypes, socket, subprocess, signal
assert len(open('{path}').readlines()) == 2
assert io.FileIO('{path}').read(5) == b'first'
assert io.FileIO.__init__.__name__ == '__init__'
f = lambda: 1
assert types.FunctionType(f.__code__.replace(co_consts=f.__code__.co_consts), {{}})() == 1
os.stat('{path}')
assert any(c.__name__ == 'Structure' for c in ctypes.Structure.__base__.__subclasses__())
socket.socket().close()
import time
time.sleep(0.01)",
                path = secret.display()
            );
            if let Err(error) = open.exec(&code) {
                panic!("{}", error.traceback());
            }
        }
        // What one isolated program does to itself, others do not feel.
        isolated
            .exec("import _thread\ntry:\n    _thread.interrupt_main()\n    x = 1\nexcept KeyboardInterrupt:\n    pass")
            .unwrap();
        before.exec("for _ in range(1000): pass").unwrap();
        for runtime in [before, isolated, after] {
            runtime.finish();
        }
    });
}

#[test]
fn a_runtime_that_was_dropped_may_do_nothing() {
    within("after the end", || {
        let folder = Folder::new();
        let granted = folder.path().join("granted");
        let runtime = isolated(Isolation::new().write(&granted)).build().unwrap();
        let code = format!(
            "
import threading, time
def work():
    n = 0
    while True:
        n += 1
        try:
            open('{}/%d' % n, 'w').close()
        except PermissionError:
            return
threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)",
            granted.display()
        );
        runtime.exec(&code).unwrap();
        drop(runtime);
        std::thread::sleep(std::time::Duration::from_millis(300));
        let count = || fs::read_dir(&granted).unwrap().count();
        let before = count();
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert_eq!(count(), before);
    });
}

#[test]
fn grants_that_cannot_be_are_errors() {
    within("bad grants", || {
        let grants = [
            Isolation::new().read("/nowhere/at/all"),
            Isolation::new().write("/nowhere/at/all"),
            Isolation::new().native_module("no such module"),
        ];
        for grants in grants {
            let Err(error) = isolated(grants).build() else {
                panic!("was granted");
            };
            assert_eq!(error.kind(), ErrorKind::Option);
        }
        let runtime = isolated(Isolation::new().native_module("mmap"))
            .build()
            .unwrap();
        runtime.exec("import mmap; mmap.mmap(-1, 10)").unwrap();
        let runtime = isolated(Isolation::new()).env("A", "1").build().unwrap();
        runtime
            .exec("import os; assert dict(os.environ) == {'A': '1'}")
            .unwrap();
        runtime
            .exec("os.environ['B'] = '2'; os.reload_environ(); assert dict(os.environ) == {'A': '1', 'B': '2'}")
            .unwrap();
    });
}

#[test]
fn a_walk_over_everything_that_can_be_reached() {
    attempt(
        "
import sys, types
import os, io, socket, subprocess, signal, select, fcntl, threading, asyncio, tempfile, shutil, time
import logging, inspect, importlib.util, pkgutil, runpy, pathlib, json, unittest, locale, marshal, gc
seen, todo, kept = set(), [], []
# Not the walk's own notes: how many objects they add depends on when it comes to them.
seen.update(map(id, (seen, todo, kept)))
def push(value):
    if id(value) not in seen:
        seen.add(id(value))
        kept.append(value)
        todo.append(value)
push(sys.modules)
push(object)
push(sys._getframe())
push(sys.exc_info)
ENDLESS = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType,
           types.MethodType, types.MethodWrapperType, types.GetSetDescriptorType,
           types.MemberDescriptorType, types.ClassMethodDescriptorType, types.CodeType)
DOORS = {'__globals__', '__closure__', '__wrapped__', '__dict__', '__builtins__', '__loader__',
         '__spec__', '__class__', '__bases__', '__init__', '__new__', '__call__', 'cell_contents'}
ATOMS = (int, float, complex, str, bytes, bool, type(None))
found = {}
while todo and len(kept) < 200000:
    one = todo.pop()
    if isinstance(one, ATOMS):
        continue
    if isinstance(one, (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)):
        owner = getattr(one, '__module__', None) or getattr(getattr(one, '__objclass__', None), '__module__', None)
        found.setdefault(owner, set()).add(one.__name__)
    # Each look at these makes new ones, without an end.
    if isinstance(one, ENDLESS):
        push(getattr(one, '__self__', None)); push(getattr(one, '__func__', None))
        continue
    if isinstance(one, dict):
        for key, value in list(one.items()):
            push(key); push(value)
    elif isinstance(one, (list, tuple, set, frozenset)):
        for value in list(one):
            push(value)
    if isinstance(one, type):
        for value in type.__subclasses__(one):
            push(value)
        for value in type.__getattribute__(one, '__mro__'):
            push(value)
    try:
        names = object.__dir__(one) if not isinstance(one, type) else type.__dir__(one)
    except Exception:
        continue
    for name in list(names):
        if name.startswith('__') and name not in DOORS:
            continue
        try:
            push(getattr(one, name))
        except BaseException:
            pass
        try:
            push(vars(one)[name])
        except BaseException:
            pass
assert 20000 < len(kept) < 200000, len(kept)
allowed = {
    'posix': set('''WCOREDUMP WEXITSTATUS WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED WSTOPSIG WTERMSIG
        cpu_count fspath getpid getrandom register_at_fork sched_yield strerror urandom
        waitstatus_to_exitcode close __enter__ __exit__ inode is_dir is_file is_junction is_symlink stat
        __fspath__'''.split()),
    '_signal': {'default_int_handler', 'getsignal', 'strsignal', 'valid_signals'},
    '_socket': {'htonl', 'htons', 'inet_aton', 'inet_ntoa', 'inet_ntop', 'inet_pton', 'ntohl', 'ntohs'},
    'marshal': {'dump', 'dumps'},
    'select': set(), 'fcntl': set(), '_posixsubprocess': set(), 'mmap': set(), '_ctypes': set(),
    'faulthandler': set(), '_interpreters': set(), 'resource': set(), '_multiprocessing': set(),
    '_testinternalcapi': set(), 'syslog': set(), 'termios': set(), '_remote_debugging': set(),
}
for module, names in allowed.items():
    more = {n for n in found.get(module, ()) if not (n.startswith('__') and n.endswith('__'))} - names
    assert not more, (module, more)
assert found['posix'] and found['_io'], found.keys()
for name in ('get_objects', 'get_referrers', 'get_referents'):
    assert name not in found.get('gc', ()), name
for name in ('create_dynamic', '_fix_co_filename', '_override_frozen_modules_for_tests'):
    assert name not in found.get('_imp', ()), name
for name in ('pthread_getcpuclockid', 'clock_settime', 'clock_settime_ns', 'tzset'):
    assert name not in found.get('time', ()), name
assert '_baserepl' not in found.get('sys', ())
assert not any(type(value).__name__ in ('FileIO', 'mmap', 'socket', 'CDLL') for value in kept)
",
    );
}
