# expect: exception AssertionError
# variable: hits
"""Lost update on an attribute: `self.hits += 1` from two threads that share the object.

Source: JaConTeBe's counters in object fields (log4j, commons-pool statistics).
Failure: the statistics object counted one hit where there were two.
"""
import threading


class Statistics:
    def __init__(self):
        self.hits = 0

    def hit(self):
        self.hits += 1


statistics = Statistics()
threads = [threading.Thread(target=statistics.hit) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert statistics.hits == 2, f"an update was lost: {statistics.hits}"
