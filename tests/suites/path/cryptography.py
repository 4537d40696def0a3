"""In the place of cryptography, a C extension: tests that use anything of it are skipped on both Pythons."""

import sys
import types

import pytest


class Missing:
    def __init__(self, *args, **kwargs):
        pytest.skip("cryptography is a C extension")


class Part(types.ModuleType):
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing


__path__ = ()
for part in ("x509", "hazmat", "hazmat.backends", "hazmat.primitives", "hazmat.primitives.serialization"):
    name = f"{__name__}.{part}"
    parent, _, last = name.rpartition(".")
    sys.modules[name] = Part(name)
    setattr(sys.modules[parent], last, sys.modules[name])
