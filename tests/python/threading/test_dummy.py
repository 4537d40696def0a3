"""Threads that `threading` did not start, and functions of it that programs replace."""
import _thread
import threading
import time

seen = []
go_on = threading.Lock()
go_on.acquire()
done = threading.Lock()
done.acquire()


def foreign():
    assert threading.get_ident() not in threading._active
    dummy = threading.current_thread()
    assert type(dummy) is threading._DummyThread
    assert threading._active[threading.get_ident()] is dummy
    assert dummy.is_alive() and dummy.daemon
    seen.append(dummy)
    done.release()
    go_on.acquire()


ident = _thread.start_new_thread(foreign, ())
done.acquire()
dummy = seen[0]
assert dummy.ident == ident
assert dummy in threading.enumerate()
for call in [dummy.join, lambda: dummy.join(1)]:
    try:
        call()
    except RuntimeError as error:
        assert str(error) == "cannot join a dummy thread", error
    else:
        raise AssertionError("joined a dummy thread")
dummy._started.clear()
try:
    dummy.is_alive()
except RuntimeError as error:
    assert str(error) == "thread is not alive", error
else:
    raise AssertionError("alive")
dummy._started.set()

# Its entry ends with it.
go_on.release()
until = time.monotonic() + 10
while threading._active.get(ident) is dummy:
    assert time.monotonic() < until
    time.sleep(0.01)
assert dummy not in threading.enumerate()

# `Thread.start` starts by a function that can be replaced.
original = threading._start_joinable_thread


def refuse(*args, **kwargs):
    raise threading.ThreadError("no more")


threading._start_joinable_thread = refuse
thread = threading.Thread(target=seen.clear)
try:
    thread.start()
except threading.ThreadError as error:
    assert str(error) == "no more", error
else:
    raise AssertionError("started")
assert thread not in threading._limbo and thread not in threading.enumerate()

asked = []


def watch(function, *, handle, daemon):
    asked.append(daemon)
    return original(function, handle=handle, daemon=daemon)


threading._start_joinable_thread = watch
thread = threading.Thread(target=seen.clear, daemon=True)
thread.start()
assert thread.ident
thread.join()
assert asked == [True] and not seen and not thread.is_alive()
threading._start_joinable_thread = original
