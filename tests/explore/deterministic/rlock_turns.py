"""An RLock taken twice by each, and the order in which they get it."""
import threading

lock = threading.RLock()
log = []


def inner(name):
    with lock:
        log.append(name)


def outer(name):
    for _ in range(2):
        with lock:
            inner(name)
            inner(name.upper())


threads = [threading.Thread(target=outer, args=(name,)) for name in "abc"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("".join(log))
