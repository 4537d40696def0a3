"""Threads that use the same two objects in different order go on."""
import array
import collections
import io
import threading
import time


def check(make, use):
    one, other = make(), make()
    end = time.monotonic() + 0.4

    def run(one, other):
        while time.monotonic() < end:
            use(one, other)

    pairs = [(one, other), (other, one)] * 2
    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), (make(), use)


def numbers():
    return array.array("i", [1, 2, 3])


def ordered():
    return collections.OrderedDict(a=1, b=2)


def texts():
    return io.TextIOWrapper(io.BytesIO(b"x"))


def begin_anew(one, other):
    try:
        one.__init__(other)
    except (ValueError, RuntimeError):
        pass  # The other one has no stream at the moment, or this one.


def extend(one, other):
    if len(one) > 1000:
        del one[3:]
    one.extend(other)


def add(one, other):
    if len(one) > 1000:
        del one[3:]
    one += other


def assign(one, other):
    one[0:1] = other[:1]
    one[0:3] = other
    del one[3:]


check(numbers, extend)
check(numbers, add)
check(numbers, assign)
check(numbers, lambda one, other: one == other)
check(numbers, lambda one, other: one + other)
check(ordered, lambda one, other: one == other)
check(ordered, lambda one, other: one != other)
# The methods as well.
check(numbers, array.array.__eq__)
check(numbers, array.array.__add__)
check(ordered, collections.OrderedDict.__eq__)
check(ordered, collections.OrderedDict.__ne__)
check(texts, begin_anew)

# Alone they do what they did.
one, other = numbers(), numbers()
one.extend(other)
one += other
one[0:1] = other
assert one.tolist() == [1, 2, 3, 2, 3, 1, 2, 3, 1, 2, 3] and one + other == array.array("i", one.tolist() + [1, 2, 3])
one.extend(one)
assert len(one) == 22 and one == one
assert ordered() == ordered() != collections.OrderedDict(b=2, a=1) and ordered() == {"b": 2, "a": 1}
