"""Compiled loops that bind attributes and global variables."""

import sys
import threading
import time
import types

count = 0
total = 0.5


class Point:
    kind = 1

    def __init__(self, x=0, y=0):
        self.x = x
        self.y = y

    def move(self, by=1):
        self.x += by
        return self.x

    def fails(self, at):
        self.x += 1
        self.y = 100 // (at - self.x)
        return self.y

    @property
    def counted(self):
        self.y += 1
        return self.y


def attributes(n, p, q):
    s = 0
    for i in range(n):
        p.x += i
        q.x -= 1
        p.y = p.x & 7
        s += p.move(2) + p.move() + p.x * q.counted + q.x
    return s


def expected(n, px, qx, qy):
    """The same with local variables, of two different objects."""
    s = 0
    for i in range(n):
        px += i
        qx -= 1
        py = px & 7
        px += 2
        first = px
        px += 1
        qy += 1
        s += first + px + px * qy + qx
    return s, px, py, qx, qy


for n in (1, 5, 300, 3000):
    p, q = Point(1), Point(5, 7)
    found = attributes(n, p, q)
    assert (found, p.x, p.y, q.x, q.y) == expected(n, 1, 5, 7), n


def same(n, p, q):
    """Seen by the interpreter at each turn: never compiled as a whole."""
    s = 0
    for i in range(n):
        exec("pass")
        p.x += i
        q.x -= 1
        p.y = p.x & 7
        s += p.move(2) + p.move() + p.x * q.counted + q.x
    return s


# One object with two names; two objects with one dict; a module's variables.
for make in (
    lambda: (lambda p: (p, p))(Point(3, 4)),
    lambda: (lambda p, q: (setattr(q, "__dict__", p.__dict__), (p, q))[1])(Point(3, 4), Point()),
):
    for n in (5, 300):
        a, b = make(), make()
        assert attributes(n, *a) == same(n, *b)
        assert vars(a[0]) == vars(b[0]) and vars(a[1]) == vars(b[1]), n


def counts(n):
    global count, total
    for i in range(n):
        count += 1
        total = total + i


counts(5000)
assert (count, total) == (5000, 0.5 + 5000 * 4999 // 2)
count = 2**63 - 50
counts(100)
assert count == 2**63 + 50
count = "x"
try:
    counts(3)
except TypeError:
    pass
else:
    raise AssertionError("no exception")
assert count == "x"
count = 0


def both(n, module):
    global count
    for i in range(n):
        count += 1
        module.count = module.count + 2
    return count


assert both(500, sys.modules[__name__]) == 1500
holder = types.SimpleNamespace(count=1)
count = 0
assert both(500, holder) == 500 and holder.count == 1001


class Shares:
    pass


shares = Shares()
shares.__dict__ = globals()
count = 0
assert both(500, shares) == 1500

# What ends with an exception in mid-loop has bound what it had by then.
for start in (0, 40, 400):
    p = Point(start)

    def until(p, at):
        s = 0
        while True:
            s += p.fails(at)

    try:
        until(p, 700)
    except ZeroDivisionError:
        assert p.x == 700 and p.y == 100, vars(p)
    else:
        raise AssertionError("no exception")


# Objects that do not keep attributes as others do.
class Property:
    log = 0

    def __init__(self):
        self._x = 0

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        Property.log += 1
        self._x = value


class Set:
    def __init__(self):
        object.__setattr__(self, "x", 0)
        object.__setattr__(self, "log", [])

    def __setattr__(self, name, value):
        self.log.append(value)
        object.__setattr__(self, name, value)


class Slots:
    __slots__ = ("x",)

    def __init__(self):
        self.x = 0


class OfClass:
    x = 0


def increments(n, p):
    for i in range(n):
        p.x += 1
    return p.x


one = Property()
assert increments(500, one) == 500 and Property.log == 500 and vars(one) == {"_x": 500}
two = Set()
assert increments(500, two) == 500 and len(two.log) == 500
assert increments(500, Slots()) == 500
three = OfClass()
assert increments(500, three) == 500 and OfClass.x == 0 and vars(three) == {"x": 500}
assert increments(500, OfClass) == 500 and OfClass.x == 500
four = Point()
assert increments(500, four) == 500
Point.__setattr__ = lambda self, name, value: object.__setattr__(self, name, value * 2)
assert increments(4, Point.__new__(Point) if False else four) == ((((500 + 1) * 2 + 1) * 2 + 1) * 2 + 1) * 2
del Point.__setattr__
assert increments(500, Point()) == 500
Point.x = property(lambda self: 7, lambda self, value: None)
assert increments(50, Point.__new__(Point)) == 7
del Point.x

# A value of another kind comes and goes.
def kinds(n, p):
    for i in range(n):
        p.x = i if i % 3 else None
        p.y = p.x is None
    return p.x, p.y


for n in (3, 299, 300, 301):
    p = Point()
    last = n - 1
    assert kinds(n, p) == (last if last % 3 else None, last % 3 == 0)
    assert type(p.y) is bool

# Another thread ends a loop by an attribute, while the loop binds another one.
for _ in range(20):
    p = Point()
    p.stop = False

    def spins(p):
        while not p.stop:
            p.x += 1
            p.y = 0

    thread = threading.Thread(target=spins, args=(p,))
    thread.start()
    end = time.monotonic() + 60
    while p.x == 0 and time.monotonic() < end:
        time.sleep(0.001)
    p.stop = True
    thread.join()
    assert p.x > 0 and p.y == 0
print("done")
