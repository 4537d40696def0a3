# expect: deadlock
# variable: arrived
"""A barrier made of a counter and an event, used for two rounds.

Source: Downey, "The Little Book of Semaphores", 3.7 (reusable barrier, the wrong solutions).
Failure: the last to arrive comes round again, passes the event of the first round, still open, and
clears it before the other thread has waited, which then waits for ever.
"""
import threading

PARTIES = 2
lock = threading.Lock()
opened = threading.Event()
arrived = 0


def barrier():
    global arrived
    with lock:
        arrived += 1
        last = arrived == PARTIES
        if last:
            arrived = 0
            opened.set()
    if last:
        return
    opened.wait()
    opened.clear()


def worker():
    barrier()
    barrier()


threads = [threading.Thread(target=worker) for _ in range(PARTIES)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
