"""Native functions, methods and classes have docstrings, and `help` shows them."""
import contextlib
import inspect
import io
import itertools
import math
import os
import sys

for native in (len, print, str, str.upper, "".upper, int.from_bytes, dict.get, list, range, math.sqrt,
               sys.getsizeof, itertools.chain, os.getpid, isinstance, type, object, property,
               dict.fromkeys, Exception, ValueError, bytes.hex, [].append):
    doc = inspect.getdoc(native)
    assert doc and isinstance(doc, str), native
assert len.__doc__.startswith("Return the number of items in a container")
assert str.upper.__doc__ == "Return a copy of the string converted to uppercase."
assert int.real.__doc__ == "the real part of a complex number"


class Plain:
    pass


class Own:
    "own"


class Sub(dict):
    pass


assert Plain.__doc__ is None and Own.__doc__ == "own" and Sub.__doc__ is None
assert Plain().__doc__ is None and (lambda: 0).__doc__ is None
Own.__doc__ = "other"
assert Own.__doc__ == "other"
output = io.StringIO()
with contextlib.redirect_stdout(output):
    help(len)
assert "Return the number of items in a container." in output.getvalue(), output.getvalue()


# Of instances.
class Derived(int):
    pass


class Described(ValueError):
    "described"


assert (5).__doc__ == int.__doc__ == vars(int)["__doc__"] and "int(" in (5).__doc__
assert [].__doc__ == list.__doc__ and True.__doc__ == bool.__doc__ != int.__doc__
assert ValueError("x").__doc__ == ValueError.__doc__ and object().__doc__ == object.__doc__
for value in (None, ..., "", b"", bytearray(), {}, set(), frozenset(), (), 1.5, 1j, range(1), slice(1),
              enumerate(()), zip(), map(len, ()), memoryview(b""), itertools.count()):
    assert isinstance(value.__doc__, str) and value.__doc__ == type(value).__doc__, value
    assert inspect.getdoc(value) == inspect.getdoc(type(value))
assert inspect.getattr_static(5, "__doc__") == int.__doc__
assert Derived.__doc__ is None and Derived().__doc__ is None and vars(Derived)["__doc__"] is None
assert Described().__doc__ == Described.__doc__ == "described"
assert (item for item in ()).__doc__ is None and {}.keys().__doc__ is None
assert list.__len__.__doc__ == [].__len__.__doc__ == "Return len(self)."
assert type(len).__doc__ != len.__doc__ and (lambda: 0).__doc__ is None
assert type(lambda: 0).__doc__.startswith("Create a function object.")
error = ValueError("x")
error.__doc__ = "own"
assert error.__doc__ == "own" and ValueError.__doc__ != "own"
try:
    (5).__doc__ = "x"
except AttributeError:
    pass
else:
    raise AssertionError("it was set")


class Slotted:
    __slots__ = ("__doc__",)


assert type(Slotted.__doc__).__name__ == "member_descriptor"
