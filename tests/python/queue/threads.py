"""Queues between threads: nothing lost, order kept, waits ended."""

import gc
import queue
import threading
import time
import weakref


def run(*targets):
    threads = [threading.Thread(target=target, daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


for make in (queue.Queue, lambda: queue.Queue(3), queue.LifoQueue, queue.PriorityQueue,
             queue.SimpleQueue):
    q = make()
    got = []

    def produce(start):
        def work():
            for i in range(200):
                q.put(start + i)
        return work

    def consume():
        while (item := q.get(timeout=30)) is not None and item != 10**6:
            got.append(item)

    consumers = [threading.Thread(target=consume) for _ in range(3)]
    for thread in consumers:
        thread.start()
    run(*[produce(1000 * n) for n in range(3)])
    while q.qsize():
        time.sleep(0.01)
    for _ in consumers:
        q.put(10**6)
    for thread in consumers:
        thread.join(30)
        assert not thread.is_alive()
    assert sorted(got) == [1000 * n + i for n in range(3) for i in range(200)], make

# First in, first out, for items and for those who wait.
def order_of_waiters(pause):
    q = queue.Queue()
    order = []
    waiting = []
    for n in range(4):
        thread = threading.Thread(target=lambda n=n: order.append((n, q.get(timeout=300))))
        thread.start()
        waiting.append(thread)
        time.sleep(pause)
    for item in "abcd":
        q.put(item)
        time.sleep(pause)
    for thread in waiting:
        thread.join(300)
    return order


# On a busy machine a thread may come to its wait late: then with longer pauses.
for attempt in range(8):
    order = order_of_waiters(0.02 * 2**attempt)
    if order == [(0, "a"), (1, "b"), (2, "c"), (3, "d")]:
        break
else:
    raise AssertionError(order)

# join() waits for task_done().
q = queue.Queue()
done = []


def worker():
    while True:
        item = q.get()
        time.sleep(0.01)
        done.append(item)
        q.task_done()


for _ in range(2):
    threading.Thread(target=worker, daemon=True).start()
for i in range(10):
    q.put(i)
q.join()
assert sorted(done) == list(range(10))

# Shutting down ends every wait.
q = queue.Queue(1)
empty = queue.Queue()
q.put(1)
ends = []


def end_of(call):
    def work():
        try:
            call()
        except queue.ShutDown:
            ends.append("shut down")
        else:
            ends.append("done")
    thread = threading.Thread(target=work)
    thread.start()
    return thread


threads = [end_of(lambda: q.put(2)), end_of(empty.get), end_of(lambda: empty.get(timeout=30)),
           end_of(q.join)]
time.sleep(0.1)
assert ends == []
q.shutdown(immediate=True)
empty.shutdown()
for thread in threads:
    thread.join(30)
    assert not thread.is_alive()
assert sorted(ends) == ["done", "shut down", "shut down", "shut down"], ends
assert q.empty() and q.unfinished_tasks == 0

# A timeout passes.
for q in (queue.Queue(), queue.SimpleQueue(), queue.PriorityQueue()):
    began = time.monotonic()
    try:
        q.get(timeout=0.2)
    except queue.Empty:
        pass
    assert 0.19 < time.monotonic() - began < 10


class Reentrant:
    """Puts into the queue it leaves, whenever that happens."""

    def __init__(self, q):
        self.q = q

    def __del__(self):
        self.q.put("last words")


for q in (queue.SimpleQueue(), queue.Queue()):
    q.put(Reentrant(q))
    q.get()
    gc.collect()
    assert q.get(timeout=10) == "last words"

# Items that hold their queue are found by the collector.
class Item:
    pass


for make in (queue.Queue, queue.LifoQueue, queue.SimpleQueue):
    q = make()
    item = Item()
    item.queue = q
    gone = weakref.ref(item)
    also_gone = weakref.ref(q)
    q.put(item)
    del item, q
    gc.collect()
    assert gone() is None and also_gone() is None, make
