"""Writes small programs: what one prints has to be the same on every Python.

    generate.py FIRST COUNT     # programs of the seeds FIRST, FIRST + 1, ...

Those of seeds from `FURTHER` on are written by `further.py`. Each program is written as a line of JSON,
[seed, source]. A program prints values and exceptions,
never an address, an ident, a time or the order of a set; it ends.
"""
import json
import random
import sys


class Program:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = ["import sys", "out = print"]
        self.count = 0

    def pick(self, *choices):
        return self.random.choice(choices)

    def name(self, kind="v"):
        self.count += 1
        return f"{kind}{self.count}"

    # Expressions.

    def integer(self):
        return self.pick(
            "0", "1", "-1", "2", "7", "-3", "255", "256", "-256", "2**31", "-2**63", "10**18",
            "True", "False", "0x7fffffff", "1_000", "-0", "~5", "3 << 40", "-(7 >> 1)",
            str(self.random.randint(-1000, 1000)), str(self.random.getrandbits(70)))

    def real(self):
        return self.pick(
            "0.0", "-0.0", "1.5", "-2.25", "1e300", "1e-300", "0.1", "3.0", "float('inf')",
            "float('nan')", "-1e16", "123456789.125", "5e-324", str(self.random.uniform(-10, 10)))

    def text(self):
        return self.pick(
            "''", "'a'", "'abc'", "'Hello World'", "'  x y '", "'1,2,,3'", "'é'", "'ß'", "'\\u0130x'",
            "'\\n\\t'", "'%s'", "'{}'", "'aXbX'", "'123'", "'\\x00'", "'日本'", "'\\U0001f600'",
            "'\\\\'", "\"it's\"", "'ab' * 3", "'ǆ'", "'tEsT cAsE'")

    def data(self):
        return self.pick("b''", "b'abc'", "b'\\x00\\xff'", "bytearray(b'xyz')", "b'a,b'", "bytes(3)")

    def scalar(self):
        return self.pick(self.integer, self.integer, self.real, self.text, self.text, self.data,
                         lambda: "None", lambda: "...", lambda: self.complex())()

    def complex(self):
        return self.pick("1j", "2+3j", "-0.0j", "complex(1, -1)", "complex('nan')")

    def container(self, depth=2):
        items = ", ".join(self.value(depth - 1) for _ in range(self.random.randint(0, 4)))
        keys = [self.pick("1", "'k'", "'a'", "(1, 2)", "None", "True", "2.0") for _ in range(3)]
        pairs = ", ".join(f"{key}: {self.value(depth - 1)}" for key in keys)
        return self.pick(
            f"[{items}]", f"({items}{',' if items else ''})", f"{{{pairs}}}", f"list(range({self.integer()} % 7))",
            f"dict(a={self.scalar()}, b={self.scalar()})", "range(3)", "range(5, 0, -2)",
            "sorted({3, 1, 2})", "frozenset([1])", f"[x for x in {self.text()}]",
            f"{{k: v for k, v in zip('abc', range(3))}}", "slice(1, None, 2)", "[*range(3), *'ab']",
            "{**{'a': 1}, 'b': 2}", "(lambda *a, **k: (a, k))(1, *[2], x=3)")

    def value(self, depth=1):
        if depth > 0 and self.random.random() < 0.3:
            return self.container(depth)
        return self.scalar()

    def expression(self):
        a, b = self.value(), self.value()
        n, m = self.integer(), self.integer()
        r = self.real()
        t, u = self.text(), self.text()
        c = self.container()
        binary = self.pick("+", "-", "*", "/", "//", "%", "@", "&", "|", "^", "==", "!=", "<", "<=",
                           ">", ">=", "is", "is not", "in", "not in", "and", "or")
        if binary == "*":
            # Else sequences become longer than memory.
            b = self.pick("0", "2", "-1", "True", "1.5", "1j", "None", "'a'")
            a = self.pick(a, self.integer())
        safe = self.pick("<< 3", ">> 2", "** 2", "** -1", "** 0.5")
        spec = self.pick("", ">10", "<8", "^7", "+", "05d", ",", "_", ".2f", "e", "g", "%", "x", "#x",
                         "b", "o", "c", "s", "10.3", "=+8", "é>6", "n", ".0f", "G", "08.3f", "#b", "z.1f")
        conversion = self.pick("", "", "!r", "!s", "!a")
        method = self.pick(
            "upper()", "lower()", "title()", "capitalize()", "swapcase()", "casefold()", "strip()",
            "split()", "split(',')", "rsplit(None, 1)", "splitlines()", "partition('X')", "encode()",
            "isdigit()", "isalpha()", "isidentifier()", "isupper()", "istitle()", "isspace()",
            "replace('a', 'bb')", "find('b')", "index('b')", "count('X')", "zfill(6)", "center(9, '*')",
            "ljust(5)", "expandtabs(4)", "startswith(('a', 'H'))", "join(['1', '2'])", "join([1])",
            "translate({97: 'z', 98: None})", "removeprefix('a')", "encode('ascii', 'replace')",
            "encode('ascii')", "format(1, 2)", "isprintable()", "isnumeric()", "rpartition('b')")
        list_method = self.pick(
            "index(1)", "count(1)", "copy()", "pop()", "sort()", "reverse()", "append(1)", "extend('ab')",
            "insert(1, 2)", "remove(1)", "clear()", "__len__()", "__contains__(1)", "__iter__()")
        call = self.pick(
            f"len({a})", f"repr({a})", f"str({a})", f"ascii({t})", f"int({a})", f"float({a})",
            f"bool({a})", f"abs({n})", f"round({r}, 1)", f"round({r})", f"round({n}, -1)",
            f"divmod({n}, {m})", f"divmod({r}, {m})", f"pow({n} % 50, 3, 7)", f"hash({n})", f"hash({r}) if {r} == {r} else 0",
            f"min({c})", f"max({a}, {b})", f"sum({c})", f"sorted({c})", f"list(reversed({c}))",
            f"tuple({c})", f"list(enumerate({c}))", f"list(zip({c}, {t}))", f"all({c})", f"any({c})",
            f"list(map(str, {c}))", f"list(filter(None, {c}))", f"chr({n} % 70000)", f"ord({t})",
            f"bin({n})", f"hex({n})", f"oct({n})", f"int({t}, 16)", f"bytes({c})", f"isinstance({a}, (int, str))",
            f"callable({a})", f"type({a}).__name__", f"{n}.__class__", f"({n}).bit_length()", f"({r}).hex()",
            f"({r}).is_integer()", f"({r}).as_integer_ratio()", f"({n}).to_bytes(9, 'big', signed=True)",
            f"dict({c})", f"set({c}) == set({c})", f"list({c})[::-1]", f"{c}[0]", f"{c}['a']", f"{t}[1:]",
            f"{t}[::-1]", f"{t}[5]", f"{t} * 2", f"{t} + {u}", f"{t} % ({a},)", f"'%d|%5.2f|%r' % ({n}, {r}, {t})",
            f"'%x %o %e %c' % ({n}, {m}, {r}, {t})", f"iter({c}).__length_hint__()", f"getattr({a}, 'real', 'none')",
            f"({n}) .__add__({a})", f"eval(repr({c})) == {c}", f"next(iter({c}), 'end')", f"format({a}, {spec!r})",
            f"memoryview({self.data()}).tolist()", f"{self.data()}.hex()", f"{self.data()}.decode('latin-1')",
            f"{self.data()} + {self.data()}", f"{self.data()}[0]", f"complex({r}, {r})", f"int.from_bytes({self.data()})")
        return self.pick(
            f"{a} {binary} {b}", f"({n}) {safe}", f"({r}) {safe}", f"f'{{{a}{conversion}:{spec}}}'",
            f"f'{{{n}=:{spec}}}'", f"({t}).{method}", f"list({c}).{list_method}", call, call,
            f"-({a})", f"not {a}", f"~({a})", f"{a} if {b} else {n}", f"[{a} for i in range(2) if i]",
            f"{{i: j for i, j in enumerate({c})}}", f"(y := {a}, y)", f"{n} < {m} <= {r}", f"[*{c}]",
            f"sum(i * i for i in range(5) if i % 2)", f"(lambda x, /, y=2, *, z=3: (x, y, z))({a})",
            f"({n}).__eq__({b})", f"({t}).__lt__({b})", f"{t} in {c}", f"{{*{c}}} == {{*{c}}}")

    # Statements.

    def show(self, expression):
        self.lines += [
            "try:", f"    out(repr(({expression})))",
            "except Exception as e:", "    out(type(e).__name__, e)"]

    def function(self):
        name = self.name("f")
        parameters = self.pick("", "a", "a, b=2", "a, /, b", "*args", "a, *args, k=1, **kw", "*, k", "a=[]")
        call = self.pick("", "1", "1, 2", "1, 2, 3", "a=1", "k=2", "1, k=2", "1, b=3", "*[1, 2]", "**{'a': 1}",
                         "**{'k': 1, 'z': 2}", "1, a=1", "b=1, a=2")
        body = self.pick("sorted(locals().items())", "sorted(locals())", "'r'", self.expression())
        self.lines += [f"def {name}({parameters}):", f"    return {body}"]
        self.show(f"{name}({call})")
        self.show(f"{name}.__defaults__, {name}.__kwdefaults__, {name}.__code__.co_varnames")

    def classes(self):
        a, b, c, d = (self.name("C") for _ in range(4))
        special = self.pick(
            "__add__ = lambda s, o: 'add'", "__radd__ = lambda s, o: 'radd'", "__eq__ = lambda s, o: True",
            "__lt__ = lambda s, o: NotImplemented", "__len__ = lambda s: 3", "__len__ = lambda s: -1",
            "__bool__ = lambda s: False", "__bool__ = lambda s: 1", "__iter__ = lambda s: iter([1, 2])",
            "__getitem__ = lambda s, i: [5, 6][i]", "__contains__ = lambda s, x: x == 1", "__call__ = lambda s, *a: a",
            "__hash__ = lambda s: 42", "__repr__ = lambda s: 'R'", "__str__ = lambda s: 'S'", "__str__ = lambda s: 3",
            "__format__ = lambda s, f: f'<{f}>'", "__index__ = lambda s: 2", "__int__ = lambda s: 9",
            "__float__ = lambda s: 1.5", "__getattr__ = lambda s, n: n.upper()", "__slots__ = ('x',)",
            "__iadd__ = lambda s, o: s", "__neg__ = lambda s: 'neg'", "__matmul__ = lambda s, o: 'mm'",
            "__pow__ = lambda s, o, m=None: ('pow', m)", "__rpow__ = lambda s, o: 'rpow'", "__divmod__ = lambda s, o: 1",
            "__enter__ = lambda s: 'in'; __exit__ = lambda s, *a: True", "__setattr__ = lambda s, n, v: out('set', n, v)",
            "__delattr__ = lambda s, n: out('del', n)", "__dir__ = lambda s: ['z', 'y']", "__reversed__ = lambda s: 'rev'",
            "__init_subclass__ = classmethod(lambda c, **k: out('sub', sorted(k)))", "__class_getitem__ = lambda i: i",
            "__set_name__ = lambda s, o, n: out('named', n)", "__missing__ = lambda s, k: ('miss', k)",
            "__length_hint__ = lambda s: 5", "__abs__ = lambda s: 'abs'", "__round__ = lambda s, n=None: ('round', n)",
            "__bytes__ = lambda s: b'by'", "__ge__ = lambda s, o: 'ge'", "__ne__ = lambda s, o: 'ne'",
            "__instancecheck__ = lambda s, o: True", "__getattribute__ = lambda s, n: object.__getattribute__(s, n)")
        base = self.pick("", "", "object", "int", "str", "list", "dict", "tuple", "Exception", "float", "set", "bytes")
        self.lines += [
            f"class {a}({base}):", "    def __init__(self, *args, **kw): self.__dict__.update(kw) if hasattr(self, '__dict__') else None",
            f"    {special}", "    def hi(self): return 'A'", "    @property", "    def p(self): return 'p'",
            "    @staticmethod", "    def st(*a): return a", "    @classmethod", "    def cl(cls): return cls.__name__"]
        def make(lines):
            self.lines += ["try:"] + ["    " + line for line in lines] + ["except Exception as e:", "    out(type(e).__name__, e)"]
        make([f"class {b}({a}):", "    def hi(self): return 'B' + super().hi()"])
        make([f"class {c}({a}):", f"    {self.pick('x = 1', 'def hi(self): return super().hi() + chr(67)', '__slots__ = ()')}"])
        make([f"class {d}({self.pick(f'{b}, {c}', f'{c}, {b}', f'{a}, {b}', f'{b}, {a}', b)}): pass"])
        argument = self.pick("", "1", "'ab'", "[1, 2]", "x=1")
        for cls in (a, b, c, d):
            subject = f"{cls}({argument})"
            self.show(f"[k.__name__ for k in {cls}.__mro__]")
            self.show(self.pick(
                f"{subject}.hi()", f"{subject} + 1", f"1 + {subject}", f"len({subject})", f"bool({subject})", f"list({subject})",
                f"{subject} == 1", f"{subject} < 2", f"str({subject})[:2]",
                f"format({subject}, '>5')", f"[1, 2, 3][{subject}]", f"int({subject})", f"{subject}.nothing",
                f"{subject}.p", f"{subject}.st(1)", f"{subject}.cl()", f"{cls}.cl()", f"{subject}(1)", f"-{subject}",
                f"{subject} @ 1", f"{subject} ** 2", f"2 ** {subject}", f"divmod({subject}, 1)", f"1 in {subject}",
                f"setattr({subject}, 'x', 1)", f"setattr({subject}, 'p', 1)", f"delattr({subject}, 'x')", f"sorted(set(dir({subject})))[-2:]",
                f"reversed({subject}) == 1", f"isinstance({subject}, {a})", f"issubclass({cls}, {a})", f"sorted(vars({subject}))",
                f"{cls}[1]", f"{subject}[0]", f"{subject}['k']", f"abs({subject})", f"round({subject}, 1)", f"bytes({subject})",
                f"{subject} >= 1", f"{subject} != {subject}", f"type({subject}).__name__", f"{cls}.__dict__.get('__doc__')",
                f"{cls}.__bases__[0].__name__", f"float({subject})", f"max({subject}, {subject}) is None"))
        self.lines += ["try:", f"    with {a}({argument}) as w: out(w); 1 / 0", "except Exception as e: out(type(e).__name__, e)"]

    def descriptors(self):
        d, c = self.name("D"), self.name("C")
        methods = self.random.sample([
            "def __get__(self, o, t=None): return ('get', o is None)",
            "def __set__(self, o, v): out('set', v); o.__dict__['x'] = v",
            "def __delete__(self, o): out('delete')",
            "def __set_name__(self, o, n): out('name', n, o.__name__)"], self.random.randint(1, 4))
        self.lines += [f"class {d}:"] + [f"    {method}" for method in methods]
        self.lines += [f"class {c}:", f"    x = {d}()", f"o = {c}()", "for i in range(6):", "    try:",
                       f"        {self.pick('o.x = i', 'o.x', 'del o.x', 'o.x = i; o.x')}", "    except Exception as e: out(type(e).__name__, e)"]
        self.show("o.x if not hasattr(type(o.x), '__set_name__') and type(o.x).__module__ == 'builtins' else 0")
        self.show("sorted(vars(o))")

    def exceptions(self):
        name = self.name("E")
        raised = self.pick("ValueError('v')", "KeyError('k')", f"{name}(1, 2)", "ZeroDivisionError", "StopIteration(3)",
                           "OSError(2, 'msg', 'file')", "UnicodeDecodeError('utf-8', b'x', 0, 1, 'why')", "3", "SystemExit(1)",
                           "ExceptionGroup('g', [ValueError(1), TypeError(2)])", "AssertionError()", "AttributeError('a', name='n')")
        cause = self.pick("", "", " from None", " from TypeError('t')", " from ValueError")
        handler = self.pick("except ValueError as e", "except (KeyError, TypeError) as e", "except Exception as e", "except OSError as e",
                            f"except {name} as e")
        end = self.pick("", "    finally: out('finally')", "    else: out('else')", "    finally:\n        return 'finally'")
        function = self.name("f")
        self.lines += [f"class {name}(Exception): pass", f"def {function}():", "    try:",
                       f"        {self.pick(f'raise {raised}{cause}', f'[][1]', f'{self.expression()}', 'assert 0, (1, 2)')}",
                       f"    {handler}:", "        out('caught', type(e).__name__, e.args, e.__cause__, e.__suppress_context__)",
                       f"        {self.pick('raise', 'return 1', 'raise RuntimeError(5)', 'raise RuntimeError from e', 'pass', 'del e')}"]
        self.lines += [end] if end else []
        self.lines += ["    return 'end'", "try:", f"    out({function}())",
                       "except BaseException as e: out('outer', type(e).__name__, e, repr(e.__context__), repr(e.__cause__))"]
        if self.random.random() < 0.4:
            self.lines += ["try:", "    try: raise ExceptionGroup('g', [ValueError(1), KeyError('k'), ExceptionGroup('h', [OSError(3)])])",
                           f"    except* {self.pick('ValueError', 'KeyError', '(ValueError, OSError)', 'Exception')} as g: out(repr(g))",
                           f"    {self.pick('', 'except* OSError as g: out(g.exceptions)', 'finally: out(1)')}",
                           "except BaseException as e: out(type(e).__name__, e, e.exceptions)"]

    def generators(self):
        g = self.name("g")
        self.lines += [f"def {g}(n):", "    try:", "        for i in range(n):",
                       f"            got = yield {self.pick('i', 'i * 2', '(i, n)')}", "            if got: out('got', got)",
                       f"        {self.pick('return n', 'yield from [7, 8]', 'x = yield from h(); out(x)', 'raise KeyError(n)')}",
                       f"    except {self.pick('ValueError', 'GeneratorExit', 'Exception')} as e:", "        out('in', type(e).__name__)",
                       f"        {self.pick('yield 99', 'raise', 'pass', 'return 5')}", f"    finally: out('end {g}')",
                       "def h():", "    yield 'h'", "    return 'r'", f"x = {g}({self.pick('0', '2', '3')})"]
        for _ in range(self.random.randint(1, 5)):
            self.show(self.pick("next(x)", "x.send(None)", "x.send(5)", "x.throw(ValueError('t'))", "x.throw(KeyError)", "x.close()",
                                "list(x)", "next(x, 'd')", "x.gi_frame is None", "x.gi_running", "[*x]", "sum(map(bool, x))"))
        self.lines += ["x.close()"] if self.random.random() < 0.5 else []

    def patterns(self):
        subject = self.pick(self.container(), self.scalar(), "{'a': 1, 'b': [2, 3]}", "[1, [2, 3], {'k': 4}]", "('x', 1.0)", "P(1, 2)")
        patterns = self.random.sample([
            "1 | 2", "'x' | 'y'", "[]", "[a]", "[a, *rest]", "[1, [b, *_], *c]", "(a, b) if a == b", "{}", "{'a': v}", "{'a': 1, **rest}",
            "P(x, y)", "P(x=1)", "P()", "int(n)", "str() as s", "None", "True", "float() | int()", "[int(), str()]", "{'k': [p, *q]}",
            "-1", "1.5", "b'abc'", "list(z)", "dict()", "[*_, last]", "P(x=int() as i, y=j)", "(1, 2, *t)", "-3 | 'a'"], 6)
        self.lines += ["class P:", "    __match_args__ = ('x', 'y')", "    def __init__(self, x, y): self.x, self.y = x, y",
                       "def matched(subject):", "    match subject:"]
        for index, pattern in enumerate(patterns):
            self.lines += [f"        case {pattern}:", f"            return {index}, sorted((k, repr(v)[:40]) for k, v in locals().items() if k != 'subject')"]
        self.lines += ["    return 'none'"]
        self.show(f"matched({subject})")
        self.show(f"matched({self.container()})")

    def loops(self):
        a = self.name("a")
        self.lines += [f"{a} = []", f"for i, x in enumerate({self.container()}):",
                       f"    if i == {self.pick('1', '2', '9')}: {self.pick('break', 'continue', 'pass')}", f"    {a}.append((i, repr(x)))",
                       "else:", f"    {a}.append('else')", f"out({a})"] if self.random.random() < 0.5 else [
                       f"{a} = {self.integer()} % 50", f"while {a}:", f"    {a} {self.pick('-= 1', '//= 2', '>>= 1')}",
                       f"    if {a} == {self.pick('3', '7', '100')}: break", "else: out('else')", f"out({a})"]
        self.lines = ["try:" if False else line for line in self.lines]

    def assignments(self):
        targets = self.pick("a, b", "a, *b", "*a, b", "[a, (b, c)]", "a[0]", "a.x", "(a)", "a, b, *c")
        operator = self.pick("+=", "-=", "//=", "%=", "|=", "&=", "^=", "@=", "**=", "<<=")
        self.lines += ["a = [1, 2]; b = c = 0", "try:",
                       f"    {self.pick(f'{targets} = {self.container()}', f'a {operator} {self.pick(self.scalar(), self.container())}', 'del a[0], b', 'global zz; zz = 1', f'b {operator} {self.integer()} % 9')}",
                       "    out(repr(a), repr(b), repr(c))", "except Exception as e: out(type(e).__name__, e)"]

    def scopes(self):
        f = self.name("f")
        self.lines += [f"def {f}(n):", "    x = n", "    def inner():", f"        {self.pick('nonlocal x', 'global x', 'pass')}",
                       f"        {self.pick('x = 5', 'y = x', 'x += 1', 'del x', 'return [x for x in range(3)], x')}", "        return x",
                       "    try: r = inner()", "    except Exception as e: r = type(e).__name__, str(e)", "    try: return r, x",
                       "    except Exception as e: return r, type(e).__name__", "x = 'module'"]
        self.show(f"{f}(1)")
        self.show("x")

    def iterators(self):
        self.lines += ["import itertools, functools, operator, collections"]
        c = self.container()
        self.show(self.pick(
            f"list(itertools.islice(itertools.cycle({c}), 5))", f"list(itertools.accumulate(range(5), {self.pick('max', 'operator.mul', 'lambda a, b: a - b')}))",
            f"[list(g) for k, g in itertools.groupby({self.text()})]", f"list(itertools.product('ab', repeat=2))", f"list(itertools.zip_longest({c}, 'ab', fillvalue=0))",
            f"list(itertools.pairwise({c}))", f"list(itertools.batched({c}, 2))", f"list(itertools.starmap(pow, [(2, 3), (3, 2)]))",
            f"functools.reduce(lambda a, b: (a, b), {c})", f"collections.Counter({self.text()}).most_common(2)", f"collections.deque({c}, 2)",
            f"collections.OrderedDict(a=1, b=2).popitem()", f"collections.ChainMap({{'a': 1}}, {{'a': 2, 'b': 3}})['b']",
            f"collections.namedtuple('N', 'x y')(1, 2)._replace(x={self.scalar()})", f"functools.partial(int, base=2)('101')",
            f"collections.defaultdict(list, a=[1])['b']", f"sorted({c}, key=str, reverse=True)", f"list(itertools.chain.from_iterable([{c}, 'x']))",
            f"operator.itemgetter(0, -1)({c})", f"list(itertools.compress('abcd', {c}))", f"list(itertools.takewhile(bool, {c}))"))

    def make(self):
        kinds = [self.function, self.classes, self.descriptors, self.exceptions, self.generators, self.patterns,
                 self.loops, self.assignments, self.scopes, self.iterators]
        for _ in range(self.random.randint(3, 7)):
            self.show(self.expression())
        for kind in self.random.choices(kinds, k=3):
            begin = len(self.lines)
            kind()
            block = self.lines[begin:]
            # A part that fails where it must not ends that part only.
            self.lines[begin:] = ["try:"] + ["    " + line for text in block for line in text.split("\n")] + [
                "except Exception as e: out('part', type(e).__name__, e)"]
        return "\n".join(self.lines) + "\n"


# The first seed of programs that `further.py` writes.
FURTHER = 10_000_000


def program(seed):
    """The source of the program of a seed."""
    if seed < FURTHER:
        return Program(seed).make()
    from further import Further
    return Further(seed).make()


if __name__ == "__main__":
    first, count = int(sys.argv[1]), int(sys.argv[2])
    for seed in range(first, first + count):
        print(json.dumps([seed, program(seed)]))
