"""Compiled loops over `enumerate` and over a `zip` of two."""

import sys


def numbered(items, start=0):
    s = 0
    for i, x in enumerate(items, start):
        s += i * x
    return s


def both(a, b):
    s = 0
    for x, y in zip(a, b):
        s += x * y
    return s


items = list(range(1000))
assert numbered(items) == sum(i * i for i in items)
assert numbered(tuple(items), 5) == sum((i + 5) * i for i in items)
assert numbered(range(1000)) == numbered(items)
assert numbered(bytes(range(256)) * 4) == sum(i * (i % 256) for i in range(1024))
assert numbered([0.5] * 1000) == sum(range(1000)) * 0.5
assert numbered(items, 2**63 - 500) == sum((i + 2**63 - 500) * i for i in items)
assert numbered(items, 2**70) == sum((i + 2**70) * i for i in items)
assert numbered([]) == 0 and numbered([3], 4) == 12
assert both(items, items) == sum(i * i for i in items)
assert both(items, [0.5] * 400) == sum(range(400)) * 0.5
assert both(range(700), items) == sum(i * i for i in range(700))
assert both(iter(items), reversed(items)) == sum(i * (999 - i) for i in items)
assert both([True] * 300, (2,) * 300) == 600
assert both([], items) == both(items, []) == 0


# Items of other types, in either place.
def texts(pairs):
    found = []
    s = 0
    for a, b in pairs:
        if type(a) is str or type(b) is str:
            found.append((a, b))
        else:
            s += a + b
    return s, found


mixed = [*range(200), "x", *range(200)]
assert texts(enumerate(mixed)) == (sum(range(401)) - 200 + 2 * sum(range(200)), [(200, "x")])
assert texts(zip(mixed, range(401))) == (sum(range(401)) - 200 + 2 * sum(range(200)), [("x", 200)])
assert texts(zip(range(401), mixed)) == (sum(range(401)) - 200 + 2 * sum(range(200)), [(200, "x")])
assert texts(zip(mixed, mixed)) == (4 * sum(range(200)), [("x", "x")])


# A `zip` takes nothing more once it is over.
def rest(n, m):
    one, other = iter(list(range(n))), iter(list(range(m)))
    s = 0
    for x, y in zip(one, other):
        s += x - y
    return s, list(one), list(other)


assert rest(1000, 300) == (0, list(range(301, 1000)), [])
assert rest(300, 1000) == (0, [], list(range(300, 1000)))
assert rest(300, 300) == (0, [], [])


def same(n):
    one = iter(list(range(n)))
    return [x * y for x, y in zip(one, one)], list(one)


assert same(1000) == ([x * (x + 1) for x in range(0, 1000, 2)], [])
assert same(1001) == ([x * (x + 1) for x in range(0, 1000, 2)], [])


# What is left in the middle goes on where it was.
def stops(items, at):
    pairs = enumerate(items)
    for i, x in pairs:
        if i == at:
            break
    return i, x, next(pairs, None)


assert stops(items, 500) == (500, 500, (501, 501))
assert stops(items, 5000) == (999, 999, None)


def fails(items):
    s = 0
    try:
        for i, x in enumerate(items):
            s += 100 // (x - 700)
    except ZeroDivisionError as error:
        return i, x, s, error.__traceback__.tb_lineno - fails.__code__.co_firstlineno


assert fails(items) == (700, 700, sum(100 // (x - 700) for x in range(700)), 4)


def grows(items):
    for i, x in enumerate(items):
        if i < 500:
            items.append(x + 1)
    return len(items)


assert grows([1] * 300) == 800


def strict(a, b):
    s = 0
    for x, y in zip(a, b, strict=True):
        s += x + y
    return s


assert strict(items, items) == 2 * sum(items)
try:
    strict(items, items[:-1])
    raise AssertionError("no ValueError")
except ValueError as error:
    assert "zip() argument 2 is shorter" in str(error), error


def wide(a, b, c):
    s = 0
    for x, y, z in zip(a, b, c):
        s += x + y + z
    return s


assert wide(items, items, items) == 3 * sum(items)


def whole(items):
    s = 0
    for pair in enumerate(items):
        s += pair[0] * pair[1]
    return s


assert whole(items) == numbered(items)


# What they go over may be the program's.
class Counting:
    def __init__(self):
        self.count = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.count += 1
        if self.count > 400:
            raise StopIteration
        return self.count


assert numbered(Counting()) == sum(i * (i + 1) for i in range(400))
assert both(Counting(), items) == sum((i + 1) * i for i in range(400))


class Pairs(zip):
    def __next__(self):
        x, y = super().__next__()
        return x + 1, y


def of(pairs):
    s = 0
    for x, y in pairs:
        s += x * y
    return s


assert of(Pairs(items, items)) == sum((i + 1) * i for i in items)
assert of({1: 2, 3: 4}.items()) == 14
assert of((i, 2) for i in items) == 2 * sum(items)


def nested(rows):
    s = 0
    for i, row in enumerate(rows):
        for j, x in enumerate(row):
            s += (i + 1) * j * x
    return s


assert nested([[1, 2, 3]] * 300) == 8 * sum(range(301))
# All of this was compiled, where it can be.
if sys.implementation.name == "rustpython" and sys._xoptions.get("tier", "0") != "0" and sys._is_gil_enabled():
    import pyt

    places = [place for place in pyt.tier.stats()["places"] if place["file"] == __file__]
    compiled = {place["name"] for place in places if place["versions"] and place["turns"] > 100}
    assert compiled >= {"numbered", "both", "stops", "nested"}, places
print("done")
