"""The interpreter's state at the beginning of each run under a strategy, and its restoration.

Runs follow each other in one interpreter, and each must begin with the same state: the same names
for threads, the same random numbers, no module of the program's own. What a run reads from outside
the program is derived from its seed. The standard library stays imported.

The interpreter calls this module while no run is under way; it must start no thread.
"""

import builtins
import gc  # noqa: F401  The interpreter imports it between runs.
import io
import itertools
import operator
import os
import signal
import site
import sys
import threading
import time
import warnings

import _frozen_importlib
import _frozen_importlib_external
import _locale
import _pyt
import _pyt_event_loops
import _pyt_explore
import _random
import _signal
import _weakref
import posix

_random_was_imported = "random" in sys.modules
import random  # noqa: E402

if not _random_was_imported:
    # To seed its generator takes as long as a short run: that is put off until a program imports
    # it.
    del sys.modules["random"]

# A program may replace functions of `builtins` (`builtins.len = ...`). Functions of this module keep
# those of the beginning.
__builtins__ = dict(vars(builtins))

ModuleType = type(sys)

# These are made at their first use. They are made now, since a run that makes them takes steps that
# later runs do not take.
site.main
threading._dangling

# What runs may set, and later runs must not see.
_SYS_NAMES = (
    "argv", "breakpointhook", "displayhook", "excepthook", "path", "stderr", "stdin", "stdout",
)
_SIGNALS = sorted({int(one) for one in signal.valid_signals()} - {signal.SIGKILL, signal.SIGSTOP})

_HOOKS = ((threading, "excepthook"), (threading, "_counter"))


def is_library(module):
    """Whether a module belongs to the standard library or an installed package."""
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None)
    if origin is None:
        # The locations of a namespace package may not be looked at: they are computed from its
        # parent, which may be gone.
        locations = getattr(spec, "submodule_search_locations", None)
        return spec is not None and (locations is None or locations == [])
    if not getattr(spec, "has_location", False):
        return True
    return not _pyt_explore.is_own(origin)


def module_file(name):
    """The source file that `python -m` would run for a module, found without importing anything."""
    folders = None
    path = ""
    for part in name.split("."):
        path = f"{path}.{part}" if path else part
        spec = _frozen_importlib_external.PathFinder.find_spec(path, folders)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {path!r}", name=path)
        folders = spec.submodule_search_locations
    if folders is not None:
        return module_file(f"{name}.__main__")
    if not getattr(spec, "has_location", False) or not spec.origin.endswith(".py"):
        raise ImportError(f"module {name!r} has no source file", name=name)
    return spec.origin


class _Output(io.BytesIO):
    """What a run writes, until it is given up: then its threads are ended by an exception that is
    not the program's, and what their handlers write of it is not the program's output."""

    def write(self, data, /):
        return len(data) if _pyt.is_given_up() else super().write(data)


class _Shown(io.BufferedWriter):
    """What a run writes if that is shown, until it is given up, as with `_Output`."""

    def write(self, data, /):
        return len(data) if _pyt.is_given_up() else super().write(data)


class _ShownAtOnce(io.FileIO):
    """As `_Shown`, of a stream without a buffer."""

    def write(self, data, /):
        return len(data) if _pyt.is_given_up() else super().write(data)


def _shown(stream):
    """`stream`, as a run has it: of the same classes as one that is captured, so that a seed makes
    the same run of a program that uses it."""
    if type(stream) is not io.TextIOWrapper or not stream.buffer.writable():
        return stream
    stream.flush()
    buffer = stream.buffer
    if isinstance(buffer, io.BufferedWriter):
        inner = _Shown(buffer.raw)
    elif isinstance(buffer, io.FileIO):
        inner = _ShownAtOnce(buffer.fileno(), "w", closefd=False)
        inner.name = buffer.name
    else:
        return stream
    # What is written must reach `inner` at once: what a run has written before it is given up is
    # shown.
    shown = io.TextIOWrapper(
        inner,
        stream.encoding,
        stream.errors,
        newline="\n",
        line_buffering=stream.line_buffering,
        write_through=True,
    )
    shown.mode = stream.mode
    _all_shown.append(shown)  # it would close the buffer if it died
    return shown


_all_shown = []


def _folder():
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return None


def _name_actions(actions):
    """Has `signal.getsignal` name the actions of signals that no handler was ever set for: a run may
    set one, and what restores it must be known."""
    if threading.current_thread() is not threading.main_thread():
        return  # no run can set any
    for number, action in actions.items():
        if number in _SIGNALS and _signal.getsignal(number) is None:
            _signal.signal(number, action)


def _copied(value):
    return value[:] if type(value) is list else value


class RunState:
    """The state with which runs begin. `capture`: what they print is kept, not shown.

    `actions`: what is done with signals that the operating system handles, 0 (the default) or 1 (they
    are ignored), by their numbers.

    The interpreter itself prepares each run, and compares the state after it; it calls `restore` only
    if a run has changed something.
    """

    def __init__(self, capture, actions):
        self._sys = {name: _copied(getattr(sys, name)) for name in _SYS_NAMES if hasattr(sys, name)}
        if "datetime" not in sys.modules:
            # The native one reads the machine's clock, the other one calls the module `time`.
            sys.modules["_datetime"] = None
        self.substitutes = _substitutes
        _substitutes.install()
        self._modules = set(sys.modules)
        self._initial = frozenset(sys.modules)
        # `sys` has its own list; the module of a script is a new one in each run.
        self._own_names = [
            name
            for name, module in sys.modules.items()
            if name not in ("sys", "__main__") and isinstance(module, ModuleType)
        ]
        self.names, self._recorded = [], []
        self._resets = True
        # Modules of the library that keep state of a run, and what restores that of the beginning.
        self._stateful = {
            name: record(sys.modules[name])
            for name, record in _RECORDERS.items()
            if name in self._modules
        }
        self._begins_with_state = not _STATELESS.union(_OF_EACH_INTERPRETER).issuperset(
            name for name, module in sys.modules.items() if module is not None and is_library(module)
        )
        # The dict behind it: comparing `os.environ` itself decodes every variable, in every run.
        self._environ = dict(os.environ._data)
        self._folder = _folder()
        _name_actions(actions)
        self._handlers = {number: _signal.getsignal(number) for number in _SIGNALS}
        _library.record(sys.modules[name] for name in self._own_names)
        # Attributes that must have these values again when a run has ended.
        self.kept = [(sys, name, value) for name, value in self._sys.items()]
        self.kept += [
            (holder, name, getattr(holder, name))
            for holder, name in [*_HOOKS, *_substitutes.places()]
        ]
        self.kept.append((warnings, "filters", warnings.filters[:]))
        self.warned = warnings.onceregistry
        self.shown = None
        if capture:
            self.open_output()
        else:
            self.shown = [_shown(stream) for stream in (sys.stdout, sys.stderr)]

    @property
    def counts(self):
        """The number of modules, and of those that keep state of a run, other than `warnings`."""
        return len(self._modules), len(set(self._stateful) - {"warnings"})

    def open_output(self):
        """Makes the stream that captures the output of runs."""
        self.output = _Output()
        self.stream = io.TextIOWrapper(
            self.output, "utf-8", "backslashreplace", newline="\n", write_through=True
        )

    def restore(self):
        """Restores what a run has changed."""
        for holder, name, value in self.kept:
            if holder is warnings and name == "filters":
                if warnings.filters != value:
                    # The native part of the module knows this list.
                    warnings.filters[:] = value
                    getattr(warnings, "_filters_mutated", int)()
            elif type(value) is list:
                value = self._sys[name]
                if getattr(holder, name, None) != value:
                    setattr(holder, name, value[:])
            elif getattr(holder, name, None) is not value:
                setattr(holder, name, value)
        self._restore_process()
        self._restore_names()
        if len(sys.modules) != len(self._modules):
            self._forget_modules()
        for restore in self._stateful.values():
            restore()

    def imported(self):
        """Names of the library's modules that runs have imported, as their imports began; how many
        names each has, after those that were there before, and what runs have changed; the files
        of other modules that runs have compiled; and the files of the library's modules."""
        names = [
            name
            for name, module in sys.modules.items()
            if name not in self._initial and module is not None and is_library(module)
        ]
        files = [path for path in _sources.compiled if _pyt_explore.is_own(path)]
        origins = [_origin(sys.modules[name]) for name in names]
        return names, [*self._sizes(names), _library.changes()], files, origins

    def keeps_state(self):
        """Whether there are modules that keep state: runs have imported them, or others before."""
        return self._begins_with_state or not _STATELESS.issuperset(self.imported()[0])

    def _sizes(self, names):
        dicts = [sys.modules[name].__dict__ for name in self._own_names]
        return [len(found) for found in dicts] + [
            len(getattr(sys.modules.get(name), "__dict__", ())) for name in names
        ]

    def preloading(self, names, sizes, files, origins):
        """A function that imports these modules, from these files, and returns whether some of them
        keep state: by what they are, or since the run that has imported them has added names or
        changed something (`sizes`). It compiles these files.

        From now on library modules stay as they are after a run, but for names that it adds."""
        self._resets = False

        def preload():
            _set_aside.preload(dict(zip(names, origins)))
            for file in files:
                _sources.compile(file)
            keeps_state = (
                self._begins_with_state
                or not _STATELESS.issuperset(names)
                or [*self._sizes(names), 0] != sizes
            )
            self._record_names([*self._own_names, *names])
            self._modules.update(_set_aside.hide())
            return keeps_state

        return preload

    def _record_names(self, modules):
        found = [sys.modules[name].__dict__ for name in modules if name in sys.modules]
        self._recorded = [(names, dict(names)) for names in found]
        self.names = found

    def _restore_names(self):
        for names, before in self._recorded:
            if len(names) != len(before):
                for name in names.keys() - before.keys():
                    if type(names[name]) is not ModuleType:  # a submodule that stays imported
                        del names[name]
                for name in before.keys() - names.keys():
                    names[name] = before[name]

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
            found = _signal.getsignal(number)
            if found is not handler and found != handler:
                # What the operating system does with it is restored by the interpreter.
                _signal.signal(number, _signal.SIG_DFL if handler is None else handler)

    def raise_interrupts(self):
        """From now on runs begin with the handler of Ctrl-C that raises `KeyboardInterrupt`."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._handlers[int(signal.SIGINT)] = signal.default_int_handler

    def _forget_modules(self):
        for name in sys.modules.keys() - self._modules:
            module = sys.modules[name]
            if is_library(module):
                self._modules.add(name)
                if name in _as_imported and self._resets:
                    self._stateful[name] = _as_imported[name]
            else:
                del sys.modules[name]


def _origin(module):
    """The file that a module was loaded from; empty if it was none."""
    spec = getattr(module, "__spec__", None)
    return (spec.origin or "") if getattr(spec, "has_location", False) else ""


class _SetAside:
    """Modules of installed packages that a run has found in folders which it has put into
    `sys.path` itself.

    They are imported once, and no run sees them before its own import would find them: where it
    would not, or would find another file, it goes as in the first run.
    """

    def __init__(self):
        self._modules = {}
        self._finders = []

    def preload(self, origins):
        """Imports modules, by name, each from the file that runs have loaded it from."""
        before = sys.modules.copy()
        # What is set aside already, since other runs have imported more.
        sys.modules.update(self._modules)
        path = sys.path[:]
        folders = {_search_folder(name, origin): None for name, origin in origins.items()}
        added = [folder for folder in folders if folder and folder not in path]
        sys.path[:0] = added
        try:
            for name in origins:
                _substitutes.preload(name)
            found = {
                name: module
                for name, module in sys.modules.items()
                if name in self._modules or name not in before and _lies_in(module, added)
            }
        finally:
            sys.path[:] = path
        is_same = all(
            _origin(sys.modules[name]) == origin
            for name, origin in origins.items()
            if name in sys.modules
        )
        if is_same:
            self._modules = found
            self._finders = sys.meta_path[:]
            return
        # Another version lies where an import finds it first: each run imports its own.
        self._modules = {}
        for name in sys.modules.keys() - before.keys():
            if name.partition(".")[0] not in sys.stdlib_module_names:
                del sys.modules[name]

    def hide(self):
        """Takes the modules out of those that are imported. Returns their names."""
        for name in self._modules:
            sys.modules.pop(name, None)
        return self._modules.keys()

    def show(self, name):
        """A run imports `name`: if its import would find the file of a module that is set aside,
        all are imported, since they refer to one another."""
        package = name.partition(".")[0]
        module = self._modules.get(package)
        if module is None or package in sys.modules:
            return
        modules = self._modules
        if sys.meta_path != self._finders:
            self._modules = {}  # the program has a finder, which an import asks once
            return
        try:
            spec = _frozen_importlib._find_spec(package, None)
        except Exception:
            return  # the run's own import raises it
        if spec is None:
            return
        self._modules = {}
        if _is_same_place(spec, module.__spec__):
            for name, module in modules.items():
                sys.modules.setdefault(name, module)


def _search_folder(name, origin):
    """The folder of `sys.path` in which the file of a module was found; empty if it is not known."""
    if not origin or "." in name:
        return ""
    folder, file = os.path.split(origin)
    return os.path.dirname(folder) if file.startswith("__init__.") else folder


def _lies_in(module, folders):
    """Whether a module lies in one of these folders of `sys.path`."""
    spec = getattr(module, "__spec__", None)
    places = [_origin(module)] if _origin(module) else getattr(spec, "submodule_search_locations", None)
    return any(
        place.startswith(os.path.join(folder, "")) for place in places or () for folder in folders
    )


def _is_same_place(spec, other):
    """Whether two specs are of one module: that of a namespace package has no file."""
    if spec.origin != other.origin:
        return False
    folders, others = spec.submodule_search_locations, other.submodule_search_locations
    return spec.origin is not None or list(folders or ()) == list(others or ())


_set_aside = _SetAside()


class _Library:
    """What public names of the library's modules and all names of their classes refer to, and settings
    of the process, so that it is known what a run has changed of it: such a program has a process for
    each run.
    """

    def __init__(self):
        self._names = []  # a dict of names, and what was in it
        self._sizes = []  # such dicts, if no name may come, and how many they had
        self._settings = None
        self._importing = False
        self._by_imports = 0  # changes that imports of the library have made

    def record(self, modules):
        for module in modules:
            if module.__name__ == __name__:
                continue
            names = module.__dict__
            self._names.append((names, {name: names[name] for name in names if name[:1] != "_"}))
            for value in list(names.values()):
                if isinstance(value, type) and value.__module__ == module.__name__:
                    self._names.append((value.__dict__, dict(value.__dict__)))
                    self._sizes.append((value.__dict__, len(value.__dict__)))
        if self._settings is None:
            self._settings = self._process_settings()

    def changes(self):
        """How many changes are seen. Names that modules have got are counted elsewhere."""
        changed = sum(len(names) != size for names, size in self._sizes)
        for names, before in self._names:
            for name, value in before.items():
                changed += names.get(name, self) is not value
        changed += self._process_settings() != self._settings
        return changed - self._by_imports

    def begin_import(self):
        """A run imports a module. Returns what `end_import` asks for."""
        if self._importing or _substitutes.is_preloading:
            return None
        self._importing = True
        return self.changes(), set(sys.modules)

    def end_import(self, begun):
        """What a module of the library changes while it is imported is not the run's change."""
        if begun is None:
            return
        self._importing = False
        changes, modules = begun
        self._by_imports += self.changes() - changes
        new = [sys.modules[name] for name in sys.modules.keys() - modules]
        self.record(module for module in new if type(module) is ModuleType and is_library(module))

    def _process_settings(self):
        return (
            _pyt.file_mode_mask(),
            sys.getrecursionlimit(),
            sys.getswitchinterval(),
            sys.get_int_max_str_digits(),
            gc.get_threshold(),
            threading.stack_size(),
            threading.getprofile(),
            threading.gettrace(),
            time.tzname,
            signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            getattr(sys, "tracebacklimit", None),
            len(sys.meta_path),
            len(sys.path_hooks),
            _locale.setlocale(_locale.LC_ALL, None),
        )


_library = _Library()


class _Substitutes:
    """Substitutes for functions of the library, in place while there are runners.

    They call the originals unless a run is under way. To put them in place for each run would make
    the interpreter discard its inline caches for these classes each time.
    """

    def __init__(self):
        self.seed = None  # the seed of the run under way, if there is one
        self.entropy = None  # what its `os.urandom` draws from
        self.random_is_used = _random_was_imported
        self.is_preloading = False
        self.strict = False  # whether a coroutine that is never awaited is a failure
        self.any_task = False  # whether any ready task of an event loop may go next
        self.cancels = False  # whether tasks are cancelled
        self.records = False  # whether the run under way is recorded for a report
        self._users = 0
        self._all = []

    def install(self):
        self._users += 1
        if self._users > 1:
            return
        makers = [(random, "_urandom", self._urandom), (os, "urandom", self._urandom)]
        if hasattr(os, "getrandom"):
            makers.append((os, "getrandom", self._getrandom))
        makers += [(holder, "_exit", self._exit) for holder in (posix, os)]
        makers.append((random.Random, "seed", _seeding))
        makers.append((sys, "unraisablehook", self._unraisable))
        makers.append((warnings, "_warn_unawaited_coroutine", self._unawaited))
        makers.append((_frozen_importlib, "_find_and_load", _atomically))
        loader = _frozen_importlib_external.SourceLoader
        makers.append((loader, "source_to_code", _sources.substitute))
        self._put(makers)
        _pyt_event_loops.run = self
        for name in _pyt_event_loops.NAMES:
            self.imported(name)

    def _put(self, makers):
        for holder, name, make in makers:
            original = getattr(holder, name)
            self._all.append((holder, name, original))
            setattr(holder, name, make(original))

    def imported(self, name):
        """Puts substitutes for functions of an imported module in place, unless they are."""
        module = sys.modules.get(name)
        if name in _pyt_event_loops.NAMES and module is not None and is_library(module):
            makers = _pyt_event_loops.substitutes(name, module)
            places = self.places()
            self._put(one for one in makers if one[:2] not in places)

    def remove(self):
        self._users -= 1
        if self._users == 0:
            sys.modules.setdefault("random", random)
            self.random_is_used = True
            for holder, name, original in self._all:
                setattr(holder, name, original)
            self._all.clear()

    def preload(self, name):
        """Imports a module as a run does, from fixed random numbers."""
        self.is_preloading = True
        try:
            __import__(name)
        except Exception:
            pass  # the run's own import shows what is wrong
        finally:
            self.is_preloading = False

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

    def _unraisable(self, original):
        def unraisablehook(unraisable, /):
            raised = unraisable.exc_value
            if self.seed is None or raised is None:
                return original(unraisable)
            if not _pyt.is_given_up() and _pyt.note_unraisable(raised):
                return original(unraisable)

        return unraisablehook

    def _unawaited(self, original):
        def _warn_unawaited_coroutine(coro):
            text = f"coroutine {coro.__qualname__!r} was never awaited"
            if self.strict and self.seed is not None and not _pyt.is_given_up():
                _pyt.note_unraisable(RuntimeWarning(text))
            if coro.cr_origin is not None:
                return original(coro)
            # The warning names the caller of this function, as it does without this one.
            return warnings.warn(text, category=RuntimeWarning, stacklevel=2, source=coro)

        return _warn_unawaited_coroutine

    def _exit(self, original):
        def _exit(status):
            if self.seed is not None:
                _pyt.end_process(operator.index(status))
            return original(status)

        return _exit

    def _urandom(self, original):
        self.system_urandom = original

        def urandom(size, /):
            return original(size) if self.seed is None else self._bytes(size)

        return urandom

    def _getrandom(self, original):
        def getrandom(size, flags=0):
            return original(size, flags) if self.seed is None else self._bytes(size)

        return getrandom

    def _bytes(self, size):
        _pyt_explore.draws_random_bytes()
        if self.entropy is None:
            self.entropy = random.Random(self.seed ^ 0x5EED)
        return self.entropy.randbytes(size)


def _seeding(seed):
    def seeding(self, a=None, version=2):
        if a is None and _substitutes.seed is not None:
            a = int.from_bytes(os.urandom(32))
        return seed(self, a, version)

    return seeding


def _atomically(find_and_load):
    def find_and_load_atomically(name, import_):
        if (
            name == "random"
            and not _substitutes.random_is_used
            and not _pyt.is_replaced("random")
        ):
            return _substitutes.import_random()
        if _substitutes.seed is None:
            return find_and_load(name, import_)
        _pyt.enter_atomic()
        if not _substitutes.is_preloading:
            _set_aside.show(name)
        before = _pyt.exit_function_count()
        is_of_library = name.partition(".")[0] in sys.stdlib_module_names
        begun = _library.begin_import() if is_of_library else None
        entropy = _substitutes.entropy
        if _substitutes.is_preloading or is_of_library:
            # What a module of the library draws must not depend on the run that imports it.
            _substitutes.entropy = random.Random(0x5EED)
        try:
            module = find_and_load(name, import_)
            _imported(name, before)
            return module
        finally:
            _substitutes.entropy = entropy
            _library.end_import(begun)
            _pyt.leave_atomic()

    return find_and_load_atomically


class _Sources:
    """Source files of modules that belong to the program, compiled before the processes of its runs
    are forked: each run executes them anew, and none has to compile them."""

    def __init__(self):
        self.compiled = {}  # files that runs have compiled
        self._code = {}  # what a file held, and its code
        self._compile = None

    def substitute(self, source_to_code):
        self._compile = source_to_code

        def source_to_code_once(loader, data, path, *args, **keywords):
            known = self._code.get(path)
            if known is not None and known[0] == data and not args and not keywords:
                return known[1]
            self.compiled[path] = None
            return source_to_code(loader, data, path, *args, **keywords)

        return source_to_code_once

    def compile(self, path):
        """Compiles a file for later runs. One that cannot be read or compiled, or of which the
        compiler warns, is compiled by each run, which shows why."""
        loader = _frozen_importlib_external.SourceFileLoader("", path)
        try:
            data = loader.get_data(path)
            with warnings.catch_warnings(action="error"):
                self._code[path] = data, self._compile(loader, data, path)
        except (OSError, SyntaxError, ValueError, Warning):
            pass


# What restores modules that keep state as they were after their import in a run.
_as_imported = {}


def _imported(name, exit_functions):
    """A module was imported in a run; before, `atexit` had so many functions."""
    new = _pyt.exit_function_count() - exit_functions
    if new > 0 and is_library(sys.modules.get(name.partition(".")[0])):
        _pyt.keep_exit_functions(new)
    if name == "tempfile":
        sys.modules[name]._Random = _SystemRandom
    if name in _RECORDERS:
        _as_imported[name] = _RECORDERS[name](sys.modules[name])
    _substitutes.imported(name)


class _SystemRandom(random.Random):
    """A generator that is no run's: names of temporary files must differ from those of other runs,
    also of those that run beside this one."""

    def seed(self, a=None, version=2):
        if a is None:
            a = int.from_bytes(_substitutes.system_urandom(32))
        _random.Random.seed(self, a)
        self.gauss_next = None


_substitutes = _Substitutes()
_sources = _Sources()
_pyt_event_loops.run = _substitutes


# Modules of the library that keep nothing from run to run which a run can notice, beyond what is
# reset below. Programs that use others have a process for each run.
_STATELESS = frozenset(
    """
    _bisect _collections _collections_abc _colorize _contextvars _datetime _functools _heapq
    _opcode _opcode_metadata _operator _queue _random _string _sysconfig _typing _weakref
    _weakrefset abc array annotationlib ast bisect calendar cmath collections collections.abc
    contextlib contextvars copy copyreg dataclasses datetime dis enum errno fractions functools
    genericpath heapq inspect itertools keyword linecache locale math numbers opcode operator
    pprint queue random re _sre re._casefix re._compiler re._constants re._parser reprlib sched
    statistics string struct _struct textwrap time token tokenize traceback types typing weakref
    __future__ codeop gc atexit _ast _tokenize _pydatetime _datetime importlib.machinery importlib importlib._bootstrap
    importlib._bootstrap_external bdb
    """.split()
)

# Modules that each interpreter has before it runs a program, and those that this module imports.
_OF_EACH_INTERPRETER = frozenset(
    """
    _abc _codecs _frozen_importlib _frozen_importlib_external _imp _locale _py_warnings _pyt
    _pyt_event_loops _pyt_explore _pyt_run_state _pyt_search_path _pyt_site _signal _sitebuiltins
    _stat _thread _types _warnings builtins codecs encodings encodings.aliases encodings.ascii
    encodings.latin_1 encodings.utf_8 io os os.path posixpath signal site stat sys threading
    warnings zipimport
    """.split()
)

# --- modules of the standard library that keep state -----------------------------------------


def _record_futures(module):
    def restore():
        module._shutdown = False
        module.ThreadPoolExecutor._counter = itertools.count().__next__

    return restore


def _record_logging(module):
    manager = module.root.manager
    by_name = dict(manager.loggerDict)
    disabled_levels = manager.disable
    all_handlers = module._handlerList[:]
    named = [(name, _weakref.ref(handler)) for name, handler in module._handlers.items()]
    loggers = [
        (logger, logger.level, logger.handlers[:], logger.filters[:], logger.propagate, logger.disabled)
        for logger in (module.root, *by_name.values())
        if isinstance(logger, module.Logger)
    ]

    def restore():
        manager.loggerDict.clear()
        manager.loggerDict.update(by_name)
        manager.disable = disabled_levels
        for logger, level, handlers, filters, propagates, is_disabled in loggers:
            logger.handlers[:], logger.filters[:] = handlers, filters
            logger.propagate, logger.disabled = propagates, is_disabled
            logger.setLevel(level)  # empties the caches of all loggers
        module._handlers.clear()
        for name, handler in named:
            if (alive := handler()) is not None:
                module._handlers[name] = alive
        module._handlerList[:] = [handler for handler in all_handlers if handler() is not None]

    return restore


def _record_warnings(module):
    return module.onceregistry.clear


def _record_asyncio_tasks(module):
    def restore():
        module._task_name_counter = itertools.count(1).__next__

    return restore


# What records the state that a module keeps, and returns what restores it.
_RECORDERS = {
    "asyncio.tasks": _record_asyncio_tasks,
    "concurrent.futures.thread": _record_futures,
    "logging": _record_logging,
    "warnings": _record_warnings,
}
