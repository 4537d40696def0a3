"""A barrier that breaks when the last party comes as late as the others' patience lasts."""
import threading
import time

barrier = threading.Barrier(3)
log = []


def worker(name, delay):
    time.sleep(delay)
    try:
        log.append((name, barrier.wait(timeout=0.004)))
    except threading.BrokenBarrierError:
        log.append((name, "broken"))


parties = (("a", 0), ("b", 0.001), ("c", 0.004))
threads = [threading.Thread(target=worker, args=party) for party in parties]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
