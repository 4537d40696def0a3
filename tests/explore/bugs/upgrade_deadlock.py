# expect: deadlock
# variable: readers
"""Two readers of a read-write lock that both want to become its writer.

Source: the documentation of Java's ReentrantReadWriteLock (no upgrading); JaConTeBe's Derby locks.
Failure: each waits, as a reader, for the other reader to leave.
"""
import threading

changed = threading.Condition()
readers = 0
value = 0


def increment():
    global readers, value
    with changed:
        readers += 1
    seen = value
    with changed:
        while readers > 1:  # upgrade: wait until we are the only reader
            changed.wait()
        value = seen + 1
        readers -= 1
        changed.notify_all()


threads = [threading.Thread(target=increment) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
