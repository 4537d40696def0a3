"""Finds the user's own code that a function may run, which gets decision points."""

import functools
import sys
import types

from _pyt_run_state import is_library

_MOST = 10_000


def codes_of(function):
    """The code objects of a function and of what it can reach: functions and classes of its own
    module and of the modules of the user's that these know by name."""
    found = {}
    seen = set()
    waiting = [function]
    while waiting and len(seen) < _MOST:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, types.MethodType):
            waiting += (one.__func__, one.__self__)
        elif isinstance(one, types.FunctionType):
            if _is_users(one.__module__):
                found[one.__code__] = None
                waiting += one.__globals__.values()
                waiting += one.__defaults__ or ()
                for cell in one.__closure__ or ():
                    try:
                        waiting.append(cell.cell_contents)
                    except ValueError:  # still empty
                        pass
                waiting.append(getattr(one, "__wrapped__", None))
        elif isinstance(one, type):
            if _is_users(one.__module__):
                waiting += one.__dict__.values()
        elif isinstance(one, types.ModuleType):
            if not is_library(one) and _is_users(one.__name__):
                waiting += one.__dict__.values()
        elif isinstance(one, (staticmethod, classmethod)):
            waiting.append(one.__func__)
        elif isinstance(one, functools.partial):
            waiting.append(one.func)
        elif isinstance(one, property):
            waiting += (one.fget, one.fset, one.fdel)
        elif _is_users(type(one).__module__):
            waiting.append(type(one))
    return list(found)


def _is_users(name):
    if name == "__main__":
        return True
    module = sys.modules.get(name)
    return module is not None and not is_library(module)
