"""A program with threads of its own explores a function while they live."""
import queue
import threading

import pyt

jobs = queue.Queue()
done = queue.Queue()
stop = threading.Event()


def server():
    while (job := jobs.get()) is not None:
        done.put(job())


def ticker():
    while not stop.wait(0.01):
        pass


others = [threading.Thread(target=server), threading.Thread(target=ticker)]
for thread in others:
    thread.start()


def race(lock):
    box = [0]

    def add():
        if lock:
            with lock:
                box[0] += 1
        else:
            box[0] += 1

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert box[0] == 2


print("found" if not pyt.explore(lambda: race(None)).ok else "missed")
safe = pyt.explore(lambda: race(threading.Lock()), schedules=50)
print("none" if safe.ok else safe.failures)

jobs.put(lambda: "others go on")
print(done.get(timeout=30))
jobs.put(None)
stop.set()
for thread in others:
    thread.join(30)
    assert not thread.is_alive()
