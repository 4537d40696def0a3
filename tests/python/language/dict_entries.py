"""What dictionaries take over: entries of dictionaries that iterate as `dict` does, else what `keys` and
`__getitem__` say, all keys first."""
import collections

asked = []


def taken():
    found = asked[:]
    asked.clear()
    return found


class Changed(dict):
    """Iterates as `dict` does: what it holds is taken."""

    def __getitem__(self, key):
        asked.append(key)
        return "changed"


class WithKeys(dict):
    def keys(self):
        asked.append("keys")
        return super().keys()

    def __getitem__(self, key):
        asked.append(key)
        return "changed"


class Below(Changed):
    pass


class Iterated(WithKeys):
    """Has an own iterator: it is asked."""

    def __iter__(self):
        asked.append("iter")
        return super().__iter__()


class Keys:
    def __init__(self, *keys):
        self.keys = iter(keys)

    def __iter__(self):
        asked.append("keys.iter")
        return self

    def __next__(self):
        asked.append("next")
        return next(self.keys)


class Mapping:
    def keys(self):
        asked.append("keys")
        return Keys("a", "b")

    def __getitem__(self, key):
        asked.append(key)
        if key == "b" and self.fails:
            raise OSError(key)
        return key.upper()

    fails = False


def keywords(**given):
    return given


def updated(other):
    target = {"z": 0}
    target.update(other)
    return target


def united_in_place(other):
    target = {"z": 0}
    target |= other
    return target


for cls in (Changed, Below, WithKeys, collections.Counter, lambda **d: collections.defaultdict(int, d)):
    plain = cls(a=1, b=2)
    expected = {"a": 1, "b": 2}
    ways = [dict(plain), dict(plain, c=3), updated(plain), united_in_place(plain), {} | plain,
            plain | {}, plain.copy(), Below(plain)]
    for way in ways:
        for key in "ab":
            assert dict.__getitem__(way, key) == expected[key], (cls, way)
    assert ways[1]["c"] == 3 and taken() == []
for cls in (Changed, Below, collections.Counter):
    plain = cls(a=1, b=2)
    assert {**plain} == {"a": 1, "b": 2} == {**{}, **plain}
    assert {**plain, "c": 3} == {"a": 1, "b": 2, "c": 3} and taken() == []
plain = Changed(a=1)
assert plain["a"] == "changed" and taken() == ["a"]
assert "{a}".format_map(plain) == "changed" and "%(a)s" % plain == "changed" and taken() == ["a", "a"]
assert {**{}, "x": plain["a"]} == {"x": "changed"} and taken() == ["a"]
# A method that is stored later.
Later = type("Later", (dict,), {})
later = Later(a=1)
Later.__getitem__ = lambda self, key: "changed"
assert later["a"] == "changed" and {**later} == {"a": 1} == dict(later)
del Later.__getitem__
assert later["a"] == 1 and {**later} == {"a": 1}

# With an own iterator.
own = Iterated(a=1)
for way in (dict, updated, united_in_place, lambda d: {} | d, lambda d: d | {}, dict.copy,
            lambda d: {**d}, lambda d: keywords(**d)):
    assert way(own)["a"] == "changed"
    assert taken() == ["keys", "a"], way
ordered = collections.OrderedDict(a=1, b=2)
assert dict(ordered) == {"a": 1, "b": 2} == {**ordered} == {} | ordered == {**ordered} | ordered
assert updated(ordered) == {"z": 0, "a": 1, "b": 2} and ordered.copy() == ordered

# Other mappings.
for way in (dict, lambda m: dict(m, c=1), updated, united_in_place):
    found = way(Mapping())
    assert (found["a"], found["b"]) == ("A", "B")
    assert taken() == ["keys", "keys.iter", "keys.iter", "next", "next", "next", "a", "b"], way
failing = Mapping()
failing.fails = True
target = {}
try:
    target.update(failing)
except OSError:
    assert target == {"a": "A"}
taken()


class NoKeys:
    def keys(self):
        return 5


class Raising:
    @property
    def keys(self):
        raise ValueError("keys")


for other, message in ((NoKeys(), "NoKeys.keys() returned a non-iterable (type int)"), (Raising(), "keys")):
    try:
        {}.update(other)
    except (TypeError, ValueError) as error:
        assert str(error) == message, error
    else:
        raise AssertionError("it was taken")

# The rest is as it was.
assert dict() == {} and dict(a=1) == {"a": 1} and dict([("a", 1)], b=2) == {"a": 1, "b": 2}
assert dict({"a": 1}, a=2) == {"a": 2} and dict(iter([[1, 2]])) == {1: 2} and dict(["ab"]) == {"a": "b"}
for wrong in (lambda: dict(5), lambda: dict({}, {}), lambda: dict([1]), lambda: {}.update(5), lambda: {}.update({}, {}),
              lambda: {} | 5, lambda: {}.copy(1), lambda: dict([(1, 2, 3)])):
    try:
        wrong()
    except (TypeError, ValueError):
        pass
    else:
        raise AssertionError(wrong)
itself = {"a": 1}
itself.update(itself)
itself |= itself
assert itself == {"a": 1} and dict.__init__(itself, {"b": 2}) is None and itself == {"a": 1, "b": 2}


class Base(dict):
    def __init__(self, *args, **keywords):
        super().__init__(*args, **keywords)
        asked.append("init")


assert Base([("a", 1)], b=2) == {"a": 1, "b": 2} and Base(Base(a=1)) == {"a": 1}
assert type(Base(a=1).copy()) is dict and type(Base(a=1) | {}) is dict
