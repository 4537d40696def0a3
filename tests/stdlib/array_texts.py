"""Arrays of floats are shown as lists of floats are."""
import copy
from array import array

nan, inf = float("nan"), float("inf")
FLOATS = [-0.0, 0.0, 1e9, 1e15, 1e16, 1e22, 1e-5, 1e-4, 0.1, 1 / 3, inf, -inf, nan, 5e-324, 1e100,
          1.7976931348623157e308, 1.0, -1.5, 123456789.0, 2.0**53 + 2]
assert repr(array("d", [-0.0, 1e9])) == "array('d', [-0.0, 1000000000.0])"
assert repr(array("d", [1e16, nan])) == "array('d', [1e+16, nan])"
assert repr(array("d", FLOATS)) == f"array('d', {FLOATS!r})" == str(array("d", FLOATS))
singles = array("f", [0.1, 1e10, 16777217.0, -0.0, nan, 1e-45])
assert repr(singles) == f"array('f', {list(singles)!r})"
assert repr(array("f", [0.1])) == "array('f', [0.10000000149011612])"
for typecode in "df":
    assert repr(array(typecode)) == f"array('{typecode}')"
    for value in (1.0, -0.0, 1e17, 2.5):
        single = array(typecode, [value])
        assert eval(repr(single)).tobytes() == single.tobytes()
    doubled = array(typecode, [1.0]) * 2 + copy.copy(array(typecode, [1e16]))
    assert f"{doubled}" == f"array('{typecode}', {doubled.tolist()!r})"


class Derived(array):
    def tolist(self):
        return ["other"]

    def __getitem__(self, index):
        return "other"

    typecode = "x"


class Named(array):
    def __repr__(self):
        return "named " + super().__repr__()


assert repr(Derived("d", [1.0, -0.0])) == "Derived('d', [1.0, -0.0])"
assert repr(Named("d", [1.0])) == "named Named('d', [1.0])" == "named " + array.__repr__(Named("d", [1.0]))
# Others as before.
for typecode in "bBhHiIlLqQ":
    assert repr(array(typecode, [1, 2])) == f"array('{typecode}', [1, 2])"
    assert repr(array(typecode)) == f"array('{typecode}')"
assert repr(array("w", "it's")) == """array('w', "it's")""" and repr(array("w")) == "array('w')"
