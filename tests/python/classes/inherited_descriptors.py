"""What a native class inherits is not among its own attributes: `enum` asks by identity."""

import enum
import signal

FROM_OBJECT = ("__str__", "__setattr__", "__delattr__", "__init_subclass__")

for cls in (int, bool, bytes, bytearray, set, frozenset, tuple, float, str):
    for name in FROM_OBJECT:
        if name == "__str__" and cls in (str, bytes, bytearray):
            continue
        assert name not in vars(cls), (cls, name)
        if name != "__init_subclass__":
            assert getattr(cls, name) is getattr(object, name), (cls, name)
for cls in (int, bool, tuple):
    assert "__init__" not in vars(cls), cls
for name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__str__"):
    assert name not in vars(type), name


class Color(enum.IntEnum):
    RED = 14


class Kind(enum.StrEnum):
    LEAF = "leaf"


assert str(Color.RED) == f"{Color.RED}" == "%s" % Color.RED == "14"
assert repr(Color.RED) == "<Color.RED: 14>"
assert str(signal.SIGALRM) == str(int(signal.SIGALRM))
assert str(Kind.LEAF) == f"{Kind.LEAF}" == "leaf"
print("ok")
