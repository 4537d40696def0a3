# expect: silent
# outputs: 1
"""Two workers that end at a sentinel each."""
import queue
import threading

jobs = queue.Queue()
squares = queue.Queue()


def worker():
    while (job := jobs.get()) is not None:
        squares.put(job * job)


threads = [threading.Thread(target=worker) for _ in range(2)]
for thread in threads:
    thread.start()
for job in range(4):
    jobs.put(job)
for _ in threads:
    jobs.put(None)
for thread in threads:
    thread.join()

found = sorted(squares.get() for _ in range(4))
assert found == [0, 1, 4, 9] and squares.empty() and jobs.empty()
print(found)
