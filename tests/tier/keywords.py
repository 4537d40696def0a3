"""Compiled loops that call functions with keywords."""


def add(a, b=2, *, c=3):
    return a + b * 10 + c * 100


def only(a, /, b, *, k):
    return a - b * k


class Point:
    def scaled(self, x, *, by=5):
        return x * by


def calls(n, point):
    s = 0
    for i in range(n):
        s += add(i, b=i & 3, c=i & 7) + add(c=i, a=1) + add(b=1, a=i)
        s += only(i, b=2, k=i) + point.scaled(by=i, x=2)
        s += add(i) + point.scaled(i)
    return s


def expected(n, c=3, by=5):
    s = 0
    for i in range(n):
        s += i + (i & 3) * 10 + (i & 7) * 100 + (1 + 20 + i * 100) + (i + 10 + c * 100)
        s += i - 2 * i + 2 * i
        s += (i + 20 + c * 100) + i * by
    return s


def message(function, *arguments):
    try:
        return function(*arguments)
    except TypeError as error:
        return str(error)


point = Point()
for n in (3, 700):
    assert calls(n, point) == expected(n), n
# The dict of defaults is changed, replaced, and emptied.
add.__kwdefaults__["c"] = 7
assert calls(700, point) == expected(700, c=7)
add.__kwdefaults__["c"] = "x"
assert "unsupported operand type" in message(calls, 5, point)
add.__kwdefaults__ = {"c": 1.5, "a": 99}
assert calls(700, point) == expected(700, c=1.5)
del add.__kwdefaults__["c"]
wanted = "add() missing 1 required keyword-only argument: 'c'"
assert message(calls, 5, point) == wanted, message(calls, 5, point)
add.__kwdefaults__ = None
assert message(calls, 5, point) == wanted
add.__kwdefaults__ = {"c": 3}
Point.scaled.__kwdefaults__["by"] = -1
assert calls(700, point) == expected(700, by=-1)
Point.scaled.__kwdefaults__.clear()
wanted = "Point.scaled() missing 1 required keyword-only argument: 'by'"
assert message(calls, 5, point) == wanted


# What cannot be called so is left to the interpreter, and what it raises.
def wrong(n):
    found = set()
    for i in range(n):
        for call in (
            lambda: add(i, a=2),
            lambda: only(a=i, b=2, k=3),
            lambda: add(i, other=2),
            lambda: add(1, 2, 3),
            lambda: add(b=1),
        ):
            found.add(message(call))
    return found


def twice(n):
    s = 0
    for i in range(n):
        s += add(i, a=2)
    return s


def unknown(n):
    s = 0
    while s < n:
        s += add(s, other=2)
    return s


assert wrong(50) == {
    "add() got multiple values for argument 'a'",
    "only() got some positional-only arguments passed as keyword arguments: 'a'",
    "add() got an unexpected keyword argument 'other'",
    "add() takes from 1 to 2 positional arguments but 3 were given",
    "add() missing 1 required positional argument: 'a'",
}, wrong(50)
for _ in range(5):
    assert message(twice, 5) == "add() got multiple values for argument 'a'"
    assert message(unknown, 5) == "add() got an unexpected keyword argument 'other'"
print("done")
