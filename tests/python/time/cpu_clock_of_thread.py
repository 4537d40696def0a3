"""The clock of a thread's processor time is there for every thread that has not ended."""

import threading
import time

stop = threading.Event()


def compute():
    while not stop.is_set():
        pass


# More than one, so that some of them wait for their turn while the main thread looks.
threads = [threading.Thread(target=compute) for _ in range(3)]
for thread in threads:
    thread.start()
try:
    for _ in range(5):
        for thread in threads:
            clock = time.pthread_getcpuclockid(thread.ident)
            assert time.clock_gettime(clock) >= 0
        time.sleep(0.01)
finally:
    stop.set()
    for thread in threads:
        thread.join()
