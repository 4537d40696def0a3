"""What locks and queues cost when two or four threads want them at once.

The time for one operation is that of all threads together: from when they may begin until the last
is done, over all that they did. Each benchmark also checks that nothing was lost on the way.
"""

import queue
import threading

from _measure import DEADLINE, Suite, together

suite = Suite(__doc__)


def share(times, threads):
    """How often each thread does it, so that together they do it about `times` times."""
    return max(1, times // threads)


def critical_section(name, threads, make):
    @suite.timed(f"{name}, {threads} threads")
    def measure(times):
        guard = make()
        each = share(times, threads)
        count = 0

        def work(number):
            nonlocal count
            for _ in range(each):
                with guard:
                    count += 1

        seconds = together(threads, work)
        assert count == each * threads, f"{each * threads - count} turns were lost"
        return seconds * times / count


for threads in 2, 4:
    critical_section("one lock", threads, threading.Lock)
    critical_section("one RLock", threads, threading.RLock)
    critical_section("one semaphore", threads, threading.Semaphore)
    critical_section("one condition", threads, threading.Condition)


def through_a_queue(name, producers, consumers, make):
    """`producers` threads put, `consumers` get, each its share, all at once."""

    @suite.timed(name)
    def measure(times):
        q = make()
        # A multiple of both, so that each has its share and nobody waits for ever.
        each = share(times, producers * consumers)
        total = each * producers * consumers

        def work(number):
            if number < producers:
                for item in range(total // producers):
                    q.put(item)
            else:
                for _ in range(total // consumers):
                    q.get()

        seconds = together(producers + consumers, work)
        assert q.empty(), f"{q.qsize()} items too many came out of nowhere"
        return seconds * times / total


through_a_queue("bounded queue, one producer, one consumer", 1, 1, lambda: queue.Queue(100))
through_a_queue("queue of one, one producer, one consumer", 1, 1, lambda: queue.Queue(1))
through_a_queue("bounded queue, 2 producers, 2 consumers", 2, 2, lambda: queue.Queue(100))
through_a_queue("bounded queue, 4 producers, 4 consumers", 4, 4, lambda: queue.Queue(100))
through_a_queue("queue, 4 producers, 4 consumers", 4, 4, queue.Queue)
through_a_queue("SimpleQueue, 2 producers, 2 consumers", 2, 2, queue.SimpleQueue)

if __name__ == "__main__":
    suite.main()
