"""A hundred threads and five locks."""

import threading
import time

locks = [threading.Lock() for _ in range(5)]


def work(number):
    for turn in range(10):
        with locks[(number + turn * turn) % len(locks)]:
            time.sleep(0.001)
        sum(range(200 * (number % 7)))


threads = [threading.Thread(target=work, args=(number,), name=f"worker-{number}") for number in range(100)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
