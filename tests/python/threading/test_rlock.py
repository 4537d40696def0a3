"""RLock, native and as `threading._PyRLock`."""
import _thread
import re
import threading
import time
import warnings
import weakref


def raises(error, message, call):
    try:
        call()
    except error as caught:
        assert type(caught) is error, type(caught)
        assert str(caught) == message, str(caught)
    else:
        raise AssertionError(f"{error.__name__} not raised")


def elsewhere(call):
    """What `call` returns, or raises, in another thread."""
    result = []

    def run():
        try:
            result.append(call())
        except BaseException as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return result[0]


def check(new):
    lock = new()
    assert not lock.locked()
    assert lock.acquire() == 1 and lock.acquire() == 1 and lock.acquire(False) == 1
    assert lock.locked() and lock._is_owned()
    assert lock._recursion_count() == 3
    assert elsewhere(lambda: lock.acquire(False)) == 0
    assert elsewhere(lambda: lock.acquire(True, 0.02)) == 0
    assert elsewhere(lock._is_owned) is False
    assert elsewhere(lock._recursion_count) == 0
    error = elsewhere(lock.release)
    assert type(error) is RuntimeError and str(error) == "cannot release un-acquired lock"
    lock.release()
    lock.release()
    assert lock.locked()
    lock.release()
    assert not lock.locked() and not lock._is_owned()
    raises(RuntimeError, "cannot release un-acquired lock", lock.release)
    raises(RuntimeError, "cannot release un-acquired lock", lock._release_save)
    with lock:
        with lock:
            assert lock._recursion_count() == 2
    assert not lock.locked()

    with lock, lock:
        state = lock._release_save()
        assert state == (2, threading.get_ident()), state
        assert not lock.locked()
        lock._acquire_restore(state)
        assert lock._recursion_count() == 2

    assert weakref.ref(lock)() is lock
    lock.acquire()
    lock._at_fork_reinit()
    assert not lock.locked()

    # A thread that waits gets it.
    lock.acquire()
    taken = []

    def take():
        with lock:
            taken.append(lock._recursion_count())

    thread = threading.Thread(target=take)
    thread.start()
    time.sleep(0.05)
    assert taken == []
    lock.release()
    thread.join()
    assert taken == [1]


class Sub(_thread.RLock):
    def acquire(self, *args):
        self.acquired = True
        return super().acquire(*args)


for new in (threading.RLock, threading._CRLock, threading._PyRLock, Sub):
    check(new)

assert threading._CRLock is _thread.RLock
assert threading._PyRLock is threading._RLock
assert repr(_thread.RLock) == "<class '_thread.RLock'>"
assert repr(threading._PyRLock) == "<class 'threading._RLock'>"

lock = threading.RLock()
shape = r"<{} _thread\.RLock object owner={} count={} at 0x[0-9a-f]+>"
assert re.fullmatch(shape.format("unlocked", 0, 0), repr(lock)), repr(lock)
lock.acquire()
lock.acquire()
assert re.fullmatch(shape.format("locked", threading.get_ident(), 2), repr(lock)), repr(lock)
assert elsewhere(lambda: repr(lock)) == repr(lock)
assert repr(Sub()).startswith("<unlocked Sub object owner=0"), repr(Sub())

lock = threading._PyRLock()
shape = r"<{} threading\._RLock object owner={} count={} at 0x[0-9a-f]+>"
assert re.fullmatch(shape.format("unlocked", None, 0), repr(lock)), repr(lock)
lock.acquire()
name = repr(threading.current_thread().name)
assert re.fullmatch(shape.format("locked", name, 1), repr(lock)), repr(lock)
raises(
    TypeError,
    "_RLock.__init__() takes 1 positional argument but 2 were given",
    lambda: threading._PyRLock(1),
)
lock = threading._PyRLock()
raises(
    TypeError,
    "_RLock.acquire() takes from 1 to 3 positional arguments but 4 were given",
    lambda: lock.acquire(1, 2, 3),
)

lock = threading.RLock()
raises(TypeError, "RLock.release() takes no arguments (1 given)", lambda: lock.release(1))
raises(TypeError, "acquire() takes at most 2 arguments (3 given)", lambda: lock.acquire(1, 2, 3))
raises(
    ValueError,
    "can't specify a timeout for a non-blocking call",
    lambda: lock.acquire(False, 1),
)
raises(
    ValueError,
    "timeout value must be a non-negative number",
    lambda: lock.acquire(True, -2),
)
raises(
    TypeError,
    "_acquire_restore() argument 1 must be 2-item tuple, not int",
    lambda: lock._acquire_restore(1),
)
raises(
    TypeError,
    "_acquire_restore() argument 1 must be tuple of length 2, not 1",
    lambda: lock._acquire_restore((1,)),
)

with warnings.catch_warnings():
    warnings.simplefilter("error")
    raises(
        DeprecationWarning,
        "Passing arguments to RLock is deprecated and will be removed in 3.15",
        lambda: threading.RLock(1),
    )
