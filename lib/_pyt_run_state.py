"""The interpreter's state at the beginning of each run under a strategy, and its restoration.

Runs follow each other in one interpreter, and each must begin with the same state: the same names
for threads, the same random numbers, no module of the program's own. What a run reads from outside
the program is derived from its seed. The standard library stays imported.

The interpreter calls this module while no run is under way; it must start no thread.
"""

import io
import itertools
import os
import selectors
import signal
import site
import sys
import threading
import time

import _frozen_importlib
import _pyt
import _random

_random_was_imported = "random" in sys.modules
import random  # noqa: E402

if not _random_was_imported:
    # To seed its generator takes as long as a short run: that is put off until a program imports
    # it.
    del sys.modules["random"]

# These are made at their first use. They are made now, since a run that makes them takes steps that
# later runs do not take.
site.main
threading._dangling

# What runs may set, and later runs must not see.
_SYS_NAMES = (
    "argv", "breakpointhook", "displayhook", "excepthook", "path", "stderr", "stdin", "stdout",
    "unraisablehook",
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2)

_HOOKS = ((threading, "excepthook"), (threading, "_counter"))


def is_library(module):
    """Whether a module belongs to the standard library or an installed package."""
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None)
    if origin is None:
        return spec is not None and not getattr(spec, "submodule_search_locations", None)
    if not getattr(spec, "has_location", False):
        return True
    parts = origin.replace("\\", "/").split("/")
    return "site-packages" in parts or "dist-packages" in parts


def _folder():
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return None


def _copied(value):
    return value[:] if type(value) is list else value


class RunState:
    """The state with which runs begin. `capture`: what they print is kept, not shown.

    The interpreter itself prepares each run, and compares the state after it; it calls `restore` only
    if a run has changed something.
    """

    def __init__(self, capture):
        self._sys = {name: _copied(getattr(sys, name)) for name in _SYS_NAMES if hasattr(sys, name)}
        if "datetime" not in sys.modules:
            # The native one reads the machine's clock, the other one calls the module `time`.
            sys.modules["_datetime"] = None
        self.substitutes = _substitutes
        _substitutes.install()
        self._modules = set(sys.modules)
        self._stateful = [name for name in _RESETS if name in self._modules]
        # The dict behind it: comparing `os.environ` itself decodes every variable, in every run.
        self._environ = dict(os.environ._data)
        self._folder = _folder()
        self._handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        # Attributes that must have these values again when a run has ended.
        self.kept = [(sys, name, value) for name, value in self._sys.items()]
        self.kept += [
            (holder, name, getattr(holder, name))
            for holder, name in [*_HOOKS, *_substitutes.places()]
        ]
        if capture:
            self.open_output()

    @property
    def counts(self):
        """The number of modules, and of those that keep state of a run, other than `warnings`."""
        return len(self._modules), len(set(self._stateful) - {"warnings"})

    def open_output(self):
        """Makes the stream that captures the output of runs."""
        self.output = io.BytesIO()
        self.stream = io.TextIOWrapper(
            self.output, "utf-8", "backslashreplace", newline="\n", write_through=True
        )

    def restore(self):
        """Restores what a run has changed."""
        for holder, name, value in self.kept:
            if type(value) is list:
                value = self._sys[name]
                if getattr(holder, name, None) != value:
                    setattr(holder, name, value[:])
            elif getattr(holder, name, None) is not value:
                setattr(holder, name, value)
        self._restore_process()
        if len(sys.modules) != len(self._modules):
            self._forget_modules()
        for name in self._stateful:
            _RESETS[name](sys.modules[name])

    def close(self):
        """Removes the substitutes: no run follows."""
        _substitutes.remove()

    def _restore_process(self):
        if os.environ._data != self._environ:
            os.environ.clear()
            for name, value in self._environ.items():
                os.environ[os.environ.decodekey(name)] = os.environ.decodevalue(value)
        if self._folder is not None and _folder() != self._folder:
            os.chdir(self._folder)
        for number, handler in self._handlers.items():
            if signal.getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)

    def _forget_modules(self):
        for name in sys.modules.keys() - self._modules:
            module = sys.modules[name]
            if is_library(module):
                self._modules.add(name)
                if name in _RESETS:
                    self._stateful.append(name)
            else:
                del sys.modules[name]


class _Substitutes:
    """Substitutes for functions of the library, in place while there are runners.

    They call the originals unless a run is under way. To put them in place for each run would make
    the interpreter discard its inline caches for these classes each time.
    """

    def __init__(self):
        self.seed = None  # the seed of the run under way, if there is one
        self.entropy = None  # what its `os.urandom` draws from
        self.random_is_used = _random_was_imported
        self._users = 0
        self._all = []

    def install(self):
        self._users += 1
        if self._users > 1:
            return
        names = ("SelectSelector", "_PollLikeSelector", "EpollSelector", "DevpollSelector")
        kinds = [getattr(selectors, name, object) for name in (*names, "KqueueSelector")]
        makers = [(kind, "select", _selecting) for kind in kinds if "select" in vars(kind)]
        makers += [(os, "urandom", self._urandom), (random, "_urandom", self._urandom)]
        if hasattr(os, "getrandom"):
            makers.append((os, "getrandom", self._getrandom))
        makers.append((random.Random, "seed", _seeding))
        makers.append((_frozen_importlib, "_find_and_load", _atomically))
        for holder, name, make in makers:
            original = getattr(holder, name)
            self._all.append((holder, name, original))
            setattr(holder, name, make(original))

    def remove(self):
        self._users -= 1
        if self._users == 0:
            sys.modules.setdefault("random", random)
            self.random_is_used = True
            for holder, name, original in self._all:
                setattr(holder, name, original)
            self._all.clear()

    def places(self):
        return [(holder, name) for holder, name, _ in self._all]

    def seed_random(self):
        """Seeds the generator behind `random`'s functions with the seed of the run."""
        _random.Random.seed(random._inst, self.seed)
        random._inst.gauss_next = None

    def import_random(self):
        """Called when a program imports `random` for the first time."""
        self.random_is_used = True
        sys.modules["random"] = random
        if self.seed is not None:
            self.seed_random()
        return random

    def _urandom(self, original):
        def urandom(size, /):
            return original(size) if self.seed is None else self._bytes(size)

        return urandom

    def _getrandom(self, original):
        def getrandom(size, flags=0):
            return original(size, flags) if self.seed is None else self._bytes(size)

        return getrandom

    def _bytes(self, size):
        if self.entropy is None:
            self.entropy = random.Random(self.seed ^ 0x5EED)
        return self.entropy.randbytes(size)


def _selecting(select):
    """A selector that waits in virtual time: it polls, and sleeps while nothing is ready."""

    def select_in_virtual_time(self, timeout=None):
        if _substitutes.seed is None:
            return select(self, timeout)
        ready = select(self, 0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None and _only_threads_wake(self):
            while not ready and _pyt.wait_until_readable(self.fileno()):
                ready = select(self, 0)
            if ready:
                return ready
        end = None if timeout is None else time.monotonic() + timeout
        pause = 0.0005
        while not ready:
            pause = min(2 * pause, 1.0)
            if end is not None:
                left = end - time.monotonic()
                if left <= 0:
                    break
                pause = min(pause, left)
            time.sleep(pause)
            ready = select(self, 0)
        return ready

    return select_in_virtual_time


def _only_threads_wake(selector):
    """Whether nothing but another thread of the program can make the selector ready: it has nothing
    but the end of an event loop's own pipe, and the loop handles no signals."""
    asyncio = sys.modules.get("asyncio.selector_events")
    if asyncio is None or not hasattr(selector, "fileno") or not hasattr(_pyt, "wait_until_readable"):
        return False
    keys = list(selector.get_map().values())
    if len(keys) != 1 or type(keys[0].data) is not tuple:
        return False
    read = getattr(keys[0].data[0], "_callback", None)
    loop = getattr(read, "__self__", None)
    return (
        getattr(read, "__func__", None) is asyncio.BaseSelectorEventLoop._read_from_self
        and not getattr(loop, "_signal_handlers", None)
    )


def _seeding(seed):
    def seeding(self, a=None, version=2):
        if a is None and _substitutes.seed is not None:
            a = int.from_bytes(os.urandom(32))
        return seed(self, a, version)

    return seeding


def _atomically(find_and_load):
    def find_and_load_atomically(name, import_):
        if name == "random" and not _substitutes.random_is_used:
            return _substitutes.import_random()
        if _substitutes.seed is None:
            return find_and_load(name, import_)
        _pyt.enter_atomic()
        try:
            return find_and_load(name, import_)
        finally:
            _pyt.leave_atomic()

    return find_and_load_atomically


_substitutes = _Substitutes()


# --- modules of the standard library that keep state -----------------------------------------


def _reset_futures(module):
    module._shutdown = False
    module.ThreadPoolExecutor._counter = itertools.count().__next__


def _reset_logging(module):
    root = module.root
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    root.setLevel(module.WARNING)
    root.filters.clear()
    root.manager.loggerDict.clear()
    root.manager.disable = 0
    module._handlers.clear()
    del module._handlerList[:]


def _reset_warnings(module):
    module.onceregistry.clear()


def _reset_asyncio_tasks(module):
    module._task_name_counter = itertools.count(1).__next__


_RESETS = {
    "asyncio.tasks": _reset_asyncio_tasks,
    "concurrent.futures.thread": _reset_futures,
    "logging": _reset_logging,
    "warnings": _reset_warnings,
}
