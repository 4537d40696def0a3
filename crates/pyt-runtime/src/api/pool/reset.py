"""Records the state of a new interpreter, and restores it after use.

Run once in a namespace of its own, in which the pool has put `addresses` and `changed` (`names.rs`); the
pool then calls ``restore``. Each user waits for a reset, so what is done in every one is native or short.
"""

import _codecs
import abc
import builtins
import codecs
import functools
import gc
import linecache
import os
import sys
import threading
import time
import types
import warnings
import weakref

# A user may replace built-in functions, and functions of these modules, before they are restored.
dict, frozenset, id, isinstance, len = dict, frozenset, id, isinstance, len
list, map, range = list, map, range
_abc_token, _dump = abc.get_cache_token, abc._get_dump
_collect, _freeze, _freeze_count, _unfreeze = gc.collect, gc.freeze, gc.get_freeze_count, gc.unfreeze
_sleep, _ref = time.sleep, weakref.ref
_tracing = (sys.settrace, sys.setprofile, threading.settrace, threading.setprofile)
_ModuleType = types.ModuleType

_HOOKS = ("excepthook", "displayhook", "unraisablehook", "breakpointhook", "stdin", "stdout", "stderr")
_LISTS = ("path", "argv", "meta_path", "path_hooks", "warnoptions")
_ERRORS = (
    "strict", "ignore", "replace", "xmlcharrefreplace", "backslashreplace", "namereplace",
    "surrogateescape", "surrogatepass",
)

_main = sys.modules["__main__"]
_names = dict(_main.__dict__)
_modules = dict(sys.modules)
_lists = {name: list(getattr(sys, name)) for name in _LISTS}
_environment = dict(os.environ)
_filters = list(warnings.filters)
_recursion = sys.getrecursionlimit()
_interval = sys.getswitchinterval()
_digits = sys.get_int_max_str_digits()
_thread_hook = threading.excepthook
_collector = gc.get_threshold()
_callbacks = list(gc.callbacks)
_csv = sys.modules.get("_csv")
_dialects = {name: _csv.get_dialect(name) for name in _csv.list_dialects()} if _csv else {}
_field_limit = _csv.field_size_limit() if _csv else 131072
_handlers = {name: _codecs.lookup_error(name) for name in _ERRORS}

# What was added and is taken out again; and whether something was that cannot be.
_added_errors = set()
_added_codecs = []
_is_spoilt = False
# Whether a user called `gc.freeze` or `gc.unfreeze`.
_is_frozen_anew = False


def _record(module, name, note):
    """Has `note` called with the arguments of each call of a function."""
    function = getattr(module, name)

    @functools.wraps(function)
    def recording(*args):
        result = function(*args)
        note(*args)
        return result

    return recording


def _spoil(*_):
    global _is_spoilt
    _is_spoilt = True


def _note_frozen():
    global _is_frozen_anew
    _is_frozen_anew = True


_codecs.register_error = codecs.register_error = _record(
    _codecs, "register_error", lambda name, _: _added_errors.add(name)
)
_codecs.register = codecs.register = _record(_codecs, "register", _added_codecs.append)
sys.addaudithook = _record(sys, "addaudithook", _spoil)
gc.freeze = _record(gc, "freeze", _note_frozen)
gc.unfreeze = _record(gc, "unfreeze", _note_frozen)

# The names of each module: as they are now, where they are, and the module; and how many classes each
# abstract base class has registered.
_contents = [
    [module.__dict__, addresses(module.__dict__), dict(module.__dict__), module]
    for name, module in _modules.items()
    if name != "__main__" and isinstance(module, _ModuleType)
]
_abstract = {
    value
    for _, _, names, _ in _contents
    for value in names.values()
    if isinstance(value, abc.ABCMeta)
}


def _registered():
    return {known: frozenset(map(id, _dump(known)[0])) for known in _abstract}


_registrations = _registered()
_token = _abc_token()


def _restore_module(module, names):
    now = module.__dict__
    for name, value in list(now.items()):
        # A submodule that was imported: a module that stays refers to it, or it is gone already.
        if name not in names:
            if not isinstance(value, _ModuleType) or module is sys:
                del now[name]
        elif names[name] is not value:
            now[name] = names[name]
    for name in names.keys() - now.keys():
        now[name] = names[name]


class _Garbage:
    """What a collection frees: it is part of a cycle."""

    def __init__(self):
        self.itself = self


# How often a collection is tried, at least a millisecond apart.
_MOST_COLLECTIONS = 2000


def _collect_surely():
    """Collects all garbage, and returns whether that was possible.

    The process has one collector: a collection that begins while another runtime collects does nothing.
    """
    garbage = _ref(_Garbage())
    for _ in range(_MOST_COLLECTIONS):
        _collect()
        if garbage() is None:
            return True
        _sleep(0.001)
    return False


# The variables of the environment as `os.environ` keeps them: two dictionaries are compared at once.
_variables = getattr(os.environ, "_data", os.environ)
_first_variables = dict(_variables)

# What exists now is as it was in each reset, so the collector need not go through it again.
_collect_surely()
_freeze()
_frozen = _freeze_count()


def _restore_dialects(csv):
    """Restores the dialects of `csv`, which the native module keeps, and its limit."""
    for name in csv.list_dialects():
        if name not in _dialects:
            csv.unregister_dialect(name)
    for name, dialect in _dialects.items():
        csv.register_dialect(name, dialect)
    if csv.field_size_limit() != _field_limit:
        csv.field_size_limit(_field_limit)


def restore(everything):
    """Restores the recorded state, and returns whether it is that of a new interpreter.

    Without `everything`, restores only what is the process's, before the interpreter ends.
    """
    global _frozen, _is_frozen_anew
    if _variables != _first_variables:
        os.environ.clear()
        os.environ.update(_environment)
    if not everything:
        return False
    for trace in _tracing:
        trace(None)
    threading.excepthook = _thread_hook
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    if _abc_token() != _token and _registered() != _registrations:
        return False
    csv = sys.modules.get("_csv")
    # Modules that were imported since may have been changed: they are imported anew.
    for name in sys.modules.keys() - _modules.keys():
        del sys.modules[name]
    _main.__dict__.clear()
    # What the last user left runs its `__del__` now, and not while the next one is here; and before
    # the rest is restored, which it may change.
    gc.callbacks[:] = _callbacks
    if not _collect_surely():
        return False
    # The count is the process's, and other runtimes change it: alone it says too little.
    if _is_frozen_anew or not _frozen // 2 < _freeze_count() <= _frozen:
        _is_frozen_anew = False
        _unfreeze()
        if not _collect_surely():
            return False
        _freeze()
        _frozen = _freeze_count()
    sys.modules.update(_modules)
    for record in changed(_contents):
        now, _, names, module = record
        _restore_module(module, names)
        if len(now) == len(names):
            # The same names in their new order.
            record[1], record[2] = addresses(now), dict(now)
    for name, values in _lists.items():
        getattr(sys, name)[:] = values
    sys.path_importer_cache.clear()
    _main.__dict__.clear()
    _main.__dict__.update(_names)
    while _added_errors:
        name = _added_errors.pop()
        if name in _handlers:
            _codecs.register_error.__wrapped__(name, _handlers[name])
        else:
            _codecs._unregister_error(name)
    while _added_codecs:
        _codecs.unregister(_added_codecs.pop())
    if csv is not None:
        _restore_dialects(csv)
    if "random" in _modules:
        _modules["random"].seed()
    warnings.filters[:] = _filters
    linecache.cache.clear()
    sys.setrecursionlimit(_recursion)
    sys.setswitchinterval(_interval)
    sys.set_int_max_str_digits(_digits)
    sys.set_asyncgen_hooks(None, None)
    gc.enable()
    gc.set_threshold(*_collector)
    return not _is_spoilt
