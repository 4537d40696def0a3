"""Compiled loops that take and free locks."""

import sys
import threading
import time

FREE = hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled()


def both(lock, n):
    s = 0
    for i in range(n):
        s += lock.acquire()
        s += i
        if lock.release() is None:
            s += 1
    return s


lock = threading.Lock()
assert both(lock, 2000) == 4000 + sum(range(2000)) and not lock.locked()


# A lock that is not held cannot be freed.
def frees(lock, n):
    done = 0
    try:
        for i in range(n):
            if i != 700:
                lock.acquire()
            lock.release()
            done += 1
    except RuntimeError as error:
        return done, str(error), error.__traceback__.tb_lineno - frees.__code__.co_firstlineno


assert frees(lock, 2000) == (700, "release unlocked lock", 6), frees(lock, 2000)
assert not lock.locked()


# What is taken in the middle of a turn stays taken where the loop ends.
def keeps(lock, n):
    for i in range(n):
        lock.acquire()
        if i == n - 1:
            break
        lock.release()
    return i


assert keeps(lock, 1000) == 999 and lock.locked()
lock.release()


# One that another thread holds is waited for.
def waits(lock, freed, n):
    order = 0
    for i in range(n):
        lock.acquire()
        if i == 500:
            order = len(freed)
        lock.release()
    return order


freed = []
held = threading.Lock()


def holds():
    held.acquire()
    ready.set()
    time.sleep(0.05)
    freed.append(1)
    held.release()


for _ in range(3):
    ready = threading.Event()
    freed.clear()
    thread = threading.Thread(target=holds)
    thread.start()
    ready.wait()
    assert waits(held, freed, 1000) == 1
    thread.join()


# Each other thread gets its turn, and none is in between.
class Shared:
    count = 0


def adds(lock, shared, n):
    for _ in range(n):
        lock.acquire()
        before = shared.count
        shared.count = before + 1
        lock.release()


def checks(lock, shared, n):
    wrong = 0
    for _ in range(n):
        lock.acquire()
        a = shared.count
        b = shared.count
        wrong += a != b
        lock.release()
    return wrong


shared = Shared()
shared.count = 0
wrong = []
threads = [threading.Thread(target=adds, args=(lock, shared, 20000)) for _ in range(3)]
threads.append(threading.Thread(target=lambda: wrong.append(checks(lock, shared, 20000))))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert shared.count == 60000 and wrong == [0] and not lock.locked()


# A thread that takes and frees a lock without end does not keep it from another.
def never(lock, stop):
    while not stop.done:
        lock.acquire()
        lock.release()


class Stop:
    done = False


stop = Stop()
stop.done = False
thread = threading.Thread(target=never, args=(lock, stop))
thread.start()
started = time.monotonic()
for _ in range(20):
    with lock:
        pass
assert time.monotonic() - started < 10
stop.done = True
thread.join(30)
assert not thread.is_alive()


# Objects of a program's own with methods of the same names.
class Own:
    def __init__(self):
        self.calls = 0

    def acquire(self):
        self.calls += 1
        return True

    def release(self):
        self.calls += 1


own = Own()
assert both(own, 1000) == 2000 + sum(range(1000)) and own.calls == 2000
assert both(threading.RLock(), 1000) == 2000 + sum(range(1000))
assert both(lock, 500) == 1000 + sum(range(500))


# In a function that is called, which may be called again.
def locked(lock, x):
    lock.acquire()
    y = 100 // (x - 300)
    lock.release()
    return y


def calls(lock, n):
    s = 0
    try:
        for i in range(n):
            s += locked(lock, i)
    except ZeroDivisionError:
        return i, lock.locked()


assert calls(lock, 1000) == (300, True)
lock.release()

if sys.implementation.name == "rustpython" and sys._xoptions.get("tier", "0") != "0" and not FREE:
    import pyt

    places = [place for place in pyt.tier.stats()["places"] if place["file"] == __file__]
    turns = {place["name"]: place["turns"] for place in places if place["versions"]}
    assert turns.get("both", 0) > 1500 and turns.get("waits", 0) > 1000, places
print("done")
