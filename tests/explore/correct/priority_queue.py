# expect: silent
# outputs: 1
"""What two producers put into a priority queue comes out in order, once both are done."""
import queue
import threading

jobs = queue.PriorityQueue()


def producer(priorities):
    for priority in priorities:
        jobs.put((priority, f"job {priority}"))


threads = [threading.Thread(target=producer, args=(some,)) for some in ([5, 1, 3], [2, 4])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

order = [jobs.get()[0] for _ in range(5)]
assert order == [1, 2, 3, 4, 5]
print(order)
