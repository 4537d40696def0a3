"""_thread.lock: what it does, what it refuses, how it shows itself."""
import _thread
import re
import threading
import time
import weakref


def raises(error, message, call):
    try:
        call()
    except error as caught:
        assert type(caught) is error, type(caught)
        assert str(caught) == message, str(caught)
    else:
        raise AssertionError(f"{error.__name__} not raised")


Lock = threading.Lock
assert Lock is _thread.lock is _thread.LockType
assert (Lock.__module__, Lock.__qualname__) == ("_thread", "lock")

lock = Lock()
assert re.fullmatch(r"<unlocked _thread\.lock object at 0x[0-9a-f]+>", repr(lock)), repr(lock)
assert lock.acquire() is True
assert re.fullmatch(r"<locked _thread\.lock object at 0x[0-9a-f]+>", repr(lock)), repr(lock)
assert lock.locked() and lock.locked_lock()
assert lock.acquire(False) is False
assert lock.acquire(blocking=False) is False
assert lock.acquire(True, 0) is False
began = time.monotonic()
assert lock.acquire(timeout=0.05) is False
assert time.monotonic() - began >= 0.045
assert lock.release() is None
assert not lock.locked()
raises(RuntimeError, "release unlocked lock", lock.release)
raises(RuntimeError, "release unlocked lock", lambda: lock.__exit__())

with lock as got:
    assert got is True and lock.locked()
assert not lock.locked()
assert lock.acquire_lock() and lock.release_lock() is None

# Arguments.
raises(TypeError, "acquire() takes at most 2 arguments (3 given)", lambda: lock.acquire(1, 2, 3))
raises(TypeError, "acquire() got an unexpected keyword argument 'x'", lambda: lock.acquire(x=1))
raises(
    TypeError,
    "argument for acquire() given by name ('blocking') and position (1)",
    lambda: lock.acquire(True, blocking=True),
)
raises(TypeError, "lock.release() takes no arguments (1 given)", lambda: lock.release(1))
raises(TypeError, "lock.locked() takes no arguments (1 given)", lambda: lock.locked(1))
raises(TypeError, "lock expected 0 arguments, got 1", lambda: Lock(1))
raises(TypeError, "lock() takes no keyword arguments", lambda: Lock(a=1))
raises(
    TypeError,
    "'str' object cannot be interpreted as an integer or float",
    lambda: lock.acquire(True, "1"),
)
raises(
    TypeError,
    "'NoneType' object cannot be interpreted as an integer or float",
    lambda: lock.acquire(True, timeout=None),
)
raises(
    ValueError,
    "can't specify a timeout for a non-blocking call",
    lambda: lock.acquire(False, 1),
)
for negative in (-0.5, -2, -1e-12):
    raises(
        ValueError,
        "timeout value must be a non-negative number",
        lambda: lock.acquire(True, negative),
    )
raises(
    ValueError,
    "Invalid value NaN (not a number)",
    lambda: lock.acquire(True, float("nan")),
)
for huge in (1e100, 10**30, -(10**30), float("inf")):
    raises(
        OverflowError,
        "timestamp out of range for C PyTime_t",
        lambda: lock.acquire(True, huge),
    )
assert lock.acquire(False, -1) is True
lock.release()
assert lock.acquire(True, threading.TIMEOUT_MAX) is True
lock.release()

# The class.
raises(
    TypeError,
    "type '_thread.lock' is not an acceptable base type",
    lambda: type("Sub", (Lock,), {}),
)
assert weakref.ref(lock)() is lock
assert not hasattr(lock, "__dict__")
try:
    lock.attribute = 1
except AttributeError:
    pass
else:
    raise AssertionError

# Any thread may release it; waiters get it in the order in which they came.
lock.acquire()
thread = threading.Thread(target=lock.release)
thread.start()
thread.join()
assert lock.acquire(timeout=5)
order = []


def take(number):
    with lock:
        order.append(number)


threads = []
for number in range(4):
    thread = threading.Thread(target=take, args=(number,))
    thread.start()
    threads.append(thread)
    time.sleep(0.05)
lock.release()
for thread in threads:
    thread.join()
assert order == [0, 1, 2, 3], order

# No increment is lost.
total = 0


def count():
    global total
    for _ in range(500):
        with lock:
            seen = total
            total = seen + 1


threads = [threading.Thread(target=count) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert total == 2000, total

lock.acquire()
lock._at_fork_reinit()
assert not lock.locked()
