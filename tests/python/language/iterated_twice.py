"""`join` and `tee` ask what they get for its iterator, and the iterator for one again."""
import copy
import itertools

asked = []


class Source:
    def __init__(self, items):
        self.items = iter(items)

    def __iter__(self):
        asked.append("iter")
        return self

    def __next__(self):
        asked.append("next")
        return next(self.items)


class WithLength(Source):
    def __length_hint__(self):
        asked.append("hint")
        return 2


class Copied(Source):
    def __copy__(self):
        asked.append("copy")
        return self


class Raising:
    def __iter__(self):
        raise OSError("iter")


def taken():
    found = asked[:]
    asked.clear()
    return found


for separator, items, joined in ((",", "ab", "a,b"), (b",", [b"a", b"b"], b"a,b"),
                                 (bytearray(b","), [b"a", b"b"], bytearray(b"a,b"))):
    assert separator.join(Source(items)) == joined
    assert taken() == ["iter", "iter", "next", "next", "next"]
    assert separator.join(WithLength(items)) == joined
    assert taken() == ["iter", "iter", "hint", "next", "next", "next"]
    for other in (list(items), tuple(items), (item for item in items), dict.fromkeys(items), iter(items)):
        assert separator.join(other) == joined
    assert type(separator).join(separator, items) == joined
    for wrong, message in ((5, "can only join an iterable"), ([1], "sequence item 0: expected ")):
        try:
            separator.join(wrong)
        except TypeError as error:
            assert str(error).startswith(message), error
        else:
            raise AssertionError(wrong)
    try:
        separator.join(Raising())
    except OSError as error:
        assert str(error) == "iter"
    else:
        raise AssertionError("it was joined")
    assert separator.join([]) == separator[:0]

for source in (Source, WithLength, Copied):
    one, other = itertools.tee(source("ab"))
    assert taken() == ["iter", "iter"]
    assert list(one) == ["a", "b"] == list(other), source
    assert taken() == ["next"] * 4 and type(one) is type(other)
assert itertools.tee(Source("a"), 0) == () and itertools.tee(5, 0) == () and taken() == []
assert len(itertools.tee(Source("a"), 3)) == 3 and taken() == ["iter", "iter"]
(only,) = itertools.tee("ab", 1)
first, second = itertools.tee(only)
assert next(first) == "a" and list(second) == ["a", "b"] and list(copy.copy(first)) == ["b"] == list(first)
for wrong, kind in ((lambda: itertools.tee("a", -1), ValueError), (lambda: itertools.tee(5), TypeError),
                    (lambda: itertools.tee(), TypeError), (lambda: itertools.tee("a", "b"), TypeError),
                    (lambda: itertools.tee(Raising()), OSError)):
    try:
        wrong()
    except kind:
        pass
    else:
        raise AssertionError(wrong)
assert itertools.tee.__name__ == "tee" and itertools.tee.__module__ == "itertools"
