"""Records the state of a new interpreter, and restores it after use.

Run once in a namespace of its own; the pool then calls ``restore``.
"""

import builtins
import gc
import os
import sys
import threading
import warnings

_HOOKS = ("excepthook", "displayhook", "unraisablehook", "breakpointhook", "stdin", "stdout", "stderr")
_LISTS = ("path", "argv", "meta_path", "path_hooks")

_main = sys.modules["__main__"]
_names = dict(_main.__dict__)
_builtins = dict(builtins.__dict__)
_modules = dict(sys.modules)
_attributes = {name: getattr(sys, name) for name in _HOOKS}
_lists = {name: list(getattr(sys, name)) for name in _LISTS}
_environment = dict(os.environ)
_filters = list(warnings.filters)
_recursion = sys.getrecursionlimit()
_interval = sys.getswitchinterval()
_thread_hook = threading.excepthook
_collector = gc.get_threshold()


def _is_library(name):
    return name.partition(".")[0] in sys.stdlib_module_names


def restore(everything):
    """Restores the recorded state; without `everything` only that of the process, before the interpreter ends."""
    if os.environ != _environment:
        os.environ.clear()
        os.environ.update(_environment)
    if not everything:
        return
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)
    threading.setprofile(None)
    threading.excepthook = _thread_hook
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    for name, value in _attributes.items():
        setattr(sys, name, value)
    for name, values in _lists.items():
        setattr(sys, name, list(values))
    sys.path_importer_cache.clear()
    for name in set(sys.modules) - set(_modules):
        if not _is_library(name):
            del sys.modules[name]
    sys.modules.update(_modules)
    _main.__dict__.clear()
    _main.__dict__.update(_names)
    for name in set(builtins.__dict__) - set(_builtins):
        del builtins.__dict__[name]
    builtins.__dict__.update(_builtins)
    warnings.filters[:] = _filters
    sys.setrecursionlimit(_recursion)
    sys.setswitchinterval(_interval)
    gc.enable()
    gc.set_threshold(*_collector)
    gc.collect()
