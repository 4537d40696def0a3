"""Iterators of `itertools` ask their sources as CPython's do: in its order, and not after their end."""

import io
import itertools
import operator

asked = []


class Source:
    """An iterator that goes on after its end."""

    def __init__(self, name, *rounds):
        self.name = name
        self.rounds = [list(items) for items in rounds]

    def __iter__(self):
        return self

    def __next__(self):
        asked.append(self.name)
        if not self.rounds:
            raise StopIteration
        if not self.rounds[0]:
            del self.rounds[0]
            raise StopIteration
        return self.rounds[0].pop(0)


class Number:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


def taken():
    names = "".join(asked)
    asked.clear()
    return names


# The item comes before its selector.
selected = itertools.compress(Source("d", "abc"), Source("s", [1, 0, 1]))
assert next(selected) == "a" and taken() == "ds"
assert next(selected) == "c" and taken() == "dsds"
assert list(selected) == [] and taken() == "d"
shared = iter(range(6))
assert list(itertools.compress(shared, shared)) == [0, 2, 4]
assert list(itertools.compress(data="ab", selectors=[0, 1])) == ["b"]
for wrong in [(), ("a",), (1, "a"), ("a", 1), ("a", "b", "c")]:
    try:
        itertools.compress(*wrong)
    except TypeError:
        pass
    else:
        raise AssertionError(wrong)


class Derived(itertools.compress):
    pass


assert list(Derived("abc", [1, 0, 1])) == ["a", "c"]
assert itertools.compress.__module__ == "itertools" and itertools.compress.__name__ == "compress"

# A source that has ended is asked no more, though it would go on.
longest = itertools.zip_longest(Source("a", "1", "2"), Source("b", "34"), fillvalue="-")
assert list(longest) == [("1", "3"), ("-", "4")], longest
assert taken() == "abab" "b", asked
assert list(longest) == [] and taken() == ""
pairs = itertools.pairwise(Source("a", "12", "34"))
assert list(pairs) == [("1", "2")] and taken() == "aaa"
assert list(pairs) == [] and taken() == ""
circle = itertools.cycle(Source("a", "12", "34"))
assert [next(circle) for _ in range(5)] == list("12121") and taken() == "aaa"
assert list(itertools.cycle([])) == []
assert list(itertools.zip_longest()) == []
for make in itertools.cycle, itertools.pairwise, itertools.zip_longest:
    try:
        make(1)
    except TypeError as error:
        assert str(error) == "'int' object is not iterable", error
    else:
        raise AssertionError(make)


class Longest(itertools.zip_longest):
    pass


assert list(Longest("a", "bc", fillvalue=0)) == [("a", "b"), (0, "c")]


def failing():
    yield 1
    raise KeyError("once")


# An error is no end.
pairs = itertools.pairwise(failing())
try:
    next(pairs)
except KeyError:
    pass
else:
    raise AssertionError
assert list(pairs) == []

# Whatever has an __index__ is a number.
assert list(itertools.combinations("ab", Number(2))) == [("a", "b")]
assert list(itertools.combinations("ab", r=Number(1))) == [("a",), ("b",)]
assert list(itertools.combinations_with_replacement("ab", Number(1))) == [("a",), ("b",)]
assert list(enumerate("ab", Number(7))) == [(7, "a"), (8, "b")]
assert list(enumerate(iterable="ab", start=Number(7))) == [(7, "a"), (8, "b")]
for make in (
    lambda: itertools.combinations("ab", 1.0),
    lambda: itertools.combinations("ab"),
    lambda: enumerate("ab", "c"),
):
    try:
        make()
    except TypeError:
        pass
    else:
        raise AssertionError(make)


# The item is asked whether it equals the value.
class Equal:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        asked.append(self.name)
        return False


assert operator.countOf([Equal("1"), Equal("2")], Equal("v")) == 0 and taken() == "12"
assert operator.countOf("abca", "a") == 2
try:
    operator.indexOf([Equal("1"), Equal("2")], Equal("v"))
except ValueError as error:
    assert str(error) == "sequence.index(x): x not in sequence", error
assert taken() == "12"
assert operator.indexOf("abc", "c") == 2


# A class may derive from any of them.
def derived(name, *args):
    base = getattr(itertools, name)
    class Derived(base):
        note = "more"
    made = Derived(*args)
    made.extra = 1
    assert type(made) is Derived and isinstance(made, base) and made.note == "more"
    return next(made)


assert derived("accumulate", [3, 4]) == 3
assert derived("batched", "abc", 2) == ("a", "b")
assert derived("chain", "ab") == "a"
assert derived("combinations", "ab", 2) == ("a", "b")
assert derived("combinations_with_replacement", "ab", 2) == ("a", "a")
assert derived("compress", "ab", [0, 1]) == "b"
assert derived("count", 5) == 5
assert derived("cycle", "ab") == "a"
assert derived("dropwhile", str.isupper, "Ab") == "b"
assert derived("filterfalse", str.isupper, "Ab") == "b"
assert [derived("groupby", "aab")[0]] == ["a"]
assert derived("islice", "abc", 1, None) == "b"
assert derived("pairwise", "abc") == ("a", "b")
assert derived("permutations", "ab") == ("a", "b")
assert derived("product", "ab", "c") == ("a", "c")
assert derived("repeat", 1) == 1
assert derived("starmap", pow, [(2, 3)]) == 8
assert derived("takewhile", str.isupper, "Ab") == "A"
assert derived("zip_longest", "a", "bc") == ("a", "b")


class Grouped(itertools.groupby):
    pass


assert [(key, list(group)) for key, group in Grouped("aab")] == [("a", ["a", "a"]), ("b", ["b"])]


class Unsupported(io.UnsupportedOperation):
    pass


try:
    raise Unsupported("why")
except ValueError as error:
    assert isinstance(error, OSError) and str(error) == "why"


class Decoder(io.IncrementalNewlineDecoder):
    pass


assert Decoder(None, True).decode("a\r\nb") == "a\nb"
