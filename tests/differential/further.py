"""Writes small programs as `generate.py` does, of what that does not have: metaclasses, data classes,
enumerations, cooperative inheritance, context managers, coroutines, closures, formats, slices, views,
sorting, and the modules of the library that compute.
"""
import random

from generate import Program

IMPORTS = (
    "asyncio, base64, bisect, collections, contextlib, copy, dataclasses, datetime, decimal, enum, "
    "fractions, functools, heapq, inspect, itertools, json, math, operator, pickle, re, string, struct, "
    "textwrap, types, typing")


class Further(Program):
    def __init__(self, seed):
        super().__init__(seed)
        self.lines = [f"import {IMPORTS}", "out = print"]

    # Values.

    def number(self, low=-9, high=9):
        return str(self.random.randint(low, high))

    def big(self):
        bits = self.pick(3, 8, 31, 32, 33, 60, 63, 64, 65, 100, 200)
        return f"{self.pick('', '-')}{self.random.getrandbits(bits)}"

    def word(self):
        letters = self.pick("abc", "aAbB ", "xyz,; ", "äöüß", "日本語a", "0123456789", "a\\tb\\n", "é\\u0301", "%s{}")
        return "'" + "".join(self.random.choice(letters.replace("\\t", "\t").replace("\\n", "\n").replace("\\u0301", "\u0301"))
                             for _ in range(self.random.randint(0, 8))).encode("unicode_escape").decode().replace("'", "\\'") + "'"

    def numbers(self):
        return "[" + ", ".join(self.number() for _ in range(self.random.randint(0, 7))) + "]"

    def words(self):
        return "[" + ", ".join(self.word() for _ in range(self.random.randint(0, 5))) + "]"

    def index(self):
        return self.pick("", self.number(), self.number(), self.number(-3, 12), "None")

    def slice(self):
        step = self.pick("", "", ":2", ":-1", ":-2", ":3", ":0", ":" + self.number())
        return f"{self.index()}:{self.index()}{step}"

    def guarded(self, lines):
        self.lines += ["try:"] + ["    " + line for line in lines] + [
            "except BaseException as e: out(type(e).__name__, e)"]

    # Kinds.

    def hierarchy(self):
        """Classes that call `super()`, some of which have no order."""
        names = []
        for _ in range(self.random.randint(3, 7)):
            name = self.name("K")
            bases = self.random.sample(names, min(len(names), self.random.randint(0, 3)))
            self.guarded([
                f"class {name}({', '.join(bases)}):",
                f"    tag = {name!r}" if self.random.random() < 0.6 else "    pass",
                f"    def go(self, d=0): return [{name!r}] + (super().go(d + 1) if hasattr(super(), 'go') else [d])",
                f"    {self.pick('pass', 'def __init__(self, **k): self.k = sorted(k); super().__init__()', '__slots__ = ()', 'tag2 = property(lambda s: s.tag)')}"])
            names.append(name)
        for name in names[-3:]:
            self.show(f"[c.__name__ for c in {name}.__mro__]")
            self.show(f"{name}().go()")
            self.show(self.pick(f"{name}().tag", f"{name}(a=1).k", f"{name}.tag2", f"{name}().tag2", f"vars({name}())",
                                f"[s.__name__ for s in {name}.__subclasses__()]", f"issubclass({name}, {names[0]})",
                                f"super({names[0]}, {name}()).go()", f"{name}.__base__.__name__"))

    def metaclasses(self):
        m, c, d = self.name("M"), self.name("C"), self.name("C")
        options = self.random.sample([
            "def __new__(m, n, b, ns, **k): out('new', n, sorted(k)); return super().__new__(m, n, b, ns)",
            "def __init__(c, n, b, ns, **k): out('init', n, sorted(k)); super().__init__(n, b, ns)",
            "def __call__(c, *a, **k): out('call', a); return super().__call__(*a, **k)",
            "@classmethod\n    def __prepare__(m, n, b, **k): out('prepare', n, sorted(k)); return {'pre': 1}",
            "def __getattr__(c, n): return 'meta ' + n", "def __len__(c): return 7", "def __iter__(c): return iter('ab')",
            "def __contains__(c, x): return x == 1", "def __repr__(c): return 'class ' + c.__name__",
            "def __instancecheck__(c, o): return o == 1", "def __subclasscheck__(c, o): return True",
            "def __getitem__(c, i): return [5, 6][i]", "def __or__(c, o): return 'or'", "def __eq__(c, o): return True",
            "p = property(lambda c: 'p of ' + c.__name__)", "def __bool__(c): return False", "def mro(c): return [c, *super().mro()[1:]]"], 4)
        self.guarded([f"class {m}(type):"] + ["    " + line.strip() for option in options for line in option.split("\n")])
        keywords = self.pick("", "", ", x=1")
        self.guarded([f"class {c}(metaclass={m}{keywords}):", "    a = 1", "    def f(self): return __class__.__name__"])
        self.guarded([f"class {d}({c}{self.pick('', ', y=2')}): pass"])
        for expression in self.random.sample([
                f"{c}.nothing", f"len({d})", f"list({c})", f"1 in {c}", f"repr({d})", f"isinstance(1, {c})", f"issubclass(int, {d})", f"{c}[3]",
                f"{c} | int", f"{c} == 3", f"{d}.p", f"bool({c})", f"type({d}).__name__", f"{d}().f()", f"{c}(1)", f"{c}.pre", f"{c}().p",
                f"{c}.__class__ is {m}", f"hash({c}) == hash({c})", f"{m}('Z', (), {{}}).__name__", f"type.__call__({c}).a"], 7):
            self.show(expression)

    def dataclass(self):
        name = self.name("D")
        options = ", ".join(self.random.sample(["order=True", "frozen=True", "slots=True", "kw_only=True", "repr=False", "eq=False",
                                                 "unsafe_hash=True", "match_args=False", "weakref_slot=True"], self.random.randint(0, 3)))
        fields = self.random.sample(["a: int", "b: str = 'b'", "c: list = dataclasses.field(default_factory=list)",
                                     "d: int = dataclasses.field(default=3, repr=False)", "e: float = dataclasses.field(default=1.5, compare=False)",
                                     "f: typing.ClassVar[int] = 9", "g: dataclasses.InitVar[int] = 4", "h: int = dataclasses.field(init=False, default=8)",
                                     "i: int = dataclasses.field(kw_only=True, default=5)", "_: dataclasses.KW_ONLY"], self.random.randint(1, 5))
        self.guarded([f"@dataclasses.dataclass({options})", f"class {name}:"] + ["    " + field for field in fields] + [
            "    " + self.pick("pass", "def __post_init__(self, *a): out('post', a)", "def __lt__(self, o): return 'lt'")])
        for expression in self.random.sample([
                f"{name}()", f"{name}(1)", f"{name}(1, 'x')", f"{name}(a=1)", f"{name}(a=1) == {name}(a=1)", f"{name}(1) < {name}(2)",
                f"[f.name for f in dataclasses.fields({name})]", f"dataclasses.asdict({name}(1))", f"dataclasses.astuple({name}(1))",
                f"dataclasses.replace({name}(1), a=2)", f"setattr({name}(1), 'a', 5)", f"hash({name}(1)) is None",
                f"{name}.__match_args__", f"str(inspect.signature({name}))", f"{name}.__slots__", f"copy.copy({name}(1))",
                f"dataclasses.make_dataclass('Z', ['x', ('y', int, 2)])(1)", f"{name}.__doc__"], 6):
            self.show(expression)

    def enumeration(self):
        name = self.name("E")
        base = self.pick("enum.Enum", "enum.IntEnum", "enum.Flag", "enum.IntFlag", "enum.StrEnum", "str, enum.Enum")
        members = self.random.sample(["A = 1", "B = 2", "C = 4", "D = enum.auto()", "ALIAS = 1", "X = 'x'", "T = (1, 2)", "N = 8"],
                                     self.random.randint(1, 4))
        self.guarded([f"class {name}({base}):"] + ["    " + member for member in members] + [
            "    " + line.strip() for line in self.pick(
                "pass", "@property\ndef twice(self): return self.value * 2", "def __str__(self): return 'S' + self.name", "_ignore_ = ['zz']",
                "@classmethod\ndef _missing_(cls, v): return cls.A").split("\n")])
        for expression in self.random.sample([
                f"list({name})", f"{name}.A", f"{name}['A']", f"{name}(1)", f"{name}(99)", f"{name}.A.value", f"str({name}.A)", f"repr({name}.A)",
                f"{name}.A == 1", f"{name}.A < {name}.B", f"{name}.A | {name}.B", f"~{name}.A", f"{name}(3)", f"{name}.A in {name}", f"1 in {name}",
                f"{name}.__members__", f"format({name}.A, '>12')", f"f'{{{name}.A}}'", f"{name}.A.name", f"{name}.Q", f"len({name})",
                f"isinstance({name}.A, int)", f"{name}.A.real", f"pickle.loads(pickle.dumps({name}.A.value))", f"hash({name}.A) == hash({name}.A)",
                f"[m.name for m in reversed({name})]", f"{name}.A is {name}(1)", f"setattr({name}, 'A', 2)", f"{name}.A.twice", f"dir({name})[:2]"], 8):
            self.show(expression)

    def managers(self):
        f = self.name("m")
        self.lines += ["@contextlib.contextmanager", f"def {f}(n, swallow=False):", "    out('enter', n)",
                       f"    try: {self.pick('yield n', 'yield n; out(1)', 'pass')}", "    except Exception as e:", "        out('error', n, type(e).__name__)",
                       "        if not swallow: raise", "    finally: out('exit', n)"]
        body = self.pick("1 / 0", "raise KeyError('k')", "out('body')", "return 'returned'", "raise StopIteration", "[][0]", "raise SystemExit(3)")
        g = self.name("f")
        header = self.pick(f"with {f}(1), {f}(2, True) as x:", f"with {f}(1) as x, {f}(2):", f"with ({f}(1, True), {f}(2) as y,):",
                           f"with contextlib.suppress(KeyError, ZeroDivisionError), {f}(3):", f"with contextlib.ExitStack() as s, {f}(4, True):",
                           f"with contextlib.nullcontext(5) as x:", f"with contextlib.closing(iter('a')) as x:", "with 5:", f"with contextlib.redirect_stdout(None):")
        self.lines += [f"def {g}():", f"    {header}", f"        {body}", "    return 'end'"]
        self.show_any(f"{g}()")

    def show_any(self, expression):
        self.lines += ["try:", f"    out(repr(({expression})))", "except BaseException as e:", "    out(type(e).__name__, e)"]

    def coroutines(self):
        f, g = self.name("co"), self.name("ag")
        self.lines += [
            f"async def {f}(n, log):", "    log.append(('in', n))",
            f"    {self.pick('await asyncio.sleep(0)', 'pass', 'for _ in range(n): await asyncio.sleep(0)', 'await asyncio.sleep(0); await asyncio.sleep(0)')}",
            f"    if n == {self.number(0, 4)}: raise {self.pick('ValueError(n)', 'KeyError(n)', 'asyncio.CancelledError')}",
            "    log.append(('out', n)); return n * 2",
            f"async def {g}(n):", "    try:", "        for i in range(n):", "            x = yield i", "            if x: out('sent', x)",
            "    finally: out('closed')"]
        body = self.pick(
            [f"r = await asyncio.gather(*[{f}(i, log) for i in range(3)], return_exceptions={self.pick('True', 'False')})", "return r, log"],
            [f"ts = [asyncio.create_task({f}(i, log)) for i in range(3)]", "for _ in range(20): await asyncio.sleep(0)", "return [t.done() for t in ts], [t.exception() for t in ts if not t.cancelled()], log"],
            [f"r = [x async for x in {g}(3)]", "return r"],
            [f"a = {g}(3)", "r = [await anext(a), await a.asend('s')]", "await a.aclose()", "return r"],
            ["try:", f"    async with asyncio.TaskGroup() as t:", f"        a = t.create_task({f}(1, log)); b = t.create_task({f}(2, log))", "except* Exception as e: return repr(e), log", "return a.result(), b.result(), log"],
            ["try:", f"    async with asyncio.timeout(0.005): await asyncio.sleep(1)", "except TimeoutError as e: return 'timeout'"],
            [f"t = asyncio.create_task({f}(9, log))", "t.cancel()", "try: await t", "except asyncio.CancelledError: return 'cancelled', log", "return t.result(), log"],
            ["q = asyncio.Queue(1)", "async def put():", "    for i in range(3): await q.put(i)", "p = asyncio.create_task(put())", "r = [await q.get() for _ in range(3)]", "return r, q.qsize()"],
            [f"return await asyncio.wait_for({f}(0, log), 1)"], [f"c = {f}(5, log)", "try: c.send(None)", "except BaseException as e: return type(e).__name__, log", "finally: c.close()"])
        h = self.name("main")
        self.lines += [f"async def {h}():", "    log = []"] + ["    " + line for line in body]
        self.show_any(f"asyncio.run({h}())")

    def closures(self):
        f = self.name("f")
        self.lines += [
            "def deco(*names):", "    def inner(f):", "        @functools.wraps(f)", "        def call(*a, **k): return names, f(*a, **k)", "        return call",
            "    return inner",
            f"@deco({self.word()}, {self.number()})", f"def {f}(a, b={self.number()}, *c, d={self.number()}, **e):", f"    'doc'",
            f"    n = {self.pick('0', 'a', 'b')}", "    def bump(by=1):", f"        {self.pick('nonlocal n; n += by', 'nonlocal n; n = [n, by]', 'n = by', 'return n + by')}",
            "        return n", f"    {self.pick('bump()', 'bump(5)', '[bump(i) for i in range(3)]', 'del n', 'pass')}",
            f"    return {self.pick('n', 'a, b, c, d, sorted(e)', '(lambda: (n, a))()', '[f() for f in [lambda: i for i in range(3)]]', '[(lambda i=i: i)() for i in range(3)]', 'bump.__closure__[0].cell_contents')}"]
        for call in self.random.sample(["()", "(1)", "(1, 2, 3, 4)", "(1, d=9)", "(1, x=2)", "(*[1, 2], **{'d': 3})", "(b=2)", "(1, 2, b=3)", "(1, **{'a': 2})"], 3):
            self.show(f"{f}{call}")
        self.show(f"{f}.__name__, {f}.__doc__, str(inspect.signature({f})), {f}.__wrapped__.__code__.co_freevars")

    def formats(self):
        fill, align = self.pick("", "*", "0", "é"), self.pick("<", ">", "^", "=")
        spec = (self.pick("", fill + align, fill + align) + self.pick("", "+", "-", " ") + self.pick("", "z") + self.pick("", "#") + self.pick("", "0")
                + self.pick("", self.number(0, 20)) + self.pick("", ",", "_") + self.pick("", "." + self.number(0, 12))
                + self.pick("", "d", "f", "e", "g", "G", "%", "x", "X", "b", "o", "n", "s", "c", "E"))
        value = self.pick(self.big(), self.real(), self.word(), self.number(), "True", "1+2j", "decimal.Decimal('1.50')", "fractions.Fraction(7, 3)",
                          "datetime.date(2026, 2, 3)", "None", "[1]")
        self.show(f"format({value}, {spec!r})")
        self.show(f"'{{0:{{1}}}}|{{x!r:>6}}|{{y[k]}}|{{z.real}}'.format({value}, {spec!r}, x={self.word()}, y={{'k': 2}}, z={self.number()})")
        value = self.pick(self.big(), self.number(), "None", "True", "1.5")
        self.show(f"f\"{{{value}!{self.pick('r', 's', 'a')}:{self.pick('>9', '^12', '.3', '')}}}\"")
        flags = self.pick("", "-", "0", "+", " ", "#", "-0") + self.pick("", self.number(0, 14)) + self.pick("", "." + self.number(0, 9))
        kind = self.pick(*"diouxXeEfFgGcrsa%")
        self.show(f"'%{flags}{kind}' % ({value},)")
        self.show(f"'%(a){flags}{kind}' % {{'a': {self.pick(value, self.number())}}}")
        self.show(f"b'%{flags}{kind}' % ({self.pick(value, self.number(), 'b' + repr('ab'))},)")
        self.show(f"string.Template('$a ${{b}} $$ $c').{self.pick('substitute', 'safe_substitute')}(a=1, b={self.word()})")

    def slices(self):
        kind = self.pick("list", "tuple", "str", "bytes", "bytearray", "range", "memoryview", "deque")
        value = {"list": self.numbers(), "tuple": f"tuple({self.numbers()})", "str": self.word(), "bytes": "b'abcdefg'", "bytearray": "bytearray(b'abcdefg')",
                 "range": f"range({self.number()}, {self.number(0, 30)}, {self.pick('1', '2', '3', '-2')})", "memoryview": "memoryview(b'abcdefg')",
                 "deque": f"collections.deque({self.numbers()})"}[kind]
        for _ in range(3):
            self.show(f"({value})[{self.slice()}]" if kind != "memoryview" else f"bytes(({value})[{self.slice()}])")
        self.show(f"({value})[{self.number()}]")
        self.show(f"slice({self.index() or 'None'}, {self.index() or 'None'}, {self.pick('None', '2', '-1', '-3')}).indices({self.number(0, 12)})")
        self.lines += [f"a = list({self.numbers()})"]
        self.guarded([self.pick(f"a[{self.slice()}] = {self.numbers()}", f"del a[{self.slice()}]", f"a[{self.number()}] = 'x'", f"a[{self.slice()}] = 'xyz'",
                                f"a[{self.slice()}] += [7]", f"a *= {self.number(-1, 3)}", f"a.insert({self.number()}, 'i')", f"a[{self.slice()}] = 5",
                                f"a.pop({self.number()})", f"del a[{self.number()}]"), "out(a)"])
        self.guarded(["b = bytearray(b'abcdef')", self.pick(f"b[{self.slice()}] = b'XY'", f"del b[{self.slice()}]", f"b[{self.number()}] = {self.big()}", "b.extend([1, 2])",
                                                       f"b.insert({self.number()}, 65)", "b += b'z'", "b.remove(97)", "b.remove(1)", "b *= 2"), "out(b)"])

    def dictionaries(self):
        pairs = ", ".join(f"{self.pick(self.word(), self.number(), 'None', '(1, 2)', '1.0', 'True')}: {self.number()}" for _ in range(self.random.randint(0, 5)))
        self.lines += [f"d = {{{pairs}}}", "e = {'a': 1, 2: 3}"]
        for expression in self.random.sample([
                "list(d)", "d | e", "e | d", "d.setdefault('q', 5), d", "d.pop('a', 'none')", "d.pop(99)", "d.popitem()", "sorted(map(str, d.keys() & e.keys()))",
                "sorted(map(str, d.keys() | {'z'}))", "sorted(map(str, d.keys() ^ e))", "d.items() >= {('a', 1)}", "list(reversed(d))", "dict.fromkeys('ab', [])", "d == dict(reversed(d.items()))",
                "d.update(x=1, y=2), d", "d.update([(1, 2), (3,)])", "d.get([])", "{**d, **e, 'k': 0}", "dict(d, **{'z': 1})", "dict([(1, 2)], a=3)", "dict(**e)", "next(iter(d.values()))",
                "d.__ior__([(5, 6)])", "d.copy() is d", "d.clear(), d", "list(d.items())[:2]", "type(d.keys()).__name__, len(d.values())", "d.keys().isdisjoint(e)", "d.keys().mapping == d",
                "collections.OrderedDict(d) == d", "collections.OrderedDict(d).move_to_end('q')", "collections.Counter(d.values()) + collections.Counter('aa')",
                "collections.Counter('abca') - collections.Counter('ab')", "collections.Counter('abca') & collections.Counter('aab')", "collections.ChainMap(d, e).maps", "collections.defaultdict(int, d)['nope']"], 7):
            self.show(expression)
        self.guarded(["for k in d:", f"    {self.pick('d[k + k] = 1', 'del d[k]', 'd.pop(k)', 'd[k] = 2', 'd[9] = 9')}", "out(d)"])

    def sorting(self):
        key = self.pick("", ", key=str", ", key=lambda x: -x", ", key=abs", ", reverse=True", ", key=lambda x: x % 3, reverse=True", ", key=None", ", key=lambda x: (x % 2, x)")
        n = self.numbers()
        for expression in self.random.sample([
                f"sorted({n}{key})", f"min({n}{self.pick('', ', default=0', ', key=abs')})", f"max({n}, default='none')", f"sorted({self.words()}, key=len)", f"sorted([(1, 'b'), (1, 'a'), (0, 'c')], key=operator.itemgetter(0))",
                f"heapq.nsmallest(2, {n})", f"heapq.nlargest(3, {n}, key=abs)", f"(lambda h: [heapq.heappop(h) for _ in range(len(h))])((lambda h: (heapq.heapify(h), h)[1])({n}))",
                f"bisect.bisect(sorted({n}), {self.number()})", f"bisect.bisect_left(sorted({n}), {self.number()}, key=abs)", f"list(heapq.merge(sorted({n}), [0, 5]))", f"sorted({n} + ['a'])",
                f"sorted({n}, key=functools.cmp_to_key(lambda a, b: b - a))", f"sum({n}, start={self.number()})", f"math.prod({n})", f"list(itertools.permutations({n}, 2))[:3]", f"list(itertools.combinations({n}, 2))[-2:]",
                f"[list(g) for _, g in itertools.groupby(sorted({n}), key=lambda x: x > 0)]", f"list(zip({n}, 'abc', strict={self.pick('True', 'False')}))", f"list(itertools.accumulate({n}, initial=1))", f"any(x > 3 for x in {n})",
                f"sorted({{*{n}}} ^ {{1, 2, 3}})", f"sorted(set({n}) - {{0}})", f"set({n}) <= {{1, 2}}", f"frozenset({n}) == set({n})", f"{{1, 2}}.symmetric_difference({n}) is None", f"collections.deque({n}, maxlen=3)",
                f"(lambda q: (q.rotate({self.number()}), q)[1])(collections.deque({n}))", f"list(itertools.islice(itertools.count({self.number()}, {self.number()}), 3))"], 6):
            self.show(expression)

    def arithmetic(self):
        a, b, c = self.big(), self.big(), self.number(0, 40)
        for expression in self.random.sample([
                f"({a}) // ({b})", f"({a}) % ({b})", f"divmod({a}, {b})", f"operator.truediv({a}, {b})", f"({a}) & ({b})", f"({a}) | ({b})", f"({a}) ^ ({b})", f"({a}) >> {c}", f"({a}) << {c}", f"pow({a}, {c}, {b})", f"pow({a}, -1, {b})",
                f"math.gcd({a}, {b})", f"math.lcm({a}, {b})", f"math.isqrt(abs({a}))", f"({a}).bit_count()", f"int(str({a}), {self.pick('10', '16', '36', '2', '0', '1')})", f"round({a}, -{c})", f"float({a})", f"hash({a})", f"({a}) ** {self.number(0, 5)}",
                f"int.from_bytes(({a}).to_bytes(30, 'little', signed=True), 'little', signed=True)", f"({a}).to_bytes({self.number(0, 9)})", f"int({self.real()})", f"round({self.real()}, {self.number(-3, 6)})", f"math.floor({self.real()})", f"math.fmod({self.real()}, {self.real()})",
                f"({self.real()}) // ({self.real()})", f"({self.real()}) % ({self.real()})", f"math.frexp({self.real()})", f"math.sqrt({self.real()})", f"math.log({a})", f"math.comb({c}, {self.number(0, 9)})", f"math.hypot({self.number()}, {self.number()})", f"math.copysign(1, {self.real()})",
                f"fractions.Fraction({a}, {b}) + fractions.Fraction(1, 3)", f"fractions.Fraction({self.number()}, {self.number()}) ** {self.number()}", f"fractions.Fraction('{self.number()}.{c}')", f"decimal.Decimal({self.number()}) / decimal.Decimal({self.number()})",
                f"decimal.Decimal('{self.number()}.{c}').quantize(decimal.Decimal('0.1'))", f"decimal.Decimal({a}) * decimal.Decimal('1.1')", f"({self.real()}).hex()", f"float.fromhex('0x1.{c}p{self.number()}')", f"({self.complex()}) * ({self.complex()})", f"abs({self.complex()})",
                f"(lambda z: z ** {self.number(-3, 4)})({self.complex()})", f"complex('{self.number()}+{c}j')", f"float('{self.pick('1_0.5', ' 3 ', 'inf', '-nan', '1e400', '0x1', '1e', '١')}')", f"int('{self.pick('1_000', '0b11', ' 7 ', '1__0', '-0', '+5', '٣', '', '0_7')}', {self.pick('0', '10')})",
                f"math.nextafter({self.real()}, math.inf)", f"math.sumprod([1.5, 2], [3, {self.number()}])", f"math.dist([0, 1], [{self.number()}, 2])", f"({a}) == float({a})", f"({a}) < {self.real()}", f"-({a}) // 7", f"~({a})"], 8):
            self.show(expression)

    def texts(self):
        t, u = self.word(), self.word()
        for expression in self.random.sample([
                f"({t}).split({self.pick('', 'None, 1', repr(' '), repr(','), repr(''))})", f"({t}).rsplit(None, 1)", f"({t}).partition({u})", f"({t}).replace({u}, '-', {self.number(-1, 2)})", f"({t}).find({u}, {self.number()})", f"({t}).count({u})", f"({t}).splitlines(True)",
                f"({t}).encode('{self.pick('utf-8', 'latin-1', 'ascii', 'utf-16-le', 'cp1252', 'utf-7', 'idna', 'punycode')}', '{self.pick('strict', 'replace', 'ignore', 'xmlcharrefreplace', 'backslashreplace', 'namereplace')}')", f"ascii({t})", f"({t}).translate(str.maketrans('ab', 'xy', ' '))",
                f"({t}).title(), ({t}).capitalize(), ({t}).swapcase()", f"({t}).isalnum(), ({t}).isdecimal(), ({t}).isupper(), ({t}).isascii()", f"({t}).expandtabs({self.number(0, 8)})", f"({t}).center(9, 'é')", f"({t}).zfill(6)", f"({t}).lstrip({u}), ({t}).rstrip({u})", f"({t}).removesuffix({u})",
                f"{u}.join({self.words()})", f"({t}) < ({u})", f"max({t}, default='')", f"re.findall(r'{self.pick('[a-z]+', '(.)(.)', '.', 'a|b', '[^ ]', chr(92) + 'w+', '(?i)B', 'x*')}', {t})", f"re.sub(r'{self.pick('[a-c]', '(.)', 'x*', '^', chr(92) + 's')}', {self.pick(repr('<' + chr(92) + 'g<0>>'), 'lambda m: m[0] * 2', repr(''))}, {t})",
                f"re.split('{self.pick('[, ]', '(b)', '')}', {t})", f"re.match('(?P<n>a+)?(.*)', {t}).groupdict()", f"re.fullmatch('.*', {t}) is None", f"re.search('{self.pick('b', '(', '[z-a]', 'a{2,1}', '*a', '(?<=a)b', '(?P<1>a)')}', {t})", f"re.escape({t})", f"textwrap.wrap({t} * 5, 7)", f"textwrap.shorten({t} * 4, 9)",
                f"b'{self.pick('abc', chr(92) + 'xff' + chr(92) + 'xfe', chr(92) + 'xc3' + chr(92) + 'xa9')}'.decode('{self.pick('utf-8', 'ascii', 'utf-16', 'latin-1')}', '{self.pick('strict', 'replace', 'ignore', 'surrogateescape', 'backslashreplace')}')", f"json.dumps({self.container()})", f"json.loads({self.pick(t, repr('[1, 2.5, null]'), repr('{'), repr('[1,]'), repr('nul'), repr(chr(34) + 'a'))})",
                f"base64.b64encode(({t}).encode())", f"struct.pack('{self.pick('<i', '>h', 'B', '<d', '3s', '<q', '?', '2x', 'z')}', {self.pick(self.big(), self.number(), self.real())})", f"struct.unpack('<{self.pick('i', 'h', 'f', 'hh', '4s')}', b'abcd')", f"struct.calcsize('{self.pick('<ihb', 'ihb', '@q', '3s2x')}')",
                f"copy.deepcopy({self.container()})", f"pickle.loads(pickle.dumps({self.container()}))", f"eval({self.expression()!r})", f"string.capwords({t})", f"({t}).format_map({{}})", f"({t}).isidentifier()", f"[*({t})]", f"sorted({t})", f"({t}).casefold() == ({u}).casefold()", f"hash({t}) == hash(str({t}))"], 8):
            self.show(expression)

    def times(self):
        date = f"datetime.datetime({self.number(1, 9999)}, {self.number(1, 13)}, {self.number(1, 31)}, {self.number(0, 24)}, {self.number(0, 59)}, {self.number(0, 59)}, {self.number(0, 999999)})"
        delta = f"datetime.timedelta({self.pick('days', 'hours', 'seconds', 'weeks', 'microseconds')}={self.pick(self.number(), self.real(), self.number(-999, 999))})"
        for expression in self.random.sample([
                date, delta, f"{date} + {delta}", f"{date} - {date}", f"str({delta})", f"{delta} * {self.number()}", f"{delta} / {self.number()}", f"{delta} // {delta}", f"{date}.isoformat()", f"{date}.strftime('%Y-%m-%d %H:%M:%S.%f %j %a %b %p %y %%')", f"{date}.isocalendar()", f"{date}.weekday()",
                f"{date}.replace(day={self.number(1, 32)})", f"datetime.datetime.strptime('2026-0{self.number(1, 9)}-1{self.number(0, 9)}', '%Y-%m-%d')", f"datetime.date.fromisoformat('20{self.number(10, 99)}-0{self.number(0, 9)}-1{self.number(0, 9)}')", f"datetime.datetime.fromisoformat('2026-01-02T03:04:05{self.pick('', 'Z', '+02:00', '.5', '.123456')}')",
                f"datetime.timezone({delta})", f"{date}.replace(tzinfo=datetime.timezone.utc).isoformat()", f"{date}.timetuple()[:6]", f"{delta}.total_seconds()", f"abs({delta})", f"repr({date}.time())", f"{date}.date() < {date}.date()", f"datetime.date.fromordinal({self.number(-1, 9999)})", f"{date}.ctime()", f"hash({date}) == hash({date})", f"pickle.loads(pickle.dumps({date}))"], 6):
            self.show(expression)

    def objects(self):
        c = self.name("C")
        self.guarded([
            f"class {c}:", f"    {self.pick('__slots__ = (chr(97), chr(98))', 'a: int = 1', '__match_args__ = (chr(97),)', 'pass')}",
            "    @functools.cached_property", "    def once(self): out('computed'); return 1", "    @property", "    def p(self): return self._p", "    @p.setter", "    def p(self, v): self._p = v * 2",
            *self.pick([], ["    @p.deleter", "    def p(self): del self._p"]), "    def q(self): pass",
            "    @functools.singledispatchmethod", "    def kind(self, x): return 'object'", "    @kind.register", "    def _(self, x: int): return 'int'", "    @kind.register(list)", "    def _(self, x): return 'list'",
            "    def __class_getitem__(cls, k): return (cls.__name__, k)", "    def __init_subclass__(cls, /, flag=None, **k): super().__init_subclass__(**k); cls.flag = flag",
            f"    def __reduce__(self): return ({c}, ())", "    def __sizeof__(self): return 1", "    __hash__ = None" if self.random.random() < 0.3 else "    def __eq__(self, o): return type(o) is type(self)"])
        self.lines += [f"try: o = {c}()", "except Exception as e: out(type(e).__name__, e); o = None"]
        for expression in self.random.sample([
                "o.once, o.once", "setattr(o, 'p', 4), o.p", "delattr(o, 'p')", "o.p", "o.kind(1), o.kind([]), o.kind('')", f"{c}[int]", f"type('S', ({c},), {{}}, flag=3).flag", f"type('S', ({c},), {{}}, other=3)", "hash(o) is None", "o == o, o != o", "setattr(o, 'zz', 1)", "o.__dict__", "copy.copy(o) == o",
                "getattr(o, 'nope', 'default')", "o.nope", "hasattr(o, 'a')", "vars(o)", "o.a", "setattr(o, 'a', 5), o.a", "type(o).__name__", "isinstance(o, typing.Hashable)", "callable(o)", "o()", "o[0]", "len(o)", "iter(o)", "o + 1", "-o", "o < o", "o @ o", "bool(o)", "str(o)[:3]", "int(o)", "[1][o]", "o in [o]", "'a' in o",
                f"{c}.q.__qualname__", f"{c}.__dict__['p'].fget.__name__", f"inspect.getmembers({c}, inspect.isfunction)[0][0]", f"{c}.__annotations__", "object.__reduce_ex__(o, 2)[0].__name__", f"functools.total_ordering({c})", "types.SimpleNamespace(a=1, b=o == o)", "operator.attrgetter('nope')(o)", "operator.methodcaller('kind', 1)(o)"], 9):
            self.show(expression)

    def make(self):
        kinds = [self.hierarchy, self.metaclasses, self.dataclass, self.enumeration, self.managers, self.coroutines, self.closures, self.formats, self.slices,
                 self.dictionaries, self.sorting, self.arithmetic, self.texts, self.times, self.objects]
        for kind in self.random.sample(kinds, 4):
            begin = len(self.lines)
            kind()
            block = self.lines[begin:]
            self.lines[begin:] = ["try:"] + ["    " + line for text in block for line in text.split("\n")] + [
                "except Exception as e: out('part', type(e).__name__, e)"]
        return "\n".join(self.lines) + "\n"
