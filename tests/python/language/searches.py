"""What looks for an item looks at those that are there when it comes to them, and says in CPython's
words that there is none."""


lines = []


def show(*values):
    lines.append(" ".join(map(str, values)))


class Adds:
    """Not equal to anything; the first comparison changes the list."""

    def __init__(self, items, change):
        self.items, self.change = items, change

    def __eq__(self, other):
        change, self.change = self.change, None
        if change:
            change(self.items)
        return False


def changed(change, more=(1, 2)):
    items = []
    items.append(Adds(items, change))
    items.extend(more)
    return items


show(changed(lambda items: items.append("new")).index("new"))
show(changed(lambda items: items.insert(0, "new")).index(2))
items = changed(lambda items: items.append("new"))
items.remove("new")
show(len(items))
items = changed(lambda items: items.clear())
for search in (items.index, items.remove):
    try:
        search(2)
    except ValueError as error:
        show(error, items)

show([1, 2, 1].index(1, 1), [1, 2, 1].index(1, -1), [1, 2, 1].index(2, -9, 9), [1, 2, 1].index(1, 0, -1))
show([1, 2, 1].index(1, -(10**30), 10**30), [1.0, True].index(1), [float("nan")].count(float("nan")))


class Shown:
    def __repr__(self):
        raise AssertionError("nobody asked")

    def __eq__(self, other):
        raise ValueError("said by __eq__")

    __hash__ = object.__hash__


for search in (
    lambda: [1].index(3),
    lambda: [1].index(1, 1),
    lambda: [1].index(1, 0, -1),
    lambda: [1].index(1, 10**30),
    lambda: [1].remove("1"),
    lambda: [].index(Shown()),
    lambda: [].remove(Shown()),
    lambda: [1].index(Shown()),
    lambda: [1].remove(Shown()),
    lambda: (1,).index(3),
    lambda: range(3).index(9),
    lambda: range(3).index("9"),
    lambda: b"ab".index(b"c"),
    lambda: b"ab".rindex(b"c"),
    lambda: bytearray(b"ab").index(b"c"),
    lambda: bytearray(b"ab").rindex(99),
    lambda: "ab".index("c"),
):
    try:
        show(search())
    except (ValueError, TypeError) as error:
        show(type(error).__name__, error)

expected = [
    "3",
    "3",
    "3",
    "list.index(x): x not in list []",
    "list.remove(x): x not in list []",
    "2 2 1 0",
    "0 0 0",
    "ValueError list.index(x): x not in list",
    "ValueError list.index(x): x not in list",
    "ValueError list.index(x): x not in list",
    "ValueError list.index(x): x not in list",
    "ValueError list.remove(x): x not in list",
    "ValueError list.index(x): x not in list",
    "ValueError list.remove(x): x not in list",
    "ValueError said by __eq__",
    "ValueError said by __eq__",
    "ValueError tuple.index(x): x not in tuple",
    "ValueError range.index(x): x not in range",
    "ValueError sequence.index(x): x not in sequence",
    "ValueError subsection not found",
    "ValueError subsection not found",
    "ValueError subsection not found",
    "ValueError subsection not found",
    "ValueError substring not found",
]
for line, wanted in zip(lines, expected, strict=True):
    assert line == wanted, (line, wanted)
