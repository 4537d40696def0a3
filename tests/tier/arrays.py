"""Compiled loops over items of arrays and bytes."""

from array import array


def dot(n, x, y, at):
    s = 0.0
    for i in range(n):
        s += x[at[i]] * y[i]
    return s


def reference(n, x, y, at):
    s = 0.0
    for i, a in zip(range(n), list(at)):
        s += list(x)[a] * list(y)[i]
    return s


def scales(n, x):
    for i in range(n):
        x[i] = x[i] * 2 + 1
    return x


def fills(n, x, value):
    for i in range(n):
        x[i] = value
    return x


def message(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error), str(error), error.__traceback__.tb_next.tb_lineno


for _ in range(3):
    x, y = array("d", [0.5, -0.0, 2.5, 1e300] * 50), array("f", range(200))
    at = array("i", [3, 1, 0, 199, -1, -200] * 33)
    assert dot(198, x, y, at) == reference(198, x, y, at)
    assert dot(198, x, list(y), bytes(range(198))) == reference(198, x, y, range(198))
    assert dot(150, bytearray(range(150)), y, range(150)) == sum(i * i for i in range(150))
    assert message(dot, 201, x, x, range(300))[0] is IndexError
    assert scales(200, array("d", [0.5] * 200)) == array("d", [2.0] * 200)
    assert scales(200, array("q", range(200))) == array("q", range(1, 400, 2))
    assert scales(100, bytearray(range(100))) == bytearray(range(1, 200, 2))
    large = bytearray(range(200))
    kind, text, _ = message(scales, 200, large)
    assert kind is ValueError, text
    assert large[:130] == bytearray([2 * i + 1 for i in range(128)] + [128, 129]), large[:130]
    assert message(fills, 3, array("b", [0] * 5), 128)[0] is OverflowError
    assert message(fills, 3, array("i", [0] * 5), 0.5)[0] is TypeError
    assert message(fills, 3, b"abc", 1)[0] is TypeError
    assert fills(5, array("d", [0] * 5), 3) == array("d", [3.0] * 5)
    assert type(fills(5, array("d", [0] * 5), 3)[0]) is float
    assert fills(5, array("i", [0] * 5), True) == array("i", [1] * 5)
    text = array("w", "abcde" * 40)
    assert fills(200, text, "x") == array("w", "x" * 200)


class Heir(array):
    def __getitem__(self, index):
        return 7


assert dot(100, Heir("d", [0.5] * 100), [1] * 100, range(100)) == 700


# An array that grows and shrinks.
def changes(n, x):
    s = 0
    for i in range(n):
        s += x[i]
        if i % 10 == 3:
            x.append(i)
        if i == n - 5:
            del x[:]
    return s


assert message(changes, 200, array("i", range(200)))[0] is IndexError
print("done")
