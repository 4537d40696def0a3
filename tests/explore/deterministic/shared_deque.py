"""Jobs that three threads take from the two ends of a deque."""
import collections
import threading

jobs = collections.deque(range(9))
taken = []


def worker(name, take):
    while True:
        try:
            taken.append((name, take()))
        except IndexError:
            return


threads = [
    threading.Thread(target=worker, args=("left", jobs.popleft)),
    threading.Thread(target=worker, args=("right", jobs.pop)),
    threading.Thread(target=worker, args=("also left", jobs.popleft)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(taken)
