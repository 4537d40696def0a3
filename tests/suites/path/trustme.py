"""In the place of trustme, which needs cryptography, a C extension: tests of TLS are skipped on both Pythons."""

import pytest


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    pytest.skip("trustme needs a C extension", allow_module_level=True)
