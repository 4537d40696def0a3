"""`ctypes.pythonapi.PyThreadState_SetAsyncExc`: exceptions that one thread raises in another."""

import ctypes
import sys
import threading
import time

send = ctypes.pythonapi.PyThreadState_SetAsyncExc
send.argtypes = (ctypes.c_ulong, ctypes.py_object)


class Async(Exception):
    pass


def spin():
    while True:
        pass


def count():
    n = 0
    while True:
        for _ in range(100):
            n += 1


def endless():
    while True:
        yield 1


def generate():
    for _ in endless():
        pass


def comprehend():
    [None for _ in iter(int, 1)]


def call():
    while True:
        len(sys.argv)


def nested(depth=5):
    if depth:
        nested(depth - 1)
    else:
        spin()


def sleep():
    while True:
        time.sleep(0.001)


def lock_rounds():
    while True:
        with lock:
            pass


lock = threading.Lock()
LOOPS = [spin, count, generate, comprehend, call, nested, sleep, lock_rounds]


def run(loop, started, ends):
    try:
        started.set()
        loop()
    except Async:
        ends.append(loop)


def raised_in_a_thread(loop, started_first):
    started, ends = threading.Event(), []
    thread = threading.Thread(target=run, args=(loop, started, ends))
    thread.start()
    started.wait()
    if started_first:
        time.sleep(0.005)
    assert send(thread.ident, Async) == 1
    thread.join(60)
    assert not thread.is_alive(), f"{loop.__name__} goes on"
    assert ends == [loop], ends


for loop in LOOPS:
    for started_first in (True, False):
        raised_in_a_thread(loop, started_first)
assert not lock.locked()

# In the thread itself.
try:
    assert send(threading.get_ident(), Async) == 1
    while True:
        pass
except Async:
    pass

# In the main thread, by another one, in a loop of the module.
main = threading.get_ident()
thread = threading.Thread(target=lambda: (time.sleep(0.01), send(main, Async)))
thread.start()
try:
    while True:
        pass
except Async:
    pass
thread.join()

# Nobody there, and a thread that has ended.
assert send(2**63, Async) == 0
ended = threading.Thread(target=int)
ended.start()
ended.join()
assert send(ended.ident, Async) == 0

# Taken back.
release, result = threading.Event(), []


def until_released():
    try:
        while not release.is_set():
            time.sleep(0.001)
        result.append("released")
    except Async:
        result.append("raised")


with lock:
    # The waiting thread does not look up; that it does not is what makes the test certain.
    def waiting():
        with lock:
            pass
        until_released()

    thread = threading.Thread(target=waiting)
    thread.start()
    time.sleep(0.01)
    assert send(thread.ident, Async) == 1
    assert send(thread.ident, ctypes.py_object()) == 1
release.set()
thread.join()
assert result == ["released"], result

# Who catches it goes on.
caught = []


def catch_and_go_on():
    try:
        started.set()
        spin()
    except Async as exception:
        caught.append(exception)
    for _ in range(1000):
        pass
    caught.append("went on")


started = threading.Event()
thread = threading.Thread(target=catch_and_go_on)
thread.start()
started.wait()
send(thread.ident, Async)
thread.join(60)
assert caught[-1] == "went on", caught
assert type(caught[0]) is Async

# The watch has ended.
monitoring = sys.monitoring
assert all(monitoring.get_tool(tool) is None for tool in range(6))
