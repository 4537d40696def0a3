"""Subclasses that organise their items in another way, or watch what goes by."""

import queue
import threading


class SetQueue(queue.Queue):
    def _init(self, maxsize):
        self.queue = set()

    def _put(self, item):
        self.queue.add(item)

    def _get(self):
        return self.queue.pop()


q = SetQueue(2)
q.put(1)
q.put(1)
assert q.qsize() == 1 and not q.full() and q.get() == 1
q.task_done()
q.task_done()
q.join()


class Counting(queue.LifoQueue):
    """Overrides the methods that others call, not the hooks."""

    def __init__(self, *args, name="", **kwargs):
        self.name = name
        self.puts = []
        self.gets = []
        super().__init__(*args, **kwargs)

    def put(self, item, block=True, timeout=None):
        self.puts.append((item, block))
        super().put(item, block, timeout)

    def get(self, block=True, timeout=None):
        self.gets.append(block)
        return super().get(block, timeout)


q = Counting(5, name="n")
q.put(1)
q.put_nowait(2)
assert q.puts == [(1, True), (2, False)]
assert q.get_nowait() == 2 and q.get() == 1 and q.gets == [False, True]
assert q.name == "n" and q.maxsize == 5


class Mixin:
    def _put(self, item):
        super()._put(item * 2)


class Doubled(Mixin, queue.Queue):
    pass


q = Doubled()
q.put(4)
assert q.get() == 8


class DoubledPriority(Mixin, queue.PriorityQueue):
    pass


q = DoubledPriority()
for i in (3, 1, 2):
    q.put(i)
assert [q.get() for _ in range(3)] == [2, 4, 6]


class WithProperty(queue.Queue):
    @property
    def maxsize(self):
        return 1

    @maxsize.setter
    def maxsize(self, value):
        pass


q = WithProperty()
q.put(1)
assert q.full()


class Watching(queue.Queue):
    def __setattr__(self, name, value):
        self.__dict__.setdefault("names", []).append(name)
        super().__setattr__(name, value)


q = Watching()
q.put(1)
assert "mutex" in q.names and q.names[-1] == "unfinished_tasks"


# A class that changes while its queues are in use.
class Later(queue.Queue):
    pass


q = Later()
q.put(1)
seen = []


def _put(self, item):
    seen.append(item)
    queue.Queue._put(self, item)


Later._put = _put
q.put(2)
assert seen == [2] and q.get() == 1 and q.get() == 2
del Later._put
q.put(3)
assert seen == [2] and q.get() == 3


class Own(queue.Queue):
    """Makes everything itself."""

    def __init__(self):
        from collections import deque

        self.maxsize = 0
        self.queue = deque()
        self.mutex = threading.Lock()
        self.not_empty = threading.Condition(self.mutex)
        self.not_full = threading.Condition(self.mutex)
        self.all_tasks_done = threading.Condition(self.mutex)
        self.unfinished_tasks = 0
        self.is_shutdown = False


q = Own()
q.put("own")
assert q.get(timeout=5) == "own"


class Slots(queue.SimpleQueue):
    __slots__ = ("extra",)


s = Slots()
s.extra = 1
s.put(2)
assert s.get() + s.extra == 3


# What the hooks raise reaches the caller, and nobody is left holding the lock.
class Refusing(queue.Queue):
    def _put(self, item):
        if item < 0:
            raise ValueError("negative")
        super()._put(item)


q = Refusing()
for item in (1, -1, 2):
    try:
        q.put(item)
    except ValueError as error:
        assert item == -1 and str(error) == "negative"
assert not q.mutex.locked() and q.unfinished_tasks == 2
assert q.get() == 1 and q.get() == 2
q = queue.PriorityQueue()
q.put((1, object()))
try:
    q.put((1, object()))
except TypeError:
    pass
else:
    raise AssertionError("objects were compared")
assert not q.mutex.locked() and q.unfinished_tasks == 1
