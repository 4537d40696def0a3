"""Threads that look at the frames of all threads without a pause go on, as do those that they look at."""
import sys
import threading
import time

END = time.monotonic() + 2
seen = set()


def look():
    while time.monotonic() < END:
        seen.update(sys._current_frames())
        sys._current_exceptions()


def work():
    n = 0
    while time.monotonic() < END:
        n += 1
    return n


# All of them see each other once they have begun, preempted ones as well.
threads = [threading.Thread(target=look) for _ in range(4)] + [threading.Thread(target=work)]
for thread in threads:
    thread.start()
work()
for thread in threads:
    thread.join(40)
assert not any(thread.is_alive() for thread in threads), threads
assert {thread.ident for thread in threads} <= seen
