"""PriorityQueue: in heapq's order, whatever the items are, and comparing no more than heapq does."""

import heapq
import queue
import random
import threading

draw = random.Random(5)
KINDS = [
    lambda: draw.randrange(20),
    lambda: draw.choice([draw.randrange(9), draw.random() * 9, True]),
    lambda: draw.choice(["a", "b", "é", "\U0001f600", "\ud800"]) * draw.randrange(3),
    lambda: (draw.randrange(5), draw.randrange(5), "text"),
    lambda: (draw.randrange(5), (1.5, (draw.randrange(3), ()))),
    lambda: draw.randrange(-(2**70), 2**70),
    lambda: draw.choice([2**53, 2**53 + 1, 2.0**53, 1e300, 10**300]),
    lambda: bytes([draw.randrange(5)]),
]
for kind in KINDS:
    for look in (False, True):
        q, heap = queue.PriorityQueue(), []
        for _ in range(300):
            if heap and draw.random() < 0.45:
                assert q.get() is heapq.heappop(heap)
            else:
                item = kind()
                q.put(item)
                heapq.heappush(heap, item)
        assert q.qsize() == len(heap)
        if look:
            assert q.queue == heap
        while heap:
            assert q.get_nowait() is heapq.heappop(heap)
        assert q.empty()


class Job:
    compared = []

    def __init__(self, rank):
        self.rank = rank

    def __lt__(self, other):
        self.compared.append((self.rank, other.rank))
        return self.rank < other.rank


def ranks(q, count):
    return [q.get().rank for _ in range(count)]


# Python code compares: as often, and in the same order, as heapq has it.
q, heap = queue.PriorityQueue(), []
for rank in (5, 3, 4, 1):
    q.put(Job(rank))
assert ranks(q, 4) == [1, 3, 4, 5]
by_queue, Job.compared[:] = Job.compared[:], []
for rank in (5, 3, 4, 1):
    heapq.heappush(heap, Job(rank))
assert [heapq.heappop(heap).rank for _ in range(4)] == [1, 3, 4, 5]
assert Job.compared == by_queue

# Only a tie makes it necessary, when an item is put in and when one is taken out.
q = queue.PriorityQueue()
for item in [(1, Job(2)), (0, Job(9)), (1, Job(1))]:
    q.put(item)
assert [q.get()[1].rank for _ in range(3)] == [9, 1, 2]

# Identical elements are equal, even those that can't be compared.
token = object()
q = queue.PriorityQueue()
for number in (3, 1, 2):
    q.put((token, number))
assert [q.get()[1] for _ in range(3)] == [1, 2, 3]

# What can't be compared raises; the item is in the queue all the same.
q = queue.PriorityQueue()
q.put(1)
try:
    q.put("a")
except TypeError as error:
    assert str(error) == "'<' not supported between instances of 'str' and 'int'"
else:
    raise AssertionError("compared")
assert q.queue == [1, "a"] and q.unfinished_tasks == 1

q = queue.PriorityQueue()
for item in (float("nan"), 1.0, 0.5):
    q.put(item)
assert q.queue[1:] == [1.0, 0.5]

# Shutting down takes them out in order.
Job.compared.clear()
q = queue.PriorityQueue()
for item in [(1, Job(1)), (0, 0), (1, Job(0))]:
    q.put(item)
q.shutdown(immediate=True)
assert q.empty() and q.unfinished_tasks == 0 and q.is_shutdown
assert Job.compared == [(0, 1)]

# A comparison may use the queue.
class Nosy(Job):
    def __lt__(self, other):
        assert q.maxsize == 0 and not q.is_shutdown
        return super().__lt__(other)


q = queue.PriorityQueue()
for rank in (2, 3, 1):
    q.put(Nosy(rank))
assert ranks(q, 3) == [1, 2, 3]

# Threads that wait when the first such item comes.
q, taken = queue.PriorityQueue(), []
threads = [threading.Thread(target=lambda: taken.append(q.get().rank)) for _ in range(3)]
for thread in threads:
    thread.start()
for rank in (3, 1, 2):
    q.put(Job(rank))
for thread in threads:
    thread.join()
assert sorted(taken) == [1, 2, 3]

q = queue.PriorityQueue(2)
q.put((1, Job(2)))
thread = threading.Thread(target=lambda: [q.put((1, Job(rank))) for rank in range(5)])
thread.start()
taken = sorted(q.get()[1].rank for _ in range(6))
thread.join()
assert taken == [0, 1, 2, 2, 3, 4]


class Largest(queue.PriorityQueue):
    def _put(self, item):
        super()._put(-item)

    def _get(self):
        return -super()._get()


q = Largest()
for number in (1, 3, 2):
    q.put(number)
assert [q.get() for _ in range(3)] == [3, 2, 1]
