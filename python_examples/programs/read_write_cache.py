"""A cache that many threads read at once and one thread at a time writes.

The lock is built on a Condition, as the standard library has no such lock. Writers go before
readers who come later, so a stream of readers cannot keep a writer out for ever.
"""

import threading
import time
from contextlib import contextmanager


class ReadWriteLock:
    def __init__(self):
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False
        self._writers_waiting = 0

    @contextmanager
    def reading(self):
        with self._changed:
            self._changed.wait_for(lambda: not (self._writing or self._writers_waiting))
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self):
        with self._changed:
            self._writers_waiting += 1
            self._changed.wait_for(lambda: not (self._writing or self._readers))
            self._writers_waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()


class Prices:
    """A price with and without tax. Both change together, or a reader would see a wrong pair."""

    def __init__(self):
        self._lock = ReadWriteLock()
        self._net, self._gross = 100, 120

    def get(self):
        with self._lock.reading():
            return self._net, self._gross

    def raise_by(self, amount):
        with self._lock.writing():
            self._net += amount
            time.sleep(0.001)  # a reader who came in here would see a wrong pair
            self._gross = self._net * 120 // 100


READERS, READS, WRITERS, WRITES = 4, 100, 2, 10


def main():
    prices = Prices()
    wrong = []

    def read():
        for _ in range(READS):
            net, gross = prices.get()
            if gross != net * 120 // 100:
                wrong.append((net, gross))

    def write():
        for _ in range(WRITES):
            prices.raise_by(5)

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    threads += [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    print(f"{READERS * READS} reads, wrong: {len(wrong)}")
    print(f"{WRITERS * WRITES} writes, price: {prices.get()}")


if __name__ == "__main__":
    main()
