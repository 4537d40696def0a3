"""Barrier and BrokenBarrierError."""
import gc
import re
import threading
import time
import weakref

Broken = threading.BrokenBarrierError


def raises(error, message, call):
    try:
        call()
    except error as caught:
        assert type(caught) is error, type(caught)
        assert str(caught) == message, str(caught)
    else:
        raise AssertionError(f"{error.__name__} not raised")


def together(call, count):
    """What `call` gives, or raises, in `count` threads at once."""
    results = []

    def run():
        try:
            results.append(call())
        except BaseException as error:
            results.append(type(error))

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, results


def wait_until_waiting(barrier, count):
    end = time.monotonic() + 10
    while barrier.n_waiting != count:
        assert time.monotonic() < end
        time.sleep(0.005)


assert Broken.__mro__[1] is RuntimeError
assert (Broken.__module__, Broken.__qualname__) == ("threading", "BrokenBarrierError")
raises(ValueError, "parties must be >= 1", lambda: threading.Barrier(0))
raises(
    TypeError,
    "Barrier.__init__() missing 1 required positional argument: 'parties'",
    lambda: threading.Barrier(),
)
raises(
    TypeError,
    "Barrier.__init__() takes from 2 to 4 positional arguments but 5 were given",
    lambda: threading.Barrier(1, 2, 3, 4),
)
raises(
    TypeError,
    "'<' not supported between instances of 'str' and 'int'",
    lambda: threading.Barrier("1"),
)

# Rounds: each thread gets its own number; the action runs once a round, before any goes on.
actions = []
barrier = threading.Barrier(3, action=lambda: actions.append(barrier.n_waiting))
assert barrier.parties == 3 and barrier.n_waiting == 0 and barrier.broken is False
shape = r"<threading\.Barrier at 0x[0-9a-f]+: waiters={}/3>"
assert re.fullmatch(shape.format(0), repr(barrier)), repr(barrier)
for turn in range(10):
    threads, results = together(barrier.wait, 2)
    wait_until_waiting(barrier, 2)
    assert re.fullmatch(shape.format(2), repr(barrier)), repr(barrier)
    assert len(actions) == turn
    results.append(barrier.wait(timeout=10))
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 1, 2], results
    assert len(actions) == turn + 1

# A timeout breaks it for all, until it is reset.
barrier = threading.Barrier(2)
raises(Broken, "", lambda: barrier.wait(0.02))
assert barrier.broken is True
shape = r"<threading\.Barrier at 0x[0-9a-f]+: broken>"
assert re.fullmatch(shape, repr(barrier)), repr(barrier)
raises(Broken, "", barrier.wait)
barrier.reset()
assert not barrier.broken
raises(Broken, "", lambda: threading.Barrier(2, timeout=0.02).wait())
raises(Broken, "", lambda: threading.Barrier(2, None, 10).wait(0))

# abort and reset wake those who wait.
threads, results = together(barrier.wait, 1)
wait_until_waiting(barrier, 1)
barrier.abort()
for thread in threads:
    thread.join()
assert results == [Broken] and barrier.broken
barrier.reset()
threads, results = together(barrier.wait, 1)
wait_until_waiting(barrier, 1)
barrier.reset()
for thread in threads:
    thread.join()
assert results == [Broken] and not barrier.broken
threads, results = together(barrier.wait, 2)
for thread in threads:
    thread.join()
assert sorted(results) == [0, 1]

# An action that fails breaks the barrier, and its error is the last thread's.
barrier = threading.Barrier(2, action=lambda: 1 / 0)
threads, results = together(barrier.wait, 2)
for thread in threads:
    thread.join()
assert sorted(result.__name__ for result in results) == ["BrokenBarrierError", "ZeroDivisionError"]
assert barrier.broken

raises(
    TypeError,
    "unsupported operand type(s) for +: 'float' and 'str'",
    lambda: threading.Barrier(2).wait("1"),
)
raises(
    ValueError,
    "Invalid value NaN (not a number)",
    lambda: threading.Barrier(2).wait(float("nan")),
)
assert threading.Barrier(1).wait("not looked at") == 0
raises(TypeError, "'int' object is not callable", lambda: threading.Barrier(1, 5).wait())
try:
    barrier.parties = 3
except AttributeError:
    pass
else:
    raise AssertionError


class Sub(threading.Barrier):
    def __init__(self):
        super().__init__(1)
        self.rounds = 0

    def wait(self, timeout=None):
        self.rounds += 1
        return super().wait(timeout)


sub = Sub()
assert sub.wait() == 0 and sub.rounds == 1
assert re.fullmatch(r"<__main__\.Sub at 0x[0-9a-f]+: waiters=0/1>", repr(sub)), repr(sub)


class Forgets(threading.Barrier):
    def __init__(self):
        pass


raises(AttributeError, "'Forgets' object has no attribute '_timeout'", lambda: Forgets().wait())

# A cycle through the action is collected.
class Owner:
    def __init__(self):
        self.barrier = threading.Barrier(1, self.act)

    def act(self):
        pass


owner = Owner()
assert owner.barrier.wait() == 0
gone = weakref.ref(owner)
del owner
gc.collect()
assert gone() is None
