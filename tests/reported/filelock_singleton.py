# expect: exception AssertionError
# options: --include filelock
# package: filelock==3.29.3
# fixed: filelock==3.32.7
import threading

from filelock import FileLock

locks = []


def work():
    locks.append(FileLock("one.lock", is_singleton=True))


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert locks[0] is locks[1], "two singletons"
