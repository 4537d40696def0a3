"""Records the state of a new interpreter, and restores it after use.

Run once in a namespace of its own, in which the pool has put the functions of `checks.rs`; the pool then
calls ``restore``. Each user waits for a reset, so what is done in every one is native or short, and what
has not changed is left alone.
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
_collect, _freeze_count = gc.collect, gc.get_freeze_count
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
# The table of modules itself, what was in it, and where.
_table = sys.modules
_modules = dict(_table)
_modules_now = addresses(_table)
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
# Lines of source: of files, and of what was compiled from text.
_sources = (linecache.cache, linecache._interactive_cache)
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


# The variables of the environment, as `os.environ` keeps them: in a dictionary of bytes.
_variables = os.environ._data
_first_variables = dict(_variables)
_variables_now = addresses(_variables)


def _restore_environment():
    global _first_variables, _variables_now
    if is_same(_variables, _variables_now):
        return
    if _variables != _first_variables:
        os.environ.clear()
        os.environ.update(_environment)
    # The same variables, in other objects.
    _first_variables, _variables_now = dict(_variables), addresses(_variables)


def _restore_table():
    """Restores `sys.modules`.

    Modules that were imported since may have been changed: they are imported anew.
    """
    global _modules, _modules_now
    if is_same(_table, _modules_now):
        return
    for name in _table.keys() - _modules.keys():
        del _table[name]
    _table.update(_modules)
    # The same modules, in their new order.
    _modules, _modules_now = dict(_table), addresses(_table)


# How many objects are frozen as they survived a collection in a reset, before all are looked at again.
_MOST_SURVIVORS = 2000


def _freeze_all():
    """Freezes what exists: it is as it was in each reset, so the collector need not go through it again."""
    global _frozen, _frozen_by_pools, _survivors
    freeze()
    _frozen, _frozen_by_pools, _survivors = _freeze_count(), frozen(), 0


def _has_frozen():
    """Whether what is frozen is what the resets have frozen.

    The count is the process's, and other runtimes change it: alone it says too little.
    """
    most = _frozen + frozen() - _frozen_by_pools
    return not _is_frozen_anew and most // 2 < _freeze_count() <= most


_collect_surely()
_freeze_all()


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
    global _is_frozen_anew, _survivors
    _restore_environment()
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
    csv = _table.get("_csv")
    _restore_table()
    _main.__dict__.clear()
    for lines in _sources:
        lines.clear()
    # What the last user left runs its `__del__` now, and not while the next one is here; and before
    # the rest is restored, which it may change.
    gc.callbacks[:] = _callbacks
    if has_new() and not _collect_surely():
        return False
    if not _has_frozen() or _survivors > _MOST_SURVIVORS:
        _is_frozen_anew = False
        unfreeze()
        if not _collect_surely():
            return False
        _freeze_all()
    _restore_table()
    found = changed(_contents)
    for record in found:
        now, _, names, module = record
        _restore_module(module, names)
        if len(now) == len(names):
            # The same names in their new order.
            record[1], record[2] = addresses(now), dict(now)
    is_unchanged = not found
    del found
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
    sys.setrecursionlimit(_recursion)
    sys.setswitchinterval(_interval)
    sys.set_int_max_str_digits(_digits)
    sys.set_asyncgen_hooks(None, None)
    gc.enable()
    gc.set_threshold(*_collector)
    if is_unchanged and has_new():
        # The collection left it, and nothing was restored that let go of it: the next need not see it.
        _survivors += freeze()
    return not _is_spoilt
