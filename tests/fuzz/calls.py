"""Native functions and methods, called with objects of all kinds."""
import random
import sys

MODULES = ("_abc _bisect _codecs _collections _contextvars _csv _datetime _functools _heapq _io _json _operator "
           "_pickle _random _sre _stat _statistics _string _struct _symtable _weakref array atexit binascii builtins "
           "cmath errno itertools marshal math unicodedata zlib _bz2 _lzma _md5 _sha1 _sha2 _sha3 _blake2 _opcode "
           "_elementtree pyexpat").split()

# They end or block the process as they should, write files, or change how the rest runs.
LEFT_OUT = {"exit", "quit", "input", "breakpoint", "open", "open_code", "open_file", "exec", "eval", "help", "print",
            "FileIO", "_run_exitfuncs", "_clear", "copyright", "credits", "license", "__import__", "register",
            "dump", "setattr", "delattr", "_setattr", "register_error", "unregister", "_forget_codec",
            "_unregister_error", "pow", "factorial", "comb", "perm", "repeat", "count", "cycle", "__pow__", "__rpow__",
            "pow", "ipow", "lshift", "ilshift", "__lshift__", "__rlshift__", "vars", "globals", "locals", "perm",
            "product", "combinations", "combinations_with_replacement", "permutations", "range", "ldexp",
            "_abc_register", "_reset_registry", "_reset_caches", "register_specialized_getattr", "isqrt", "lcm"}


class Odd:
    """Answers each question with something odd."""

    def __init__(self, r):
        self.r = r

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.r.choice(SIMPLE)

    def __len__(self):
        return self.r.choice([0, 1, 5, 2**40])

    def __iter__(self):
        return iter(self.r.sample(SIMPLE, 2))

    def __getitem__(self, key):
        if self.r.random() < 0.5:
            raise IndexError
        return self.r.choice(SIMPLE)

    def __index__(self):
        return self.r.choice([0, -1, 3, 2**31])

    def __eq__(self, other):
        return self.r.choice([True, False, NotImplemented])

    def __hash__(self):
        return self.r.randrange(3)

    def __call__(self, *args, **keywords):
        if self.r.random() < 0.3:
            raise ValueError
        return self.r.choice(SIMPLE)


SIMPLE = [None, True, 0, 1, -1, 7, 2**31, -2**63, 2**64, 1.5, float("nan"), 1j, "", "a", "abc", "\u00e9", "\udc80",
          "utf-8", "strict", b"", b"abc", b"\xff", (), (1,), (1, "a"), [], [1, 2], {}, {"a": 1}, set(), {1},
          frozenset(), range(3), slice(1), slice(None, None, -1), int, str, type, object, Exception, ValueError("x"),
          len, Ellipsis, NotImplemented]


def fresh(r):
    import array
    import collections
    import io
    import weakref
    kind = r.randrange(14)
    if kind < 8:
        return r.choice(SIMPLE)
    return [
        lambda: bytearray(b"abc"), lambda: memoryview(bytearray(b"abcd")), lambda: array.array("i", [1, 2]),
        lambda: collections.deque([1, 2], 3), lambda: io.BytesIO(b"ab\nc"), lambda: io.StringIO("ab\nc"),
        lambda: iter([1, 2]), lambda: (x for x in "ab"), lambda: Odd(r), lambda: collections.OrderedDict(a=1),
        lambda: weakref.ref(Odd), lambda: lambda *a: r.choice(SIMPLE), lambda: [Odd(r), Odd(r)],
        lambda: type("A", (), {}), lambda: type("A", (), {})(),
    ][r.randrange(15)]()


def run(r, count):
    functions = []
    for name in MODULES:
        try:
            module = __import__(name)
        except ImportError:
            continue
        for name in sorted(vars(module)):
            value = vars(module)[name]
            if callable(value) and name not in LEFT_OUT:
                functions.append(value)
    for _ in range(count):
        function = r.choice(functions)
        try:
            result = function(*[fresh(r) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 4]))])
        except Exception:
            continue
        for _ in range(4):
            try:
                name = r.choice(dir(result))
            except Exception:
                break
            if name in LEFT_OUT or name in ("__class__", "__init_subclass__", "__subclasses__"):
                continue
            try:
                method = getattr(result, name)
                if callable(method):
                    method(*[fresh(r) for _ in range(r.choice([0, 0, 1, 1, 2, 3]))])
            except Exception:
                pass
        try:
            repr(result), result == result, bool(result)
        except Exception:
            pass


def limit_memory():
    """What asks for more than there is has to raise `MemoryError`, rather than use up the machine."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


if __name__ == "__main__":
    limit_memory()
    run(random.Random(int(sys.argv[1])), int(sys.argv[2]))
