//! What is a step: every operation by which one thread can notice another. Each program fails under
//! some orders; the default strategy finds that, and `dpor` does not claim the contrary.

use crate::{explore_text, outcomes};

/// Starts and joins two threads, without a loop over something shared.
const FRAME: &str = "
first = threading.Thread(target=one, name='first')
second = threading.Thread(target=two, name='second')
first.start()
second.start()
first.join()
second.join()
";

/// Programs that fail under some orders only: a name, the functions `one` and `two`, and what is
/// asserted at the end.
const FAILING: &[(&str, &str, &str)] = &[
    (
        "the order in which keys are added to a dictionary",
        "
table = {}
def one(): table['x'] = 1
def two(): table['y'] = 2
",
        "assert list(table) == ['x', 'y']",
    ),
    (
        "the order in which `setdefault` adds keys",
        "
table = {}
def one(): table.setdefault('x', 1)
def two(): table.setdefault('y', 2)
",
        "assert str(table) == \"{'x': 1, 'y': 2}\"",
    ),
    (
        "the order in which attributes of an object are set for the first time",
        "
class Box: pass
box = Box()
def one(): box.x = 1
def two(): box.y = 2
",
        "assert list(vars(box)) == ['x', 'y']",
    ),
    (
        "the order in which `setattr` sets attributes, as a `repr` shows it",
        "
from types import SimpleNamespace
box = SimpleNamespace()
def one(): setattr(box, 'x', 1)
def two(): setattr(box, 'y', 2)
",
        "assert repr(box) == 'namespace(x=1, y=2)'",
    ),
    (
        "the order in which a class comes to have attributes",
        "
class Box: pass
def one(): Box.x = 1
def two(): Box.y = 2
",
        "assert [name for name in vars(Box) if name[0] != '_'] == ['x', 'y']",
    ),
    (
        "the order in which a module comes to have globals",
        "
def one():
    global x
    x = 1
def two():
    global y
    y = 2
",
        "assert [name for name in list(globals()) if name in 'xy'] == ['x', 'y']",
    ),
    (
        "the order in which a `__missing__` adds keys",
        "
class Missing(dict):
    def __missing__(self, key):
        size = len(self)
        self[key] = size
        return size
table = Missing()
def one(): table['x']
def two(): table['y']
",
        "assert list(table.items()) != [('y', 0), ('x', 0)]",
    ),
    (
        "the items that a call of the program's own function spreads",
        "
items = [1, 2]
def count(*all): return len(all)
got = []
def one():
    got.append(count(*items))
def two():
    items.append(3)
",
        "assert got == [2]",
    ),
    (
        "the items that a call of a new function spreads",
        "
items = [1, 2]
got = []
def one():
    got.append((lambda *all: len(all))(*items))
def two():
    items.append(3)
",
        "assert got == [2]",
    ),
    (
        "the items that a call of a class spreads",
        "
items = [1, 2]
class Count:
    def __init__(self, *all): self.all = all
got = []
def one():
    got.append(len(Count(*items).all))
def two():
    items.append(3)
",
        "assert got == [2]",
    ),
    (
        "the items that a call of a native function spreads",
        "
items = [1, 2]
got = []
def one():
    got.append(max(*items))
def two():
    items.append(3)
",
        "assert got == [2]",
    ),
    (
        "the members of a set that a call spreads",
        "
items = {1, 2}
def count(*all): return len(all)
got = []
def one():
    got.append(count(*items))
def two():
    items.add(3)
",
        "assert got == [2]",
    ),
    (
        "what a generator gives that a call spreads",
        "
items = iter([1, 2])
def count(*all): return len(all)
got = []
def one():
    got.append(count(*items))
def two():
    next(items, None)
",
        "assert got == [2]",
    ),
    (
        "the keywords that a call spreads",
        "
items = {'a': 1, 'b': 2}
def count(**all): return len(all)
got = []
def one():
    got.append(count(**items))
def two():
    items['c'] = 3
",
        "assert got == [2]",
    ),
    (
        "a loop over a dictionary",
        "
table = {'a': 1}
def one():
    for key in table:
        pass
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a loop over the items of a dictionary",
        "
table = {'a': 1}
def one():
    for key, value in table.items():
        pass
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a loop over a set that was bound to another name",
        "
ready = {1, 2}
done = []
def one():
    todo = ready
    for item in todo:
        done.append(item)
def two():
    ready.add(3)
",
        "",
    ),
    (
        "a comprehension",
        "
table = {'a': 1}
def one():
    return {key for key in table if key}
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a generator expression",
        "
table = {'a': 1}
def one():
    return any(key == 'z' for key in table)
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "an iterator that is made first and used up later",
        "
table = {'a': 1}
def one():
    keys = iter(table)
    return list(keys)
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "unpacking an iterator that is made first",
        "
table = {'a': 1}
def one():
    keys = iter(table)
    return [*keys]
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "a loop over pairs",
        "
table = {'a': 1}
def one():
    for number, key in enumerate(zip(table, 'xyz')):
        pass
def two():
    table['b'] = 2
",
        "",
    ),
    (
        "one iterator of two loops",
        "
turns = iter([1, 2])
got = [[], []]
def one():
    for turn in turns:
        got[0].append(turn)
def two():
    for turn in turns:
        got[1].append(turn)
",
        "assert not (got[0] and got[1])",
    ),
    (
        "one iterator over a range",
        "
turns = iter(range(4))
got = [None, None]
def one():
    got[0] = next(turns), next(turns)
def two():
    got[1] = next(turns), next(turns)
",
        "assert got in ([(0, 1), (2, 3)], [(2, 3), (0, 1)])",
    ),
    (
        "one iterator over a string",
        "
letters = iter('abcd')
got = [None, None]
def one():
    got[0] = next(letters) + next(letters)
def two():
    got[1] = next(letters) + next(letters)
",
        "assert 'ab' in got",
    ),
    (
        "one iterator over a tuple, by two conversions to a list",
        "
numbers = iter((1, 2))
got = [None, None]
def one():
    got[0] = next(numbers)
def two():
    got[1] = list(numbers)
",
        "assert got == [1, [2]]",
    ),
    (
        "a lazy iterator over another",
        "
numbers = iter((1, 2))
pairs = enumerate(numbers)
got = [None, None]
def one():
    got[0] = next(pairs)
def two():
    got[1] = next(numbers)
",
        "assert got[1] == 2",
    ),
    (
        "a generator that two threads resume",
        "
def ids():
    number = 0
    while True:
        number += 1
        yield number
numbers = ids()
def one():
    next(numbers)
def two():
    next(numbers)
",
        "",
    ),
    (
        "a generator that two loops share",
        "
def ids():
    yield 1
    yield 2
numbers = ids()
def one():
    for number in numbers:
        pass
def two():
    for number in numbers:
        pass
",
        "",
    ),
    (
        "an iterator that calls a method",
        "
stack = [1, 2]
got = [[], []]
def one():
    for item in iter(stack.pop, 1):
        got[0].append(item)
def two():
    got[1].append(len(stack))
",
        "assert got[1] == [0]",
    ),
    (
        "a method that is called by its class",
        "
table = {}
got = []
def one():
    dict.__setitem__(table, 'a', 1)
def two():
    got.append('a' in table)
",
        "assert got == [True]",
    ),
    (
        "a partial function",
        "
import functools
stack = []
got = []
push = functools.partial(stack.append, 1)
def one():
    push()
def two():
    got.append(len(stack))
",
        "assert got == [1]",
    ),
    (
        "a copy of a nested dictionary",
        "
import copy
table = {'a': [1]}
inner = table['a']
got = []
def one():
    got.append(copy.deepcopy(table))
def two():
    inner.append(2)
",
        "assert got == [{'a': [1]}]",
    ),
    (
        "a comparison of nested lists",
        "
inner = [1]
outer = [inner]
got = []
def one():
    got.append(outer == [[1]])
def two():
    inner.append(2)
",
        "assert got == [True]",
    ),
    (
        "the text of a nested dictionary",
        "
import json
inner = [1]
table = {'a': inner}
got = []
def one():
    got.append(json.dumps(table))
def two():
    inner.append(2)
",
        "assert got == ['{\"a\": [1]}']",
    ),
    (
        "a proxy of a dictionary",
        "
import types
table = {'a': 1}
shown = types.MappingProxyType(table)
got = []
def one():
    got.append(shown['a'])
def two():
    table['a'] = 2
",
        "assert got == [1]",
    ),
    (
        "the library calls a method of a list",
        "
import sched, time
box = []
got = []
def one():
    plan = sched.scheduler()
    plan.enter(0, 1, box.append, (1,))
    plan.run()
def two():
    got.append(len(box))
",
        "assert got == [1]",
    ),
    (
        "a file that exists or not",
        "
import os
path = os.path.join(os.path.dirname(__file__), 'claim')
if os.path.exists(path):
    os.remove(path)
got = []
def one():
    if not os.path.exists(path):
        open(path, 'w').close()
        got.append(1)
two = one
",
        "assert len(got) == 1",
    ),
    (
        "a file that is removed",
        "
import os
path = os.path.join(os.path.dirname(__file__), 'data')
open(path, 'w').close()
def one():
    if os.path.isfile(path):
        os.remove(path)
two = one
",
        "",
    ),
    (
        "a folder that is made",
        "
import pathlib
path = pathlib.Path(__file__).parent / 'data'
if path.exists():
    path.rmdir()
def one():
    if not path.exists():
        path.mkdir()
two = one
",
        "",
    ),
    (
        "a file is written when an exception leaves its `with` block",
        "
import os
path = os.path.join(os.path.dirname(__file__), 'data')
with open(path, 'w') as file: file.write('0')
written = False
got = []
def one():
    global written
    try:
        with open(path, 'r+') as file:
            file.write('1')
            written = True
            raise ValueError
    except ValueError:
        pass
def two():
    with open(path) as file:
        got.append(written and file.read() == '0')
",
        "assert got == [False]",
    ),
    (
        "the environment",
        "
import os
got = []
def one():
    os.environ['COLOUR'] = 'red'
def two():
    got.append(os.getenv('COLOUR'))
",
        "assert got == ['red']",
    ),
];

#[test]
fn each_operation_that_another_thread_can_notice_is_a_step() {
    let mut wrong = Vec::new();
    for (name, program, asserted) in FAILING {
        let source = format!("import threading\n{program}{FRAME}{asserted}\n");
        for strategy in ["mix", "dpor"] {
            let strategy = format!("--strategy={strategy}");
            let (report, run) = explore_text(&source, &[&strategy, "--schedules=400"]);
            if report["failed"] == 0 || report["failed"] == report["schedules"] {
                let (failed, all) = (&report["failed"], &report["schedules"]);
                wrong.push(format!("{name}, {strategy}: {failed} of {all} failed"));
            }
            if run.status.code() == Some(2) {
                wrong.push(format!("{name}, {strategy}: {run}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_signal_that_a_thread_sends_reaches_the_main_thread_while_it_waits() {
    let to_main = "signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)";
    for send in [
        "signal.raise_signal(signal.SIGUSR1)",
        "os.kill(os.getpid(), signal.SIGUSR1)",
        to_main,
    ] {
        let source = format!(
            "
import os, signal, threading
handled = threading.Event()
got = []
def handler(number, frame):
    got.append(number)
    handled.set()
signal.signal(signal.SIGUSR1, handler)
def one():
    {send}
    handled.wait()
def two(): print(len(got))
{FRAME}"
        );
        let (report, run) = explore_text(&source, &["--strategy=dpor"]);
        assert_eq!(report["failed"], 0, "{send}: {run}");
        assert_eq!(outcomes(&report).len(), 2, "{send}: {run}");
    }
}

#[test]
fn a_generator_that_runs_cannot_be_resumed() {
    let source = "
import threading
def ids():
    number = 0
    while True:
        number += 1
        yield number
numbers = ids()
got = [None, None]
def take(place):
    try:
        got[place] = next(numbers)
    except ValueError as error:
        got[place] = str(error)
one = threading.Thread(target=take, args=(0,))
two = threading.Thread(target=take, args=(1,))
one.start(); two.start(); one.join(); two.join()
print(sorted(got, key=str))
";
    let expected = [r"[1, 'generator already executing']\n", r"[1, 2]\n"];
    for strategy in ["mix", "dpor", "dfs"] {
        let strategy = format!("--strategy={strategy}");
        let (report, _) = explore_text(source, &[&strategy, "--schedules=1000"]);
        let found = outcomes(&report);
        assert_eq!(found.len(), expected.len(), "{strategy}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{strategy}: {found} {expected}");
        }
    }
}

/// Programs that do something which no step says, in two threads: what is told of it, and the
/// functions `one` and `two`.
const NOT_SEEN: &[(&str, &str)] = &[
    (
        "between two steps of its own",
        "
seen = {'n': 0}
numbers = [2, 1]
def key(number):
    seen['n'] += 1
    raise ValueError
def one():
    try: numbers.sort(key=key)
    except ValueError: pass
def two(): numbers.append(seen['n'])
",
    ),
    (
        "a function, not the program's own",
        "
box = []
def one():
    inner = threading.Thread(target=box.append, args=(1,))
    inner.start()
    inner.join()
def two(): len(box)
",
    ),
    (
        "set as an attribute of its module",
        "
import sys
number = 0
def one(): sys.modules[__name__].number = 1
def two(): return number
",
    ),
    (
        "which modules `sys.modules` has",
        "
import sys
def one(): sys.modules['made'] = None
def two(): sys.modules.pop('made', None)
",
    ),
    (
        "which stream `print` writes to",
        "
import contextlib, io
def one():
    with contextlib.redirect_stdout(io.StringIO()): pass
def two(): print('x')
",
    ),
    (
        "a method that is replaced",
        "
class Service:
    def run(self): return 1
def one(): setattr(Service, 'run', lambda self: 2)
def two(): Service().run()
",
    ),
    (
        "by a special attribute",
        "
def rate(n=1): return n
def one(): rate.__defaults__ = (2,)
def two(): rate()
",
    ),
    (
        "a weak reference",
        "
import weakref
class Thing: pass
keep = [Thing()]
ref = weakref.ref(keep[0])
def one(): keep.clear()
def two(): ref()
",
    ),
    (
        "with `__del__` last",
        "
class Thing:
    def __del__(self): pass
keep = [Thing()]
def one(): keep.clear()
def two(): len(keep)
",
    ),
    (
        "which threads are alive",
        "
def one(): threading.active_count()
def two(): pass
",
    ),
    (
        "keeps in attributes of its own",
        "
cond = threading.Condition()
def one():
    with cond: cond.wait(1)
def two(): len(cond._waiters)
",
    ),
    (
        "shares without showing it",
        "
import io
raw = io.BytesIO(b'abc')
pair = io.BufferedRWPair(raw, io.BytesIO(), 1)
def one():
    try: pair.read(1)
    except ValueError: pass
def two(): raw.close()
",
    ),
    (
        "reads of the items",
        "
import operator
class Row: n = 0
rows = [Row()]
def one(): list(map(operator.attrgetter('n'), rows))
def two(): rows[0].n = 1
",
    ),
    (
        "objects deep inside",
        "
import copy
rows = []
for _ in range(80): rows = [rows]
def one(): copy.copy(rows)
def two(): len(rows)
",
    ),
    (
        "waits in `yield from`",
        "
def inner():
    yield 1
def outer():
    yield from inner()
over = outer()
def one(): list(over)
def two():
    try: next(over, None)
    except ValueError: pass
",
    ),
    (
        "or `pyt.atomic()`, does",
        "
import pyt
box = []
def one():
    with pyt.atomic(): box.append(1)
def two(): len(box)
",
    ),
    (
        "files that an earlier run has left",
        "
import os
path = os.path.join(os.path.dirname(__file__), 'log')
def one():
    with open(path, 'a') as file: file.write('x')
two = one
",
    ),
    (
        "other orders of what threads do beside `os._exit`",
        "
import os, tempfile
box = []
def one(): box.append(1)
def two():
    if not box: os._exit(0)
",
    ),
    (
        "what an operation touches since another thread has changed that",
        "
from collections import defaultdict
table = defaultdict(list, x=[])
def one(): table['x']
def two(): del table['x']
",
    ),
];

#[test]
fn what_is_not_seen_is_said_and_voids_the_proof() {
    let mut wrong = Vec::new();
    for (told, program) in NOT_SEEN {
        let source = format!("import threading\n{program}{FRAME}");
        for strategy in ["dpor", "dfs"] {
            let strategy = format!("--strategy={strategy}");
            let (report, run) = explore_text(&source, &[&strategy, "--schedules=60"]);
            let reasons = report["not_seen"].to_string();
            if report["failed"] != 0 || report["proven"] != false || !reasons.contains(told) {
                wrong.push(format!("{told}: {strategy}: {reasons}: {run}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_order_of_the_tasks_of_an_event_loop_is_not_seen() {
    let source = "
import asyncio
async def step(order, name):
    await asyncio.sleep(0)
    order.append(name)
async def main():
    order = []
    await asyncio.gather(step(order, 'a'), step(order, 'b'))
    assert order == ['a', 'b']
asyncio.run(main())
";
    for strategy in ["--strategy=dpor", "--strategy=dfs"] {
        let (report, run) = explore_text(source, &[strategy, "--schedules=3000"]);
        assert_eq!(report["failed"], 0, "{run}");
        assert_eq!(report["proven"], false, "{run}");
        assert!(
            report["not_seen"].to_string().contains("event loop"),
            "{run}"
        );
    }
}

/// Programs with code that native code calls: a name, and the functions `one` and `two`.
const CALLED_BACK: &[(&str, &str)] = &[
    (
        "a key function that reads what changes",
        "
weights = {'a': 1, 'b': 2}
names = ['a', 'b']
def one(): names.sort(key=lambda name: weights[name])
def two():
    weights['a'] = 3
    got.append(len(names))
",
    ),
    (
        "max with a key",
        "
weights = {'a': 1, 'b': 2}
def one(): got.append(max(weights, key=lambda name: weights[name]))
def two(): weights['a'] = 3
",
    ),
    (
        "map, filter and reduce",
        "
import functools
weights = {'n': 1}
items = [1, 2]
def one(): got.append(functools.reduce(lambda sum, one: sum + weights['n'], filter(None, items), 0))
def two():
    weights['n'] = 5
    items.append(3)
",
    ),
    (
        "__eq__ of the items of a list",
        "
class Key:
    looks = 0
    def __eq__(self, other):
        Key.looks += 1
        return False
keys = [Key()]
def one(): got.append(1 in keys)
def two(): keys.append(Key.looks)
",
    ),
    (
        "__hash__ and __eq__ of the keys of a dictionary",
        "
class Key:
    looks = 0
    def __hash__(self):
        Key.looks += 1
        return 1
    def __eq__(self, other): return isinstance(other, Key)
table = {Key(): 1}
def one(): got.append(table.get(Key()))
def two(): got.append(Key.looks)
",
    ),
    (
        "a cache of functools",
        "
import functools
calls = []
@functools.cache
def slow(n):
    calls.append(n)
    return len(calls)
def one(): got.append(slow(1))
two = one
",
    ),
    (
        "a map whose function makes no access",
        "
lazy = map(lambda item: item + 1, iter([3, 1, 2]))
def one(): got.append(next(lazy, None))
def two(): got.append(list(lazy))
",
    ),
    (
        "a filter whose function makes no access",
        "
lazy = filter(lambda item: item > 1, iter([3, 1, 2]))
def one(): got.append(next(lazy, None))
def two(): got.append(sum(lazy))
",
    ),
    (
        "a sort whose key makes no access",
        "
items = [2, 1]
def one(): items.sort(key=lambda item: -item)
def two(): got.append(len(items))
",
    ),
    (
        "a comparison that makes no access",
        "
class Same:
    def __eq__(self, other): return False
items = [Same(), Same(), 3]
def one(): got.append(items.count(3))
def two(): items.insert(0, 3)
",
    ),
    (
        "a key whose hash makes no access",
        "
class Key:
    def __hash__(self): return 1
    def __eq__(self, other): return True
table = {Key(): 1}
def one(): got.append(table.pop(Key(), None))
def two(): got.append(table.setdefault(Key(), 2))
",
    ),
    (
        "a length that makes no access",
        "
class Sized:
    def __len__(self): return 3
    def __bool__(self): return True
items = [Sized(), Sized()]
def one(): got.append(sum(map(len, items)))
def two(): got.append(all(items)); items.append(Sized())
",
    ),
    (
        "a stream that print writes into",
        "
import io
text = io.StringIO()
def one(): text.write('x'); got.append(text.getvalue())
def two(): print('p', file=text)
",
    ),
    (
        "a list that a generator fills",
        "
more = [1, 2]
items = []
def one(): items.extend(one for one in more)
def two(): got.append(len(items)); more.append(3)
",
    ),
];

#[test]
fn what_native_code_calls_is_steps_and_dpor_finds_what_dfs_finds() {
    let mut wrong = Vec::new();
    for (name, program) in CALLED_BACK {
        let source = format!("import threading\ngot = []\n{program}{FRAME}print(got)\n");
        let (dpor, run) = explore_text(&source, &["--strategy=dpor", "--schedules=2000"]);
        if dpor["proven"] != true {
            wrong.push(format!("{name}: no proof: {run}"));
            continue;
        }
        let proven = outcomes(&dpor);
        for arguments in [
            ["--strategy=dfs", "--schedules=1000", "--time=20"],
            ["--strategy=random", "--schedules=500", "--time=20"],
        ] {
            let (other, _) = explore_text(&source, &arguments);
            let found = outcomes(&other);
            for outcome in found.iter().filter(|one| !proven.contains(one)) {
                wrong.push(format!("{name}: {}: {outcome}", arguments[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
