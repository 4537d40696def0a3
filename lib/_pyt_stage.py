"""What every run of a program under a strategy begins with, and what is put back after it.

Runs follow each other in one interpreter, and each must find it as the first one did: the same
names for threads, the same random numbers, no module of the program's own. What a run reads from
the world outside comes from its seed. The standard library stays imported.

The interpreter calls this module with no run under way; it must start no thread.
"""

import gc
import io
import itertools
import os
import random
import selectors
import signal
import sys
import threading
import time

import _frozen_importlib
import _pyt
import _random

# What runs may set and later runs must not see.
_SYS_NAMES = (
    "argv", "breakpointhook", "displayhook", "excepthook", "path", "stderr", "stdin", "stdout",
    "unraisablehook",
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2)
_COLLECT_EVERY = 256


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


class Stage:
    """The interpreter as runs find it. `capture`: what they print is kept, not shown."""

    def __init__(self, capture):
        self._sys = {name: _copied(getattr(sys, name)) for name in _SYS_NAMES if hasattr(sys, name)}
        if "datetime" not in sys.modules:
            # The native one asks the machine for the time, the other one the module `time`.
            sys.modules["_datetime"] = None
        self._modules = set(sys.modules)
        self._renewed = [name for name in _RENEWED if name in self._modules]
        self._thread_hook = threading.excepthook
        # The dict behind it: comparing `os.environ` itself decodes every variable, in every run.
        self._environ = dict(os.environ._data)
        self._folder = _folder()
        self._handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        self._main = sys.modules.get("__main__")
        self._capture = capture
        self._output = None
        self._runs = 0
        self._noise = None
        self._true_urandom = os.urandom
        self._true_getrandom = getattr(os, "getrandom", None)
        names = ("SelectSelector", "_PollLikeSelector", "EpollSelector", "DevpollSelector")
        kinds = [getattr(selectors, name, object) for name in (*names, "KqueueSelector")]
        self._selects = [
            (kind, kind.select, _selecting(kind.select))
            for kind in kinds
            if "select" in vars(kind)
        ]
        self._true_seed = random.Random.seed
        self._seeding = _seeding(self._true_seed)
        self._true_find = _frozen_importlib._find_and_load
        self._atomic_find = _atomically(self._true_find)
        self._was_collecting = gc.isenabled()

    # --- before a run ---------------------------------------------------------------------

    def begin(self, seed):
        """Sets everything up for a run with this seed."""
        self._noise = None
        self._seed = seed
        threading._counter = itertools.count(1).__next__
        os.urandom = random._urandom = self._urandom
        if self._true_getrandom is not None:
            os.getrandom = self._getrandom
        for kind, _, virtual in self._selects:
            kind.select = virtual
        random.Random.seed = self._seeding
        _random.Random.seed(random._inst, seed)
        random._inst.gauss_next = None
        _frozen_importlib._find_and_load = self._atomic_find
        gc.disable()
        if self._capture:
            if self._output is None or self._output.closed:
                self._output = io.BytesIO()
                stream = io.TextIOWrapper(
                    self._output, "utf-8", "backslashreplace", newline="\n", write_through=True
                )
                self._stream = stream
            sys.stdout = sys.stderr = self._stream
            sys.stdin = io.StringIO()

    def _urandom(self, size, /):
        if self._noise is None:
            self._noise = random.Random(self._seed ^ 0x5EED)
        return self._noise.randbytes(size)

    def _getrandom(self, size, flags=0):
        return self._urandom(size)

    # --- after a run ----------------------------------------------------------------------

    def end(self):
        """Puts everything back. Returns what the run printed, if that was kept."""
        text = ""
        if self._capture:
            try:
                self._stream.flush()
                text = self._output.getvalue().decode("utf-8", "backslashreplace")
                self._output.seek(0)
                self._output.truncate()
            except ValueError:  # the program closed it
                self._output = None
        os.urandom = random._urandom = self._true_urandom
        if self._true_getrandom is not None:
            os.getrandom = self._true_getrandom
        for kind, true, _ in self._selects:
            kind.select = true
        random.Random.seed = self._true_seed
        _frozen_importlib._find_and_load = self._true_find
        for name, value in self._sys.items():
            if type(value) is list:
                if getattr(sys, name, None) != value:
                    setattr(sys, name, value[:])
            elif getattr(sys, name, None) is not value:
                setattr(sys, name, value)
        threading.excepthook = self._thread_hook
        self._restore_process()
        if len(sys.modules) != len(self._modules):
            self._forget_modules()
        for name in self._renewed:
            _RENEWED[name](sys.modules[name])
        played = sys.modules.get("__main__")
        if played is not None and played is not self._main:
            played.__dict__.clear()  # its functions know it, and it them
        if self._main is not None:
            sys.modules["__main__"] = self._main
        self._runs += 1
        if self._runs % _COLLECT_EVERY == 0:
            gc.collect()
        if self._was_collecting:
            gc.enable()
        return text


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
                if name in _RENEWED:
                    self._renewed.append(name)
            else:
                del sys.modules[name]


def _selecting(select):
    """Has a selector wait in virtual time: it looks, and sleeps if nothing is ready."""

    def select_in_virtual_time(self, timeout=None):
        ready = select(self, 0)
        if ready or (timeout is not None and timeout <= 0):
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


def _seeding(seed):
    def seeding(self, a=None, version=2):
        if a is None:
            a = int.from_bytes(os.urandom(32))
        return seed(self, a, version)

    return seeding


def _atomically(find_and_load):
    def find_and_load_atomically(name, import_):
        _pyt.enter_atomic()
        try:
            return find_and_load(name, import_)
        finally:
            _pyt.leave_atomic()

    return find_and_load_atomically


# --- modules of the standard library that remember -------------------------------------------



def _renew_futures(module):
    module._shutdown = False
    module.ThreadPoolExecutor._counter = itertools.count().__next__


def _renew_logging(module):
    root = module.root
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    root.setLevel(module.WARNING)
    root.filters.clear()
    root.manager.loggerDict.clear()
    root.manager.disable = 0
    module._handlers.clear()
    del module._handlerList[:]


def _renew_warnings(module):
    module.onceregistry.clear()


def _renew_asyncio_tasks(module):
    module._task_name_counter = itertools.count(1).__next__


_RENEWED = {
    "asyncio.tasks": _renew_asyncio_tasks,
    "concurrent.futures.thread": _renew_futures,
    "logging": _renew_logging,
    "warnings": _renew_warnings,
}
