# expect: silent
# outputs: 1
"""Most of the language in one thread: decision points change nothing about it."""
import types, asyncio, contextlib, dataclasses, collections, enum
def gen(n):
    for i in range(n):
        try: yield i
        finally: pass
@contextlib.contextmanager
def cm():
    yield 1
@dataclasses.dataclass(slots=True)
class D:
    x: int = 0
    y: list = dataclasses.field(default_factory=list)
class C(enum.Enum): A = 1; B = 2
P = collections.namedtuple('P', 'a b')
@types.coroutine
def old():
    yield from ()
    return 3
async def main():
    r = await old()
    await asyncio.sleep(0)
    async def ag():
        for i in range(3): yield i
    return [x async for x in ag()] + [r]
def rec(n): return 0 if n == 0 else 1 + rec(n - 1)
def big():
    d = {}
    exec('\n'.join(f'v{i} = {i}\nd["k{i}"] = v{i}' for i in range(400)), {'d': d})
    return len(d)
def m(x):
    match x:
        case [1, *rest]: return rest
        case {'k': v, **kw}: return v, kw
        case P(a=1): return 'P'
        case _: return None
print(list(gen(3)), sum(gen(4)))
with cm() as v: print(v)
d = D(); d.x += 1; d.y.append(d.x); print(d)
print(C.A, C(2), P(1, 2)._replace(a=3))
print(asyncio.run(main()))
print(rec(400), big())
print(m([1, 2, 3]), m({'k': 1, 'z': 2}), m(P(1, 2)), m(3))
try:
    [1][5]
except IndexError as e: print(e)
for i in range(2000):
    if i % 500 == 0: print(f'{i:5d} {i!r}')
x = {i: str(i) for i in range(5)}
x |= {9: '9'}; y = [*x, *x.values()]; del x[9]; y[1:3] = [0]; print(x, y, y[::2], 3 in x)
class W:
    count = 0
    def __init__(s): s.__dict__['q'] = 1; W.count += 1
    def __getitem__(s, k): return k
    def __setitem__(s, k, v): setattr(s, str(k), v)
    def __contains__(s, k): return True
    @property
    def p(s): return s._p
    @p.setter
    def p(s, v): s._p = v
w = W(); w.p = 3; w['a'] = w[1]; print(w.p, w.a, 5 in w, W.count, w.count, getattr(w, 'q'))
a, *b = [1, 2, 3]; print(a, b)
print(max([3, 1]), sorted({3, 1}), ','.join(['a', 'b']), *[1, 2], sep='-')
