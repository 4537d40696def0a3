"""Compiled loops that read and bind what dicts have under names."""

import sys
import threading

FREE = hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled()


class Point:
    def __init__(self):
        self.x = 1


def counts(d, n):
    for i in range(n):
        d["a"] = d["b"]
        d["c"] += i
        d["a"] += d["inner"]["d"]
        d["inner"]["d"] -= 1
    return d["a"], d["c"]


def expected(n):
    a, c, d = 1, 3, 7
    for i in range(n):
        a = 2 + d
        c += i
        d -= 1
    return a, c, d


for n in (1, 2, 300, 3000):
    d = {"a": 1, "b": 2, "c": 3, "inner": {"d": 7}}
    a, c, inner = expected(n)
    assert counts(d, n) == (a, c), n
    assert d == {"a": a, "b": 2, "c": c, "inner": {"d": inner}}, d
    # The order of the keys is that in which they were put in first.
    assert list(d) == ["a", "b", "c", "inner"], d


# A key that is not there is no key that programs bind.
def missing(d, n):
    for i in range(n):
        d["new"] = i
        if i == 200:
            del d["old"]
        d["old"] += 1


d = {"old": 0}
try:
    missing(d, 1000)
    raise AssertionError("no KeyError")
except KeyError as error:
    assert error.args == ("old",), error
    assert error.__traceback__.tb_next.tb_lineno == missing.__code__.co_firstlineno + 5
assert d == {"new": 200}, d


# Objects as values; a value of another type.
def types(d, n):
    s = 0
    for i in range(n):
        if i == 150:
            d["x"] = 0.5
        if i == 250:
            d["x"] = None
        if i == 260:
            d["x"] = [1]
        if i == 270:
            d["x"] = 1
        x = d["x"]
        if x is None:
            s += 1000
        elif type(x) is list:
            s += 100000
        else:
            s += x
    return s


assert types({"x": 1}, 1000) == 150 + 50 + 10 * 1000 + 10 * 100000 + 730, types({"x": 1}, 1000)


# One place with two names: an attribute, a global variable, the same dict twice.
def attribute(p, d, n):
    s = 0
    for _ in range(n):
        p.x += 1
        s += d["x"]
        d["x"] += 1
        s += p.x
    return s


def alone(n):
    x, s = 1, 0
    for _ in range(n):
        x += 1
        s += x
        x += 1
        s += x
    return s


p = Point()
assert attribute(p, vars(p), 1000) == alone(1000) and p.x == 2001
assert attribute(Point(), {"x": 1}, 10) == sum(range(1, 11)) + sum(range(2, 12))

shared = 1


def of_module(d, n):
    global shared
    s = 0
    for _ in range(n):
        shared += 1
        s += d["shared"]
        d["shared"] += 1
        s += shared
    return s


assert of_module(globals(), 1000) == alone(1000) and shared == 2001


def twice(d, e, n):
    s = 0
    for _ in range(n):
        d["x"] += 1
        s += e["x"]
        e["x"] += 1
        s += d["x"]
    return s


d = {"x": 1}
assert twice(d, d, 1000) == alone(1000) and d == {"x": 2001}


# Subclasses say themselves what their items are.
class Missing(dict):
    def __missing__(self, key):
        return 5


class Set(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, value + 1)


def subclass(d, n):
    s = 0
    for _ in range(n):
        s += d["k"]
    return s


def sets(d, n):
    for _ in range(n):
        d["k"] = d["k"] + 1
    return d["k"]


assert subclass(Missing(), 1000) == 5000
assert sets(Set(k=0), 1000) == 2000
assert subclass({"k": 1}, 1000) + subclass(Missing(), 1000) == 6000


# A key of a program's own that is equal to a name.
class Key:
    def __hash__(self):
        return hash("k")

    def __eq__(self, other):
        return other == "k"


assert subclass({Key(): 3}, 1000) == 3000
d = {Key(): 0}
assert sets(d, 1000) == 1000 and [type(key) for key in d] == [Key]


# What is called may be called again, and binds once.
def bump(d, by, limit):
    d["n"] += by
    if d["n"] > limit:
        raise OverflowError(d["n"])
    return d["n"]


def calls(d, n):
    s = 0
    for i in range(n):
        s += bump(d, 1, 700)
    return s


d = {"n": 0}
try:
    calls(d, 1000)
    raise AssertionError("no OverflowError")
except OverflowError as error:
    assert error.args == (701,), error
assert d == {"n": 701}


# Names that are no identifiers, and what is left with the name on the stack.
def names(d, n):
    s = 0
    for i in range(n):
        s += d["a key"] + d[""] + d["ä"] + d["a_name_that_is_longer_than_any_other_name_here"]
        s += len(str(i) + "abc")
    return s


d = {"a key": 1, "": 2, "ä": 3, "a_name_that_is_longer_than_any_other_name_here": 4}
assert names(d, 1000) == 10 * 1000 + sum(len(str(i)) + 3 for i in range(1000))


# Two threads.
def counting(d, name, n):
    for _ in range(n):
        d["n"] += 1
        d[name] += 1


def reads(d, n):
    last = 0
    for _ in range(n):
        now = d["n"]
        assert now >= last
        last = now


d = {"n": 0, "x": 0, "y": 0}
threads = [threading.Thread(target=counting, args=(d, name, 20000)) for name in "xy"]
threads.append(threading.Thread(target=reads, args=(d, 20000)))
if FREE:
    # Without the GIL only one of them may bind it.
    del threads[1]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert d["x"] == 20000 and d["y"] == (0 if FREE else 20000), d
# `d["n"] += 1` is several steps: others may run between them.
assert 20000 <= d["n"] <= 40000, d
# All of this was compiled, where it can be.
if sys.implementation.name == "rustpython" and sys._xoptions.get("tier", "0") != "0" and not FREE:
    import pyt

    places = [place for place in pyt.tier.stats()["places"] if place["file"] == __file__]
    compiled = {place["name"] for place in places if place["versions"] and place["turns"] > 100}
    assert compiled >= {"counts", "calls"}, places
print("done")
