"""Lists that grow and shrink in compiled loops; comprehensions."""


def grows(n, out):
    for i in range(n):
        out.append(i * 2)
        if len(out) > 5:
            out.pop()
            out.pop()
    return len(out)


def reference(n, out):
    for i in range(n):
        out[len(out) :] = [i * 2]
        if sum(1 for _ in out) > 5:
            del out[-1]
            del out[-1]
    return sum(1 for _ in out)


class Appends(list):
    def append(self, value):
        super().append(value + 1)


for n in (0, 1, 9, 1000):
    for first in ([], [1.5], ["x"], [None, 3], [1] * 50):
        a, b = list(first), list(first)
        assert grows(n, a) == reference(n, b) and a == b, (n, first, a, b)
heirs = Appends()
assert grows(4, heirs) == 4 and heirs == [1, 3, 5, 7]


def recurrence(n):
    s = [0.5]
    for i in range(n):
        s.append(s[-1] * 1.5 - i)
        if i % 50 == 7:
            s.append("x")
            assert s.pop() == "x"
    return len(s), s[-1]


def scalar(n):
    x = 0.5
    for i in range(n):
        x = x * 1.5 - i
    return n + 1, x


assert recurrence(700) == scalar(700)


def empties(n):
    s = list(range(n // 2))
    t = 0
    try:
        for i in range(n):
            t += s.pop()
    except IndexError as error:
        return i, t, str(error)


for _ in range(3):
    assert empties(1000) == (500, 499 * 250, "pop from empty list")


# Two names of one list.
def both(n, a, b):
    for i in range(n):
        a.append(i)
        if len(b) > 3:
            b.pop()
            b.append(len(a))
    return a


one = []
assert both(500, one, one) == list(range(500))
assert both(500, [], [1]) == list(range(500))


# An item whose end runs something is the interpreter's.
class Ends:
    def __del__(self):
        ended.append(len(left))


def drops(left):
    for i in range(200):
        left.append(i)
        left.pop()
    left.pop()
    return left


ended = []
left = [1, Ends()]
assert drops(left) == [1] and ended == [1], ended


# Comprehensions: nested, with conditions, with a name of the function's.
def comprehensions(n):
    x = 7
    a = [x for x in range(n) if x % 3]
    b = [[i * j for j in range(i & 7)] for i in range(n)]
    c = [float(y) for y in range(n)]
    d = [y > 3 for y in range(n)]
    e = [x * x for x in a if x & 1 for _ in range(2)]
    return a, b, c, d, e, x


def in_full(n):
    a, b, c, d, e = [], [], [], [], []
    for i in range(n):
        a += [i] if i % 3 else []
        b += [[]]
        for j in range(i & 7):
            b[-1] += [i * j]
        c += [float(i)]
        d += [i > 3]
    for x in a:
        e += [x * x, x * x] if x & 1 else []
    return a, b, c, d, e, 7


for n in (0, 3, 300):
    assert repr(comprehensions(n)) == repr(in_full(n)), n


def too_large(n):
    return [x << 60 for x in range(n)]


assert too_large(200) == [x * 2**60 for x in range(200)]
assert all(type(x) is int for x in too_large(20))
print("done")
