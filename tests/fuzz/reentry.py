"""Native methods of one object, called while another native method of the same object runs.

What a method calls back (`__eq__`, `__hash__`, `__index__`, `__next__`, keys, callbacks, destructors) calls
methods of the object again. It must be allowed or raise: a lock that is taken twice would never return. `__buffer__`
is left out, since it is known not to return for `bytearray` (docs/isolation.md).
"""
import faulthandler
import random
import sys

# They wait for something, or take time that grows with their arguments.
# `shutdown` of a queue asks for the truth of its argument while it holds the queue's lock, as CPython's does.
LEFT_OUT = {"shutdown", "__class__", "__init_subclass__", "__subclasses__", "__subclasshook__", "__new__", "__pow__",
            "__rpow__", "__dir__", "wait", "acquire", "acquire_lock", "get", "put", "join", "__enter__", "fileno", "isatty",
            "__reduce__", "__reduce_ex__",
            # Loops of `random`, which is written in Python: some arguments never end them.
            "_randbelow", "_randbelow_with_getrandbits", "_randbelow_without_getrandbits", "binomialvariate", "gauss",
            "choice", "choices", "sample", "shuffle", "randrange", "randint", "gammavariate", "vonmisesvariate",
            "betavariate"}


class Again:
    """Answers each question after it has called a method of the object."""

    def __init__(self, r, state):
        self.r, self.state = r, state

    def again(self):
        state = self.state
        state["turns"] = state.get("turns", 0) + 1
        if state["turns"] > 400:
            raise RuntimeError("enough")
        if state["depth"] > 2 or state["calls"] > 40:
            return
        state["depth"] += 1
        state["calls"] += 1
        try:
            call(self.r, state, state["object"])
        finally:
            state["depth"] -= 1

    def __eq__(self, other):
        self.again()
        return self.r.choice([True, False, NotImplemented])

    def __lt__(self, other):
        self.again()
        return self.r.choice([True, False])

    def __hash__(self):
        self.again()
        return self.r.randrange(3)

    def __index__(self):
        self.again()
        return self.r.choice([0, 1, -1, 3])

    __int__ = __index__

    def __float__(self):
        self.again()
        return 1.5

    def __len__(self):
        self.again()
        return self.r.choice([0, 1, 3])

    def __bool__(self):
        self.again()
        return self.r.choice([True, False])

    def __iter__(self):
        self.again()
        return self

    def __next__(self):
        self.again()
        if self.r.random() < 0.4:
            raise StopIteration
        return self.r.choice([1, b"a", "a", (1, 2), self])

    def __getitem__(self, key):
        self.again()
        if self.r.random() < 0.4:
            raise IndexError
        return 1

    def keys(self):
        self.again()
        return ["a", "b"]

    def __call__(self, *args, **keywords):
        self.again()
        return self.r.choice([0, 1, b"", b"ab", "", "ab", None, args[0] if args else 1])

    def __str__(self):
        self.again()
        return "text"

    __repr__ = __str__

    def __bytes__(self):
        self.again()
        return b"bytes"

    def __format__(self, spec):
        self.again()
        return "formatted"

    def __add__(self, other):
        self.again()
        return other

    __radd__ = __or__ = __ror__ = __add__

    def __del__(self):
        self.again()

    # As a file, a codec, a factory.
    def read(self, size=-1):
        self.again()
        return self.r.choice([b"", b"ab\ncd"])

    def readinto(self, buffer):
        self.again()
        return self.r.choice([0, 1])

    def write(self, data):
        self.again()
        return self.r.choice([1, 2, None])

    def readable(self):
        return True

    writable = seekable = readable
    closed = False

    def flush(self):
        self.again()

    close = flush

    def seek(self, *args):
        self.again()
        return 0

    tell = truncate = seek

    def readline(self, size=-1):
        self.again()
        return self.r.choice(["", "a,b\n"])

    def decode(self, data, final=False):
        self.again()
        return "d"

    encode = reset = getstate = decode


def makers():
    """Functions that make an object of what calls it back."""
    import array
    import collections
    import contextvars
    import csv
    import functools
    import hashlib
    import io
    import itertools
    import json
    import operator
    import pickle
    import queue
    import random as random_module
    import re
    import struct
    import threading
    import types
    import weakref
    import xml.etree.ElementTree as ET
    import xml.parsers.expat as expat
    import zlib

    def parser(a):
        made = expat.ParserCreate()
        for name in ("StartElementHandler", "EndElementHandler", "CharacterDataHandler", "CommentHandler"):
            setattr(made, name, lambda *args: a.again())
        return made

    def linked(a):
        kept = weakref.WeakValueDictionary()
        kept[1] = a
        return kept

    def element(a):
        made = ET.Element("a", {"b": "c"})
        made.append(ET.Element("d"))
        made.text = a
        return made

    def generator(a):
        def run():
            while True:
                a.again()
                yield 1
        return run()

    def context(a):
        variable = contextvars.ContextVar("v")
        made = contextvars.copy_context()
        made.run(variable.set, a)
        return made

    class Heap(list):
        pass

    class Mapping(dict):
        def __missing__(self, key):
            return key

    class Subset(set):
        pass

    return [
        lambda a: [a, 1, a], lambda a: Heap([a, 2]), lambda a: {1: a, "a": 2}, lambda a: Mapping(b=a),
        lambda a: {1, 2}, lambda a: Subset([1]), lambda a: bytearray(b"abc" * 5),
        lambda a: array.array("i", [1, 2, 3]), lambda a: array.array("d", [1]), lambda a: array.array("w", "ab"),
        lambda a: collections.deque([a, 1], 5), lambda a: collections.OrderedDict(a=a),
        lambda a: collections.defaultdict(a, b=1), lambda a: collections.Counter("aab"),
        lambda a: io.BytesIO(b"abc\ndef"), lambda a: io.StringIO("abc\ndef"), lambda a: io.BufferedReader(a),
        lambda a: io.BufferedWriter(a), lambda a: io.BufferedRandom(a), lambda a: io.BufferedRWPair(a, a),
        lambda a: io.TextIOWrapper(io.BufferedReader(a)), lambda a: io.TextIOWrapper(a),
        lambda a: io.IncrementalNewlineDecoder(a, True),
        lambda a: iter([a, a, a]), lambda a: map(a, [1, 2, 3]), lambda a: filter(a, [1, 2, 3]), lambda a: zip(a, a),
        lambda a: enumerate(a), lambda a: reversed([1, a]), lambda a: iter(a, 1), lambda a: iter({1: a}),
        lambda a: itertools.chain(a, a), lambda a: itertools.groupby([1, a, a], a), lambda a: itertools.tee(a)[0],
        lambda a: itertools.accumulate(a, a), lambda a: itertools.islice(a, 3),
        lambda a: itertools.starmap(a, [(1,), (2,)]), lambda a: itertools.zip_longest(a, [1], fillvalue=a),
        lambda a: itertools.batched(a, 2), lambda a: itertools.pairwise(a), lambda a: itertools.compress(a, a),
        lambda a: itertools.takewhile(a, [1, 2]), lambda a: itertools.dropwhile(a, [1, 2]),
        lambda a: itertools.filterfalse(a, [1, 2]), lambda a: itertools.product([a], [1]),
        lambda a: functools.partial(a, 1), lambda a: functools.lru_cache(3)(a), lambda a: functools.cmp_to_key(a),
        lambda a: functools.cached_property(a), lambda a: functools.singledispatch(lambda *x: a.again()),
        lambda a: operator.itemgetter(a), lambda a: operator.methodcaller("again"),
        lambda a: memoryview(bytearray(b"abcd")), lambda a: types.MappingProxyType({1: a}),
        lambda a: types.SimpleNamespace(x=a), lambda a: weakref.ref(a, lambda _: a.again()), lambda a: weakref.proxy(a),
        linked, lambda a: weakref.WeakSet([a]), lambda a: weakref.WeakKeyDictionary(),
        generator, context, lambda a: contextvars.ContextVar("w", default=a),
        lambda a: csv.reader(a), lambda a: csv.writer(a), lambda a: csv.DictReader(a),
        lambda a: json.JSONEncoder(default=a), lambda a: json.JSONDecoder(object_hook=a),
        lambda a: pickle.Pickler(a), lambda a: pickle.Unpickler(a), lambda a: struct.Struct("iii"),
        lambda a: re.compile("(a|b)*").scanner("abab"), lambda a: re.compile("(a)(b)?").match("ab"),
        lambda a: random_module.Random(1), lambda a: hashlib.sha256(b"a"), lambda a: hashlib.blake2b(b"a"),
        lambda a: zlib.compressobj(), lambda a: zlib.decompressobj(), parser, element,
        lambda a: ET.XMLParser(target=a), lambda a: ET.TreeBuilder(a),
        lambda a: queue.SimpleQueue(), lambda a: queue.PriorityQueue(3), lambda a: threading.local(),
        lambda a: threading.RLock(), lambda a: threading.Semaphore(2),
        lambda a: property(a, a, a), lambda a: staticmethod(a), lambda a: classmethod(a), lambda a: slice(a, a, a),
        lambda a: range(5), lambda a: type("K", (), {"x": a, "__set_name__": a}), lambda a: super(Again, a),
        lambda a: ValueError(a, a), lambda a: ExceptionGroup("g", [ValueError(a)]), lambda a: a.again,
        lambda a: (a, a), lambda a: frozenset([1]), lambda a: types.GenericAlias(list, (a,)), lambda a: int | None,
    ]


def call(r, state, target):
    """Calls a method of the object with what calls it back, and some operators."""
    import operator
    a = state["again"]
    plain = [a, a, a, 1, 0, -1, "a", b"a", [a], (a, 1), {1: a}, slice(0, 2), None]
    try:
        if r.random() < 0.3:
            act = r.choice([
                lambda: target[r.choice(plain)], lambda: operator.setitem(target, r.choice(plain), r.choice(plain)),
                lambda: operator.delitem(target, r.choice(plain)), lambda: a in target, lambda: target == [a],
                lambda: target + [a], lambda: target * a, lambda: operator.iadd(target, r.choice(plain)),
                lambda: operator.ior(target, r.choice(plain)), lambda: len(target), lambda: repr(target),
                lambda: next(target), lambda: list(target), lambda: sorted(target, key=a), lambda: target(a, a),
                lambda: target(), lambda: hash(target), lambda: bytes(target), lambda: target < [a],
                lambda: max(target, key=a), lambda: sum(target, a), lambda: target.__init__(a),
                lambda: target.__init__(), lambda: setattr(target, "x", a), lambda: delattr(target, "x"),
                lambda: memoryview(target), lambda: target.__setstate__(a), lambda: "%s %r" % (target, a),
                lambda: isinstance(a, target), lambda: dict(target), lambda: (lambda *x, **k: 0)(*target),
            ])
            act()
            return
        name = r.choice(state["names"])
        getattr(target, name)(*[r.choice(plain) for _ in range(r.choice([0, 1, 1, 2, 2, 3]))])
    except Exception:
        pass


def run(r, count):
    made = makers()
    for _ in range(count):
        state = {"depth": 0, "calls": 0, "object": None}
        a = state["again"] = Again(r, state)
        maker = r.choice(made)
        try:
            target = maker(a)
            state["names"] = [name for name in dir(target) if name not in LEFT_OUT and callable(getattr(target, name))]
        except Exception:
            continue
        if not state["names"]:
            continue
        state["object"] = target
        for _ in range(12):
            state["calls"] = state["turns"] = 0
            call(r, state, target)
        # Its destructor calls nothing any more.
        state["calls"] = 99
        state.clear()
        state.update(depth=9, calls=99)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        faulthandler.dump_traceback_later(float(sys.argv[3]), exit=True)
    sys.setrecursionlimit(400)
    run(random.Random(int(sys.argv[1])), int(sys.argv[2]))
