"""The attributes that programs reach for: before, while and after a queue is used."""

import copy
import queue
import threading
import time
from collections import deque


class Base:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


# Reading what is known does not disturb, and all of it is there.
q = queue.Queue(3)
assert (q.maxsize, q.unfinished_tasks, q.is_shutdown) == (3, 0, False)
q.put("a")
q.put("b")
assert q.unfinished_tasks == 2
with q.mutex:
    assert list(q.queue) == ["a", "b"]
    assert type(q.queue) is deque
    assert q.unfinished_tasks == 2
    q.queue.appendleft("c")
assert q.qsize() == 3 and q.full()
assert [q.get(), q.get(), q.get_nowait()] == ["c", "a", "b"]
assert set(vars(q)) == {
    "maxsize", "queue", "mutex", "not_empty", "not_full", "all_tasks_done",
    "unfinished_tasks", "is_shutdown",
}
q.unfinished_tasks = 1
q.task_done()
q.join()

# The idiom for emptying a queue.
q = queue.Queue()
for i in range(5):
    q.put(i)
with q.mutex:
    q.queue.clear()
    q.all_tasks_done.notify_all()
    q.unfinished_tasks = 0
q.join()
assert q.empty()

# A new size.
q = queue.Queue(1)
q.put(1)
q.maxsize = 2
q.put(2, timeout=5)
assert q.full()

# A list inside the other two.
q = queue.LifoQueue()
q.put(1)
q.put(2)
assert q.queue == [1, 2] and type(q.queue) is list and q.get() == 2
q = queue.PriorityQueue()
for i in (3, 1, 2):
    q.put(i)
assert q.queue[0] == 1 and [q.get() for _ in range(3)] == [1, 2, 3]


def waits(target):
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    time.sleep(0.1)
    assert thread.is_alive()
    return thread


def finish(thread):
    thread.join(10)
    assert not thread.is_alive()


# Threads that wait while the queue is looked into go on waiting, and get what they wait for.
q = queue.Queue(1)
got = []
getter = waits(lambda: got.append(q.get(timeout=20)))
q.mutex
q.put("x")
finish(getter)
assert got == ["x"]
q = queue.Queue(1)
q.put(1)
putter = waits(lambda: q.put(2, timeout=20))
joiner = waits(q.join)
with q.not_empty:
    assert list(q.queue) == [1]
assert q.get() == 1
finish(putter)
assert q.get() == 2
q.task_done()
q.task_done()
finish(joiner)

# A timeout that began before ends when it would have.
q = queue.Queue()
took = []


def impatient():
    began = time.monotonic()
    try:
        q.get(timeout=0.5)
    except queue.Empty:
        took.append(time.monotonic() - began)


thread = waits(impatient)
q.mutex
finish(thread)
assert 0.45 < took[0] < 5, took

# A waiting thread is notified by a program that puts by hand.
q = queue.Queue()
got = []
thread = waits(lambda: got.append(q.get()))
with q.not_empty:
    q.queue.append("by hand")
    q.not_empty.notify()
finish(thread)
assert got == ["by hand"]

# Methods replaced on one object.
q = queue.Queue()
q.put(1)
seen = []
q._put = lambda item: (seen.append(item), q.queue.append(item))
q.put(2)
assert seen == [2] and q.get() == 1 and q.get() == 2
q = queue.Queue()
q.put = lambda item, block=True, timeout=None: seen.append((item, block))
q.put_nowait(3)
assert seen[-1] == (3, False)
q = queue.Queue()
q.__dict__["_get"] = lambda: "replaced"
q.put(1)
assert q.get() == "replaced"

# A shallow copy shares everything.
q = queue.Queue()
q.put(1)
twin = copy.copy(q)
assert twin.mutex is q.mutex and twin.get() == 1 and q.empty()

# One without its constructor.
bare = queue.Queue.__new__(queue.Queue)
for call in (lambda: bare.put(1), bare.qsize, lambda: bare.mutex, bare.task_done):
    try:
        call()
    except AttributeError as error:
        assert str(error).startswith("'Queue' object has no attribute"), error
    else:
        raise AssertionError(call)
assert not hasattr(q, "nope")

# Constructed again: as new.
q = queue.Queue()
q.put(1)
q.__init__(2)
assert q.empty() and q.maxsize == 2 and q.unfinished_tasks == 0

# Shut down, then looked into, and the other way round.
for first in (True, False):
    q = queue.Queue()
    q.put(1)
    if first:
        q.mutex
    q.shutdown()
    if not first:
        q.mutex
    assert q.is_shutdown and q.get() == 1
    for call in (q.get, lambda: q.put(2)):
        try:
            call()
        except queue.ShutDown:
            pass
        else:
            raise AssertionError(call)
