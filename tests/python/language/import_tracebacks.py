"""Tracebacks of errors in `__import__` have no frames of the library."""
import os
import sys
import tempfile
import traceback

MODULES = {"missing_inside": "import no_such_module", "divides": "1 / 0", "wrong": "def f(:"}


def frames(name):
    try:
        __import__(name)
    except Exception as error:
        found = traceback.extract_tb(error.__traceback__)
        return type(error), [frame.name for frame in found]


with tempfile.TemporaryDirectory() as folder:
    for name, text in MODULES.items():
        with open(os.path.join(folder, name + ".py"), "w") as file:
            file.write(text)
    sys.path.insert(0, folder)
    assert frames("no_such_module") == (ModuleNotFoundError, ["frames"])
    assert frames("missing_inside") == (ModuleNotFoundError, ["frames", "<module>"])
    assert frames("divides") == (ZeroDivisionError, ["frames", "<module>"])
    assert frames("wrong") == (SyntaxError, ["frames"])
    assert frames("sys.none") == (ModuleNotFoundError, ["frames"])
assert __import__("os.path") is os and __import__("os", fromlist=["path"]) is os
assert __import__.__name__ == "__import__" and __import__.__module__ == "builtins"
try:
    __import__(5)
except TypeError as error:
    assert str(error) == "module name must be a string"
