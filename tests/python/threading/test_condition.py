"""Condition over our locks, their subclasses and foreign ones."""
import gc
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


class Foreign:
    """Has acquire, release and locked, and nothing else; waits for things of its own."""

    def __init__(self):
        self.lock = threading.Lock()
        self.other = threading.Event()
        self.log = []

    def acquire(self, blocking=True):
        self.log.append("acquire")
        return self.lock.acquire(blocking)

    def release(self):
        self.log.append("release")
        self.lock.release()
        self.other.wait(0.01)

    def locked(self):
        return self.lock.locked()


class ForeignWithState(Foreign):
    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc_info):
        self.release()

    def _release_save(self):
        self.log.append("save")
        self.lock.release()
        return "state"

    def _acquire_restore(self, state):
        assert state == "state"
        self.log.append("restore")
        self.lock.acquire()

    def _is_owned(self):
        return self.lock.locked()


class SubRLock(threading._CRLock):
    saved = 0

    def _release_save(self):
        type(self).saved += 1
        return super()._release_save()


def wait_for_line(cond, length):
    end = time.monotonic() + 10
    while len(cond._waiters) != length:
        assert time.monotonic() < end
        time.sleep(0.005)


def check(lock):
    cond = threading.Condition(lock)
    if lock is not None:
        assert cond._lock is lock
    raises(RuntimeError, "cannot wait on un-acquired lock", cond.wait)
    raises(RuntimeError, "cannot notify on un-acquired lock", cond.notify)
    raises(RuntimeError, "cannot notify on un-acquired lock", cond.notify_all)

    # Timeouts, and the lock held again afterwards.
    cond.acquire()
    assert cond.locked() and cond._is_owned()
    began = time.monotonic()
    assert cond.wait(0.05) is False
    assert time.monotonic() - began >= 0.045
    assert cond.wait(0) is False and cond.wait(-1) is False
    assert cond._is_owned() and len(cond._waiters) == 0
    raises(ValueError, "Invalid value NaN (not a number)", lambda: cond.wait(float("nan")))
    raises(OverflowError, "timestamp out of range for C PyTime_t", lambda: cond.wait(1e100))
    assert len(cond._waiters) == 0
    cond.notify()
    cond.notify_all()

    # wait_for.
    calls = []

    def third():
        calls.append(1)
        return len(calls) == 3 and "yes"

    began = time.monotonic()
    assert cond.wait_for(lambda: 0, timeout=0.05) == 0
    assert time.monotonic() - began >= 0.045
    assert cond.wait_for(lambda: "at once", 0) == "at once"
    assert cond.wait_for(third, timeout=0) is False
    raises(
        TypeError,
        "unsupported operand type(s) for +: 'float' and 'str'",
        lambda: cond.wait_for(lambda: False, "1"),
    )
    assert len(cond._waiters) == 0
    cond.release()

    # Waiters wake in the order in which they came, as many as were notified.
    woken = []

    def wait(number):
        cond.acquire()
        assert cond.wait() is True
        woken.append(number)
        cond.release()

    threads = []
    for number in range(5):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        threads.append(thread)
        wait_for_line(cond, number + 1)
    cond.acquire()
    assert re.fullmatch(r"<Condition\(.*, 5\)>", repr(cond), re.S), repr(cond)
    cond.notify()
    cond.notify(0)
    cond.notify(-3)
    cond.release()
    threads[0].join()
    assert woken == [0], woken
    cond.acquire()
    cond.notify(2)
    cond.release()
    threads[1].join()
    threads[2].join()
    assert sorted(woken) == [0, 1, 2], woken
    cond.acquire()
    cond.notify_all()
    cond.release()
    for thread in threads:
        thread.join()
    assert sorted(woken) == [0, 1, 2, 3, 4], woken

    # wait_for sees what another thread does.
    box = []

    def fill():
        for item in range(3):
            cond.acquire()
            box.append(item)
            cond.notify()
            cond.release()

    thread = threading.Thread(target=fill)
    cond.acquire()
    thread.start()
    assert cond.wait_for(lambda: len(box) == 3, timeout=10) is True
    cond.release()
    thread.join()


foreign, with_state, sub = Foreign(), ForeignWithState(), SubRLock()
for lock in (None, threading.Lock(), threading.RLock(), threading._PyRLock(), sub):
    check(lock)
check(foreign)
check(with_state)
assert SubRLock.saved > 0
assert "save" in with_state.log and "restore" in with_state.log
assert set(foreign.log) == {"acquire", "release"}

# A reentrant lock is freed however often it was taken, and taken as often again.
cond = threading.Condition()
with cond, cond, cond:
    thread = threading.Thread(target=lambda: [cond.acquire(), cond.notify(), cond.release()])
    thread.start()
    assert cond.wait(10) is True
    assert cond._lock._recursion_count() == 3
    thread.join()

# A foreign lock that fails to be freed: the error comes out, and the lock is still held.
class Failing(ForeignWithState):
    def _release_save(self):
        raise LookupError("no")


cond = threading.Condition(Failing())
with cond:
    raises(LookupError, "no", cond.wait)
    assert cond._is_owned()

# The class.
class Sub(threading.Condition):
    def __init__(self):
        super().__init__(threading.Lock())
        self.waits = []

    def wait(self, timeout=None):
        self.waits.append(timeout)
        return super().wait(timeout)


sub = Sub()
sub.note = "has a dict"
with sub:
    assert sub.wait_for(lambda: len(sub.waits) == 1, 0.01) is True
    assert sub.waits == [0.01]
assert repr(sub).startswith("<Condition(<unlocked _thread.lock object at 0x"), repr(sub)
assert repr(threading.Condition) == "<class 'threading.Condition'>"


class Forgets(threading.Condition):
    def __init__(self):
        pass


raises(AttributeError, "'Forgets' object has no attribute '_lock'", lambda: Forgets().wait())
raises(AttributeError, "'int' object has no attribute 'acquire'", lambda: threading.Condition(1))
raises(
    TypeError,
    "Condition.__init__() takes from 1 to 2 positional arguments but 3 were given",
    lambda: threading.Condition(1, 2),
)
raises(
    TypeError,
    "Condition.__init__() got an unexpected keyword argument 'x'",
    lambda: threading.Condition(x=1),
)
cond = threading.Condition()
raises(
    TypeError,
    "Condition.wait_for() missing 1 required positional argument: 'predicate'",
    lambda: cond.wait_for(),
)
raises(
    TypeError,
    "Condition.notify_all() takes 1 positional argument but 2 were given",
    lambda: cond.notify_all(1),
)
with cond:
    raises(
        TypeError,
        "'<=' not supported between instances of 'str' and 'int'",
        lambda: cond.wait("1"),
    )
with warnings.catch_warnings():
    warnings.simplefilter("error")
    raises(
        DeprecationWarning,
        "notifyAll() is deprecated, use notify_all() instead",
        lambda: cond.notifyAll(),
    )

cond.acquire()
cond._at_fork_reinit()
assert cond.acquire(False)
cond.release()

# A cycle through the lock is collected.
lock = ForeignWithState()
lock.cond = threading.Condition(lock)
gone = weakref.ref(lock)
del lock
gc.collect()
assert gone() is None
