"""Compiled loops that call functions and read global variables, when what they rely on changes."""

import builtins
import os
import signal
import sys
import threading
import time
import traceback
import warnings
import weakref

SCALE = 3
SEEN = []


def scaled(value, by=2):
    return value * by + SCALE


def total(n):
    s = 0
    for i in range(n):
        s += scaled(i)
    return s


def expected(n, by=2, scale=3):
    return by * n * (n - 1) // 2 + scale * n


# A variable, a default, the code and the function itself.
assert total(5000) == expected(5000)
SCALE = 7
assert total(5000) == expected(5000, scale=7)
SCALE = 2**70
assert total(100) == expected(100, scale=2**70)
SCALE = 3
scaled.__defaults__ = (5,)
assert total(5000) == expected(5000, by=5)
scaled.__defaults__ = None
try:
    total(3)
except TypeError as error:
    assert "missing 1 required positional argument" in str(error), error
else:
    raise AssertionError("no default")
scaled.__defaults__ = (2,)
first = scaled.__code__
scaled.__code__ = (lambda value, by: value - by).__code__
assert total(5000) == 5000 * 4999 // 2 - 2 * 5000
scaled.__code__ = first
assert total(5000) == expected(5000)
kept = scaled
scaled = lambda value: 1
assert total(5000) == 5000
reference = weakref.ref(scaled)
scaled = kept
assert reference() is None, "a function is kept"
assert total(5000) == expected(5000)

# Built-in functions: hidden by a variable, replaced, deleted.


def clamp(n):
    s = 0
    for i in range(n):
        s += min(i, 10) - abs(-i)
    return s


assert clamp(3000) == sum(min(i, 10) - i for i in range(3000))
abs = lambda value: 0
assert clamp(3000) == sum(min(i, 10) for i in range(3000))
del abs
real = builtins.min
builtins.min = lambda a, b: a
assert clamp(3000) == 0
del builtins.min
try:
    clamp(3)
except NameError as error:
    assert str(error) == "name 'min' is not defined", error
else:
    raise AssertionError("no name")
builtins.min = real
assert clamp(3000) == sum(min(i, 10) - i for i in range(3000))

# Tracebacks, and frames that are looked at from a function that is called now and then.


def quotient(a, b):
    c = a + 1
    return c // b


def divide(n):
    s = 0
    for i in range(n, -3, -1):
        s += quotient(
            n,
            i,
        )
    return s


try:
    divide(2000)
except ZeroDivisionError as error:
    frames = traceback.extract_tb(error.__traceback__)
    codes = {"divide": divide.__code__, "quotient": quotient.__code__}
    found = [(one.name, one.lineno - codes[one.name].co_firstlineno) for one in frames[1:]]
    assert found == [("divide", 3), ("quotient", 2)], found
    inner = error.__traceback__.tb_next.tb_next.tb_frame
    assert inner.f_locals == {"a": 2000, "b": 0, "c": 2001}, inner.f_locals
    assert inner.f_back.f_locals["i"] == 0
else:
    raise AssertionError("no exception")


def look(value):
    if value % 1000 == 999:
        frame = sys._getframe(1)
        SEEN.append((frame.f_code.co_name, frame.f_locals["i"], frame.f_locals["s"]))
    return value


def looked(n):
    s = 0
    for i in range(n):
        s += scaled(i)
        if i % 1000 == 999:
            look(i)
    return s


looked(4000)
assert SEEN == [("looked", i, expected(i + 1)) for i in range(999, 4000, 1000)], SEEN

# Warnings name the line of the call.


def warned(n):
    s = 0
    for i in range(n):
        s += scaled(i)
        if i == n - 1:
            warnings.warn("here")
    return s


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warned(2000)
assert [one.lineno - warned.__code__.co_firstlineno for one in caught] == [5]

# The limit of recursion is met at the same depth.


def inner(x):
    return x + 1


def middle(x):
    return inner(x) + 1


DEPTH = 0


def deep(n):
    global DEPTH
    DEPTH = n
    s = 0
    for i in range(3):
        s += middle(i)
    return deep(n + 1) + s


def plain(n):
    global DEPTH
    DEPTH = n
    return plain(n + 1)


def fails_at(function):
    try:
        function(0)
    except RecursionError:
        return DEPTH
    raise AssertionError("no limit")


for limit in (120, 250):
    sys.setrecursionlimit(limit)
    # Of the two functions that are called last one has no frame left.
    assert fails_at(plain) - fails_at(deep) == 1, (fails_at(plain), fails_at(deep))
sys.setrecursionlimit(1000)

# A signal, in loops whose every turn is a call that takes long, and a short one.


def spin(n):
    s = 0
    for i in range(n):
        s = (s + i) & 65535
    return s


def spinning(turns):
    s = 0
    while True:
        s += spin(turns)


def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)


for turns in (3, 300, 2_000_000):
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        spinning(turns)
    except KeyboardInterrupt as error:
        names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        assert names[:2] == ["<module>", "spinning"] and set(names[2:]) <= {"spin"}, names
    else:
        raise AssertionError("not interrupted")
    thread.join()

# Another thread rebinds what is read. Each variable is seen as it was bound, and in order.
one, other = 0, 0
is_over = False


def reads(n):
    bad = 0
    for _ in range(n):
        a = other
        b = one
        # `one` is bound first.
        if b < a:
            bad += 1
    return bad


def writes():
    global one, other
    number = 0
    while not is_over:
        number += 1
        one = number
        other = number


def picks(n):
    s = 0
    for i in range(n):
        s += chosen(i)
    return s


def chosen(i, j=1):
    return j


def rebinds():
    global chosen
    number = 0
    while not is_over:
        number = (number + 1) % 3
        chosen.__defaults__ = (2,)
        chosen = [lambda i, j=1: j, lambda i, j=True: j, lambda i, j=0: 1][number]


def waits():
    while not is_over:
        pass


threads = [threading.Thread(target=job, daemon=True) for job in (writes, rebinds, waits)]
for thread in threads:
    thread.start()
end = time.monotonic() + 1.5
while time.monotonic() < end:
    assert reads(20000) == 0
    assert 20000 <= picks(20000) <= 40000
is_over = True
for thread in threads:
    thread.join()

# Attributes, methods and properties, and what their class or their object changes.


class Point:
    kind = 3

    def __init__(self, x):
        self.x = x

    def scaled(self, by=2):
        return self.x * by

    @property
    def half(self):
        return self.x // 2


def attributes(n, point):
    s = 0
    for i in range(n):
        s += point.x + point.kind + point.scaled() + point.half + point.scaled(i)
    return s


def attributes_of(n, x, kind=3, by=2, half=None):
    half = x // 2 if half is None else half
    return n * (x + kind + x * by + half) + x * n * (n - 1) // 2


point = Point(10)
assert attributes(500, point) == attributes_of(500, 10)
point.x = 11
assert attributes(500, point) == attributes_of(500, 11)
point.kind = 4
assert attributes(500, point) == attributes_of(500, 11, kind=4)
del point.kind
Point.kind = 5
assert attributes(500, point) == attributes_of(500, 11, kind=5)
Point.scaled.__defaults__ = (3,)
assert attributes(500, point) == attributes_of(500, 11, kind=5, by=3)
point.scaled = lambda by=4: 11 * by
assert attributes(500, point) == attributes_of(500, 11, kind=5, by=4)
del point.scaled
Point.half = 7
assert attributes(500, point) == attributes_of(500, 11, kind=5, by=3, half=7)
Point.half = property(lambda self: self.x + 1)
assert attributes(500, point) == attributes_of(500, 11, kind=5, by=3, half=12)
# A class that has its own way to find attributes, as one that has become another's.
Point.__getattribute__ = lambda self, name: 1 if name == "x" else object.__getattribute__(self, name)
assert attributes(500, point) == attributes_of(500, 1, kind=5, by=3, half=2)
del Point.__getattribute__
assert attributes(500, point) == attributes_of(500, 11, kind=5, by=3, half=12)


class Other(Point):
    x = property(lambda self: 20)


point.__class__ = Other
assert attributes(500, point) == attributes_of(500, 20, kind=5, by=3, half=21)
point.__class__ = Point
point.__dict__ = {"x": 30}
assert attributes(500, point) == attributes_of(500, 30, kind=5, by=3, half=31)
del point.x
try:
    attributes(500, point)
except AttributeError as error:
    assert str(error) == "'Point' object has no attribute 'x'", error
else:
    raise AssertionError("no attribute")
Point.__getattr__ = lambda self, name: 40
assert attributes(500, point) == attributes_of(500, 40, kind=5, by=3, half=41)

# Items, also of lists that change and of what is no list.


def items(n, numbers):
    s = 0
    for i in range(n):
        s += numbers[i % len(numbers)] + numbers[-1]
        numbers[i % 3] += 1
    return s


def reference_items(n, numbers):
    s = 0
    i = 0
    while i < n:
        s = s + sum([numbers[i % sum(1 for _ in numbers)], numbers[-1]])
        numbers[i % 3] = sum([numbers[i % 3], 1])
        i += 1
    return s


class Numbers(list):
    def __getitem__(self, index):
        return 1


for make in (
    lambda: [1, 2, 3, 4],
    lambda: [1.5, 2.5, -0.0],
    lambda: [1, 2.5, True, 4],
    lambda: [2**63 - 5, 2, 3],
    lambda: bytearray(b"abcd"),
    lambda: {0: 1, 1: 2, 2: 3, -1: 4},
    lambda: Numbers([1, 2, 3]),
):
    a, b = make(), make()
    try:
        expect = reference_items(130, a)
    except Exception as error:
        expect = type(error)
    try:
        found = items(130, b)
    except Exception as error:
        found = type(error)
    assert (found, list(a), type(a)) == (expect, list(b), type(b)), (found, expect, a, b)


class Ends:
    def __del__(self):
        ended.append(3)


def overwrites(numbers):
    for i in range(3):
        numbers[i] = i
    return numbers


ended = []
for _ in range(40):
    kept_list = [1, Ends(), 3]
    assert overwrites(kept_list) == [0, 1, 2]
assert ended == [3] * 40, ended

# Tracing that begins in a function which is called in mid-loop sees all that comes.
lines = []


def begin(i):
    def trace(frame, event, _):
        if event == "line" and frame.f_code.co_name in ("traced", "inner"):
            lines.append(frame.f_code.co_name)
        return trace

    sys.settrace(trace)
    sys._getframe(1).f_trace = trace
    return i


def traced(n):
    s = 0
    for i in range(n):
        s += inner(i)
        if i == n - 4:
            begin(i)
    return s


traced(2000)
sys.settrace(None)
assert lines.count("inner") == 3, lines
assert lines.count("traced") == 3 * 3 + 2, lines
print("done")
