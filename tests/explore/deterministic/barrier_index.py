"""The number that a barrier hands to each of its parties, and who runs its action."""
import threading

log = []
barrier = threading.Barrier(3, action=lambda: log.append(threading.current_thread().name))


def worker():
    for _ in range(2):
        index = barrier.wait()
        log.append((threading.current_thread().name, index))


threads = [threading.Thread(target=worker, name=name) for name in "abc"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
