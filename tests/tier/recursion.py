"""Functions that call themselves."""

import builtins
import dis
import os
import signal
import sys
import threading
import time
import traceback


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def plain(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


for n in (0, 1, 2, 10, 20, 23):
    assert fib(n) == plain(n), n
assert fib(1.5) == 1.5 and fib(5.5) == 9.0
assert fib(True) is True and fib(False) is False
assert fib(-(2**70)) == -(2**70)
try:
    fib("x")
except TypeError as error:
    assert [one.name for one in traceback.extract_tb(error.__traceback__)] == ["<module>", "fib"]
else:
    raise AssertionError("no exception")


def power(x, n, by=1.0):
    if n == 0:
        return by
    return x * power(x, n - 1, by=by)


for _ in range(300):
    assert power(2.0, 30) == 2.0**30
    assert power(x=2.0, n=3, by=0.5) == 4.0
    assert power(2, 100, 1) == 2**100
    assert power(3, 5, by=1) == 243


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


assert [ackermann(2, n) for n in range(30)] == [2 * n + 3 for n in range(30)]
assert ackermann(3, 4) == 125


# An exception at some depth, with all its frames.
def fails(n, at):
    if n == at:
        return 1 // (n - at)
    return fails(n - 1, at) + 1


def depth_of(n, at):
    try:
        fails(n, at)
    except ZeroDivisionError as error:
        frames = traceback.extract_tb(error.__traceback__)
        assert {one.name for one in frames[1:]} == {"fails"}
        inner = error.__traceback__
        while inner.tb_next:
            inner = inner.tb_next
        assert inner.tb_frame.f_locals == {"n": at, "at": at}
        return len(frames) - 1
    raise AssertionError("no exception")


for n in (3, 50, 200):
    assert depth_of(n, 1) == n, n


# The limit of recursion is met at the same depth.
def down(n):
    if n == 0:
        return 0
    return 1 + down(n - 1)


def shallow(n):
    return [] if n == 0 else [shallow(n - 1)]


def limit_of(function):
    low, high = 1, 5000
    while low < high:
        middle = (low + high) // 2
        try:
            function(middle)
            low = middle + 1
        except RecursionError:
            high = middle
    return low


for limit in (200, 1000, 3000):
    sys.setrecursionlimit(limit)
    assert down(150) == 150
    assert limit_of(down) == limit_of(shallow), (limit_of(down), limit_of(shallow))
sys.setrecursionlimit(1000)

# What it relies on changes.
kept = fib
fib = lambda n: 100
assert kept(5) == 200 and kept(1) == 1
fib = kept
assert fib(15) == 610
other = compile("def fib(n):\n    return n + 1\n", "x", "exec")
names = {}
exec(other, names)
code = fib.__code__
fib.__code__ = names["fib"].__code__
assert fib(15) == 16
fib.__code__ = code
assert fib(15) == 610


def with_default(n, step=1):
    if n < 1:
        return 0
    return 1 + with_default(n - step)


assert with_default(50) == 50
with_default.__defaults__ = (2,)
assert with_default(50) == 25
SCALE = 2


def scaled(n):
    if n < 1:
        return SCALE
    return scaled(n - 1) * SCALE


assert scaled(5) == 64
SCALE = 3
assert scaled(5) == 729
SCALE = "x"
try:
    scaled(2)
except TypeError:
    pass
else:
    raise AssertionError("no exception")


# A function that has an effect is the interpreter's.
calls = 0


def counts(n):
    if n < 1:
        return 0
    global calls
    calls += 1
    return counts(n - 1) + 1


for _ in range(200):
    counts(7)
assert calls == 1400, calls


def collects(n, found):
    if n == 0:
        return 0
    found.append(n)
    return collects(n - 1, found)


found = []
for _ in range(200):
    collects(3, found)
assert found == [3, 2, 1] * 200


# Looking at the code, while threads are in it and without.
def fresh():
    names = {}
    source = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    exec(compile(source, "x", "exec"), names)
    return names["f"]


reference = [one for one in compile("def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n", "x", "exec").co_consts if hasattr(one, "co_code")][0]
for _ in range(3):
    f = fresh()
    assert f(12) == 144
    assert f.__code__.co_code == reference.co_code
    assert f(12) == 144
    f = fresh()
    f(15)
    assert f.__code__ == reference and hash(f.__code__) == hash(reference)
    f = fresh()
    assert [one.opname for one in dis.get_instructions(f)] == [one.opname for one in dis.get_instructions(reference)]
    assert f(12) == 144
is_over = False
wrong = []
current = fresh()


def runs():
    while not is_over:
        for n, expected in ((1, 1), (5, 5), (12, 144), (17, 1597)):
            if current(n) != expected:
                wrong.append(n)


threads = [threading.Thread(target=runs) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(30):
    time.sleep(0.01)
    assert current.__code__.co_code == reference.co_code
    current = fresh()
is_over = True
for thread in threads:
    thread.join()
assert wrong == [], wrong


# A signal in a call that takes long; a switch to another thread.
def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)


thread = threading.Thread(target=interrupt)
thread.start()
try:
    fib(45)
except KeyboardInterrupt as error:
    assert {one.name for one in traceback.extract_tb(error.__traceback__)[1:]} <= {"fib"}
else:
    raise AssertionError("not interrupted")
thread.join()

ticks = 0


def tick():
    global ticks
    while not is_over:
        ticks += 1
        time.sleep(0.001)


is_over = False
thread = threading.Thread(target=tick)
thread.start()
end = time.monotonic() + 60
while ticks < 20:
    assert fib(22) == 17711
    assert time.monotonic() < end, ticks
is_over = True
thread.join()

# A trace sees each call.
seen = []


def trace(frame, event, argument):
    if event == "call" and frame.f_code is fib.__code__:
        seen.append(frame.f_locals["n"])


sys.settrace(trace)
fib(3)
sys.settrace(None)
assert seen == [3, 2, 1, 0, 1], seen
print("done")
