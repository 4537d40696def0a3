// The groups of `generated.rs`.

const GROUPS: &[Group] = &[
    Group {
        shared: "
number = 0
",
        statements: "
global number; number += 1
--
global number; number = $K + 1
--
R.append(number)
--
R.append((seen := number) + seen)
--
if not number: R.append('zero')
--
globals()['number'] = 5
--
globals().update(number=6)
--
R.append(globals()['number'])
--
exec('global number; number += 7')
--
R.append(eval('number + 1'))
--
R.append(f'{number:>3} {number!r}')
--
match number:
    case 0: R.append('none')
    case n if n > number: R.append('less')
    case _: R.append('some')
",
        shown: "number",
        forks: false,
    },
    Group {
        shared: "
class Box:
    count = 0
    def __init__(self):
        self.item = 0
    def bump(self):
        self.item += 1
        return self.item
    @property
    def twice(self):
        return self.item + self.item
    @twice.setter
    def twice(self, value):
        self.item = value // 2
    @classmethod
    def counted(cls):
        cls.count += 1
        return cls.count
    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        self.missed = name
        return name
box = Box()
",
        statements: "
box.item += 1
--
R.append(box.bump())
--
R.append(box.item)
--
R.append(box.twice)
--
box.twice = 8
--
Box.count += 1
--
R.append(box.count)
--
box.count = 9
--
R.append(box.counted())
--
setattr(box, 'item', 4)
--
R.append(getattr(box, 'item'))
--
R.append(hasattr(box, 'item'))
--
R.append(vars(box).copy())
--
vars(box)['item'] = 3
--
box.__dict__.update(item=7)
--
R.append(box.__dict__.get('item'))
--
del box.item
--
object.__setattr__(box, 'item', 11)
--
R.append(object.__getattribute__(box, 'item'))
--
R.append(box.other)
--
R.append(type(box).count)
--
match box:
    case Box(item=0): R.append('new')
    case Box(item=n): R.append(n)
--
bound = box.bump
R.append(bound())
",
        shown: "vars(box), Box.count",
        forks: false,
    },
    Group {
        shared: "
class Slots:
    __slots__ = 'a', 'b'
slots = Slots()
slots.a = 1
class Watched:
    def __set_name__(self, owner, name):
        self.name = '_' + name
    def __get__(self, one, owner=None):
        return getattr(one, self.name, 0)
    def __set__(self, one, value):
        setattr(one, self.name, getattr(one, self.name, 0) + value)
class Item:
    size = Watched()
    def __getattribute__(self, name):
        return object.__getattribute__(self, name)
item = Item()
def tell(value, seen=[]):
    seen.append(value)
    return len(seen)
tell.calls = 0
",
        statements: "
slots.a += 1
--
slots.b = $K
--
R.append(slots.a)
--
R.append(hasattr(slots, 'b'))
--
del slots.b
--
item.size = 2
--
R.append(item.size)
--
R.append(tell($K))
--
tell.calls += 1
--
R.append(tell.calls)
--
R.append(len(tell.__defaults__[0]))
--
item.new = $K
--
R.append(sorted(vars(item)))
",
        shown: "slots.a, item.size, tell.calls, tell(9)",
        forks: false,
    },
    Group {
        shared: "
table = {'a': 1}
inner = [5]
nested = {'x': inner}
",
        statements: "
table['$K'] = $K
--
table.pop('a', None)
--
table.update(b=$K)
--
table |= {'c': $K}
--
R.append('a' in table)
--
R.append(sorted(table))
--
R.append(table.setdefault('b', 7))
--
R.append(table.get('b'))
--
R.append(len(table))
--
R.append(table.popitem())
--
R.append(list(table.values()))
--
R.append(list(reversed(table)))
--
R.append(table == {'a': 1})
--
R.append(dict(table))
--
R.append({**table})
--
del table['a']
--
table.clear()
--
for one in table: R.append(one)
--
for key, one in table.items(): R.append(one)
--
R.append([key for key in table])
--
R.append({one: 1 for one in table})
--
keys = table.keys()
R.append(sorted(keys))
--
match table:
    case {'a': value, **rest}: R.append((value, rest))
    case _: R.append('no a')
--
R.append(str(nested))
--
R.append(nested == {'x': [5]})
--
inner.append($K)
--
R.append(f'{table}')
--
R.append('%(a)s' % table)
--
R.append('{a}'.format(**table))
--
R.append('{a}'.format_map(table))
",
        shown: "table, nested",
        forks: false,
    },
    Group {
        shared: "
items = [1, 2]
",
        statements: "
items.append($K)
--
R.append(items.pop())
--
items[0] = 7 + $K
--
R.append(items[-1])
--
R.append(sum(items))
--
R.append(max(items))
--
R.extend(items)
--
items.insert(0, $K)
--
items.sort()
--
items.reverse()
--
items.remove(1)
--
R.append(items.index(2))
--
R.append(items.count(1))
--
R.append(2 in items)
--
R.append(items[:1])
--
items[1:] = [4, 5]
--
del items[:]
--
del items[0]
--
R.append(items.copy() + [$K])
--
global items; items += [$K]
--
global items; items = items + [$K]
--
R.append(items * 2)
--
for one in items: R.append(one)
--
for one in reversed(items): R.append(one)
--
R.append([one + 1 for one in items])
--
R.append(any(one > 1 for one in items))
--
first, *rest = items
R.append(rest)
--
one, two = items
R.append((two, one))
--
R.append(tuple(items))
--
R.append(bool(items))
--
R.append(f'{items!r:>12}')
--
R.append('%s' % (items,))
--
R.append('{}'.format(items))
--
R.append((lambda *all: len(all))(*items))
--
R.append(list(zip(items, items)))
--
R.append(list(enumerate(items)))
--
match items:
    case [one, two]: R.append(one)
    case [one, *rest]: R.append(rest)
    case _: R.append('other')
--
list.append(items, $K)
--
exec('items.append(8)')
--
exec('def put():\\n    items.append(9)\\nput()')
--
push = items.append
push($K)
--
R.append(items < [1, 3])
",
        shown: "items",
        forks: false,
    },
    Group {
        shared: "
import collections
some = {1, 2}
line = collections.deque([1, 2], 3)
",
        statements: "
some.add(5 + $K)
--
some.discard(1)
--
R.append(2 in some)
--
R.append(sorted(some | {9}))
--
R.append(some <= {1, 2})
--
for one in some: pass
--
R.append(len(some))
--
R.append(some.pop())
--
R.append({one for one in some} == {1, 2})
--
line.append($K)
--
R.append(line.popleft())
--
line.appendleft($K)
--
for one in line: R.append(one)
--
line.rotate(1)
--
R.append(list(line))
--
R.append(line[0])
--
line[0] = $K
--
line.extend([7, 8])
--
R.append(max(line))
--
del line[0]
--
line.clear()
",
        shown: "sorted(some), list(line)",
        forks: false,
    },
    Group {
        shared: "
import collections
counts = collections.defaultdict(int)
tally = collections.Counter('ab')
ordered = collections.OrderedDict(a=1, b=2)
chain = collections.ChainMap({}, {'z': 1})
mine = collections.UserDict(a=1)
row = collections.UserList([1])
",
        statements: "
counts['n'] += 1
--
R.append(len(counts))
--
R.append(counts['m'])
--
tally.update('a')
--
tally['a'] += 1
--
R.append(tally.most_common(1))
--
R.append(tally['a'])
--
R.append(tally.total())
--
ordered.move_to_end('a')
--
R.append(list(ordered))
--
R.append(ordered.popitem())
--
chain['z'] = $K
--
R.append(chain['z'])
--
mine['b'] = $K
--
R.append('b' in mine)
--
R.append(len(mine))
--
for key in mine: R.append(key)
--
del mine['a']
--
row.append($K)
--
R.append(len(row))
--
R.append(list(row))
--
R.append(row[0])
",
        shown: "sorted(counts.items()), sorted(tally.items()), list(ordered), chain['z'], dict(mine), list(row)",
        forks: false,
    },
    Group {
        shared: "
items = [1, 2]
over_items = iter(items)
over_range = iter(range(3))
over_text = iter('xy')
pairs = enumerate(iter([7, 8]))
",
        statements: "
items.append($K)
--
R.append(next(over_items, None))
--
R.append(next(over_range, None))
--
R.append(next(over_text, None))
--
R.append(next(pairs, None))
--
R.append(list(over_items))
--
R.append([*over_range])
--
R.append(''.join(over_text))
--
for one in over_items: R.append(one)
--
for one in over_range: R.append(one); break
--
R.append(over_range.__length_hint__())
--
R.append(1 in over_range)
--
R.append(sum(over_range))
--
R.append(over_items.__next__())
--
a, b, *_ = over_range
R.append(b)
",
        shown: "list(over_range), list(over_text), list(over_items), list(pairs)",
        forks: false,
    },
    Group {
        shared: "
import itertools
source = [3, 1, 2]
lazy = map(lambda one: one + 1, iter(source))
joined = itertools.chain(iter('ab'), source)
left, right = itertools.tee(iter([1, 2]))
numbers = itertools.count()
",
        statements: "
R.append(next(lazy, None))
--
R.append(list(lazy))
--
R.append(next(joined, None))
--
R.append(list(joined))
--
R.append(next(left, None))
--
R.append(next(right, None))
--
R.append(next(numbers))
--
source.append($K)
--
R.append(list(itertools.islice(source, 2)))
--
R.append(list(map(str, source)))
--
R.append(list(filter(None, source)))
--
R.append(list(itertools.accumulate(source)))
--
R.append(list(zip(numbers, 'ab')))
--
R.append([len(list(group)) for key, group in itertools.groupby(source)])
",
        shown: "list(left), list(right), list(lazy), next(numbers)",
        forks: false,
    },
    Group {
        shared: "
seen = []
def values():
    try:
        yield 1
        got = yield 2
        seen.append(got)
    finally:
        seen.append('end')
def outer():
    yield 0
    yield from body
body = values()
over = outer()
",
        statements: "
R.append(next(body, None))
--
for one in body: R.append(one)
--
R.append(body.send(None))
--
body.close()
--
R.append(list(body))
--
body.throw(KeyError('x'))
--
R.append(seen[:])
--
R.append(next(over, None))
--
R.append(list(over))
--
R.append(sum(one for one in body))
--
seen.append($K)
",
        shown: "seen, list(body)",
        forks: false,
    },
    Group {
        shared: "
def make():
    count = 0
    def add(by=1):
        nonlocal count
        count += by
        return count
    def deep():
        def deeper():
            nonlocal count
            count = count * 2
        deeper()
    def get():
        return count
    return add, deep, get
add, deep, get = make()
class Call:
    made = 0
    def __call__(self):
        Call.made += 1
        return Call.made
call = Call()
",
        statements: "
R.append(add())
--
add(by=2)
--
deep()
--
R.append(get())
--
R.append(call())
--
R.append([add() for _ in 'ab'])
--
R.append((lambda: get())())
--
if add() > 1: R.append('more')
--
R.append(get() or add())
",
        shown: "get(), call()",
        forks: false,
    },
    Group {
        shared: "
import functools, operator
looks = 0
class Key:
    def __init__(self, value):
        self.value = value
    def __lt__(self, other):
        return self.value < other.value
    def __eq__(self, other):
        global looks
        looks += 1
        return self.value == other.value
    def __hash__(self):
        return 1
    def __repr__(self):
        return f'K{self.value}'
one, two, three = Key(1), Key(2), Key(3)
keys = [three, one, two]
named = {one: 'a', two: 'b'}
def value(key):
    return key.value
",
        statements: "
keys.sort()
--
keys.sort(key=value)
--
keys.sort(key=operator.attrgetter('value'))
--
R.append(sorted(keys, key=value))
--
R.append(max(keys, key=value))
--
R.append(min(keys))
--
R.append(list(map(value, keys)))
--
R.append(list(filter(value, keys)))
--
R.append(functools.reduce(lambda total, key: total + key.value, keys, 0))
--
keys.append(Key(4 + $K))
--
R.append(keys.pop())
--
one.value = 7
--
two.value += $K
--
R.append(three in keys)
--
R.append(keys.index(two))
--
keys.remove(one)
--
R.append(named.get(Key(2)))
--
named[Key(1)] = 'c'
--
del named[Key(2)]
--
R.append(len(named))
--
R.append(keys == [one, two, three])
--
R.append(str(keys))
--
R.append(any(key.value > 2 for key in keys))
--
keys.extend(Key(value(key)) for key in (one, two))
--
R.append(looks)
--
for key in map(value, keys): R.append(key)
",
        shown: "keys, len(named), looks, sorted(named.values())",
        forks: false,
    },
    Group {
        shared: "
lock = threading.Lock()
again = threading.RLock()
shared = []
",
        statements: "
with lock: shared.append($K)
--
with lock: R.append(len(shared))
--
R.append(lock.acquire(False))
--
R.append(lock.acquire(timeout=1))
--
lock.release()
--
R.append(lock.locked())
--
with again:
    with again: shared.append($K)
--
if again.acquire(blocking=False):
    shared.append('again')
    again.release()
--
R.append(again.acquire(timeout=0.5))
--
shared.append($K)
--
R.append(shared[-1:])
--
with lock:
    with again: R.append(len(shared))
--
with again:
    with lock: shared.append(8)
--
if lock.acquire(False):
    try: shared.append('got')
    finally: lock.release()
else:
    R.append('busy')
",
        shown: "shared, lock.locked()",
        forks: false,
    },
    Group {
        shared: "
condition = threading.Condition()
event = threading.Event()
ready = []
",
        statements: "
with condition:
    ready.append($K)
    condition.notify()
--
with condition:
    R.append(condition.wait(timeout=1))
--
with condition:
    R.append(condition.wait_for(lambda: ready, timeout=2))
--
with condition: condition.notify_all()
--
event.set()
--
event.clear()
--
R.append(event.is_set())
--
R.append(event.wait(1))
--
R.append(event.wait(0))
--
ready.append($K)
--
R.append(len(ready))
--
while not event.wait(timeout=1): event.set()
",
        shown: "ready, event.is_set()",
        forks: false,
    },
    Group {
        shared: "
semaphore = threading.Semaphore(1)
bounded = threading.BoundedSemaphore(1)
barrier = threading.Barrier(2, timeout=1)
within = []
",
        statements: "
with semaphore: within.append($K)
--
R.append(semaphore.acquire(False))
--
semaphore.release()
--
semaphore.release(2)
--
R.append(semaphore.acquire(timeout=1))
--
with bounded: R.append(len(within))
--
bounded.release()
--
R.append(bounded.acquire(blocking=False))
--
R.append(bounded.acquire(timeout=1))
--
R.append(barrier.wait())
--
R.append(barrier.n_waiting)
--
barrier.abort()
--
barrier.reset()
--
R.append(barrier.broken)
--
within.append($K)
",
        shown: "within, barrier.broken",
        forks: false,
    },
    Group {
        shared: "
import queue
line = queue.Queue(1)
simple = queue.SimpleQueue()
last = queue.LifoQueue()
first = queue.PriorityQueue()
",
        statements: "
line.put_nowait($K)
--
line.put($K, timeout=1)
--
R.append(line.get_nowait())
--
R.append(line.get(timeout=1))
--
R.append(line.qsize())
--
R.append(line.empty())
--
R.append(line.full())
--
line.task_done()
--
R.append(line.unfinished_tasks)
--
simple.put($K)
--
R.append(simple.get_nowait())
--
R.append(simple.get(timeout=1))
--
R.append(simple.empty())
--
last.put($K); last.put(9)
--
R.append(last.get(timeout=1))
--
first.put(2 - $K)
--
R.append(first.get(timeout=1))
--
line.shutdown()
",
        shown: "line.qsize(), simple.qsize(), last.qsize(), first.qsize(), line.unfinished_tasks",
        forks: false,
    },
    Group {
        shared: "
import time
ran = []
timer = threading.Timer(1, ran.append, ('timer',))
timer.daemon = True
held = threading.local()
",
        statements: "
timer.start()
--
timer.cancel()
--
R.append(timer.is_alive())
--
time.sleep(1)
--
ran.append($K)
--
R.append(len(ran))
--
held.value = $K
R.append(held.value)
--
R.append(threading.active_count())
--
R.append(threading.current_thread().name)
--
R.append(time.monotonic() > 0.5)
--
helper = threading.Thread(target=ran.append, args=('helper',))
helper.start()
--
helper = threading.Thread(target=lambda: ran.append('lambda'))
helper.start(); helper.join()
--
R.append(t0.is_alive())
--
t0.join(timeout=0.5)
--
R.append(t0.name)
--
t0.name = 'renamed'
",
        shown: "sorted(map(str, ran))",
        forks: false,
    },
    Group {
        shared: "
log = []
class Refused(Exception):
    pass
def check(value):
    log.append(value)
    if len(log) > 2:
        raise Refused(len(log))
failure = Refused('shared')
failure.note = 0
",
        statements: "
check($K)
--
try: check($K)
except Refused as error: R.append(error.args)
--
try: check($K)
finally: log.append('end')
--
try:
    check($K)
    check($K + 5)
except Refused: log.pop()
else: R.append('fine')
--
failure.note += 1
--
R.append(failure.note)
--
failure.add_note('n$K')
--
R.append(getattr(failure, '__notes__', None))
--
failure.args = ($K,)
--
R.append(failure.args)
--
try: raise ExceptionGroup('all', [Refused(len(log))])
except* Refused as group: R.append(str(group.exceptions))
--
R.append(len(log))
--
log.append($K)
--
if not log: raise Refused('empty')
",
        shown: "log, failure.note, failure.args",
        forks: false,
    },
    Group {
        shared: "
import contextlib
inside = []
@contextlib.contextmanager
def entered(name):
    inside.append(name)
    try:
        yield len(inside)
    finally:
        inside.remove(name)
class Guard:
    depth = 0
    def __enter__(self):
        self.depth += 1
        return self.depth
    def __exit__(self, *_):
        self.depth -= 1
        return False
guard = Guard()
stack = contextlib.ExitStack()
",
        statements: "
with entered($K) as n: R.append(n)
--
with guard as n: R.append(n)
--
with guard, entered($K): R.append(guard.depth)
--
with contextlib.suppress(ValueError): inside.remove(7)
--
with contextlib.ExitStack() as own:
    own.callback(inside.append, 'late')
    R.append(len(inside))
--
stack.callback(inside.append, $K)
--
stack.close()
--
R.append(inside[:])
--
R.append(guard.depth)
--
inside.append($K)
",
        shown: "inside, guard.depth",
        forks: false,
    },
    Group {
        shared: "
import dataclasses, enum, functools
calls = []
@dataclasses.dataclass
class Point:
    x: int = 0
    parts: list = dataclasses.field(default_factory=list)
point = Point()
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
@functools.cache
def slow(value):
    calls.append(value)
    return len(calls)
class Lazy:
    @functools.cached_property
    def made(self):
        calls.append('made')
        return len(calls)
lazy = Lazy()
push = functools.partial(calls.append, 'pushed')
@functools.singledispatch
def show(value):
    return calls.append('any')
",
        statements: "
point.x += 1
--
R.append(repr(point))
--
R.append(point == Point(0, []))
--
point.parts.append($K)
--
R.append(dataclasses.asdict(point))
--
R.append(dataclasses.replace(point, x=9).x)
--
R.append(slow(1))
--
slow.cache_clear()
--
R.append(slow.cache_info().hits)
--
R.append(lazy.made)
--
del lazy.made
--
push()
--
show(1)
--
@show.register
def _(value: int): return calls.append('int')
--
R.append(Colour.RED.name)
--
Colour.RED.mark = $K
--
R.append(getattr(Colour.RED, 'mark', None))
--
R.append(calls[:])
",
        shown: "point, calls",
        forks: false,
    },
    Group {
        shared: "
import array, struct
raw = bytearray(b'abcd')
view = memoryview(raw)
wide = view.cast('H')
row = array.array('i', [1, 2])
",
        statements: "
raw[0] = 65 + $K
--
raw.extend(b'z')
--
R.append(bytes(raw))
--
R.append(raw[0])
--
view[1] = 66
--
R.append(view[0])
--
R.append(bytes(view[:2]))
--
R.append(view.tolist())
--
R.append(wide[0])
--
wide[0] = $K
--
struct.pack_into('<H', raw, 0, 258)
--
R.append(struct.unpack_from('<H', raw, 0))
--
R.append(raw.find(b'b'))
--
row.append($K)
--
row[0] += 1
--
R.append(sum(row))
--
R.append(row.tolist())
--
R.append(int.from_bytes(raw, 'little') & 255)
--
R.append(b'b' in raw)
--
R.append(raw.decode())
",
        shown: "bytes(raw), row.tolist()",
        forks: false,
    },
    Group {
        shared: "
import bisect, copy, heapq, operator, pprint
heap = [1, 3, 5]
inner = [5]
nested = {'x': inner, 'y': (inner,)}
class Node:
    def __init__(self):
        self.next = None
        self.size = 0
node = Node()
node.next = Node()
",
        statements: "
heapq.heappush(heap, $K)
--
R.append(heapq.heappop(heap))
--
R.append(heapq.nsmallest(2, heap))
--
bisect.insort(heap, 2)
--
R.append(bisect.bisect(heap, 2))
--
R.append(copy.deepcopy(nested))
--
R.append(copy.copy(nested)['x'] is inner)
--
R.append(copy.deepcopy(node).next.size)
--
node.next.size += 1
--
node.size += 1
--
inner.append($K)
--
nested['z'] = $K
--
R.append(pprint.pformat(nested))
--
R.append(operator.itemgetter('x')(nested)[:])
--
operator.setitem(nested, 'w', $K)
--
R.append(operator.attrgetter('next.size')(node))
--
R.append(operator.methodcaller('pop')(heap))
--
heap.append($K)
--
operator.iadd(heap, [8])
--
R.append(len(heap))
",
        shown: "heap, nested, node.size, node.next.size",
        forks: false,
    },
    Group {
        shared: "
import sys
me = sys.modules[__name__]
setting = 1
class Meta(type):
    made = []
    def __call__(cls, *args):
        one = super().__call__(*args)
        Meta.made.append(cls.__name__)
        return one
    def __len__(cls):
        return len(Meta.made)
class Thing(metaclass=Meta):
    known = {}
    def __new__(cls, name):
        if name not in cls.known:
            cls.known[name] = super().__new__(cls)
        return cls.known[name]
    def __init__(self, name):
        self.name = name
class Missing(dict):
    def __missing__(self, key):
        self[key] = len(self)
        return self[key]
missing = Missing()
class Borg:
    state = {}
    def __init__(self):
        self.__dict__ = Borg.state
one_borg, two_borg = Borg(), Borg()
",
        statements: "
me.setting = 4 + $K
--
R.append(me.setting)
--
R.append(setting)
--
Thing('a')
--
R.append(len(Thing))
--
R.append(Thing('b') is Thing('b'))
--
R.append(len(Thing.known))
--
R.append(missing['x'])
--
R.append(missing['y'])
--
R.append(dict(missing))
--
one_borg.x = $K
--
R.append(getattr(two_borg, 'x', None))
--
two_borg.x = 5
--
R.append(Borg.state.get('x'))
--
Borg.state['x'] = 6
--
R.append(Thing.__dict__['known'] is Thing.known)
--
Thing.extra = $K
--
R.append(Thing.__dict__.get('extra'))
",
        shown: "setting, len(Thing), missing, Borg.state",
        forks: false,
    },
    Group {
        shared: "
import json, logging
table = {'a': 1}
log = []
class Keep(logging.Handler):
    def emit(self, record):
        log.append(record.getMessage())
logger = logging.getLogger('mine')
logger.addHandler(Keep())
logger.propagate = False
",
        statements: "
R.append(json.dumps(table))
--
table['b'] = $K
--
table.update(json.loads('{\"c\": 1}'))
--
logger.warning('w %s', $K)
--
logger.error('size %d', len(table))
--
logger.setLevel(logging.ERROR)
--
R.append(logger.level)
--
R.append(len(log))
",
        shown: "table, log",
        forks: true,
    },
    Group {
        shared: "
import concurrent.futures, decimal, os, tempfile
done = []
pool = concurrent.futures.ThreadPoolExecutor(1)
folder = tempfile.mkdtemp()
path = os.path.join(folder, 'file')
",
        statements: "
R.append(pool.submit(len, done).result())
--
pool.submit(done.append, $K)
--
done.append($K)
--
R.append(len(done))
--
R.append(os.path.exists(path))
--
open(path, 'a').close()
--
os.remove(path)
--
os.environ['COLOUR'] = '$K'
--
R.append(os.environ.get('COLOUR'))
--
R.append(str(decimal.Decimal(1) / 3)[:4])
--
R.append(os.listdir(folder))
",
        shown: "pool.shutdown(), done, os.path.exists(path)",
        forks: true,
    },
];
