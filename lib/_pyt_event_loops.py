"""Event loops of asyncio: what they leave open under a schedule, and what their tasks await.

In a run, a loop polls what it waits for and waits in virtual time. What the documentation of asyncio
leaves open is asked of the run's strategy (`_pyt.ask`): in which order ready I/O is seen and how much
of it at once, whether a deadline passes before ready work, which task is cancelled. Answer 0 is what
happens without a strategy. Callbacks stay first in, first out, unless `any_task` is set.

The interpreter calls `described` outside of runs, too, for reports of deadlocks.
"""

import gc
import sys
import time
import weakref

import _pyt

# So many tasks, and coroutines of each, are described.
_MOST_TASKS = 20
_MOST_COROUTINES = 20
# The order of so many ready files is decided; the others follow in the order of their numbers.
_MOST_DECIDED = 8


class _NoRun:
    seed = None
    records = False


# What `_pyt_run_state` knows of the run under way: `seed` is `None` if there is none.
run = _NoRun

_selectors = weakref.WeakKeyDictionary()  # the loop of a selector
_tasks = weakref.WeakKeyDictionary()  # of each loop, weak references to its tasks, oldest first
_sockets = weakref.WeakSet()
_pairs = weakref.WeakKeyDictionary()  # the other one of a pair of sockets
_holders = weakref.WeakKeyDictionary()  # the task that has acquired a lock, and where


def substitutes(name, module):
    """What is put in the place of functions of the library, once the module is imported: each with
    what holds it, its name, and a function that makes the substitute from the original."""
    if name == "selectors":
        kinds = ("SelectSelector", "_PollLikeSelector", "EpollSelector", "DevpollSelector")
        kinds = [getattr(module, kind, object) for kind in (*kinds, "KqueueSelector")]
        return [(kind, "select", _selecting) for kind in kinds if "select" in vars(kind)]
    if name == "asyncio.base_events":
        return [(module.BaseEventLoop, "_run_once", _running_once)]
    if name == "asyncio.events":
        return [(module.Handle, "_run", _running)]
    if name == "asyncio.locks":
        return [(module.Lock, "acquire", _acquiring)]
    if name == "socket":
        return [(module.socket, "__init__", _making), (module, "socketpair", _pairing)]
    return []


NAMES = ("selectors", "asyncio.base_events", "asyncio.events", "asyncio.locks", "socket")


# --- waiting -----------------------------------------------------------------------------------


def _selecting(select):
    """A selector that waits in virtual time."""

    def select_in_virtual_time(self, timeout=None):
        if run.seed is None:
            return select(self, timeout)
        loop = _selectors.get(self)
        loop = loop and loop()
        if loop is None:
            ready = select(self, 0)
            if not ready and (timeout is None or timeout > 0):
                ready = _wait(select, self, timeout)
            return ready
        if not _pyt.is_alone():
            # Here calls of other threads come in.
            _pyt.point()
        ready = select(self, 0)
        waits = timeout is None or timeout > 0
        if not ready and waits:
            ready = _wait(select, self, timeout)
        if ready:
            ready = _in_some_order(ready, waits)
        _let_time_pass(loop)
        return ready

    return select_in_virtual_time


def _wait(select, selector, timeout):
    """Waits until something is ready, or for so long: a step of another thread makes it ready, or a
    process outside."""
    files = selector.get_map()
    # Clients of other processes may connect to a listening socket: to wait for them is no deadlock.
    ends = timeout is not None or not any(_listens(key) for key in files.values())
    if ends and _are_inside(files):
        polled = [(key.fd, key.events) for key in files.values()]
        _pyt.wait_until_ready(polled, timeout)
        return select(selector, 0)
    # Something outside of the run's control may make it ready at any time.
    end = None if timeout is None else time.monotonic() + timeout
    pause = 0.0005
    ready = []
    while not ready:
        pause = min(2 * pause, 1.0)
        if end is not None:
            left = end - time.monotonic()
            if left <= 0:
                break
            pause = min(pause, left)
        time.sleep(pause)
        ready = select(selector, 0)
        _pyt.looked_outside()
    return ready


def _in_some_order(ready, waits):
    """Ready files in the order in which the loop sees them, without those that it sees at its next
    poll. One that waits for them sees at least one."""
    ready.sort(key=lambda event: event[0].fd)
    own = [event for event in ready if _is_own_pipe(event[0])]
    rest = [event for event in ready if event not in own] if own else ready
    count = len(rest)
    for place in range(min(count - 1, _MOST_DECIDED)):
        chosen = _pyt.ask("io", count - place)
        if chosen:
            if run.records:
                _pyt.note(f"its event loop sees the I/O of file {rest[place + chosen][0].fd} first")
            rest.insert(place, rest.pop(place + chosen))
    least = 1 if waits and not own else 0
    if count > least:
        held_back = _pyt.ask("io", count - least + 1)
        if held_back:
            if run.records:
                _pyt.note(f"its event loop sees {held_back} of {count} ready files at its next poll only")
            del rest[count - held_back :]
    return own + rest if own else rest


def _let_time_pass(loop):
    """Lets the time pass up to the loop's next deadline, although there may be something else to do,
    if the run's clock allows that and its strategy wants it."""
    slack = _pyt.slack()
    if not slack:
        return
    now = time.monotonic()
    timers = [timer._when - now for timer in loop._scheduled if not timer._cancelled]
    ahead = [left for left in timers if loop._clock_resolution < left <= slack]
    if not ahead:
        return
    # Up to the next deadline, or as long as code may take.
    answer = _pyt.ask("clock", 3)
    if answer:
        left = min(ahead) if answer == 1 else max(ahead)
        _pyt.advance_clock(left)
        if run.records:
            count = sum(one <= left for one in ahead)
            due = "a timer" if count == 1 else f"{count} timers"
            _pyt.note(f"{left:.6g} s pass before its event loop goes on: {due} of it came due")


# --- what is inside of the process -------------------------------------------------------------


def _making(init):
    def __init__(self, *args, **keywords):
        init(self, *args, **keywords)
        if run.seed is not None:
            _sockets.add(self)

    return __init__


def _pairing(socketpair):
    def pair(*args, **keywords):
        one, other = socketpair(*args, **keywords)
        if run.seed is not None:
            _pairs[one] = weakref.ref(other)
            _pairs[other] = weakref.ref(one)
        return one, other

    return pair


def _is_own_pipe(key):
    """Whether it is the pipe by which other threads wake an event loop."""
    if type(key.data) is not tuple or key.data[0] is None:
        return False
    callback = getattr(key.data[0], "_callback", None)
    return getattr(callback, "__name__", None) == "_read_from_self"


def _are_inside(files):
    """Whether nothing but a step of this process makes these files ready."""
    keys = list(files.values())
    if all(_is_own_pipe(key) for key in keys):
        return not any(_handles_signals(key) for key in keys)
    by_number = {one.fileno(): one for one in list(_sockets)}
    return all(_is_own_pipe(key) or _is_inside(by_number.get(key.fd), by_number) for key in keys)


def _handles_signals(key):
    loop = getattr(key.data[0]._callback, "__self__", None)
    return bool(getattr(loop, "_signal_handlers", None))


def _listens(key):
    """Whether it is a socket to which clients may connect."""
    for one in list(_sockets):
        if one.fileno() == key.fd:
            socket = sys.modules["socket"]
            return bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    return False


def _is_inside(one, by_number):
    if one is None:
        return False
    other = _pairs.get(one)
    if other is not None:
        other = other()
        return other is not None and other.fileno() >= 0
    socket = sys.modules["socket"]
    try:
        if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return True
        peer = one.getpeername()
    except OSError:
        return False
    for other in by_number.values():
        try:
            if other is not one and other.getsockname() == peer:
                return True
        except OSError:
            pass
    return False


# --- callbacks ---------------------------------------------------------------------------------


def _running_once(run_once):
    def _run_once(self):
        if run.seed is not None:
            selector = getattr(self, "_selector", None)
            if selector is not None and selector not in _selectors:
                _selectors[selector] = weakref.ref(self)
        return run_once(self)

    return _run_once


def _running(run_handle):
    def _run(self):
        if run.seed is None:
            return run_handle(self)
        if run.any_task:
            self = _any_task(self)
        if run.cancels:
            _cancel(self)
        if not run.records:
            return run_handle(self)
        task = _task_of(self)
        if task is None:
            return run_handle(self)
        _pyt.enter_task(_name_of(task))
        try:
            return run_handle(self)
        finally:
            _pyt.leave_task()

    return _run


def _task_of(handle):
    """The task whose next step a handle is."""
    callback = handle._callback
    task_type = sys.modules["asyncio"].Task
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, task_type):
        return owner
    if type(callback).__name__ == "TaskWakeupMethWrapper":
        for owner in gc.get_referents(callback):
            if isinstance(owner, task_type):
                return owner
    return None


def _any_task(handle):
    """A ready task's handle, in the place of this one."""
    if _task_of(handle) is None:
        return handle
    ready = handle._loop._ready
    places = [
        place
        for place, other in enumerate(ready)
        if not other._cancelled and _task_of(other) is not None
    ]
    chosen = _pyt.ask("task", 1 + len(places))
    if chosen == 0:
        return handle
    place = places[chosen - 1]
    other = ready[place]
    ready[place] = handle
    if run.records:
        _pyt.note(f"{_name_of(_task_of(other))} goes before {_name_of(_task_of(handle))}")
    return other


def _cancel(handle):
    """Cancels a task, if the run's strategy wants it, before this handle runs."""
    loop = handle._loop
    known = _tasks.setdefault(loop, [])
    task = _task_of(handle)
    if task is not None and not any(one() is task for one in known):
        known.append(weakref.ref(task))
    alive = [one for one in known if one() is not None and not one().done()]
    known[:] = alive
    chosen = _pyt.ask("cancel", 1 + len(alive))
    if chosen:
        task = alive[chosen - 1]()
        if run.records:
            frames = [frame for frame in _frames_of(task) if not frame[3]]
            at = f" at {_last_part(frames[0][0])}:{frames[0][1]}" if frames else ""
            _pyt.note(f"{_name_of(task)} is cancelled{at}")
        task.cancel()


def _acquiring(acquire):
    """Notes which task holds a lock, for reports."""

    async def acquire_noted(self):
        if run.seed is None or not run.records:
            return await acquire(self)
        result = await acquire(self)
        _holders[self] = weakref.ref(sys.modules["asyncio"].current_task())
        return result

    # Reports and tracebacks show what the program has called.
    code = acquire.__code__
    acquire_noted.__code__ = acquire_noted.__code__.replace(
        co_name=code.co_name, co_qualname=code.co_qualname
    )
    acquire_noted.__name__, acquire_noted.__qualname__ = acquire.__name__, acquire.__qualname__
    return acquire_noted


# --- what tasks await --------------------------------------------------------------------------


def described(loop):
    """The tasks of a loop that are not done: of each its name, what it awaits, and the coroutines
    that it is in, innermost first, each with its file, line, name, and whether it is the library's."""
    tasks = sys.modules["asyncio.tasks"]
    waiting = [task for task in tasks.all_tasks(loop)]
    waiting.sort(key=lambda task: (len(task.get_name()), task.get_name()))
    current = tasks.current_task(loop)
    return [
        (_name_of(task), "nothing: it keeps its loop from going on" if task is current else _awaited(task), _frames_of(task))
        for task in waiting[:_MOST_TASKS]
    ]


def note_loop():
    """The wait of the calling thread is given up: if an event loop runs on it, the report says what
    its tasks await."""
    if run.seed is not None and not run.records:
        return
    loop = sys.modules["asyncio.events"]._get_running_loop()
    if loop is not None:
        _pyt.note_awaiting(described(loop), is_parked(loop))


def only_threads_wake():
    """Whether nothing but another thread of the program can wake the event loop that runs on the
    calling thread: it has nothing but its own pipe, and handles no signals."""
    loop = sys.modules["asyncio.events"]._get_running_loop()
    selector = getattr(loop, "_selector", None)
    if selector is None:
        return False
    keys = list(selector.get_map().values())
    return len(keys) == 1 and _is_own_pipe(keys[0]) and not _handles_signals(keys[0])


def is_parked(loop):
    """Whether a loop may be there for Ctrl-C to come: at most one task waits for an event or a bare
    future, and the others for items of queues."""
    tasks = sys.modules["asyncio.tasks"]
    kinds = [_kind_of(task) for task in tasks.all_tasks(loop)]
    return sum(kind in ("event", "future") for kind in kinds) <= 1 and all(
        kind in ("event", "future", "get") for kind in kinds
    )


def _name_of(task):
    name = task.get_name()
    if name.startswith("Task-") and name[5:].isdecimal():
        coroutine = getattr(task.get_coro(), "__qualname__", None)
        if coroutine:
            return f"{name} ({coroutine.rpartition('.<locals>.')[2]})"
    return name


def _chain(task):
    """The awaitables that a task is in, outermost first."""
    awaitable = task.get_coro()
    chain = []
    while awaitable is not None and len(chain) < _MOST_COROUTINES:
        chain.append(awaitable)
        awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "gi_yieldfrom", None)
    return chain


def _frame(awaitable):
    for kind in "cr", "gi", "ag":
        frame = getattr(awaitable, kind + "_frame", None)
        if frame is not None:
            return frame
    return None


def _frames_of(task):
    frames = []
    for awaitable in _chain(task):
        frame = _frame(awaitable)
        if frame is not None and frame.f_globals is not globals():
            code = frame.f_code
            is_library = _is_library(frame)
            frames.append((code.co_filename, frame.f_lineno or 0, code.co_qualname, is_library))
    return frames[::-1]


def _is_library(frame):
    name = frame.f_globals.get("__name__")
    if name == "__main__":
        return False
    if name == __name__:
        return True
    file = frame.f_code.co_filename.replace("\\", "/").split("/")
    return (
        file[0].startswith("<frozen")
        or "site-packages" in file
        or "dist-packages" in file
        or str(name).partition(".")[0] in sys.stdlib_module_names
    )


def _last_part(path):
    return path.replace("\\", "/").rpartition("/")[2]


# Methods of the library in which tasks wait, and what for.
_WAITS = {
    "Lock.acquire": "lock",
    "Semaphore.acquire": "semaphore",
    "BoundedSemaphore.acquire": "semaphore",
    "Event.wait": "event",
    "Condition.wait": "condition",
    "Barrier.wait": "barrier",
    "Queue.get": "get",
    "Queue.put": "put",
    "Queue.join": "join",
}


def _waits_at(task):
    """The method of the library in which a task waits, its object, and the frame that has called it."""
    frames = [frame for frame in map(_frame, _chain(task)) if frame is not None]
    for place in range(len(frames) - 1, -1, -1):
        frame = frames[place]
        kind = _WAITS.get(frame.f_code.co_qualname)
        if kind is not None and _is_library(frame):
            callers = [one for one in frames[:place] if not _is_library(one)]
            return kind, frame.f_locals.get("self"), callers[-1] if callers else None
    return None, None, None


def _kind_of(task):
    kind, _, _ = _waits_at(task)
    if kind is not None:
        return kind
    future = getattr(task, "_fut_waiter", None)
    if future is None or hasattr(future, "get_name") or hasattr(future, "_children"):
        return "other"
    return "future" if type(future).__module__ in ("_asyncio", "asyncio.futures") else "other"


def _awaited(task):
    kind, owner, frame = _waits_at(task)
    if kind is None:
        return _awaited_future(getattr(task, "_fut_waiter", None))
    name = _name_in(owner, frame)
    named = name or "a queue"
    if kind == "get":
        return f"an item from {named}"
    if kind == "put":
        return f"room in {named}"
    if kind == "join":
        return f"the tasks of {named}"
    article = "an" if kind == "event" else "a"
    text = f"the {kind} {name}" if name else f"{article} {kind}"
    holder = _holders.get(owner) if kind == "lock" else None
    holder = holder and holder()
    if holder is not None and owner.locked():
        if holder.done():
            text += f", which {_name_of(holder)} has not released before it ended"
        else:
            text += f", held by {_name_of(holder)}"
    return text


def _awaited_future(future):
    if future is None:
        return "its turn"
    children = getattr(future, "_children", None)
    if children is not None:
        left = [_awaited_future(child) for child in children if not child.done()]
        return "all of: " + ", ".join(left[:4]) + (", ..." if len(left) > 4 else "")
    if hasattr(future, "get_name"):
        return "the end of " + _name_of(future)
    kind = type(future)
    if kind.__module__ in ("_asyncio", "asyncio.futures"):
        return "a future that nothing has set"
    return f"a {kind.__qualname__} that is not done"


def _name_in(owner, frame):
    """What a function calls an object: a variable, or an attribute of one."""
    if owner is None or frame is None:
        return None
    for names in (frame.f_locals, frame.f_globals):
        for name, value in list(names.items()):
            if value is owner:
                return name
    for name, value in list(frame.f_locals.items()):
        attributes = getattr(value, "__dict__", None)
        if type(attributes) is dict and type(value).__module__ != "builtins":
            for attribute, found in list(attributes.items()):
                if found is owner:
                    return f"{name}.{attribute}"
    return None
