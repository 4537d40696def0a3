# expect: exception AssertionError
# variable: references
"""A reference count that is lowered under a lock and looked at outside it.

Source: SCTBench's `CB.stringbuffer` and the reference counts of SV-COMP's `pthread-driver-races`.
Failure: both users find the count at zero, and the resource is closed twice.
"""
import threading

lock = threading.Lock()
references = 2
closed = []


def drop():
    global references
    with lock:
        references -= 1
    if references == 0:
        closed.append("resource")


threads = [threading.Thread(target=drop) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert len(closed) == 1, f"closed {len(closed)} times"
