"""A module of the library that is taken out of `sys.modules` is imported anew, also as CPython's tests do
it: with frozen modules turned off."""
import sys

import _imp
import json

old = sys.modules.pop("json")
_imp._override_frozen_modules_for_tests(-1)
try:
    import json as new
finally:
    _imp._override_frozen_modules_for_tests(0)
assert new is not old and new.dumps([1]) == "[1]"
