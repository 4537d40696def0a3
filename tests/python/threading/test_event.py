"""Event."""
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


event = threading.Event()
assert event.is_set() is False
assert re.fullmatch(r"<threading\.Event at 0x[0-9a-f]+: unset>", repr(event)), repr(event)
began = time.monotonic()
assert event.wait(0.05) is False
assert time.monotonic() - began >= 0.045
assert event.wait(0) is False and event.wait(-1) is False
assert event.set() is None and event.set() is None
assert event.is_set() is True and event._flag is True
assert re.fullmatch(r"<threading\.Event at 0x[0-9a-f]+: set>", repr(event)), repr(event)
assert event.wait() is True and event.wait(timeout=1) is True
assert event.wait("not looked at") is True
assert event.clear() is None
assert not event.is_set()

raises(ValueError, "Invalid value NaN (not a number)", lambda: event.wait(float("nan")))
raises(OverflowError, "timestamp out of range for C PyTime_t", lambda: event.wait(1e100))
raises(
    TypeError,
    "'<=' not supported between instances of 'str' and 'int'",
    lambda: event.wait("1"),
)
raises(
    TypeError,
    "Event.__init__() takes 1 positional argument but 2 were given",
    lambda: threading.Event(1),
)
raises(
    TypeError,
    "Event.set() takes 1 positional argument but 2 were given",
    lambda: event.set(1),
)
raises(
    TypeError,
    "Event.wait() takes from 1 to 2 positional arguments but 3 were given",
    lambda: event.wait(1, 2),
)
raises(
    TypeError,
    "Event.wait() got an unexpected keyword argument 'x'",
    lambda: event.wait(x=1),
)
with warnings.catch_warnings():
    warnings.simplefilter("error")
    raises(
        DeprecationWarning,
        "isSet() is deprecated, use is_set() instead",
        lambda: event.isSet(),
    )

# All waiters wake, even if the flag is cleared before they look.
results = []
about_to_wait = threading.Semaphore(0)


def wait():
    about_to_wait.release()
    results.append(event.wait(60))


threads = [threading.Thread(target=wait) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    about_to_wait.acquire()
# Each is one call away from its wait, also on a busy machine.
time.sleep(0.5)
event.set()
event.clear()
for thread in threads:
    thread.join()
assert results == [True] * 5, results

event._at_fork_reinit()
with event._cond:
    assert event._cond.acquire(False) is False
event.set()
assert event.wait(0)


class Sub(threading.Event):
    def __init__(self, name):
        super().__init__()
        self.name = name


sub = Sub("x")
sub.set()
assert sub.name == "x" and sub.is_set()
assert re.fullmatch(r"<__main__\.Sub at 0x[0-9a-f]+: set>", repr(sub)), repr(sub)
assert weakref.ref(sub)() is sub


class Forgets(threading.Event):
    def __init__(self):
        pass


raises(AttributeError, "'Forgets' object has no attribute '_cond'", lambda: Forgets().set())
raises(AttributeError, "'Forgets' object has no attribute '_flag'", lambda: Forgets().is_set())
assert repr(threading.Event) == "<class 'threading.Event'>"
