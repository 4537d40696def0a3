// More groups of `generated.rs`: of what programs do less often.

const UNUSUAL: &[Group] = &[
    Group {
        shared: "
import io
text = io.StringIO('ab\\ncd\\n')
raw = io.BytesIO(b'abcd')
",
        statements: "
R.append(text.read(1))
--
R.append(text.readline())
--
text.write('x$K')
--
R.append(text.getvalue())
--
text.seek(0)
--
R.append(text.tell())
--
for line in text: R.append(line)
--
R.append(list(text))
--
text.truncate(1)
--
print('p$K', file=text)
--
text.close()
--
R.append(text.closed)
--
R.append(raw.read(2))
--
raw.write(b'z$K')
--
R.append(raw.getvalue())
--
R.append(bytes(raw.getbuffer()))
--
raw.seek(1)
--
buffer = bytearray(2)
R.append((raw.readinto(buffer), bytes(buffer)))
--
text.writelines(['l', '$K'])
",
        shown: "text.closed or text.getvalue(), raw.getvalue()",
        forks: false,
    },
    Group {
        shared: "
import itertools, random
dice = random.Random(1)
turns = itertools.cycle('ab')
part = itertools.islice(itertools.count(), 4)
both = zip(iter([1, 2]), iter('xy'))
crossed = itertools.product([1, 2], 'ab')
running = itertools.accumulate(iter([1, 2, 3]))
pairs = itertools.pairwise(iter([1, 2, 3]))
parts = itertools.batched(iter('abcd'), 2)
picked = itertools.compress(iter('abc'), iter([1, 0, 1]))
stars = itertools.starmap(pow, iter([(2, 2), (3, 2)]))
",
        statements: "
R.append(dice.randrange(100))
--
dice.seed(2)
--
R.append(dice.choice('abcdef'))
--
row = [1, 2, 3, 4]
dice.shuffle(row)
R.append(row)
--
R.append(next(turns))
--
R.append(next(part, None))
--
R.append(list(part))
--
R.append(next(both, None))
--
R.append(list(both))
--
R.append(next(crossed, None))
--
R.append(list(crossed))
--
R.append(next(running, None))
--
R.append(list(running))
--
R.append(next(pairs, None))
--
for pair in pairs: R.append(pair)
--
R.append(next(parts, None))
--
R.append(list(parts))
--
R.append(next(picked, None))
--
R.append(''.join(picked))
--
R.append(next(stars, None))
--
R.append(sum(stars))
--
state = dice.getstate()
R.append(state[1][-1])
",
        shown: "next(turns), list(part), list(both), list(running), list(pairs), list(picked)",
        forks: false,
    },
    Group {
        shared: "
items = [1, 2, 3]
table = {'a': 1, 'b': 2}
some = {1, 2}
backwards = reversed(items)
over_table = iter(table)
over_items = iter(table.items())
over_some = iter(some)
keys = table.keys()
values = table.values()
made = (item * 2 for item in items)
popped = iter(items.pop, 1)
words = iter(str.split('x y z'))
",
        statements: "
R.append(next(backwards, None))
--
R.append(list(backwards))
--
R.append(next(over_table, None))
--
for key in over_table: R.append(key)
--
R.append(next(over_items, None))
--
R.append(dict(over_items))
--
R.append(next(over_some, None))
--
R.append(sorted(over_some))
--
R.append('c' in keys)
--
R.append(len(values))
--
R.append(keys & {'a', 'c'})
--
R.append(keys == {'a', 'b'})
--
R.append(sum(values))
--
R.append(next(made, None))
--
R.append(list(made))
--
R.append(max(made, default=0))
--
R.append(next(popped, None))
--
R.append(list(popped))
--
R.append(next(words, None))
--
R.append([*words])
--
items.append($K + 1)
--
table['c'] = $K
--
del table['a']
--
some.add(7)
--
global some; some ^= {1}
--
R.append(made.gi_frame is None)
",
        shown: "items, table, sorted(some)",
        forks: false,
    },
    Group {
        shared: "
import gc, weakref
told = []
class Held:
    def __init__(self, name):
        self.name = name
held = [Held('a'), Held('b')]
by_name = weakref.WeakValueDictionary((one.name, one) for one in held)
marks = weakref.WeakKeyDictionary({held[0]: 1})
known = weakref.WeakSet(held)
ref = weakref.ref(held[0], lambda _: told.append('gone'))
proxy = weakref.proxy(held[1])
weakref.finalize(held[1], told.append, 'final')
",
        statements: "
R.append('a' in by_name)
--
R.append(len(by_name))
--
by_name['c'] = held[0]
--
R.append(sorted(by_name))
--
R.append(marks.get(held[0]))
--
marks[held[0]] = $K + 5
--
R.append(len(marks))
--
R.append(len(known))
--
known.add(held[-1])
--
known.discard(held[0])
--
R.append(sorted(one.name for one in known))
--
R.append(ref() is None)
--
R.append(proxy.name)
--
proxy.name = 'p$K'
--
held.pop()
--
del held[0]
--
held.clear()
--
held.append(Held('n$K'))
--
R.append(len(held))
--
R.append(told[:])
--
told.append($K)
--
R.append(weakref.getweakrefcount(held[0]))
",
        shown: "told, len(by_name), len(known), len(marks)",
        forks: false,
    },
    Group {
        shared: "
import types, typing
space = types.SimpleNamespace(a=1)
frozen = types.MappingProxyType(base := {'k': 1})
class Pair(typing.NamedTuple):
    one: list
    two: int = 0
pair = Pair([1])
class Old:
    kind = 'old'
    def tell(self): return 'old'
class New:
    kind = 'new'
    def tell(self): return 'new'
class Both(Old): pass
thing = Both()
def say(word='hi', *, loud=False): return word.upper() if loud else word
",
        statements: "
space.a += 1
--
R.append(space.a)
--
space.b = $K
--
R.append(repr(space))
--
R.append(space == types.SimpleNamespace(a=1))
--
R.append(frozen['k'])
--
base['k'] = $K + 2
--
R.append(len(frozen))
--
base['j'] = $K
--
R.append('j' in frozen)
--
pair.one.append($K)
--
R.append(repr(pair))
--
R.append(pair._replace(two=1).one[-1])
--
R.append(len(pair.one))
--
Old.tell = lambda self: 'changed'
--
R.append(thing.tell())
--
thing.__class__ = New
--
R.append(thing.kind)
--
Both.__bases__ = (New,)
--
R.append(isinstance(thing, New))
--
Old.kind = $K
--
del Old.tell
--
R.append(Both.__mro__[1].__name__)
--
say.__defaults__ = ('bye',)
--
R.append(say())
--
say.__kwdefaults__ = {'loud': True}
--
say.__code__ = (lambda word='x', *, loud=False: 'new').__code__
--
say.__name__ = 'said'
--
R.append(say.__name__)
--
say.mark = $K
--
R.append(getattr(say, 'mark', None))
--
R.append(type(thing).__name__)
",
        shown: "space, base, pair, thing.kind, say()",
        forks: false,
    },
    Group {
        shared: "
import abc, functools
made = []
class Base:
    subs = []
    def __init_subclass__(cls, **options):
        super().__init_subclass__()
        Base.subs.append(cls.__name__)
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Square:
    def area(self): return 4
square = Square()
@functools.total_ordering
class Size:
    def __init__(self, n): self.n = n
    def __eq__(self, other): return self.n == other.n
    def __lt__(self, other): return self.n < other.n
small, big = Size(1), Size(2)
@functools.lru_cache(maxsize=1)
def costly(n):
    made.append(n)
    return n * 2
class Shown:
    @functools.singledispatchmethod
    def show(self, value): return 'any'
shown = Shown()
",
        statements: "
class Sub(Base): pass
--
type('Made$K', (Base,), {})
--
R.append(len(Base.__subclasses__()))
--
R.append(Base.subs[:])
--
Shape.register(Square)
--
R.append(isinstance(square, Shape))
--
R.append(issubclass(Square, Shape))
--
small.n += 2
--
R.append(small < big)
--
R.append(small >= big)
--
R.append(sorted([big, small])[0].n)
--
R.append(small < big < small)
--
R.append(costly($K))
--
R.append(costly.cache_info().misses)
--
costly.cache_clear()
--
R.append(shown.show(1))
--
Shown.show.register(int, lambda self, value: 'int')
--
R.append(made[:])
--
big.n = $K
",
        shown: "Base.subs, small.n, big.n, made",
        forks: false,
    },
    Group {
        shared: "
class Box: pass
box = Box()
box.a, box.b = 1, 2
items = [1, 2, 3, 4]
rows = [[0, 0], [0, 0]]
total = 0
name = 'n'
",
        statements: "
box.a, box.b = box.b, box.a
--
R.append((box.a, box.b))
--
items[0], items[1] = items[1], items[0]
--
items[1:2] += [3]
--
items[::2] = [8, 9]
--
del items[1], items[0]
--
rows[0][1] += 1
--
rows[1][:] = [$K, $K]
--
R.append([cell for row in rows for cell in row])
--
R.append(rows[0] < items < rows[1])
--
global total; total += sum(items)
--
global total; total = len(items) if box.a > 1 else -1
--
R.append(f'{box.a:{box.b}}|{items[0]=}')
--
assert items[0] < 5, items
--
R.append([x for x in items if x > box.a])
--
R.append({x: [y for y in rows[0]] for x in items})
--
global items; [box.a, *items] = [7, 8, 9]
--
for box.a in items: pass
--
with_default = lambda one=items: one[:]
R.append(with_default())
--
R.append(*items[:1])
--
global items; items *= 2
--
items.append(items.pop() + $K)
--
R.append(all(x > 0 for x in items) and any(rows))
--
while items and len(items) > 2: items.pop()
--
R.append((lambda: box.a + items[0])())
--
match items:
    case [first, *_, last] if first < last: R.append('up')
    case [_, *_]: R.append('down')
--
setattr(box, name, total)
--
R.append(vars(box))
--
R.append(sum(map(sum, rows)))
--
R.append(str.join('-', map(str, items)))
",
        shown: "vars(box), items, rows, total",
        forks: false,
    },
    Group {
        shared: "
import queue
store = queue.Queue(2)
gate = threading.Condition(threading.Lock())
waits = [threading.Event(), threading.Event()]
lock_of = {'a': threading.Lock(), 'b': threading.Lock()}
class Account:
    def __init__(self): self.lock, self.money = threading.RLock(), 10
    def __enter__(self): self.lock.acquire(); return self
    def __exit__(self, *_): self.lock.release()
account, other = Account(), Account()
",
        statements: "
with store.mutex: R.append(len(store.queue))
--
store.queue.append($K)
--
store.put_nowait($K)
--
R.append(store.get_nowait())
--
with store.not_empty: store.not_empty.notify()
--
R.append(store.full())
--
with gate: gate.wait_for(lambda: account.money > 10, timeout=1)
--
with gate:
    account.money += 1
    gate.notify_all()
--
gate.acquire(); gate.release()
--
waits[$K % 2].set()
--
R.append([one.is_set() for one in waits])
--
R.append(waits[0].wait(timeout=1) and waits[1].is_set())
--
with lock_of['a'], lock_of['b']: account.money -= 1
--
with lock_of['b'], lock_of['a']: account.money += 2
--
lock_of['a'] = threading.Lock()
--
if lock_of['a'].acquire(timeout=1): lock_of['a'].release()
--
with account, other: account.money, other.money = other.money, account.money
--
with other, account: other.money -= 1
--
with account: R.append(account.money)
--
R.append(account.lock.acquire(blocking=False) and account.lock.release())
--
account.lock = threading.RLock()
--
R.append(other.money)
--
other.money += 1
--
with gate: R.append(gate.wait(0.5))
--
with gate: gate.notify()
--
store.join() if store.unfinished_tasks == 0 else store.task_done()
",
        shown: "list(store.queue), account.money, other.money, [one.is_set() for one in waits]",
        forks: false,
    },
    Group {
        shared: "
import contextvars, re, string, sys, warnings
var = contextvars.ContextVar('var', default=0)
context = contextvars.copy_context()
log = []
def replaced(match):
    log.append(match[0])
    return str(len(log))
letter = string.Template('$$a $$b')
class Form:
    width = 2
    def __format__(self, spec): return spec * self.width
    def __index__(self): return self.width
    def __bool__(self): return self.width > 2
    def __len__(self): return self.width
    def __iter__(self): return iter(range(self.width))
    def __getitem__(self, key): return self.width + key
    def __contains__(self, key): return key < self.width
    def __add__(self, other): return self.width + other
    def __radd__(self, other): return other - self.width
    def __iadd__(self, other): self.width += other; return self
    def __call__(self, *args, **names): return self.width, args, names
    def __neg__(self): return -self.width
form = Form()
fields = {'a': 1, 'b': 2}
",
        statements: "
R.append(context.run(var.get))
--
context.run(var.set, $K + 1)
--
R.append(context.get(var))
--
R.append(list(context.values()))
--
var.set($K); R.append(var.get())
--
R.append(re.sub('[ab]', replaced, 'abc'))
--
log.append($K)
--
R.append(len(log))
--
R.append(letter.substitute(fields))
--
fields['a'] += 1
--
R.append('{a}{b}'.format_map(fields))
--
R.append(f'{form:x}')
--
form.width += 1
--
Form.width = 4
--
R.append([5, 6, 7, 8, 9][form])
--
R.append('yes' if form else 'no')
--
R.append(len(form))
--
R.append(list(form))
--
R.append(form[1])
--
R.append(3 in form)
--
R.append(form + 1)
--
R.append(10 + form)
--
global form; form += 1
--
R.append(form(1, k=2))
--
R.append(-form)
--
one, two, *_ = form
R.append(two)
--
R.append(hex(form))
--
R.append(sum(form))
--
R.append(list(range(form)))
",
        shown: "log, fields, form.width, Form.width, context.get(var)",
        forks: false,
    },
    Group {
        shared: "
import sys
log = []
def steps():
    log.append('begun')
    got = yield len(log)
    while got != 'stop':
        log.append(got)
        got = yield len(log)
    return 'done'
driven = steps()
async def step(n):
    log.append(n)
    return n
async def chain():
    one = await step(1)
    two = await step(2)
    return one + two
coroutine = chain()
class Countdown:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0: raise StopIteration
        self.n -= 1
        return self.n
    def __length_hint__(self): return self.n
down = Countdown(3)
",
        statements: "
R.append(next(driven))
--
R.append(driven.send(None))
--
try: driven.send('stop')
except StopIteration as end: R.append(end.value)
--
driven.close()
--
R.append(driven.gi_running)
--
try: coroutine.send(None)
except StopIteration as end: R.append(end.value)
--
coroutine.close()
--
R.append(log[:])
--
log.append($K)
--
R.append(next(down, None))
--
R.append(list(down))
--
for n in down: R.append(n)
--
down.n = 2
--
R.append(sum(down))
--
first, *rest = down
R.append(rest)
--
R.append(1 in down)
--
R.append(max(down, default=-1))
--
R.append(list(zip(down, 'abc')))
--
R.append(dict(enumerate(down)))
--
R.append(sorted(down, key=lambda n: -n))
--
R.append([*map(lambda n: n + 1, down)])
--
R.append(tuple(n for n in down if n != 1))
--
R.extend(down)
",
        shown: "log, down.n",
        forks: false,
    },
    Group {
        shared: "
import copy, functools, operator
items = [3, 1, 2]
fast = lambda one: -one
lazy = map(lambda one: one + 1, iter([3, 1, 2]))
kept = filter(lambda one: one > 1, iter([3, 1, 2]))
class Same:
    def __eq__(self, other): return True
    def __hash__(self): return 7
    def __len__(self): return 2
    def __lt__(self, other): return False
    def __repr__(self): return 'S'
    def __copy__(self): return self
same = {Same(): 1}
row = [Same(), Same()]
class Plain:
    def set(self, value): self.value = value
    def get(self): return 1
plain = Plain()
def apply(function, *args): return function(*args)
def twice(function): return lambda *args: (function(*args), function(*args))
",
        statements: "
R.append(next(lazy, None))
--
R.append(list(lazy))
--
R.append(next(kept, None))
--
R.append(sum(kept))
--
items.sort(key=fast)
--
R.append(sorted(items, key=lambda one: (one, 1)))
--
R.append(max(items, key=fast))
--
R.append(functools.reduce(lambda one, two: one + two, items, 0))
--
items.append(4 + $K)
--
R.append(len(items))
--
R.append(items.pop(0))
--
R.append(same.get(Same()))
--
same[Same()] = $K
--
R.append(same.pop(Same(), 'none'))
--
R.append(len(same))
--
R.append(row.count(1))
--
row.append(Same())
--
row.remove(5)
--
R.append(row == [1, 2])
--
R.append(repr(row))
--
row.sort()
--
R.append(copy.copy(row))
--
plain.set($K)
--
R.append(getattr(plain, 'value', None))
--
apply(plain.set, 8)
--
R.append(apply(len, items))
--
R.append(twice(items.pop)())
--
R.append(operator.length_hint(lazy))
--
R.append(list(map(lambda one, two: (one, two), items, lazy)))
",
        shown: "items, list(lazy), list(kept), len(same), len(row), getattr(plain, 'value', None)",
        forks: false,
    },
    Group {
        shared: "
import array, csv, hashlib, io, textwrap, zlib
out = io.StringIO()
writer = csv.writer(out)
digest = hashlib.sha256()
squeeze = zlib.compressobj()
numbers = array.array('i', [1, 2, 3])
raw = bytearray(b'abc')
over_raw = iter(raw)
view = memoryview(raw)
over_numbers = iter(numbers)
reader = csv.reader(lines := ['a,b', 'c,d'])
",
        statements: "
writer.writerow([$K, 'x'])
--
R.append(out.getvalue())
--
digest.update(b'$K')
--
R.append(digest.hexdigest()[:4])
--
R.append(digest.copy().hexdigest()[:4])
--
R.append(len(squeeze.compress(b'$K')))
--
R.append(numbers.index(2))
--
numbers.append($K)
--
R.append(next(over_numbers, None))
--
R.append(list(over_numbers))
--
numbers[0], numbers[1] = numbers[1], numbers[0]
--
numbers.extend([7, 8])
--
R.append(numbers.tobytes()[:4])
--
R.append(next(over_raw, None))
--
R.append(list(over_raw))
--
raw[1] = 90
--
raw.reverse()
--
R.append(raw.upper())
--
R.append(view[1:].tobytes())
--
view[:] = b'xyz'
--
R.append(raw.translate(None, b'a'))
--
R.append(next(reader, None))
--
R.append(list(reader))
--
lines.append('e,$K')
--
R.append(raw.count(b'a'))
--
R.append([one for one in raw])
--
R.append(sum(numbers) + sum(raw))
",
        shown: "out.getvalue(), numbers.tolist(), bytes(raw), lines",
        forks: false,
    },
];
