"""Compiled loops over lists, tuples and bytes."""

import sys


def total(items):
    s = 0
    for x in items:
        s += x
    return s


def reference(items):
    s, i = 0, 0
    items = list(items)
    while i < len(items):
        s = s.__add__(items[i]) if type(s) is type(items[i]) else s + items[i]
        i += 1
    return s


cases = [
    [],
    [1],
    list(range(500)),
    tuple(range(500)),
    [0.5, 0.25] * 300,
    [True, False, True] * 100,
    bytes(range(256)),
    bytearray(b"abc" * 100),
    [1] * 200 + [0.5] * 200 + [True] * 5,
    [2**62] * 5,
    [1, 2**63, 2**64, 3] * 30,
    {1: 2, 3: 4},
    range(300),
]
for _ in range(40):
    for case in cases:
        assert total(case) == reference(case), case
        assert total(iter(case)) == reference(case), case
    assert total(reversed([1, 2, 3] * 50)) == 300


# What is no number comes with its turn, and the loop goes on.
def kinds(items):
    found = []
    s = 0
    for x in items:
        if type(x) is int:
            s += x
        else:
            found.append((x, s))
    return s, found


for _ in range(20):
    assert kinds([1, 2, "a", 3, None, 4, [5]] * 2)[0] == 20
    assert kinds([1, 2, "a", 3, None, 4, [5]])[1] == [("a", 3), (None, 6), ([5], 10)]


# An iterator that is shared goes on where it was left; one that is over stays over.
def some(iterator, most):
    s = 0
    for x in iterator:
        s += x
        if s > most:
            break
    return s


for _ in range(50):
    iterator = iter(list(range(100)))
    assert some(iterator, 10) == 15
    assert next(iterator) == 6
    assert some(iterator, 10**9) == 4950 - 21
    assert list(iterator) == [] and some(iterator, 5) == 0
    items = [1, 2, 3]
    iterator = iter(items)
    assert some(iterator, 100) == 6
    items.append(4)
    assert list(iterator) == []


# A list that grows, shrinks and is set while it is iterated.
def grows(items):
    for x in items:
        if len(items) < 400:
            items.append(x + 1)
        items[0] = x
    return items


def shrinks(items):
    s = 0
    for x in items:
        s += x
        items.pop()
    return s, len(items)


for _ in range(5):
    found = grows([1, 2])
    assert len(found) == 400 and found[0] == found[-1] == 201, (found[0], found[-1])
    assert shrinks(list(range(300))) == (149 * 150 // 2, 150)


# The variable of the loop held an object: its end is seen at once.
class Ends:
    def __del__(self):
        ended.append(len(seen))


def replaces(items, x):
    for x in items:
        seen.append(x)
        for y in (1, 2, 3):
            seen.append(y)


for _ in range(5):
    ended, seen = [], []
    replaces([1, 2], Ends())
    assert ended == [0] and seen == [1, 1, 2, 3, 2, 1, 2, 3], (ended, seen)


# Comprehensions, and loops in generators.
def squares(items):
    return [x * x for x in items if x & 1]


def floats(items):
    return [x * 0.5 for x in items]


def each(items):
    s = 0
    for x in items:
        s += x
        if s & 3 == 0:
            yield s
    yield s


for _ in range(20):
    assert squares(list(range(200))) == list(map(lambda x: x * x, range(1, 200, 2)))
    assert floats((1, 2, 3)) == [0.5, 1.0, 1.5]
    assert floats([1.0, 2, True]) == [0.5, 1.0, 0.5]
    assert list(each([1, 3, 5, 7, 2])) == [4, 16, 18]


def raises(items):
    s = 0
    for x in items:
        s += 100 // x
    return s


try:
    raises([1] * 300 + [0] + [2] * 5)
except ZeroDivisionError as error:
    trace = error.__traceback__.tb_next
    assert trace.tb_frame.f_locals["s"] == 30000 and trace.tb_frame.f_locals["x"] == 0
    assert trace.tb_lineno - raises.__code__.co_firstlineno == 3
else:
    raise AssertionError("no exception")
print("done")
