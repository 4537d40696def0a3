"""The interpreter itself, on one thread: single steps (a statement each), and small programs."""

import _kernels
from _measure import Suite

suite = Suite(__doc__)


class Point:
    kind = "point"

    def __init__(self, x=1, y=2):
        self.x = x
        self.y = y

    def move(self, by):
        self.x += by

    @property
    def sum(self):
        return self.x + self.y


def nothing():
    pass


def add(a, b=2, *, c=3):
    return a + b + c


suite.statement("call a function", "nothing()", nothing=nothing)
suite.statement("call with keyword arguments", "add(1, b=2, c=3)", add=add)
suite.statement("call a method", "point.move(1)", point=Point())
suite.statement("call a builtin", "len(items)", items=[1, 2])
suite.statement("get an attribute", "point.x", point=Point())
suite.statement("set an attribute", "point.x = 1", point=Point())
suite.statement("get a class attribute", "point.kind", point=Point())
suite.statement("get a property", "point.sum", point=Point())
suite.statement("make an object", "Point()", Point=Point)
suite.statement("integer arithmetic", "(a + b) * 3 - b // 2", a=17, b=1000)
suite.statement("float arithmetic", "(a + b) * 3.5 - b / 2.25", a=1.5, b=1e3)
suite.statement("compare and branch", "1 if a < b else 2", a=1, b=2)
suite.statement("list append + pop", "items.append(1); items.pop()", items=[])
suite.statement("list index", "items[1]", items=[1, 2, 3])
suite.statement("unpack a tuple", "a, b = pair", pair=(1, 2))
suite.statement("dict get + set", "names['a'] = names['b']", names={"a": 1, "b": 2})
suite.statement("string + and slice", "(text + 'x')[1:3]", text="text")
suite.statement("f-string", "f'{a} and {b!r}'", a=1, b="two")
suite.statement("split and join", "'-'.join(text.split())", text="a few words to split")
suite.statement("try without exception", "\n        ".join(["try: pass", "except ValueError: pass"]))


@suite.function("for loop, 1000 steps")
def for_loop():
    total = 0
    for number in range(1000):
        total += number & 1


@suite.function("while loop, 1000 steps")
def while_loop():
    number = 0
    while number < 1000:
        number += 1


@suite.function("list comprehension, 1000 items")
def comprehension():
    return [number * 2 for number in range(1000) if number & 1]


@suite.function("generator, 1000 items")
def generator():
    def numbers():
        for number in range(1000):
            yield number

    return sum(numbers())


@suite.function("100 exceptions raised and caught")
def exceptions():
    for number in range(100):
        try:
            raise ValueError(number)
        except ValueError:
            pass


@suite.function("closures, 100 made and called")
def closures():
    for number in range(100):
        (lambda: number)()


@suite.function("sort 1000 items by key")
def sort():
    return sorted(range(1000), key=lambda number: number * 7919 % 1009)


def kernel(function, expected):
    @suite.function(function.__name__)
    def run():
        found = function()
        if found != expected:
            raise AssertionError(f"{function.__name__}() is {found!r}, not {expected!r}")


for function, expected in _kernels.EXPECTED.items():
    kernel(function, expected)

if __name__ == "__main__":
    suite.main()
