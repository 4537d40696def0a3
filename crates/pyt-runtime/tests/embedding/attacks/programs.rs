//! Generated programs that attack what runs them: templates, with types and operations put in.
//!
//! A family is a template. The same numbers give the same programs.

/// Numbers that look random (Knuth's MMIX).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Iterators over an iterator `i`.
const LAYERS: &[&str] = &[
    "map(int, i)",
    "filter(None, i)",
    "zip(i)",
    "enumerate(i)",
    "itertools.chain(i)",
    "itertools.islice(i, 2)",
    "itertools.cycle(i)",
    "itertools.tee(i)[0]",
    "itertools.takewhile(bool, i)",
    "itertools.dropwhile(bool, i)",
    "itertools.accumulate(i)",
    "itertools.starmap(max, zip(i, i))",
    "itertools.pairwise(i)",
    "(x for x in i)",
    "reversed([i])",
    "memoryview(b'x')[:1] and iter([i])",
];

/// What stands many times before, once in the middle of, and many times after a source.
const TOKENS: &[(&str, &str, &str)] = &[
    ("-", "1", ""),
    ("not ", "1", ""),
    ("[", "", "]"),
    ("(", "", ",)"),
    ("{1:", "1", "}"),
    ("lambda:", "1", ""),
    ("f(", "1", ")"),
    ("", "1", "+1"),
    ("", "1", "**1"),
    ("", "a", ".b"),
    ("", "a", "[0]"),
    ("", "a", "()"),
    ("", "1", " if 1 else 1"),
    ("", "1", " or 1"),
    ("", "1", "<1"),
    ("(yield ", "1", ")"),
    ("*", "a", ""),
    ("await ", "a", ""),
    ("f'{", "1", "}'"),
];

const SOURCES: &[&str] = &[
    "itertools.count()",
    "itertools.repeat(1)",
    "itertools.cycle([1, 2])",
    "range(10**12)",
    "iter(int, 1)",
    "iter(lambda: 'x', 1)",
    "map(abs, itertools.count())",
    "(x for x in itertools.count())",
];

const SINKS: &[&str] = &[
    "sum(SOURCE)",
    "list(SOURCE)",
    "tuple(SOURCE)",
    "set(SOURCE)",
    "max(SOURCE)",
    "min(SOURCE)",
    "all(SOURCE)",
    "any(not x for x in SOURCE)",
    "sorted(SOURCE)",
    "dict.fromkeys(SOURCE)",
    "frozenset(SOURCE)",
    "bytearray(x % 7 for x in SOURCE)",
    "''.join(str(x) for x in SOURCE)",
    "b''.join(map(bytes, SOURCE))",
    "collections.deque(SOURCE, maxlen=1)",
    "collections.Counter(SOURCE)",
    "-1 in SOURCE",
    "[*SOURCE]",
    "print(*SOURCE)",
    "functools.reduce(max, SOURCE)",
    "itertools.product(SOURCE)",
    "random.sample(list(SOURCE), 1)",
    "statistics.mean(SOURCE)",
    "array.array('q', SOURCE)",
    "{**dict(zip(SOURCE, SOURCE))}",
    "x, *y = SOURCE",
    "set().union(SOURCE)",
    "{1}.isdisjoint(x + 2 for x in SOURCE)",
    "[].extend(SOURCE)",
    "bytes(SOURCE)",
    "operator.indexOf(SOURCE, -1)",
    "math.prod(SOURCE)",
    "math.sumprod(SOURCE, SOURCE)",
    "heapq.merge(SOURCE, SOURCE).__class__(iter(SOURCE)) if 0 else heapq.nsmallest(3, SOURCE)",
    "next(itertools.compress(SOURCE, itertools.repeat(0)))",
    "next(itertools.groupby(SOURCE)) and list(itertools.groupby(SOURCE))",
    "list(itertools.batched(SOURCE, 3))",
    "list(zip(SOURCE, SOURCE))",
    "next(filter(lambda x: 0, SOURCE))",
    "collections.OrderedDict.fromkeys(SOURCE)",
    "csv.writer(io.StringIO()).writerow(SOURCE)",
    "io.BytesIO().writelines(map(bytes, SOURCE))",
    "json.dumps(list(SOURCE))",
    "list(re.finditer('', 'x' * 9)) and set(SOURCE)",
    "struct.pack('9q', *SOURCE)",
];

const SIZES: &[&str] = &[
    "10**9",
    "10**11",
    "10**15",
    "2**31",
    "2**63 - 1",
    "2**64",
    "-1",
];

const ALLOCATIONS: &[&str] = &[
    "'x' * N",
    "bytes(N)",
    "bytearray(N)",
    "[0] * N",
    "(0,) * N",
    "'%*d' % (N, 1)",
    "f'{1:>{N}}'",
    "'x'.ljust(N)",
    "'x'.center(N)",
    "b'x'.zfill(N)",
    "1 << N",
    "7 ** N",
    "int.to_bytes(1, N)",
    "os.urandom(N)",
    "random.getrandbits(N)",
    "io.BytesIO().truncate(N)",
    "array.array('q', [0]) * N",
    "collections.deque([0] * 1000, N) * N",
    "memoryview(bytearray(N))",
    "'\\t'.expandtabs(N)",
    "itertools.product(range(9), repeat=N)",
    "list(itertools.combinations(range(60), 30))",
    "math.factorial(N)",
    "decimal.Decimal(1).scaleb(N)",
    "'{:{w}}'.format(1, w=N)",
    "struct.pack(f'{N}x')",
    "zlib.decompress(zlib.compress(bytes(10**7)), 15, N)",
    "re.compile('(a{1,1000}){1,1000}' * 9)",
    "json.loads('[' * N)",
    "pickle.loads(b'\\x8c\\xff' + b'x' * 9)",
    "pickle.loads(b'B\\xff\\xff\\xff\\x7f')",
    "pickle.loads(b'\\x8e' + b'\\xff' * 8)",
    "marshal.loads(b'[\\xff\\xff\\xff\\x7f')",
    "b'\\t'.expandtabs(N)",
    "bytearray(b'\\t').expandtabs(N)",
    "bytearray(b'x').ljust(N)",
    "bytearray().extend(bytes(9)) or bytearray(b'x') * N",
    "list(range(N))",
    "collections.deque(maxlen=N).extend(range(9))",
    "itertools.combinations(range(9), N)",
    "itertools.permutations(range(9), N)",
    "itertools.tee([], N)",
    "list(itertools.batched('abc', N))",
    "io.StringIO().seek(N)",
    "io.BytesIO(b'abc').read(N)",
    "io.BufferedReader(io.BytesIO(), N)",
    "io.BufferedWriter(io.BytesIO(), N)",
    "io.TextIOWrapper(io.BytesIO(b'x')).read(N)",
    "io.BytesIO(b'x').readline(N)",
    "hash(b'x' * min(N, 9)) or zlib.compressobj(wbits=N)",
    "zlib.decompressobj().decompress(zlib.compress(b'x'), N)",
    "b'\\0'.hex(':', N)",
    "binascii.b2a_uu(b'x' * N)",
    "str(b'x', 'utf-8') * N",
    "format(1.5, f'.{N}f')",
    "format(1, f'0{N}d')",
    "'%.*f' % (N, 1.5)",
    "round(1.5, N)",
    "round(15, -N)",
    "math.comb(N, N // 2)",
    "math.perm(N)",
    "math.isqrt(1 << min(N, 10**6))",
    "pow(3, N, 10**9)",
    "array.array('b').frombytes(bytes(N))",
    "array.array('q', [1]).__imul__(N)",
    "[1].__imul__(N)",
    "bytearray(b'x').__imul__(N)",
    "'ab'.replace('a', 'b' * N)",
    "('a' * 10**6).replace('', 'b' * 10**4, N)",
    "hashlib.pbkdf2_hmac('sha256', b'', b'', 1, N)",
    "hashlib.shake_128(b'').digest(N)",
    "hashlib.scrypt(b'', salt=b'', n=2**20, r=8, p=1, maxmem=N)",
    "struct.unpack_from('B', bytes(9), N)",
    "struct.pack_into('B', bytearray(9), N, 1)",
    "memoryview(bytes(9)).cast('B', [N])",
    "slice(0, N).indices(N)",
    "sys.set_int_max_str_digits(0) or str(1 << min(N, 10**7))",
    "sys.setrecursionlimit(N)",
    "threading.stack_size(N)",
    "collections.Counter(a=N).elements().__next__() * N",
    "string.Formatter().vformat('{:{}}', (1, N), {})",
    "textwrap.fill('a b', N) * N",
    "time.sleep(N)",
    "datetime.timedelta(N)",
    "random.choices('ab', k=N)",
    "random.randbytes(N)",
    "array.array('u', 'x') * N",
];

const HOOKS: &[&str] = &[
    "__str__",
    "__repr__",
    "__del__",
    "__eq__",
    "__hash__",
    "__len__",
    "__iter__",
    "__bool__",
    "__index__",
    "__getattr__",
    "__dir__",
    "__format__",
    "__exit__",
    "__lt__",
    "__contains__",
    "__class_getitem__",
    "__length_hint__",
    "__reduce_ex__",
    "__missing__",
    "__set_name__",
    "__instancecheck__",
    "__call__",
    "__getattribute__",
    "__setattr__",
    "__buffer__",
    "__float__",
    "__sizeof__",
    "__fspath__",
    "__get__",
];

const BEHAVIOURS: &[&str] = &[
    "while True: pass",
    "return self.H(*a)",
    "raise self",
    "os._exit(9)",
    "os.kill(os.getpid(), 11)",
    "del sys.modules, sys.stderr",
    "sys.__dict__.clear()",
    "builtins.__dict__.clear()",
    "return bytes(10**10)",
    "threading.Thread(target=self.H).start(); return self.H()",
    "raise SystemExit(self)",
    "sys.setrecursionlimit(10**9); return self.H(*a)",
    "gc.collect(); return self",
    "return E()",
    "E.H = None; del E.H",
    "E.__bases__ = (BaseException,); E.__class__ = M",
    "sys._getframe(1).f_locals['e'] = E(); sys._getframe(1).clear()",
    "sys.settrace(E); sys.setprofile(E)",
    "raise KeyboardInterrupt",
    "time.sleep(10**6)",
    "self.__dict__.clear(); self.__class__ = M",
    "open('MARK', 'w').write('x')",
    "os.system('touch MARK')",
];

const USES: &[&str] = &[
    "raise E()",
    "raise SystemExit(E())",
    "{}[E()]",
    "E().nope",
    "print(E())",
    "f'{E()}'",
    "[E()] == [E()]",
    "sorted([E(), E()])",
    "len(E()), bool(E())",
    "with E(): pass",
    "1 in E()",
    "del e; e = E(); del e",
    "sys.exit(E())",
    "range(E())",
    "sys.excepthook = E; 1/0",
    "threading.Thread(target=E().nope).start()",
    "list(E())",
    "{E(): 1, E(): 2}",
    "pickle.dumps(E())",
    "copy.deepcopy(E())",
    "E()()",
    "isinstance(1, E())",
    "os.path.join(E(), E())",
    "bytes(E())",
    "memoryview(E())",
    "sys.getsizeof(E())",
    "int(E()), float(E())",
    "json.dumps(E())",
    "collections.OrderedDict.fromkeys([E(), E()]) == collections.OrderedDict.fromkeys([E(), E()])",
    "array.array('i', [1]).index(E())",
    "collections.deque([E()]).remove(E())",
    "re.sub('a', E(), 'aaa')",
    "functools.lru_cache(E())(E())(E())",
    "functools.cmp_to_key(E())(E()) < functools.cmp_to_key(E())(E())",
    "e = E(); e.e = e; del e; gc.collect()",
    "raise ExceptionGroup('x', [E(), E()]) from E()",
    "try: raise E() from E()\nexcept* E: raise E()",
    "class F(metaclass=E): pass",
    "class F: f = E()",
    "type('F', (E,), {E(): E()})",
    "setattr(E(), 'x', E()); E().x",
    "weakref.ref(E(), E()); weakref.WeakValueDictionary()[E()] = E()",
    "''.join([E()]); '%s %r' % (E(), E())",
    "io.StringIO(E()); io.TextIOWrapper(E()).read()",
    "contextvars.ContextVar('x', default=E()).set(E())",
    "[1, 2][E()]; 'x' * E()",
    "max(E(), E()); sum([E(), E()]); divmod(E(), E())",
    "match E():\n  case E(x=1): pass\n  case [*_]: pass\n  case {'a': 1}: pass",
    "exec('x', E()); eval('x', {}, E())",
    "sys.stdout = E(); print(1)",
    "warnings.warn(E())",
];

/// Ways to nest an object `x` in another one.
const NESTS: &[&str] = &[
    "[x]",
    "(x,)",
    "{1: x}",
    "frozenset([x]) if isinstance(x, (frozenset, int)) else x",
    "functools.partial(x if callable(x) else len, x)",
    "functools.partial(x, 1) if callable(x) else functools.partial(len)",
    "property(x)",
    "staticmethod(x)",
    "classmethod(x)",
    "types.MethodType(x, 1) if callable(x) else len",
    "types.GenericAlias(x, (x,))",
    "types.SimpleNamespace(x=x)",
    "types.MappingProxyType({'x': x})",
    "slice(x, None)",
    "collections.deque([x])",
    "collections.OrderedDict(x=x)",
    "collections.defaultdict(list, {1: x})",
    "collections.ChainMap({1: x})",
    "collections.UserList([x])",
    "memoryview(x if isinstance(x, memoryview) else b'abc')[:2]",
    "(lambda y: lambda: y)(x)",
    "functools.lru_cache(x if callable(x) else len)",
    "functools.singledispatch(x if callable(x) else len)",
    "weakref.proxy(keep(types.SimpleNamespace(x=x)))",
    "weakref.ref(keep(types.SimpleNamespace(x=x)))",
    "operator.itemgetter(x)",
    "operator.methodcaller('a', x)",
    "BaseExceptionGroup('a', [x if isinstance(x, BaseException) else ValueError()])",
    "caused(ValueError(), x)",
    "contexts(ValueError(), x)",
    "ast.List([x], ast.Load())",
    "ast.UnaryOp(ast.USub(), x if isinstance(x, ast.AST) else ast.Constant(1))",
    "G(x)",
    "S(x)",
    "NT(x)",
    "DC(x)",
    "type('T', (x if isinstance(x, type) else object,), {})",
    "type('M', (type,), {'x': x})('C', (), {})",
    "super(G, G(x))",
    "list[x]",
    "typing.Optional[x] if isinstance(x, type) else list[x]",
    "(list[x] | None)",
    "gen(x)",
    "coro(x)",
    "agen(x)",
    "iter([x])",
    "zip(x if hasattr(x, '__next__') else [1])",
    "map(x if callable(x) else len, [x])",
    "itertools.chain(x if hasattr(x, '__next__') else [1])",
    "itertools.tee(x if hasattr(x, '__next__') else [1])[0]",
    "itertools.groupby(x if hasattr(x, '__next__') else [1])",
    "itertools.cycle(x if hasattr(x, '__next__') else [1])",
    "io.TextIOWrapper(io.BytesIO(b'x')) if x == 1 else io.BufferedReader(x if hasattr(x, 'readinto') else io.BytesIO(b'x'))",
    "contextvars.ContextVar('x', default=x)",
    "types.CodeType",
    "threading.Condition(x if hasattr(x, 'acquire') else None)",
    "array.array('b', b'x') and [x, x]",
    "{x} if isinstance(x, int) else {id(x): x}",
    "csv.writer(x if hasattr(x, 'write') else io.StringIO())",
    "elements(x)",
    "(x, x)",
    "{'a': x, 'b': x}",
    "json.loads(json.dumps([1])) + [x]",
    "enumerate(x if hasattr(x, '__next__') else [1])",
    "reversed([x])",
    "dict(a=x).items()",
    "dict(a=x).values()",
    "x.__call__ if hasattr(x, '__call__') else len",
    "functools.cached_property(x)",
    "functools.partialmethod(x if callable(x) else len)",
    "operator.attrgetter('a').__class__('a.b') and (x,)",
    "string.Template('x') and [x]",
    "fractions.Fraction(1) and [[x]]",
    "concurrent(x)",
];

/// What is done with the nested object.
const DEPTH_USES: &[&str] = &[
    "next(x)",
    "list(x)",
    "repr(x)",
    "str(x)",
    "hash(x)",
    "x == y",
    "x < y",
    "x != y",
    "copy.copy(x)",
    "copy.deepcopy(x)",
    "pickle.dumps(x)",
    "pickle._dumps(x)",
    "json.dumps(x)",
    "json.dumps(x, indent=1)",
    "marshal.dumps(x)",
    "bool(x)",
    "len(x)",
    "x()",
    "x(1, a=2)",
    "x.nope",
    "x.x",
    "x.__doc__",
    "x.__isabstractmethod__",
    "x.__wrapped__",
    "isinstance(1, x)",
    "issubclass(int, x)",
    "del y; del x; kept.clear()",
    "del x, y; gc.collect()",
    "1 in x",
    "format(x)",
    "f'{x!r:>9}'",
    "sorted([x, y])",
    "abs(x)",
    "x + x",
    "x[0]",
    "x['x']",
    "x | x",
    "x.throw(ValueError)",
    "x.close()",
    "x.send(None)",
    "dir(x)",
    "vars(x)",
    "inspect.signature(x)",
    "pprint.pformat(x)",
    "traceback.format_exception(x)",
    "ast.unparse(x)",
    "ast.dump(x)",
    "compile(ast.Expression(x), 'a', 'eval')",
    "sys.getsizeof(x)",
    "raise x",
    "raise SystemExit(x)",
    "print(x)",
    "{}[x]",
    "setattr(x, 'a', 1)",
    "x.__get__(1, int)",
    "type(x)(x)",
    "type('T', (), {'a': x})().a",
    "dict(x)",
    "max(x, y)",
    "x.__reduce_ex__(4)",
    "x.__sizeof__()",
    "x.split(x)",
    "ET.tostring(x)",
    "x.__mro_entries__(())",
    "class T(x): pass",
    "import abc\nabc.ABC.register(x)",
    "match x:\n  case [[[a]]]: pass\n  case G(x=a): pass",
    "for _ in x: pass",
    "with x: pass",
    "await_it(x)",
    "x.acquire()",
    "x.read()",
    "x.x = 1; x[1] = 2",
    "x %= x",
    "x.__setstate__(x)",
    "del x.x; del x[0]",
    "type(x).__new__(type(x))",
    "sys._getframe().f_locals['x'] = 0; del y",
    "globals().clear()",
    "builtins.__dict__.clear()",
    "t = threading.Thread(target=lambda: repr(x)); t.start(); t.join()",
    "t = threading.Thread(target=globals().clear); t.start(); t.join()",
    "sum([x, x], x)",
    "enumerate(x).__next__()",
    "memoryview(x)",
    "int(x), float(x), complex(x)",
    "''.join(x)",
    "'%s' % (x,)",
    "re.sub('a', x, 'a')",
    "weakref.ref(x)",
    "typing.get_type_hints(x)",
    "typing.get_args(x)",
    "exec(x)",
];

/// Definitions for programs with nested objects.
const NEST_PREFIX: &str = "\
kept = []
def keep(o):
    kept.append(o)
    return o
class G:
    def __init__(self, x): self.x = x
class S:
    __slots__ = ('x', '__weakref__')
    def __init__(self, x): self.x = x
NT = collections.namedtuple('NT', 'x')
@dataclasses.dataclass
class DC: x: object
def gen(x):
    if hasattr(x, '__next__'): yield from x
    else: yield x
async def coro(x):
    return await x if hasattr(x, 'cr_frame') else x
async def agen(x):
    if hasattr(x, '__anext__'):
        async for y in x: yield y
    else: yield x
def await_it(x):
    try: x.send(None) if hasattr(x, 'send') else x.__anext__().send(None)
    finally: x.close() if hasattr(x, 'close') else None
def caused(e, x):
    if isinstance(x, BaseException): e.__cause__ = x
    return e
def contexts(e, x):
    if isinstance(x, BaseException): e.__context__ = x
    return e
def elements(x):
    e = ET.Element('a')
    if isinstance(x, ET.Element): e.append(x)
    return e
def concurrent(x):
    f = futures.Future()
    f.set_result(x)
    return f
";

/// Objects that all runtimes of a process share.
pub(crate) const SHARED: &[&str] = &[
    "type(None)",
    "None",
    "Ellipsis",
    "NotImplemented",
    "True",
    "()",
    "''",
    "b''",
    "object",
    "type",
    "int",
    "slice",
    "types.MappingProxyType",
    "types.TracebackType",
    "types.CodeType",
    "types.FrameType",
    "types.FunctionType",
    "types.GenericAlias",
    "types.UnionType",
    "types.SimpleNamespace",
    "types.CellType",
    "types.ModuleType",
    "types.CapsuleType",
    "itertools.count",
    "itertools.chain",
    "operator.itemgetter",
    "io.IncrementalNewlineDecoder",
    "io.FileIO",
    "io.BytesIO",
    "io.TextIOWrapper",
    "threading.Lock",
    "threading.Thread",
    "threading.Condition",
    "threading.local",
    "ast.Tuple",
    "ast.AST",
    "ast.Load()",
    "int.__new__",
    "object.__init_subclass__",
    "len",
    "print",
    "dict.get",
    "dict.fromkeys",
    "int.__add__",
    "str.join",
    "int.real",
    "type.__dict__",
    "object.__dict__",
    "collections.OrderedDict",
    "collections.deque",
    "collections.defaultdict",
    "functools.partial",
    "functools.lru_cache(len)",
    "re.Pattern",
    "os.stat_result",
    "weakref.ref",
    "weakref.ProxyType",
    "type(sys.flags)",
    "sys.flags",
    "sys.version_info",
    "sys.monitoring",
    "contextvars.ContextVar",
    "contextvars.Token.MISSING",
    "contextvars.Token",
    "property",
    "staticmethod",
    "BaseException",
    "MemoryError",
    "MemoryError.__init__",
    "super",
    "memoryview",
    "array.array",
    "random.Random",
    "struct.Struct",
    "csv.Dialect",
    "json.scanner.c_make_scanner",
    "pickle.Pickler",
    "queue.SimpleQueue",
    "datetime.timezone.utc",
    "decimal.Decimal",
    "math",
    "math.sin",
    "time.struct_time",
    "zlib.compressobj",
    "unicodedata.ucd_3_2_0",
    "hashlib.sha256",
    "typing.TypeVar",
    "typing.NoDefault",
    "typing.Union",
    "type((lambda: (yield))())",
    "type(iter([]))",
    "type({}.items())",
    "type(len)",
    "type(int.__add__)",
    "type(dict.fromkeys)",
    "type(type.__dict__['__mro__'])",
    "type(sys.implementation)",
    "type(sys.float_info)",
    "builtins",
    "sys",
    "_thread",
    "_thread._ThreadHandle",
    "asyncio.Future",
    "asyncio.Task",
    "concurrent.futures.Future",
    "abc.ABC",
    "string.templatelib.Template",
];

/// Ways to change such an object `T`, by a name `n`.
const PLANTS: &[&str] = &[
    "setattr(T, n, planted)",
    "type.__setattr__(T, n, planted)",
    "object.__setattr__(T, n, planted)",
    "types.ModuleType.__setattr__(T, n, planted)",
    "types.FunctionType.__setattr__(T, n, planted)",
    "delattr(T, n)",
    "type.__delattr__(T, n)",
    "object.__delattr__(T, n)",
    "T.__bases__ = (Planted,)",
    "T.__class__ = Planted",
    "object.__dict__['__class__'].__set__(T, Planted)",
    "T.__dict__ = {n: planted}",
    "T.__dict__[n] = planted",
    "vars(T).update({n: planted})",
    "T.__dict__ == Eq()",
    "T.__dict__ | Eq()",
    "Eq() | T.__dict__",
    "T.__dict__ < Eq()",
    "[T.__dict__] == [Eq()]",
    "T.__dict__.copy.__self__ == Eq()",
    "T.__dict__.get(Eq())",
    "T.__dict__[Eq()]",
    "gc.get_referents(T.__dict__)[0][n] = planted",
    "[r.update({n: planted}) for r in gc.get_referrers(T) if isinstance(r, dict)]",
    "T.__subclasses__().append(Planted); type.__subclasses__(T).clear()",
    "type.__dict__['__name__'].__set__(T, 'planted')",
    "type.__dict__['__qualname__'].__set__(T, 'planted')",
    "type.__dict__['__module__'].__set__(T, 'planted')",
    "type.__dict__['__doc__'].__set__(T, 'planted')",
    "type.__dict__['__annotations__'].__set__(T, {'planted': planted})",
    "type.__dict__['__abstractmethods__'].__set__(T, frozenset(['planted']))",
    "type.__dict__['__type_params__'].__set__(T, (planted,))",
    "type.__dict__['__bases__'].__set__(T, (Planted,))",
    "T.__name__ = T.__qualname__ = 'planted'",
    "T.__module__ = 'planted'",
    "T.__doc__ = 'planted'",
    "T.__text_signature__ = 'planted'",
    "T.__self__.__dict__[n] = planted",
    "functools.update_wrapper(T, planted)",
    "functools.total_ordering(T)",
    "dataclasses.dataclass(T)",
    "functools.singledispatchmethod(planted).__set_name__(T, n)",
    "enum._simple_enum(enum.Enum)(T)",
    "abc.ABCMeta.register(T, Planted)",
    "abc.update_abstractmethods(T)",
    "abc.abstractmethod(T)",
    "typing.final(T); typing.runtime_checkable(T)",
    "typing.no_type_check(T)",
    "T.__init__(planted)",
    "T.__setstate__({n: planted})",
    "T.__setstate__(({n: planted}, {n: planted}))",
    "T.__reduce_ex__(4)[2].update({n: planted})",
    "copyreg.__newobj__(type(T)).__class__ = Planted",
    "T.__get__(Planted()).__set__(T, planted)",
    "T.__ior__({n: planted})",
    "T.__iadd__([planted])",
    "T.__annotate__ = planted",
    "T.__annotations__['planted'] = planted",
    "type.__init__(T, 'planted', (), {n: planted})",
    "type.__call__(type, 'planted', (T,), {'__init_subclass__': planted, n: planted})",
    "type.mro(T).append(Planted); T.__mro__ += (Planted,)",
    "T.__new__ = planted; T.__init__ = planted",
    "sys.modules.update({getattr(T, '__name__', 'x'): Planted}); copyreg.pickle(T, planted)",
    "weakref.ref(T, planted); weakref.finalize(T, planted)",
    "contextlib.suppress(T).__class__.__exit__ = planted",
    "T.__dir__ = lambda: [n]; T.__sizeof__ = planted",
    "T.__code__ = planted.__code__",
    "T.__defaults__ = (planted,); T.__kwdefaults__ = {n: planted}",
    "T.__objclass__.__dict__ == Eq()",
    "T.cache_clear(); T.cache_parameters()[n] = planted",
    "T.fget = planted; property.__init__(T, planted, planted)",
    "super(T, T()).__setattr__(n, planted)",
    "operator.setitem(T, n, planted)",
    "inspect.getattr_static(T, n).__set__(T, planted)",
    "sys.intern(n) and sys._clear_internal_caches(); T.__slots__ = (n,)",
    "threading.local.__init__(T); threading.local().__dict__.update(T.__dict__)",
    "re.purge(); re._cache[T] = planted",
    "codecs.register(planted); codecs.register_error('strict', planted)",
    "io.text_encoding.__setattr__(n, planted)",
    "sys.set_int_max_str_digits(640); sys.setswitchinterval(10**6); sys.setrecursionlimit(60)",
    "gc.disable(); gc.set_threshold(1); gc.freeze(); gc.callbacks.append(planted)",
    "warnings.filterwarnings('error'); locale.setlocale(locale.LC_ALL, 'C')",
    "random.seed(1); csv.field_size_limit(1); csv.register_dialect(n, delimiter='x')",
    "decimal.getcontext().prec = 1; decimal.DefaultContext.prec = 1",
    "sys.monitoring.use_tool_id(2, n); sys.monitoring.register_callback(2, 1, planted); sys.monitoring.set_events(2, 1)",
];

/// Names that are planted.
const NAMES: &[&str] = &[
    "__bool__",
    "__repr__",
    "__eq__",
    "__hash__",
    "__init__",
    "__getattribute__",
    "__getattr__",
    "__call__",
    "__new__",
    "__class__",
    "__init_subclass__",
    "__set_name__",
    "__del__",
    "__iter__",
    "planted",
    "open",
    "acquire",
];

const PLANT_PREFIX: &str = "\
n = 'NAME'
def planted(*args, **keywords):
    try: __import__('os').system('touch MARK')
    except BaseException: pass
    return 'planted'
class Planted:
    planted = planted
class Eq:
    def plant(self, *args):
        for arg in args:
            try: arg[n] = planted
            except BaseException: pass
            try: arg.append(planted)
            except BaseException: pass
        return False
    __eq__ = __or__ = __ror__ = __lt__ = __gt__ = __le__ = __ge__ = __ne__ = plant
    def __hash__(self): return hash(n)
";

/// Where frames come from.
const FRAMES: &[&str] = &[
    "[sys._getframe()]",
    "list(sys._current_frames().values())",
    "[t[0] for t in inspect.stack()]",
    "[g.gi_frame]",
    "[c.cr_frame]",
    "[tb.tb_frame]",
    "[f.f_back for f in sys._current_frames().values() if f.f_back]",
    "[sys._getframe(), g.gi_frame, tb.tb_frame]",
    "[f.f_generator.gi_frame for f in sys._current_frames().values() if f.f_generator]",
    "[o for o in gc.get_objects() if isinstance(o, types.FrameType)]",
];

/// What is done to a frame `f`.
const FRAME_USES: &[&str] = &[
    "f.f_locals['x'] = 1",
    "f.f_locals.update(x=[], y={}, f=None)",
    "f.f_locals.clear()",
    "f.f_locals.pop('x', None)",
    "[f.f_locals.__setitem__(k, f) for k in list(f.f_locals)]",
    "f.clear()",
    "f.f_trace = lambda *a: None",
    "f.f_trace_opcodes = True; f.f_trace = hostile",
    "f.f_lineno = 1",
    "del f.f_locals",
    "repr(f), dir(f), hash(f), f == f",
    "f.f_globals.clear()",
    "f.f_builtins.clear()",
    "f.f_code.replace(co_code=b'')",
    "copy.copy(f.f_locals), dict(f.f_locals)",
    "list(f.f_locals.items()), f.f_locals | {}",
    "exec('x = 1; del x', f.f_globals, f.f_locals)",
    "f.f_back.clear(), f.f_back.f_locals.clear()",
    "type(f.f_locals)(f)['x'] = f",
    "f.f_locals == f.f_locals, len(f.f_locals), reversed(f.f_locals)",
    "pickle.dumps(f), copy.deepcopy(f)",
    "traceback.extract_stack(f), inspect.getframeinfo(f)",
];

/// How often, and on which threads.
const FRAME_TIMES: &[&str] = &[
    "use()",
    "while True: use()",
    "for _ in range(4): threading.Thread(target=forever).start()\nwork(10**9)",
    "for _ in range(4): threading.Thread(target=work, args=(10**9,)).start()\nforever()",
    "for _ in range(4): threading.Thread(target=forever, daemon=True).start()\nforever()",
    "for _ in range(2): threading.Thread(target=forever).start()\nwhile True: threading.Thread(target=use).start()",
];

const FRAME_PREFIX: &str = "\
def generator():
    x = y = 0
    while True: yield x
g = generator(); next(g)
async def coroutine():
    x = y = 0
c = coroutine()
try: 1/0
except Exception as error: tb = error.__traceback__
def hostile(*a):
    while True: pass
def work(count):
    x = y = 0
    for i in range(count): x = x + i if isinstance(x, int) else 0
def use():
    for f in FRAMES:
        try:
            USE
        except Exception: pass
def forever():
    x = y = 0
    while True: use()
";

/// Places where a function `h` is called by the interpreter or the library.
const PLACES: &[&str] = &[
    "sys.settrace(h)\n(lambda: 1)()",
    "sys.setprofile(h)\n(lambda: 1)(); len([])",
    "threading.settrace(h); threading.setprofile(h)\nt = threading.Thread(target=len, args=('',)); t.start(); t.join()",
    "threading.settrace_all_threads(h); threading.setprofile_all_threads(h)\n(lambda: 1)()",
    "sys.addaudithook(h)\nexec('1'); import abc",
    "sys.excepthook = h\nraise ValueError",
    "sys.unraisablehook = h\nclass D:\n  def __del__(s): 1/0\nD()",
    "sys.unraisablehook = 1\nclass D:\n  def __del__(s): 1/0\nD()",
    "threading.excepthook = h\nt = threading.Thread(target=lambda: 1/0); t.start(); t.join()",
    "sys.displayhook = h\nexec(compile('1', 'a', 'single'))",
    "sys.breakpointhook = h\nbreakpoint()",
    "import atexit; atexit.register(h)",
    "import atexit; atexit.register(h); atexit._run_exitfuncs()",
    "builtins.__import__ = h\nimport abc, base64",
    "builtins.__build_class__ = h\nclass A: pass",
    "sys.meta_path.insert(0, types.SimpleNamespace(find_spec=h))\nimport colorsys, sched",
    "sys.path_hooks.insert(0, h); sys.path_importer_cache.clear(); sys.path.append('/')\nimport sched2",
    "codecs.register(h)\n''.encode('planted')",
    "codecs.register_error('planted', h)\n'\\udc80'.encode('ascii', 'planted')",
    "codecs.register_error('strict', h)\n'\\udc80'.encode('ascii')",
    "warnings.showwarning = h\nwarnings.warn('x')",
    "warnings.filters = h; warnings.warn('x')",
    "gc.callbacks.append(h)\ngc.collect()",
    "class A: pass\na = A(); r = weakref.ref(a, h); del a",
    "class A: pass\na = A(); a.a = a; r = weakref.ref(a, h); del a; gc.collect()",
    "class A: pass\na = A(); weakref.finalize(a, h); del a",
    "sys.stdout = types.SimpleNamespace(write=h, flush=h)\nprint(1)",
    "sys.stderr = types.SimpleNamespace(write=h, flush=h)\nraise ValueError",
    "sys.stdin = types.SimpleNamespace(readline=h, fileno=h)\ninput()",
    "sys.monitoring.use_tool_id(2, 'a'); sys.monitoring.register_callback(2, EVENT, h); sys.monitoring.set_events(2, EVENT)\ndef f():\n  for i in range(9):\n    try: 1/0\n    except ValueError: pass\nf()",
    "sys.monitoring.use_tool_id(2, 'a'); sys.monitoring.register_callback(2, EVENT, h)\ndef f():\n  for i in range(9): [].append(i)\n  yield i\nsys.monitoring.set_local_events(2, f.__code__, EVENT)\nlist(f())",
    "x = contextvars.copy_context(); x.run(lambda: x.run(h)); x.run(h)",
    "threading.Timer(0, h).start(); time.sleep(0.1)",
    "import signal; signal.signal(2, h); signal.raise_signal(2)",
    "_thread.interrupt_main(); _thread.start_new_thread(h, ())",
    "import asyncio\nasync def f(): h()\nasyncio.run(f())",
    "async def f(): h()\ntry: f().send(None)\nexcept StopIteration: pass",
    "sys.set_asyncgen_hooks(h, h)\nasync def f(): yield 1\nf().__anext__().send(None)",
    "sys.set_coroutine_origin_tracking_depth(10**9)\nasync def f(): pass\nf(); h()",
    "with concurrent.futures.ThreadPoolExecutor(3) as p: list(p.map(lambda i: h(), range(9)))",
    "futures = [concurrent.futures.Future() for _ in range(3)]\nfor f in futures: f.add_done_callback(h); f.set_result(1)",
    "functools.lru_cache(h)(1)",
    "pickle.loads(pickle.dumps(1)); copyreg.dispatch_table[complex] = h; pickle.dumps(1j)",
    "re.sub('a', h, 'aaa'); re.compile('a').scanner('a').match()",
    "sorted([3, 1, 2], key=h); [3, 2, 1].sort(key=lambda x: h())",
    "class M(type):\n  mro = h\nclass A(metaclass=M): pass",
    "class M(type):\n  __prepare__ = h\nclass A(metaclass=M): pass",
    "class A:\n  __init_subclass__ = h\nclass B(A): pass",
    "class A: __set_name__ = h\nclass B: a = A()",
    "class A:\n  __class__ = property(h)\nisinstance(A(), int)",
    "class A:\n  __slots__ = property(h)\nA()",
    "class A(abc.ABC): __subclasshook__ = h\nissubclass(int, A)",
    "type.__call__(type('A', (), {'__new__': h, '__init__': h}))",
    "json.loads('[{\"a\": 1.5}]', object_hook=h, parse_float=h); json.dumps(h, default=h)",
    "collections.defaultdict(h)[1]; dict.fromkeys(iter(h, 1))",
    "threading.local.__init__; L = type('L', (threading.local,), {'__init__': h}); L()",
    "t = threading.Thread(target=h); t.start(); del t; gc.collect()",
    "for _ in range(9): threading.Thread(target=h).start()",
    "threading._register_atexit(h)\nthreading.main_thread().join()",
    "os.register_at_fork(before=h); os.fork()",
    "sys.exitfunc = h; sys.exit(h)",
    "def f():\n  try: yield\n  finally: h()\ng = f(); next(g); del g",
    "def f():\n  try: yield\n  except GeneratorExit: h(); yield\ng = f(); next(g); g.close()",
    "g = (h() for _ in [1]); list(g)\nimport types; types.coroutine(h)()",
    "linecache = __import__('linecache'); linecache.getline = linecache.checkcache = h; raise ValueError",
    "traceback.print_exception = traceback.TracebackException = h; raise ValueError",
    "io.open = os.open = io.FileIO = h; open('x')",
    "sys.modules['traceback'] = sys.modules['threading'] = sys.modules['_thread'] = h; raise ValueError",
    "sys.settrace(h); sys.setprofile(h); threading.settrace(h); gc.callbacks.append(h); sys.excepthook = h; gc.collect(); raise ValueError",
];

const EVENTS: &[&str] = &[
    "1",
    "2",
    "4",
    "8",
    "16",
    "32",
    "64",
    "128",
    "256",
    "512",
    "1024",
    "2048",
    "4096",
    "8192",
    "16384",
    "32768",
    "65536",
    "2**20 - 1",
    "-1",
    "2**64",
];

/// What such a function does.
const CALLBACKS: &[&str] = &[
    "while True: pass",
    "return h(*a)",
    "raise ValueError(a)",
    "raise SystemExit(7)",
    "raise KeyboardInterrupt",
    "return h",
    "return a",
    "sum(range(10**12))",
    "time.sleep(10**6)",
    "threading.Lock().acquire() and queue.Queue().get()",
    "del sys.modules",
    "sys.__dict__.clear()",
    "builtins.__dict__.clear()",
    "gc.collect(); gc.collect()",
    "threading.Thread(target=h).start()",
    "_thread.start_new_thread(h, ()); _thread.exit()",
    "sys._getframe(1).f_locals.clear(); sys._getframe(1).clear()",
    "[f.f_locals.update(a=1) for f in sys._current_frames().values()]",
    "sys.monitoring.free_tool_id(2); sys.settrace(None)",
    "sys.monitoring.set_events(2, 2**17 - 1); sys.monitoring.restart_events()",
    "[0] * 10**9",
    "os._exit(5)",
    "os.kill(os.getpid(), 6)",
    "exec('while True: pass')",
    "try:\n    while True: pass\n  finally:\n    while True: pass",
    "while True:\n    try: h(*a)\n    except BaseException: pass",
    "yield from h(*a)",
    "for x in gc.get_objects(): x.__class__",
    "raise BaseExceptionGroup('a', [SystemExit(1), KeyboardInterrupt()])",
    "open('MARK', 'w').write('x')",
    "__import__('subprocess').run(['touch', 'MARK'])",
];

/// Objects that several threads change at once.
const RACED: &[&str] = &[
    "[1, 2, 3]",
    "{1: 2, 3: 4}",
    "{1, 2, 3}",
    "collections.deque([1, 2, 3], 9)",
    "collections.OrderedDict(a=1, b=2)",
    "collections.defaultdict(list, a=[1])",
    "bytearray(b'abc')",
    "array.array('i', [1, 2, 3])",
    "io.BytesIO(b'abc')",
    "io.StringIO('abc')",
    "iter([1, 2, 3] * 999)",
    "enumerate([1, 2, 3] * 999)",
    "itertools.count()",
    "itertools.tee([1, 2] * 999)[0]",
    "itertools.cycle([1, 2])",
    "(i for i in range(10**9))",
    "memoryview(bytearray(b'abc'))",
    "types.SimpleNamespace(a=1)",
    "type('A', (), {'a': 1})",
    "type('A', (), {'a': 1})()",
    "type('A', (), {'__slots__': ('a', 'b')})()",
    "weakref.WeakValueDictionary()",
    "weakref.WeakSet()",
    "functools.lru_cache(2)(lambda *a: a)",
    "contextvars.copy_context()",
    "random.Random(1)",
    "io.BufferedReader(io.BytesIO(bytes(99999)))",
    "io.TextIOWrapper(io.BytesIO(b'abc' * 999))",
    "re.compile('a+').scanner('aaa')",
    "(lambda: 0)",
    "csv.reader(itertools.repeat('a,b'))",
    "zlib.compressobj()",
    "hashlib.sha256()",
    "decimal.getcontext()",
    "queue.SimpleQueue()",
    "struct.iter_unpack('B', bytes(9999))",
    "ET.fromstring('<a><b/><c/></a>')",
    "pickle.Pickler(io.BytesIO())",
    "json.JSONEncoder()",
    "threading.RLock()",
    "threading.Event()",
    "ValueError('a')",
    "sys",
    "sys.modules",
    "builtins.__dict__",
];

const RACES: &[&str] = &[
    "o == p, p == o",
    "o.update(p); p.update(o)",
    "o.extend(p); p.extend(o)",
    "o += p; p += o; o.clear()",
    "o |= p; p &= o",
    "next(o)",
    "o.clear(); list(o); o.append(p); p.append(o)",
    "o[0] = p; p[0] = o; repr(o); del o[0]",
    "o['a'] = p; p['a'] = o; repr(p); del o['a']",
    "o.pop(); o.append(1); o.sort(); o.reverse()",
    "o.pop(1); o.add(1); o.copy(); o.discard(1)",
    "o.write(o.read()); o.seek(0); o.truncate(2)",
    "o.a = p; p.a = o; del o.a; o.__dict__.clear()",
    "o.__class__ = p.__class__; repr(o), hash(o)",
    "copy.copy(o), copy.deepcopy(o)",
    "pickle.dumps(o)",
    "for x in o: o.append(x) if len(o) < 99 else o.clear()",
    "for x in dir(o): getattr(o, x)",
    "o.move_to_end('a'); o.popitem(); o.setdefault('c', 1)",
    "o.release(); o.obj.append(1)",
    "o.cache_clear(); o(1), o(p)",
    "o.__init__(); o.__init__(p)",
    "o.__setstate__(p.__getstate__())",
    "gc.collect(); o.__reduce_ex__(4)",
    "sys._getframe().f_locals['o'] = p; o.__code__ = p.__code__; o()",
    "o.random(), o.seed(p), o.getstate()",
    "bytes(o), memoryview(o), o.extend(b'x'), o.resize(9)",
    "o.feed(1); o.compress(b'x' * 99999), o.flush()",
    "o.get_nowait(), o.put(p)",
    "sorted(o), max(o), min(p), sum(o)",
    "o.__enter__(); o.__exit__(None, None, None)",
    "o.insert(0, p); o.rotate(3); o.remove(p); o.index(o)",
    "o.__bases__ = (p,); o.b = 1; p.c = 2; o(), o.__subclasses__()",
    "raise o from p",
    "o.__context__ = p; p.__context__ = o; o.add_note('x'); str(o)",
];

/// Programs that change code objects and functions.
const CODES: &[&str] = &[
    "f.__code__ = f.__code__.replace(FIELD=VALUE)\nf(1)",
    "exec(f.__code__.replace(FIELD=VALUE))",
    "types.FunctionType(f.__code__.replace(FIELD=VALUE), {})(1)",
    "g = (lambda: (yield))().gi_code.replace(FIELD=VALUE)\nlist(types.FunctionType(g, {})())",
    "dis.dis(f.__code__.replace(FIELD=VALUE)); list(f.__code__.replace(FIELD=VALUE).co_positions())",
    "marshal.loads(marshal.dumps(f.__code__.replace(FIELD=VALUE)))",
    "copy.replace(f.__code__, FIELD=VALUE)",
    "hash(f.__code__.replace(FIELD=VALUE)), f.__code__.replace(FIELD=VALUE) == f.__code__, repr(f.__code__.replace(FIELD=VALUE))",
    "inspect.getsource(f.__code__.replace(FIELD=VALUE))",
    "type(f.__code__)(*[VALUE for _ in range(18)])",
];

const CODE_FIELDS: &[&str] = &[
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_firstlineno",
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_linetable",
    "co_exceptiontable",
];

const CODE_VALUES: &[&str] = &[
    "0",
    "-1",
    "1",
    "99",
    "2**31 - 1",
    "2**31",
    "2**63",
    "b''",
    "b'\\xff' * 9",
    "bytes(range(256))",
    "()",
    "('a',) * 999",
    "(1, None, [])",
    "''",
    "'x' * 9999",
    "'/etc/passwd'",
    "None",
    "0x2ff",
];

/// What functions are given.
const FUNCTIONS: &[&str] = &[
    "f.__code__ = (lambda: 0).__code__; f(1, 2)",
    "f.__defaults__ = (1,) * 999; f()",
    "f.__kwdefaults__ = {i: 1 for i in range(9)}; f()",
    "f.__globals__.clear(); f(1)",
    "f.__closure__[0].cell_contents = f; f(1); del f.__closure__[0].cell_contents; f(1)",
    "types.FunctionType(f.__code__, {}, closure=())(1)",
    "types.FunctionType(f.__code__, {}, closure=(types.CellType(),))(1)",
    "types.FunctionType((lambda: 0).__code__, {}, closure=(types.CellType(),) * 9)()",
    "f.__dict__ = f.__dict__; f.__dict__['a'] = f; f.__type_params__ = (f,)",
    "f.__annotations__ = f.__dict__; f.__annotate__ = f; f.__annotations__",
    "types.FunctionType(f.__code__, {'__builtins__': {}}, closure=f.__closure__)(1)",
    "types.FunctionType(f.__code__, {'__builtins__': 1}, closure=f.__closure__)(1)",
    "f.__builtins__.clear(); f(1)",
    "f.__get__(1)(2); f.__get__(None, int)(1); type(f).__call__(f, *range(10**6))",
    "f(**{str(i): i for i in range(10**5)})",
    "f(*itertools.repeat(1))",
    "f.__code__.co_consts[0].__class__ = f; f.__code__._varname_from_oparg(10**9)",
    "object.__new__(type(f)); type(f).__new__(type(f))",
    "type(f)(f.__code__, f.__dict__, f, f, f)",
];

/// The families that need no native code.
pub(crate) const FAMILIES: usize = 13;

/// A program of one of the [`FAMILIES`].
pub(crate) fn of_family(family: usize, numbers: &mut Numbers) -> String {
    match family {
        0 => {
            let depth = numbers.one(&[3000, 30_000, 200_000]);
            let layer = numbers.one(LAYERS);
            let end = numbers.one(&["next(i)", "del i", "list(i)", "repr(i)", "print(*i)"]);
            format!("i = iter([1, 2])\nfor _ in range({depth}): i = {layer}\n{end}")
        }
        1 => {
            let (before, middle, after) = numbers.one(TOKENS);
            let count = numbers.one(&[1000, 30_000, 300_000]);
            let how = numbers.one(&[
                "eval(s)",
                "compile(s, 'x', 'exec')",
                "__import__('ast').parse(s)",
                "__import__('ast').literal_eval(s)",
                "exec('class A:\\n  def f(self): ' + s)",
                "exec('x: ' + s)",
                "exec('f\"{' + s + '}\"')",
            ]);
            format!("s = {before:?} * {count} + {middle:?} + {after:?} * {count}\n{how}")
        }
        2 => numbers.one(SINKS).replace("SOURCE", numbers.one(SOURCES)),
        3 => format!("N = {}\n{}", numbers.one(SIZES), numbers.one(ALLOCATIONS)),
        4 | 5 => {
            let hook = numbers.one(HOOKS);
            let behaviour = numbers.one(BEHAVIOURS).replace('H', hook);
            let usage = numbers.one(USES);
            format!(
                "class M(type): pass\nclass E(Exception):\n  def {hook}(self, *a): {behaviour}\n  \
                 def __enter__(self): return self\ne = None\n{usage}"
            )
        }
        6 | 7 => {
            let depth = numbers.one(&[500, 3000, 60_000]);
            let nest = numbers.one(NESTS);
            let usage = numbers.one(DEPTH_USES);
            format!(
                "{NEST_PREFIX}def nested():\n  x = 1\n  for _ in range({depth}): x = {nest}\n  return x\n\
                 x, y = nested(), nested()\n{usage}"
            )
        }
        8 => {
            let target = numbers.one(SHARED);
            let prefix = PLANT_PREFIX.replace("NAME", numbers.one(NAMES));
            format!(
                "# shared: {target}\nT = {target}\n{prefix}{}",
                numbers.one(PLANTS)
            )
        }
        9 => {
            let prefix = FRAME_PREFIX.replace("FRAMES", numbers.one(FRAMES));
            let prefix = prefix.replace("USE", numbers.one(FRAME_USES));
            format!("{prefix}{}", numbers.one(FRAME_TIMES))
        }
        10 => {
            let place = numbers.one(PLACES).replace("EVENT", numbers.one(EVENTS));
            format!("def h(*a, **k):\n  {}\n{place}", numbers.one(CALLBACKS))
        }
        11 => {
            let object = numbers.one(RACED);
            format!(
                "o, p = {object}, {object}\ndef f(o, p):\n  while True:\n    try:\n      {}\n    \
                 except Exception: pass\nfor i in range(4):\n  \
                 threading.Thread(target=f, args=(o, p) if i % 2 else (p, o)).start()\nf(o, p)",
                numbers.one(RACES).replace('\n', "\n      ")
            )
        }
        _ => {
            let prefix = "def outer():\n  y = 1\n  def f(x, *a, **k):\n    z = lambda: x\n    \
                          return [y, z() , a, k]\n  return f\nf = outer()\n";
            let code = match numbers.below(4) {
                0 => numbers.one(FUNCTIONS).to_owned(),
                _ => numbers
                    .one(CODES)
                    .replace("FIELD", numbers.one(CODE_FIELDS))
                    .replace("VALUE", numbers.one(CODE_VALUES)),
            };
            format!("{prefix}{code}")
        }
    }
}

/// What the programs use.
const MODULES: &[&str] = &[
    "_thread",
    "abc",
    "array",
    "ast",
    "asyncio",
    "binascii",
    "builtins",
    "codecs",
    "collections",
    "concurrent.futures",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "dis",
    "enum",
    "fractions",
    "functools",
    "gc",
    "hashlib",
    "heapq",
    "inspect",
    "io",
    "itertools",
    "json",
    "locale",
    "marshal",
    "math",
    "operator",
    "os",
    "pickle",
    "pprint",
    "queue",
    "random",
    "re",
    "statistics",
    "string",
    "string.templatelib",
    "struct",
    "sys",
    "textwrap",
    "threading",
    "time",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "warnings",
    "weakref",
    "zlib",
];

/// The imports of what a program uses, to be made before its time begins.
pub(crate) fn imports(code: &str) -> String {
    let mut imports = String::new();
    for name in MODULES {
        if code.contains(&format!("{name}.")) {
            // Some cannot be imported everywhere.
            imports += &format!("try: import {name}\nexcept ImportError: pass\n");
        }
    }
    if code.contains("ET.") {
        imports += "import xml.etree.ElementTree as ET\n";
    }
    if code.contains("futures.") {
        imports += "import concurrent.futures\nfrom concurrent import futures\n";
    }
    // It shows what the programs raise.
    imports + "import traceback\n"
}
