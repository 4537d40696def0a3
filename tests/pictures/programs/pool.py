"""A queue of two places, a pool, a lock: each kind of wait a few times."""

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

total_lock = threading.Lock()
total = 0
items = queue.Queue(2)


def work(number):
    global total
    time.sleep(0.01 * (number % 3))
    with total_lock:
        time.sleep(0.002)
        total += number
    return number


def produce():
    for number in range(10):
        items.put(number)
    items.put(None)


def consume():
    while items.get() is not None:
        time.sleep(0.003)


threads = [threading.Thread(target=target, name=target.__name__) for target in (produce, consume)]
for thread in threads:
    thread.start()
with ThreadPoolExecutor(4) as pool:
    assert sum(pool.map(work, range(12))) == sum(range(12))
for thread in threads:
    thread.join()
print(total)
