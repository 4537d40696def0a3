"""Lets a recording of threads know which task an event loop goes on with, and what tasks await.

It changes `asyncio.events.Handle._run` once that module is imported. Until then a finder on
`sys.meta_path` waits for the import.
"""

import sys

_EVENTS = "asyncio.events"


def install(goes_on, stops):
    """From now on `goes_on(number, name)` and `stops(number, awaits)` are called around each step of
    a task. `awaits` is `None` once the task is done, and else what it awaits, in words."""
    if _EVENTS in sys.modules:
        _change(sys.modules[_EVENTS], goes_on, stops)
    else:
        sys.meta_path.insert(0, _Finder(goes_on, stops))


class _Finder:
    def __init__(self, *functions):
        self.functions = functions

    def find_spec(self, name, path=None, target=None):
        if name != _EVENTS:
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                spec.loader = _Loader(spec.loader, self.functions)
                return spec
        return None


class _Loader:
    def __init__(self, loader, functions):
        self.loader = loader
        self.functions = functions

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        # The module keeps no trace of this loader.
        module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        _change(module, *self.functions)


def _change(events, goes_on, stops):
    import gc
    import itertools
    import weakref

    run = events.Handle._run
    numbers = weakref.WeakKeyDictionary()
    next_number = itertools.count(1).__next__

    def task_of(callback):
        """The task whose step the callback is, if it is one."""
        tasks = sys.modules.get("asyncio.tasks")
        if tasks is None:
            return None
        owner = getattr(callback, "__self__", None)
        if owner is None and type(callback).__module__ == "_asyncio":
            owners = gc.get_referents(callback)
            owner = owners[0] if len(owners) == 1 else None
        return owner if isinstance(owner, (tasks.Task, tasks._PyTask)) else None

    def _run(self):
        task = task_of(self._callback)
        if task is None or task.done():
            return run(self)
        number = numbers.get(task)
        if number is None:
            number = numbers[task] = next_number()
        goes_on(number, task.get_name())
        try:
            return run(self)
        finally:
            stops(number, None if task.done() else _awaited(getattr(task, "_fut_waiter", None)))

    _run.__qualname__ = run.__qualname__
    _run.__doc__ = run.__doc__
    events.Handle._run = _run


def _awaited(future):
    """What a task awaits, in words."""
    if future is None:
        return "its turn"
    if hasattr(future, "get_name"):
        return "the end of " + future.get_name()
    children = getattr(future, "_children", None)
    if children is not None:
        return "several futures"
    kind = type(future)
    if kind.__module__ in ("_asyncio", "asyncio.futures"):
        return "a future"
    return f"a {kind.__qualname__}"
