"""What `pyt.tier.stats()` says. The first argument is the mode."""

import sys

import pyt

mode = sys._xoptions["tier"]


def sums(n):
    s = 0
    for i in range(n):
        s += i
    return s


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def texts(items):
    count = 0
    for item in items:
        count += item.upper() == "A"
    return count


def missing(n):
    for i in range(n):
        pass


def mixed(n):
    s = 0
    for i in range(n):
        if i % 100 == 99:
            s += len(str(i))
        s += 1
    return s


before = pyt.tier.stats()
sums(100000)
fib(20)
# Refused again with the same types: no third attempt is made.
texts(["a"] * 250)
mixed(10000)
stats = pyt.tier.stats()
keys = {
    "on", "reason", "loops", "functions", "operations", "bytes", "entries", "turns", "refused",
    "exits", "not_seen", "places",
}
assert set(stats) == keys == set(before)
places = {place["name"]: place for place in stats["places"] if place["file"] == __file__}

if mode == "0":
    assert stats["on"] is False
    assert stats["reason"] == "the program runs without -X tier=1", stats
    assert stats["places"] == [] and stats["refused"] == {} == stats["exits"], stats
    assert not any(stats[name] for name in ("loops", "functions", "bytes", "entries", "turns"))
    print("done")
    sys.exit()

assert stats["on"] is True and stats["reason"] is None
assert not any(place["file"] == "<pyt>" for place in stats["places"])
assert stats["loops"] >= 2 and stats["functions"] >= 1
first = sums.__code__.co_firstlineno
loop = places["sums"]
assert (loop["line"], loop["kind"], loop["versions"]) == (first + 2, "loop", 1), loop
assert loop["operations"] * 8 == loop["bytes"] > 0, loop
assert 99000 < loop["turns"] < 100001 and loop["entries"] < 100, loop
assert loop["refused"] is None and (first + 2, "FOR_ITER") in loop["exits"], loop
assert sum(loop["exits"].values()) == loop["entries"], loop
assert (places["fib"]["kind"], places["fib"]["refused"]) == ("function", None), places["fib"]
assert places["fib"]["line"] == fib.__code__.co_firstlineno + 1, places["fib"]
refused = places["texts"]
assert refused["versions"] == 0 == refused["entries"] and refused["exits"] == {}, refused
assert refused["refused"].startswith("no turn without an instruction that is left"), refused
reasons = [reason for reason in stats["refused"] if ";" in reason]
assert not reasons and sum(stats["refused"].values()) >= 1, stats["refused"]
left = places["mixed"]["exits"]
assert any(name == "LOAD_GLOBAL" or name == "CALL" for _, name in left), left
assert max(times for (_, name), times in left.items() if name != "FOR_ITER") >= 98, left
for name in ("operations", "bytes", "entries", "turns"):
    total = sum(place[name] for place in stats["places"])
    assert stats[name] == total >= before[name], (name, stats[name], total)
assert sum(stats["exits"].values()) == sum(
    times for place in stats["places"] for times in place["exits"].values()
)
# What it gives is the caller's.
stats["places"].clear()
assert pyt.tier.stats()["places"]

sys.settrace(lambda *arguments: None)
off = pyt.tier.stats()
sys.settrace(None)
assert off["on"] is False and off["reason"] == "the program watches its code", off
assert (off["loops"], off["functions"]) == (0, 0), off
names = {place["name"] for place in off["places"] if place["file"] == __file__}
assert names >= {"sums", "fib", "texts", "mixed"} and "missing" not in names, names
assert off["turns"] == stats["turns"], off
print("done")
