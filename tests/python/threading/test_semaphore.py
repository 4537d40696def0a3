"""Semaphore and BoundedSemaphore."""
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


for new in (threading.Semaphore, threading.BoundedSemaphore):
    name = new.__name__
    assert (new.__module__, new.__qualname__) == ("threading", name)
    sem = new(2)
    assert sem.acquire() is True and sem._value == 1
    assert sem.acquire(False) is True and sem._value == 0
    assert sem.acquire(False) is False
    assert sem.acquire(True, 0) is False and sem.acquire(timeout=-5) is False
    # Looking leaves nothing behind: the next permit is nobody's but the next caller's.
    sem.release()
    assert sem.acquire(timeout=0) is True and sem.acquire(timeout=0) is False
    raises(
        OverflowError,
        "timestamp out of range for C PyTime_t",
        lambda: sem.acquire(timeout=10**12),
    )
    began = time.monotonic()
    assert sem.acquire(timeout=0.05) is False
    assert time.monotonic() - began >= 0.045
    assert sem.release(2) is None and sem._value == 2
    with sem as got:
        assert got is True and sem._value == 1
    assert sem._value == 2
    assert new()._value == 1 and new(value=0)._value == 0 and new(10**30).acquire()
    assert weakref.ref(sem)() is sem

    raises(ValueError, "semaphore initial value must be >= 0", lambda: new(-1))
    raises(TypeError, "'<' not supported between instances of 'str' and 'int'", lambda: new("1"))
    raises(
        TypeError,
        f"{name}.__init__() takes from 1 to 2 positional arguments but 3 were given",
        lambda: new(1, 2),
    )
    raises(
        ValueError,
        "can't specify timeout for non-blocking acquire",
        lambda: sem.acquire(False, 1),
    )
    raises(
        TypeError,
        "Semaphore.acquire() takes from 1 to 3 positional arguments but 4 were given",
        lambda: sem.acquire(1, 2, 3),
    )
    raises(
        TypeError,
        "Semaphore.acquire() got an unexpected keyword argument 'x'",
        lambda: sem.acquire(x=1),
    )
    raises(
        TypeError,
        f"{name}.release() takes from 1 to 2 positional arguments but 3 were given",
        lambda: sem.release(1, 2),
    )
    raises(
        TypeError,
        "Semaphore.__exit__() missing 3 required positional arguments: 't', 'v', and 'tb'",
        lambda: sem.__exit__(),
    )
    raises(ValueError, "n must be one or more", lambda: sem.release(0))
    raises(
        TypeError,
        "'<' not supported between instances of 'str' and 'int'",
        lambda: sem.release("1"),
    )
    empty = new(0)
    raises(ValueError, "Invalid value NaN (not a number)", lambda: empty.acquire(1, float("nan")))
    raises(OverflowError, "timestamp out of range for C PyTime_t", lambda: empty.acquire(1, 1e100))
    raises(OverflowError, "int too large to convert to float", lambda: empty.acquire(1, 10**400))
    raises(
        TypeError,
        "unsupported operand type(s) for +: 'float' and 'str'",
        lambda: empty.acquire(True, "1"),
    )
    with sem._cond:
        assert sem._cond.acquire(False) is False

    class Forgets(new):
        def __init__(self):
            pass

    raises(AttributeError, "'Forgets' object has no attribute '_cond'", lambda: Forgets().acquire())
    raises(AttributeError, "'Forgets' object has no attribute '_value'", lambda: repr(Forgets()))

    # A subclass's release is what leaving a with block calls.
    class Logs(new):
        released = 0

        def release(self, n=1):
            self.released += n
            return super().release(n)

    logs = Logs()
    with logs:
        pass
    assert logs.released == 1 and logs._value == 1

    # No more threads are inside than there are permits.
    sem = new(2)
    inside, most = 0, 0
    guard = threading.Lock()

    def work():
        global inside, most
        for _ in range(5):
            with sem:
                with guard:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.002)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == 0 and 1 <= most <= 2, (inside, most)
    assert sem._value == 2

sem = threading.Semaphore(3)
assert re.fullmatch(r"<threading\.Semaphore at 0x[0-9a-f]+: value=3>", repr(sem)), repr(sem)
sem.release(4)
assert sem._value == 7
bounded = threading.BoundedSemaphore(3)
bounded.acquire()
shape = r"<threading\.BoundedSemaphore at 0x[0-9a-f]+: value=2/3>"
assert re.fullmatch(shape, repr(bounded)), repr(bounded)
assert bounded._initial_value == 3
raises(ValueError, "Semaphore released too many times", lambda: bounded.release(2))
bounded.release()
raises(ValueError, "Semaphore released too many times", bounded.release)
assert bounded._value == 3
assert issubclass(threading.BoundedSemaphore, threading.Semaphore)
assert isinstance(bounded, threading.Semaphore)

# Releasing several lets as many through.
sem = threading.Semaphore(0)
passed = []
threads = [threading.Thread(target=lambda: passed.append(sem.acquire())) for _ in range(4)]
for thread in threads:
    thread.start()
time.sleep(0.05)
sem.release(3)
time.sleep(0.1)
assert passed == [True] * 3, passed
sem.release()
for thread in threads:
    thread.join()
assert passed == [True] * 4
