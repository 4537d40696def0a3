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
