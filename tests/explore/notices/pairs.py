"""Pairs of operations of which one must notice the other, and a program for each pair.

Each kind of object has operations that change it and operations that observe it. A pair is kept if
the observation has another result after the change than before it: both orders are run here, in one
thread. Each pair is one line of JSON: `name`, `source` (two threads, one operation each; it prints
the observation), `before` and `after` (what the two orders print).

Usage: pairs.py [FIRST OF]: every OFth pair of each kind, from number FIRST on.
"""

import json
import sys
import textwrap

SEQUENCE = """
    len(x)|x[0]|x[-1]|x[1:]|2 in x|9 in x|list(x)|tuple(x)|[*x]|[n for n in x]|list(n for n in x)
    {n: 0 for n in x}|sum(x)|max(x)|min(x)|sorted(x)|list(reversed(x))|list(enumerate(x))|list(zip(x, 'abc'))
    list(map(str, x))|list(filter(None, x))|any(n > 3 for n in x)|all(n < 4 for n in x)|bool(x)|first(*x)
    list(iter(x))|next(iter(x), None)|{*x}|dict.fromkeys(x)|list(itertools.chain(x, x))|list(itertools.islice(x, 2))
    functools.reduce(max, x)|collections.deque(x)|collections.Counter(x)|copy.copy(x)|copy.deepcopy(x)
    max(x, key=lambda n: -n)|sorted(x, key=lambda n: -n)|heapq.nsmallest(2, x)|statistics.mean(x)
    list(itertools.accumulate(x))|list(itertools.pairwise(x))|bytes(x)|str(x)|operator.length_hint(x)
"""

KINDS = {
    "list": (
        "x = [3, 1, 2]",
        SEQUENCE
        + """
        x == [3, 1, 2]|x < [3, 2]|x != []|x + [0]|x * 2|x.copy()|x.count(9)|x.index(2)|repr(x)|f'{x}'|'%s' % x
        '{}'.format(x)|','.join(map(str, x))|json.dumps(x)|pickle.dumps(x)|pprint.pformat(x)|x[::2]|x[::-1]
        operator.itemgetter(0)(x)|bisect.bisect(x, 2)|(lambda a, *b: b)(*x)|isinstance(x[0], int)
        [x.pop(0), len(x)]|(x.sort(), x[0])|x.append(0) or len(x)|x.__len__()|x.__getitem__(0)|list.__len__(x)
        list(zip(*[x, x]))|struct.pack('%di' % len(x), *x)|random.Random(1).choice(x)|array.array('i', x)
        """,
        """
        x.append(9)|x.pop()|x.clear()|x[0] = 9|x.extend([9, 8])|x.insert(0, 9)|x.remove(3)|x.reverse()|x.sort()
        del x[0]|x.__iadd__([9])|x.__imul__(2)|x[:] = [9]|x[1:2] = [7, 7]|del x[:]|list.append(x, 9)
        heapq.heapify(x)|heapq.heappush(x, 0)|bisect.insort(x, 0)|random.Random(1).shuffle(x)|x.__setitem__(0, 9)
        operator.setitem(x, 0, 9)|setattr_all(x)
        """,
    ),
    "dict": (
        "x = {'a': 1, 'b': 2}",
        """
        len(x)|x['a']|x.get('a')|x.get('c', 0)|'a' in x|'c' in x|list(x)|list(x.keys())|list(x.values())|list(x.items())
        [k for k in x]|{k: v for k, v in x.items()}|sorted(x)|max(x, key=x.get)|dict(x)|{**x}|x == {'a': 1, 'b': 2}
        x | {'z': 0}|x.copy()|repr(x)|json.dumps(x)|pickle.dumps(x)|copy.deepcopy(x)|pprint.pformat(x)|keywords(**x)
        list(reversed(x))|next(iter(x), None)|bool(x)|x.setdefault('c', 0)|x.pop('a', None)|x.popitem()
        '%(a)s' % x|'{a}'.format(**x)|'{a}'.format_map(x)|sum(x.values())|list(zip(x, x.values()))|x.keys() & {'a', 'c'}
        operator.itemgetter('a')(x)|string.Template('$a').safe_substitute(x)|collections.ChainMap({}, x).get('a')
        list(map(x.get, 'abc'))|types.MappingProxyType(x)['a']|matches(x)|('c', 3) in x.items()|3 in x.values()
        """,
        """
        x['a'] = 9|x['c'] = 3|del x['a']|x.clear()|x.pop('a')|x.popitem()|x.update(a=9)|x.update({'c': 3})
        x.setdefault('c', 3)|x.__ior__({'a': 9})|x.__setitem__('a', 9)|operator.setitem(x, 'c', 3)|dict.update(x, a=9)
        x.update([('c', 3)])
        """,
    ),
    "set": (
        "x = {1, 2, 3}",
        """
        len(x)|2 in x|9 in x|sorted(x)|list(x)|x == {1, 2, 3}|x < {1, 2, 3, 4}|x & {2, 9}|x | {0}|x - {1}|x ^ {1}
        x.issubset({1, 2, 3})|x.isdisjoint({9})|x.copy()|frozenset(x)|bool(x)|sum(x)|max(x)|repr(x)|[n for n in x]
        copy.deepcopy(x)|pickle.dumps(x)|x.union([0])|{1}.issubset(x)|x.intersection([1, 9])|x.pop()|[*x]
        """,
        """
        x.add(9)|x.remove(1)|x.discard(2)|x.clear()|x.pop()|x.update([9])|x.__ior__({9})|x.__isub__({1})
        x.difference_update([1])|x.intersection_update([1])|x.symmetric_difference_update([1])|set.add(x, 9)
        """,
    ),
    "deque": (
        "x = collections.deque([3, 1, 2])",
        SEQUENCE + "x.count(9)|x.index(2)|x == collections.deque([3, 1, 2])|repr(x)|x.copy()|x.maxlen|x.pop()|x.popleft()",
        """
        x.append(9)|x.appendleft(9)|x.pop()|x.popleft()|x.clear()|x.extend([9])|x.extendleft([9])|x.rotate(1)
        x.remove(3)|x.insert(0, 9)|x.reverse()|x[0] = 9|del x[0]|x.__iadd__([9])
        """,
    ),
    "bytearray": (
        "x = bytearray(b'abc')",
        """
        len(x)|x[0]|x[1:]|97 in x|b'z' in x|list(x)|bytes(x)|x == b'abc'|x + b'!'|x.decode()|x.find(b'c')|x.upper()
        x.startswith(b'a')|x.hex()|repr(x)|b''.join([x])|int.from_bytes(x, 'big')|memoryview(x)[0]|memoryview(x).tobytes()
        struct.unpack('3s', x[:3])|binascii.crc32(x)|hashlib.md5(x).hexdigest()|zlib.adler32(x)|re.search(b'[a-c]$', x) is None
        b'%b' % x|str(x, 'ascii')|x.split(b'b')|x.count(b'z')|io.BytesIO(x).read()|base64.b64encode(x)|bool(x)|x * 2
        """,
        """
        x.append(122)|x.pop()|x.clear()|x[0] = 122|x.extend(b'z')|x.insert(0, 122)|x.remove(97)|x.reverse()|del x[0]
        x.__iadd__(b'z')|x[:] = b'zzz'|struct.pack_into('B', x, 0, 122)|memoryview(x).__setitem__(0, 122)
        io.BytesIO(b'zzz').readinto(x)
        """,
    ),
    "array": (
        "x = array.array('i', [3, 1, 2])",
        SEQUENCE + "x.count(9)|x.index(2)|x == array.array('i', [3, 1, 2])|x.tobytes()|x.tolist()|memoryview(x)[0]|repr(x)",
        """
        x.append(9)|x.pop()|x[0] = 9|x.extend([9])|x.insert(0, 9)|x.remove(3)|x.reverse()|del x[0]|x.byteswap()
        x.frombytes(bytes(4))|x.fromlist([9])|memoryview(x).__setitem__(0, 9)
        """,
    ),
    "instance": (
        """
        class Box:
            def __init__(self): self.a, self.b = 1, 2
            def total(self): return self.a + self.b
            @property
            def double(self): return 2 * self.a
            def __len__(self): return self.a
            def __eq__(self, other): return self.a == other
            def __hash__(self): return self.a
            def __iter__(self): return iter((self.a, self.b))
            def __contains__(self, one): return one == self.a
            def __bool__(self): return self.a < 5
            def __call__(self): return self.a
            def __format__(self, spec): return str(self.a)
            def __index__(self): return self.a
            def __repr__(self): return f'Box({self.a})'
            def __lt__(self, other): return self.a < other
            def __getitem__(self, key): return (self.a, self.b)[key]
        x = Box()
        """,
        """
        x.a|getattr(x, 'a')|hasattr(x, 'c')|x.total()|x.double|len(x)|x == 1|1 == x|hash(x)|list(x)|1 in x|bool(x)|x()
        f'{x}'|'{}'.format(x)|range(x)|repr(x)|str(x)|'%r' % x|x < 5|x[0]|vars(x)|x.__dict__|dict(vars(x))|dir(x)[-1]
        operator.attrgetter('a')(x)|operator.methodcaller('total')(x)|copy.copy(x).a|copy.deepcopy(x).a|sorted([x, 4])[0] is x
        min(x, 4) is x|[9, 1].index(x)|x in [1]|{1: 'one'}.get(x)|[4, 1].count(x)|sum(x)|max(x)|bytes(x)|'ab' * x|[0, 1, 2, 3, 4, 5, 6, 7, 8, 9][x]
        list(map(Box.total, [x]))|getattr(x, 'c', 0)|x.__dict__.get('c')|(lambda a, b: b)(*x)|not x|x and 1|not_none(x)
        functools.reduce(lambda n, one: n + one.a, [x], 0)|isinstance(x.a, int)|object.__getattribute__(x, 'a')|inspect.getmembers(x)[-1]
        """,
        """
        x.a = 9|setattr(x, 'a', 9)|x.c = 3|del x.a|vars(x).update(a=9)|x.__dict__['a'] = 9|object.__setattr__(x, 'a', 9)
        x.__setattr__('a', 9)|vars(x).clear()|x.__dict__ = {'a': 9, 'b': 9}|x.__init__() or setattr(x, 'b', 7)|delattr(x, 'b')
        """,
    ),
    "slots": (
        """
        class Box:
            __slots__ = 'a', 'b'
            def __init__(self): self.a, self.b = 1, 2
            def total(self): return self.a + self.b
        x = Box()
        """,
        "x.a|getattr(x, 'a')|x.total()|hasattr(x, 'b')|Box.a.__get__(x)|operator.attrgetter('b')(x)|copy.copy(x).a",
        "x.a = 9|setattr(x, 'b', 9)|del x.b|Box.a.__set__(x, 9)|x.__init__() or setattr(x, 'a', 7)|object.__setattr__(x, 'a', 9)",
    ),
    "class": (
        """
        class Base:
            b = 2
            def show(self): return self.a, self.b
        class Box(Base):
            a = 1
            def one(self): return 1
            @classmethod
            def made(cls): return cls.a
            @staticmethod
            def plain(): return Box.a
        x = Box()
        """,
        """
        Box.a|x.a|x.b|x.show()|Box.made()|Box.plain()|getattr(Box, 'a')|hasattr(Box, 'c')|x.one()|super(Box, x).show()
        'c' in vars(Box)|Box.__dict__['a']|'c' in dir(Box)|operator.attrgetter('a')(x)|list(map(Box.one, [x]))|len(vars(Box))
        """,
        """
        Box.a = 9|Base.b = 9|setattr(Box, 'a', 9)|del Box.a|Box.c = 3|x.a = 9|Box.one = lambda self: 9|Base.show = lambda self: 9
        type.__setattr__(Box, 'a', 9)|Base.a = 7
        """,
    ),
    "global": (
        "x = 1\ny = [1]\ndef read(): return x\nclass Uses:\n    def get(self): return x",
        "x|read()|globals()['x']|vars(sys.modules[__name__])['x']|eval('x')|Uses().get()|'z' in globals()|f'{x}'|(lambda: x)()|[x for _ in '1']|sys.modules[__name__].x|getattr(sys.modules[__name__], 'x')",
        "globals()['x'] = 9|exec('global x; x = 9')|globals().update(x=9)|setattr(sys.modules[__name__], 'x', 9)|globals()['z'] = 0|(x := 9) and None|vars(sys.modules[__name__]).update(x=9)",
    ),
    "cell": (
        """
        def make():
            n = 1
            def get(): return n
            def put(to):
                nonlocal n
                n = to
            return get, put
        get, put = make()
        """,
        "get()|get.__closure__[0].cell_contents|list(map(lambda _: get(), '1'))|inspect.getclosurevars(get).nonlocals",
        "put(9)|setattr(get.__closure__[0], 'cell_contents', 9)|list(map(put, [7, 9]))",
    ),
    "iterator": (
        "y = [1, 2, 3]\nx = iter(y)",
        "next(x)|list(x)|sum(x)|2 in x|[*x]|max(x)|operator.length_hint(x)|copy.copy(x).__length_hint__()|list(zip(x, x))|tuple(x)|list(itertools.islice(x, 1))",
        "next(x)|y.append(9)|y.clear()|list(x)|x.__next__()|y.__setitem__(0, 9)",
    ),
    "generator": (
        "def f():\n    yield 1\n    yield 2\n    yield 3\nx = f()",
        "next(x)|list(x)|sum(x)|2 in x|[*x]|x.gi_frame is None|x.gi_suspended|x.send(None)|dict(zip(x, 'abc'))|tuple(x)|inspect.getgeneratorstate(x)",
        "next(x)|x.close()|x.send(None)|list(x)|x.throw(KeyError)|any(x)",
    ),
    "itertools": (
        "x = itertools.count()\ny = itertools.cycle('ab')\nz = zip('abcdef', range(9))\nr = reversed([1, 2, 3])\nm = map(str, range(5))",
        "next(x)|next(y)|next(z)|next(r)|next(m)|list(z)|list(m)|list(itertools.islice(x, 2))|list(zip(x, 'ab'))|repr(x)",
        "next(x)|next(y)|next(z)|next(r)|next(m)|list(itertools.islice(x, 2))|list(z)",
    ),
    "stream": (
        "x = io.StringIO('one\\ntwo\\n')\ny = io.BytesIO(b'one two')",
        """
        x.read()|x.readline()|x.tell()|x.getvalue()|list(x)|next(x)|x.closed|x.readlines()|x.write('z') and x.getvalue()
        y.read(3)|y.tell()|y.getvalue()|bytes(y.getbuffer())|list(y)|y.readinto(bytearray(2)) and y.tell()|y.closed
        json.load(y)|list(csv.reader(x))|print('z', file=x) or x.getvalue()
        """,
        """
        x.read()|x.write('z')|x.seek(3)|x.truncate(2)|x.close()|x.readline()|print('z', file=x)|next(x)|x.writelines('zz')
        y.write(b'z')|y.seek(2)|y.truncate(1)|y.close()|y.read(1)|y.getbuffer().__setitem__(0, 122)|csv.writer(x).writerow('z')
        json.dump([1], x)|pickle.dump(1, y)
        """,
    ),
    "primitives": (
        "x = threading.Event()\nl = threading.Lock()\ns = threading.Semaphore(2)\nq = queue.Queue()\nq.put(1)\nc = queue.SimpleQueue()\nc.put(1)\nlifo = queue.LifoQueue()\nlifo.put(1)\np = queue.PriorityQueue()\np.put(1)",
        """
        x.is_set()|x.wait(0)|l.locked()|l.acquire(False)|s.acquire(False)|q.qsize()|q.empty()|q.get_nowait()|c.qsize()|c.empty()
        c.get_nowait()|q.put_nowait(2) or q.qsize()|lifo.get_nowait()|p.get_nowait()|q.unfinished_tasks|lifo.qsize()|p.empty()|q.full()
        """,
        """
        x.set()|x.clear()|l.acquire(False)|s.acquire(False)|s.release()|q.put(2)|c.put(2)|q.task_done()|lifo.put(2)|p.put(0)
        lifo.get_nowait()|p.get_nowait()|q.get_nowait()|c.get_nowait()|q.shutdown()
        """,
    ),
    "mappings": (
        "x = collections.OrderedDict(a=1, b=2)\nd = collections.defaultdict(list, a=[1])\nc = collections.Counter('aab')\nm = collections.ChainMap({'a': 1}, {'b': 2})\nu = collections.UserDict(a=1)\nl = collections.UserList([1])\nv = {'a': 1}\nk = v.keys()\nn = types.SimpleNamespace(a=1)\nro = types.MappingProxyType(v)",
        """
        list(x)|x == {'a': 1, 'b': 2}|x.popitem()|repr(x)|next(reversed(x))|d['a']|'z' in d|len(d)|d['z']|c['a']|c.most_common(1)|c.total()|list(c.elements())
        m['a']|dict(m)|len(m)|list(m)|u['a']|dict(u)|len(u)|l[0]|len(l)|list(l)|sorted(l)|list(k)|len(k)|'z' in k|n.a|repr(n)|n == types.SimpleNamespace(a=1)|ro['a']|list(ro)|dict(ro)|vars(n)
        """,
        """
        x.move_to_end('a')|x['a'] = 9|x['z'] = 0|del x['a']|x.popitem(False)|x.clear()|d['z']|d['a'].append(2)|d['z'] = 0|del d['a']|c.update('b')|c.subtract('a')|c['a'] += 5|c.clear()
        m['a'] = 9|m.maps[1].update(b=9)|m.maps.append({'z': 0})|m['z'] = 0|u['a'] = 9|u.update(z=0)|l.append(9)|l[0] = 9|l.clear()|v['z'] = 0|v['a'] = 9|v.clear()|n.a = 9|n.z = 0|vars(n).update(a=9)
        """,
    ),
    "library": (
        """
        rng = random.Random(1)
        @functools.lru_cache
        def cached(n): calls.append(n); return n
        calls = []
        cached(1)
        class Lazy:
            @functools.cached_property
            def value(self): return len(calls)
        lazy = Lazy()
        @functools.singledispatch
        def shown(n): return 'any'
        stack = contextlib.ExitStack()
        error = ValueError('a')
        heap = [1, 3, 2]
        sched_ = sched.scheduler(lambda: 0, lambda n: None)
        part = functools.partial(int, '11')
        f = lambda n=1: n
        """,
        """
        rng.random()|rng.getstate()[1][-1]|rng.randint(0, 9)|cached.cache_info()|cached(1) and len(calls)|cached(2) and len(calls)|lazy.value|vars(lazy)
        shown(1)|error.args|str(error)|repr(error)|error.__notes__|heapq.heappop(heap)|heapq.nlargest(1, heap)|sched_.empty()|len(sched_.queue)|f()|f.__defaults__|f.tag|part()|part.keywords|len(calls)
        error.__context__ is None|error.__cause__|os.environ.get('NOTICED')|'NOTICED' in os.environ|os.getenv('NOTICED')|os.getcwd() == '/'|decimal.getcontext().prec|sys.getrecursionlimit()|warnings.filters[0][0]|locale.localeconv()['decimal_point']
        logging.getLogger('n').level|logging.getLogger('n').isEnabledFor(10)|logging.getLogger('n').handlers|sys.path[-1]|len(sys.path)|gc.isenabled()|signal.getsignal(signal.SIGUSR1) is None
        """,
        """
        rng.random()|rng.seed(2)|rng.shuffle(heap)|cached.cache_clear()|cached(2)|calls.append(7)|lazy.value|vars(lazy).update(value=9)|shown.register(int)(lambda n: 'int')|setattr(error, 'args', ('b',))
        error.add_note('n')|heapq.heappush(heap, 0)|heapq.heappop(heap)|sched_.enter(1, 1, print)|setattr(f, '__defaults__', (9,))|setattr(f, 'tag', 1)|part.keywords.update(base=2)
        error.with_traceback(None).__setattr__('__cause__', KeyError('c'))|os.environ.__setitem__('NOTICED', '1')|os.putenv('NOTICED', '1')|os.chdir('/')|sys.setrecursionlimit(5000)|warnings.simplefilter('error')
        logging.getLogger('n').setLevel(10)|logging.getLogger('n').addHandler(logging.NullHandler())|logging.disable(50)|sys.path.append('z')|gc.disable()|signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        """,
    ),
    "nested": (
        "x = [[1], {'a': [2]}, (3, [4])]\nt = ([1], 2)\n@dataclasses.dataclass\nclass P:\n    a: list\n    b: int = 0\np = P([1])\nN = collections.namedtuple('N', 'a b')\nn = N([1], 2)\nb = types.SimpleNamespace(p=p)",
        "repr(x)|str(t)|x == [[1], {'a': [2]}, (3, [4])]|t == ([1], 2)|json.dumps(x)|copy.deepcopy(x)|copy.deepcopy(t)|pickle.dumps(x)|pickle.dumps(p)|repr(p)|p == P([1])|dataclasses.asdict(p)|dataclasses.replace(p).b|repr(n)|n == N([1], 2)|n.a|n._asdict()|sum(x[0])|max(x[0])|[i for j in x[:1] for i in j]|f'{x}'|f'{p}'|pprint.pformat(x)|list(itertools.chain(*x[:1]))|list(itertools.chain.from_iterable(x[:1]))|dataclasses.astuple(p)|len(x[1]['a'])|matches_nested(x)|[1] in x|x.index([1])|x.count([1])|sorted([x[0], [0]])|t < ([2], 2)|b.p.b|repr(b)|operator.attrgetter('p.b')(b)|[1, 9] in t|max([x[0], [1, 5]])|hash((p.b, 1))",
        "x[0].append(9)|x[1]['a'].append(9)|x[2][1].clear()|x[1]['z'] = 0|t[0].append(9)|p.a.append(9)|p.b = 9|n.a.append(9)|del x[0][0]|b.p = P([9], 9)|x[0][0] = 9",
    ),
}

HELPERS = """
def first(*args): return args[:1]
def keywords(**given): return given
def setattr_all(x): x[:] = [n + 1 for n in x]
def not_none(x): return x is not None and bool(x)
def matches(x):
    match x:
        case {'a': 1, **rest}: return rest
        case {'a': n}: return n
        case _: return 'none'
def matches_nested(x):
    match x:
        case [[1], *_]: return 'one'
        case [[a, *b], *_]: return a, b
        case _: return 'none'
"""

MODULES = (
    "array base64 binascii bisect collections contextlib copy csv dataclasses decimal functools gc hashlib heapq inspect io "
    "itertools json locale logging operator os pickle pprint queue random re sched signal statistics string struct sys "
    "threading types warnings zlib"
).split()

RUN = """
def change():
    try:
        {change}
    except Exception: pass
def observe():
    try:
        seen = repr({observe})
    except Exception as error:
        seen = type(error).__name__
    got.append(seen)
got = []
"""

THREADS = """
import threading
threads = [threading.Thread(target=one) for one in (change, observe)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(got[0])
"""


def operations(text):
    """The operations of a list, which stand between `|` and line ends."""
    found = []
    rest = text.replace("\n", "|")
    for part in rest.split("|"):
        part = part.strip()
        # `a | b` was split: an operation whose brackets or operators are not complete goes on.
        if found and (part.startswith(("{'z'", "{0}")) or not part):
            if part:
                found[-1] += " | " + part
            continue
        if part:
            found.append(part)
    return found


def needed(*texts):
    """The modules that the texts name."""
    return [name for name in MODULES if any(name + "." in text for text in texts)]


def source_of(setup, change, observe):
    setup = textwrap.dedent(setup)
    helpers = [part for part in HELPERS.split("\ndef ") if part.split("(")[0].strip() in observe + change and part.strip()]
    imports = needed(setup, change, observe, *helpers)
    lines = ["import " + ", ".join(imports)] if imports else []
    lines += ["def " + part.strip() for part in helpers]
    lines += [setup.strip(), RUN.format(change=change, observe=observe).strip()]
    return "\n".join(lines) + "\n"


def result(source, order):
    """What the observation is, in one thread. The state of the process that it changes is put back."""
    import gc, logging, os, signal, sys, warnings

    folder, path, limit = os.getcwd(), sys.path[:], sys.getrecursionlimit()
    filters = warnings.filters[:]
    before = sys.modules["__main__"]
    module = type(sys)("__main__")
    sys.modules["__main__"] = module
    namespace = vars(module)
    try:
        exec(compile(source, "pair", "exec"), namespace)
        for function in order:
            namespace[function]()
        return namespace["got"][0]
    finally:
        sys.modules["__main__"] = before
        os.chdir(folder)
        os.environ.pop("NOTICED", None)
        sys.path[:] = path
        sys.setrecursionlimit(limit)
        warnings.filters[:] = filters
        warnings._filters_mutated_lock_held() if hasattr(warnings, "_filters_mutated_lock_held") else None
        logging.disable(0)
        logger = logging.getLogger("n")
        logger.setLevel(0)
        logger.handlers.clear()
        gc.enable()
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)


def pairs():
    for kind, (setup, observers, changers) in KINDS.items():
        for change in operations(changers):
            for observe in operations(observers):
                source = source_of(setup, change, observe)
                before = result(source, ["observe", "change"])
                after = result(source, ["change", "observe"])
                if before != after and " at 0x" not in before + after:
                    name = f"{kind}: {observe} beside {change}"
                    yield kind, {"name": name, "source": source + THREADS, "before": before, "after": after}


def main():
    first, of = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (0, 1)
    numbers = {}
    for kind, pair in pairs():
        number = numbers[kind] = numbers.get(kind, -1) + 1
        if number % of == first:
            print(json.dumps(pair))


main()
