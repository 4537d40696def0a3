# expect: silent
# outputs: 1
"""`acquire(blocking=False)`: whoever does not get the lock does something else, and nothing waits."""
import threading

lock = threading.Lock()
worked = []
skipped = []


def worker():
    if lock.acquire(blocking=False):
        try:
            worked.append(1)
        finally:
            lock.release()
    else:
        skipped.append(1)


threads = [threading.Thread(target=worker) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert worked and len(worked) + len(skipped) == 3 and not lock.locked()
print(len(worked) + len(skipped))
