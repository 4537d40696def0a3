"""Imports packages and checks their versions.

    python versions.py older|newer|gone NAME==VERSION:MODULE...

`older`: each has that version. `newer`: each has a later one. `gone`: none is there.
"""

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version


def numbers(text):
    return [int(part) for part in text.split(".") if part.isdigit()]


state, *packages = sys.argv[1:]
for package in packages:
    pinned, module = package.split(":")
    name, older = pinned.split("==")
    if state == "gone":
        for look in (lambda: version(name), lambda: importlib.import_module(module)):
            try:
                look()
            except (PackageNotFoundError, ModuleNotFoundError):
                continue
            raise AssertionError(f"{name} is still there")
        continue
    found = version(name)
    importlib.import_module(module)
    if state == "older":
        assert found == older, (name, found)
    else:
        assert numbers(found) > numbers(older), (name, found)
print("ok")
