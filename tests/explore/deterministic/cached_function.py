"""`lru_cache` from three threads: hits and misses depend on who is in time."""
import functools
import threading

calls = []


@functools.lru_cache(maxsize=4)
def square(number):
    calls.append(number)
    return number * number


def worker():
    for number in (1, 2, 3):
        square(number)


threads = [threading.Thread(target=worker) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(calls, square.cache_info())
