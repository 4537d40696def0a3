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


def chosen(i):
    return 1


def rebinds():
    global chosen
    while not is_over:
        chosen.__code__ = (lambda i: 2).__code__
        chosen = [lambda i: 1, lambda i: True, lambda i, j=1: j][int(time.time() * 1e6) % 3]


def waits():
    while not is_over:
        pass


threads = [threading.Thread(target=target) for target in (writes, rebinds, waits)]
for thread in threads:
    thread.start()
end = time.monotonic() + 1.5
while time.monotonic() < end:
    assert reads(20000) == 0
    assert 20000 <= picks(20000) <= 40000
is_over = True
for thread in threads:
    thread.join()

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
