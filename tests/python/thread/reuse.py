"""A thread finds nothing of those that ran before it, on whatever OS thread."""
import _thread
import asyncio
import contextvars
import os
import signal
import sys
import threading


def run(function):
    """What `function` returns on a thread of its own."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def run_raw(function):
    """As `run`, on a thread without a `Thread` object."""
    results = []
    done = threading.Event()

    def body():
        results.append(function())
        done.set()

    _thread.start_new_thread(body, ())
    done.wait()
    while _thread._count() > before_all:
        pass
    return results[0]


before_all = _thread._count()


# Thread-local data goes with its thread, before `join` returns.
class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        deleted.append((self.name, threading.get_ident()))


deleted = []
local = threading.local()


def leave_local():
    assert not hasattr(local, "value")
    local.value = Noisy("local")
    return threading.get_ident()


for _ in range(3):
    ident = run(leave_local)
    assert deleted == [("local", ident)], deleted
    deleted.clear()

# Context variables have their default values.
variable = contextvars.ContextVar("variable", default=None)


def leave_variable():
    assert variable.get() is None
    variable.set(7)
    return True


for start in (run, run_raw):
    for _ in range(3):
        start(leave_variable)

# Trace functions, hooks for asynchronous generators, and the like are a thread's own.


def leave_hooks():
    assert sys.gettrace() is None
    assert sys.getprofile() is None
    assert sys.get_asyncgen_hooks() == (None, None)
    assert sys.get_coroutine_origin_tracking_depth() == 0
    assert sys.exception() is None
    sys.set_asyncgen_hooks(print, print)
    sys.set_coroutine_origin_tracking_depth(3)
    sys.settrace(lambda *args: None)
    sys.setprofile(lambda *args: None)
    return True


for _ in range(3):
    assert run(leave_hooks)


def leave_loop():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise AssertionError("another thread's loop is running")

    async def work():
        await asyncio.sleep(0)
        return 7

    return asyncio.run(work())


for _ in range(3):
    assert run(leave_loop) == 7


# An exception that ends a thread is not the next one's.
def fail():
    raise ValueError


for _ in range(2):
    hook, threading.excepthook = threading.excepthook, lambda args: None
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    threading.excepthook = hook
    assert run(sys.exception) is None
    assert run(sys.exc_info) == (None, None, None)

# Signals are blocked as they are in the starting thread.
SIGNALS = {signal.SIGUSR1, signal.SIGUSR2}


def blocked():
    return signal.pthread_sigmask(signal.SIG_BLOCK, ()) & SIGNALS


def leave_blocked():
    assert blocked() == set()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    return True


for start in (run, run_raw):
    assert start(blocked) == set()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    assert start(blocked) == {signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    assert start(leave_blocked)
    assert start(blocked) == set()

# One that waits for a signal gets it, though threads have run that did not block it.
for _ in range(4):
    run(blocked)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
os.kill(os.getpid(), signal.SIGUSR1)
assert signal.sigwait({signal.SIGUSR1}) == signal.SIGUSR1
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})

if sys.platform == "linux":

    def os_name():
        with open("/proc/thread-self/comm") as comm:
            return comm.read().strip()

    def rename():
        with open("/proc/thread-self/comm", "w") as comm:
            comm.write("renamed")

    # The name that the kernel knows is the starter's, unless it is given one.
    named = []
    thread = threading.Thread(target=lambda: named.append(os_name()), name="fresh name")
    thread.start()
    thread.join()
    assert named == ["fresh name"]
    own = os_name()
    for _ in range(2):
        run_raw(rename)
        assert run_raw(os_name) == own
    # So are the cores that it may use, and its nice value.
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    if len(cores) > 1:
        one = {min(cores)}
        run(lambda: os.sched_setaffinity(0, one))
        assert run(lambda: os.sched_getaffinity(0)) == cores
        os.sched_setaffinity(0, one)
        assert run(lambda: os.sched_getaffinity(0)) == one
        os.sched_setaffinity(0, cores)
        assert run(lambda: os.sched_getaffinity(0)) == cores
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    run(lambda: os.nice(1))
    assert run(lambda: os.getpriority(os.PRIO_PROCESS, 0)) == nice

# Threads that live at the same time have different numbers.
for _ in range(3):
    barrier = threading.Barrier(20)
    seen = []

    def meet():
        barrier.wait()
        seen.append((threading.get_ident(), threading.get_native_id()))
        barrier.wait()

    threads = [threading.Thread(target=meet) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert len({thread.ident for thread in threads}) == 20
    assert len({thread.native_id for thread in threads}) == 20
    for thread in threads:
        thread.join()
    assert len({ident for ident, _ in seen}) == 20
    assert {(thread.ident, thread.native_id) for thread in threads} == set(seen)

# The child of a fork starts threads of its own, though it has none of those that were idle.
for _ in range(2):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if run(lambda: 3) == 3 and run(leave_local) else 1
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert run(lambda: 4) == 4
