"""Comparing dictionaries compares what they hold, not what methods of a derived class return."""
from collections import OrderedDict, defaultdict


class First(dict):
    """Returns the first of a list, as multi-dictionaries of HTTP do."""

    def __getitem__(self, key):
        return dict.__getitem__(self, key)[0]

    def get(self, key, default=None):
        return "get"

    def keys(self):
        return ["keys"]

    def items(self):
        return [("items", 1)]

    def __contains__(self, key):
        return False

    def __len__(self):
        return 40


assert First(a=[1, 2]) == First(a=[1, 2]) and not First(a=[1, 2]) != First(a=[1, 2])
assert First(a=[1, 2]) != First(a=[1, 3]) and not First(a=[1, 2]) == First(a=[1, 3])
assert First(a=[1, 2]) == {"a": [1, 2]} and {"a": [1, 2]} == First(a=[1, 2])
assert First(a=[1, 2]) != {"a": 1} and {"a": 1} != First(a=[1, 2])
assert First(a=[1]) != First(a=[1], b=[2]) and First() == {} and First(a=[1]) != First(b=[1])
assert dict.__eq__(First(a=[1, 2]), {"a": [1, 2]}) is True
assert dict.__ne__(First(a=[1, 2]), {"a": [1, 2]}) is False
assert dict.__eq__(First(), 1) is NotImplemented and First() != 1
assert dict.__lt__(First(), {}) is NotImplemented
assert {"x": First(a=[1, 2])} == {"x": First(a=[1, 2])}
try:
    First() < First()
except TypeError:
    pass
else:
    raise AssertionError("dictionaries have no order")
nan = float("nan")
assert First(a=nan) == First(a=nan), "the same object"


class Own(First):
    def __eq__(self, other):
        return "own"


assert (Own() == {}) == "own" and ({} == Own()) == "own"
assert OrderedDict(a=1, b=2) == {"b": 2, "a": 1} != OrderedDict(a=1)
assert OrderedDict(a=1, b=2) != OrderedDict(b=2, a=1)
assert defaultdict(list, a=1) == {"a": 1} and {"a": 1} == defaultdict(int, a=1)


class Key:
    compared = 0

    def __hash__(self):
        return 1

    def __eq__(self, other):
        Key.compared += 1
        return isinstance(other, Key)


assert First({Key(): 1}) == First({Key(): 1}) and Key.compared == 1
